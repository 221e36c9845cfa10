"""What the vendors' own words mean in the unified vocabulary, read from their documents.

Nothing here is taken from the product: it is the second opinion that answers are held against.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from aicore.errors import (
    AIError,
    ContentFiltered,
    GarbledError,
    NotFound,
    QuotaSpent,
    TooLong,
)
from aicore.responses import FinishReason
from aicore.usage import Usage

FINISH: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "model_length": "length",  # Mistral: the model's context is full
    "tool_calls": "tool-calls",
    "function_call": "tool-calls",  # OpenAI before tools
    "content_filter": "content-filter",
    "error": "error",  # Mistral
    "insufficient_system_resource": "error",  # DeepSeek
    "eos": "stop",  # Together
    "model_context_window_exceeded": "length",  # Z.ai
    "sensitive": "content-filter",  # Z.ai
    "network_error": "error",  # Z.ai
}

CODES: Mapping[str, type[AIError]] = {
    "content_filter": ContentFiltered,
    "content_policy_violation": ContentFiltered,
    "context_length_exceeded": TooLong,
    "insufficient_quota": QuotaSpent,
    "model_not_found": NotFound,
    "tool_use_failed": GarbledError,  # Groq: the model wrote a call that the tool does not take
}


def finish_reason(raw: str | None, calls: bool) -> FinishReason:
    """Read a finish reason; where none is given, an answer that calls tools ended for that."""
    if not raw:
        return "tool-calls" if calls else "other"
    return FINISH.get(raw, "other")


def usage(raw: Mapping[str, Any] | None) -> Usage | None:
    """Read the token counts of OpenAI's chat wire and of the vendors that extend it.

    Input includes what a cache gave, output includes reasoning, except where `beside` says so.
    DeepSeek and Mistral have names of their own for cached tokens, Qwen has one for those that it
    wrote to a cache, and Perplexity tells reasoning at the top.
    """
    if not raw:
        return None
    asked = raw.get("prompt_tokens_details") or raw.get("prompt_token_details") or {}
    written = raw.get("completion_tokens_details") or {}
    cached = (
        asked.get("cached_tokens"),
        raw.get("prompt_cache_hit_tokens"),
        raw.get("num_cached_tokens"),
        raw.get("cached_tokens"),
    )
    read = next((count for count in cached if count is not None), None)
    prompt, completion = raw.get("prompt_tokens"), raw.get("completion_tokens")
    thought = written.get("reasoning_tokens", raw.get("reasoning_tokens"))
    if read and prompt is not None and read > prompt:  # xAI: then they are not among them
        prompt += read
    if thought and completion is not None and beside(raw, thought):
        completion += thought
    return Usage(
        input_tokens=prompt,
        output_tokens=completion,
        cache_read_tokens=read,
        cache_write_tokens=asked.get(
            "cache_write_tokens", asked.get("cache_creation_input_tokens")
        ),
        reasoning_tokens=thought,
        input_audio_tokens=asked.get("audio_tokens"),
        output_audio_tokens=written.get("audio_tokens"),
        input_image_tokens=asked.get("image_tokens"),
    )


def beside(raw: Mapping[str, Any], thought: int) -> bool:
    """Tell whether reasoning stands beside the completion: at xAI, and Gemini's at DeepInfra.

    The total of the same usage shows it, wherever these models are served.
    """
    prompt, completion = raw["prompt_tokens"], raw["completion_tokens"]
    return bool(thought > completion or raw.get("total_tokens") == prompt + completion + thought)


def vectors(answer: Any) -> Sequence[tuple[float, ...]]:
    """Read vectors in their order; base64 holds little-endian float32."""
    rows = sorted(answer["data"], key=lambda row: int(row.get("index") or 0))
    return [floats(row["embedding"]) for row in rows]


def vectors_of_bytes(answer: Any) -> Sequence[tuple[float, ...]]:
    """Read vectors of Perplexity's: their base64 holds a signed byte for each dimension."""
    rows = sorted(answer["data"], key=lambda row: int(row.get("index") or 0))
    packed = [base64.b64decode(row["embedding"]) for row in rows]
    return [tuple(map(float, struct.unpack(f"{len(row)}b", row))) for row in packed]


def floats(embedding: Any) -> tuple[float, ...]:
    if isinstance(embedding, str):
        packed = base64.b64decode(embedding)
        return struct.unpack(f"<{len(packed) // 4}f", packed)
    return tuple(embedding)
