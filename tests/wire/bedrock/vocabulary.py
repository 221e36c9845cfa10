"""What Bedrock's own words mean in the unified vocabulary, read from its documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicore.errors import (
    AIError,
    BusyError,
    Forbidden,
    GarbledError,
    InvalidRequest,
    NotFound,
    QuotaSpent,
    RateLimited,
    Unauthorized,
)
from aicore.responses import FinishReason
from aicore.usage import Usage

from ..anthropic import vocabulary as anthropic
from ..openai import vocabulary as openai

FINISH: Mapping[str, FinishReason] = {
    **anthropic.FINISH,
    "content_filtered": "content-filter",
    "guardrail_intervened": "content-filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
    # InvokeModel, in the words of those who made the models
    "stop": "stop",
    "length": "length",
    "FINISH": "stop",
    "STOP_CRITERIA_MET": "stop",
    "LENGTH": "length",
    "CONTENT_FILTERED": "content-filter",
    "COMPLETE": "stop",
    "MAX_TOKENS": "length",
    "ERROR": "error",
    "ERROR_TOXIC": "content-filter",
    "endoftext": "stop",
}

CODES: Mapping[str, type[AIError]] = {
    "AccessDeniedException": Forbidden,
    "ExpiredTokenException": Unauthorized,
    "IncompleteSignatureException": Unauthorized,
    "InvalidSignatureException": Unauthorized,
    "MissingAuthenticationTokenException": Unauthorized,
    "UnrecognizedClientException": Unauthorized,
    "ValidationException": InvalidRequest,
    "validationException": InvalidRequest,
    "ServiceQuotaExceededException": QuotaSpent,
    "ResourceNotFoundException": NotFound,
    "ModelTimeoutException": BusyError,
    "ModelErrorException": GarbledError,
    "modelStreamErrorException": GarbledError,
    "ThrottlingException": RateLimited,
    "throttlingException": RateLimited,
    "ModelNotReadyException": BusyError,
    "InternalServerException": BusyError,
    "internalServerException": BusyError,
    "ServiceUnavailableException": BusyError,
    "serviceUnavailableException": BusyError,
}


def finish_reason(raw: str | None, calls: bool) -> FinishReason:
    """Read a stop reason; where none is given, an answer that calls tools ended for that."""
    if not raw:
        return "tool-calls" if calls else "other"
    return FINISH.get(raw, "other")


def usage(raw: Mapping[str, Any] | None) -> Usage | None:
    """Read token counts, in the words of the service or of those who made the model."""
    match raw:
        case None:
            return None
        case {"input_tokens": _}:
            return anthropic.usage(raw)
        case {"prompt_tokens": _}:
            return openai.usage(raw)
        case {"prompt_token_count": read, "generation_token_count": written}:
            return Usage(input_tokens=read, output_tokens=written)
        case {"inputTextTokenCount": read}:
            written = raw.get("tokenCount", raw.get("totalOutputTextTokenCount"))
            return Usage(input_tokens=read, output_tokens=written)
        case {"inputTokenCount": read}:
            return Usage(input_tokens=read, output_tokens=raw.get("outputTokenCount"))
        case {"x-amzn-bedrock-input-token-count": read}:
            written = raw.get("x-amzn-bedrock-output-token-count")
            return Usage(input_tokens=read, output_tokens=written)
    return converse(raw)


def converse(raw: Mapping[str, Any]) -> Usage:
    """Read the counts of Converse: input is what was read anew, from a cache, and into one."""
    read = raw.get("cacheReadInputTokens", raw.get("cacheReadInputTokenCount"))
    written = raw.get("cacheWriteInputTokens", raw.get("cacheWriteInputTokenCount"))
    details = raw.get("cacheDetails")
    hour = [item["inputTokens"] for item in details or () if item["ttl"] == "1h"]
    return Usage(
        input_tokens=sum(part or 0 for part in (raw["inputTokens"], read, written)),
        output_tokens=raw.get("outputTokens"),
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=sum(hour) if details else None,
    )


def vectors(answer: Any) -> Sequence[tuple[float, ...]]:
    """Read the vectors of an answer, in the forms of those who made the models."""
    match answer:
        case {"embedding": row}:
            rows = [row]
        case {"embeddings": {"float": found}}:
            rows = found
        case {"embeddings": [{"embedding": _}, *_] as found}:
            rows = [item["embedding"] for item in found]
        case {"embeddings": found}:
            rows = found
    return [tuple(map(float, row)) for row in rows]
