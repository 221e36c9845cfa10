"""The names that the Converse dialect has for itself, and for what it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aicore.models import ModelInfo
from aicore.responses import FinishReason
from aikit_wire.ledger import Ledger

DIALECT = "bedrock-converse"
"""The key of `provider_data` under which the dialect's own data stands."""

CLAUDE = "claude"
"""The key of `provider_data` for what every host of Claude takes back."""

ANSWER_TOOL = "answer_in_json"
"""The tool whose arguments are the answer, for models that take no schema for it."""

FINISH_REASONS: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool-calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "content_filtered": "content-filter",
    "guardrail_intervened": "content-filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}

FORMATS: Mapping[str, Mapping[str, str]] = {
    "image": {
        "image/png": "png",
        "image/jpeg": "jpeg",
        "image/jpg": "jpeg",
        "image/gif": "gif",
        "image/webp": "webp",
    },
    "video": {
        "video/x-matroska": "mkv",
        "video/matroska": "mkv",
        "video/quicktime": "mov",
        "video/mp4": "mp4",
        "video/webm": "webm",
        "video/x-flv": "flv",
        "video/mpeg": "mpeg",
        "video/x-ms-wmv": "wmv",
        "video/3gpp": "three_gp",
    },
    "audio": {
        "audio/mpeg": "mp3",
        "audio/mp3": "mp3",
        "audio/wav": "wav",
        "audio/x-wav": "wav",
        "audio/ogg": "ogg",
        "audio/opus": "opus",
        "audio/flac": "flac",
        "audio/x-flac": "flac",
        "audio/aac": "aac",
        "audio/mp4": "mp4",
        "audio/m4a": "m4a",
        "audio/x-m4a": "m4a",
        "audio/webm": "webm",
        "audio/x-matroska": "mka",
    },
    "document": {
        "application/pdf": "pdf",
        "text/csv": "csv",
        "application/msword": "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
        "application/vnd.ms-excel": "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
        "text/html": "html",
        "text/plain": "txt",
        "text/markdown": "md",
    },
}
"""What the service calls the kinds of media that it takes (botocore 1.44: `ImageFormat` …)."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a request is for: what is known of the model, its maker, and where losses are told."""

    provider: str
    vendor: str
    info: ModelInfo | None
    ledger: Ledger

    def lacks(self, feature: str) -> bool:
        """Tell whether the model is known not to have a feature; nothing is known of many."""
        return self.info is not None and self.info.features.get(feature) is False


def own(data: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the dialect's own data of a part, message or tool."""
    return data.get(DIALECT, {})
