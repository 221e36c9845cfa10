"""Write answers in one piece as OpenAI clients expect them."""

from __future__ import annotations

import base64
import sys
import time
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from aicore.errors import AIError
from aicore.messages import AudioPart, ImagePart, SourcePart, TextPart, ToolCallPart
from aicore.responses import (
    CallWarning,
    Candidate,
    Embeddings,
    FinishReason,
    Response,
    TokenLogprob,
    TopLogprob,
)
from aicore.usage import Usage
from aikit_wire.openai.candidate import BESIDE
from aikit_wire.openai.manifest import DIALECT

from aikit_asgi.openai.read import Form
from aikit_asgi.statuses import RequestError, public_message, status_of

REASONS: Mapping[FinishReason, str] = {
    "stop": "stop",
    "length": "length",
    "tool-calls": "tool_calls",
    "content-filter": "content_filter",
    "error": "error",
    "other": "stop",
}
WORDS = frozenset(REASONS.values())

KINDS: Mapping[int, str] = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}
CODES: Mapping[str, str] = {
    "too_long": "context_length_exceeded",
    "quota_spent": "insufficient_quota",
    "rate_limited": "rate_limit_exceeded",
    "not_found": "model_not_found",
    "unknown_provider": "model_not_found",
    "content_filtered": "content_filter",
}

UNLIKELY = -9999.0
"""What OpenAI writes for the logarithm of a probability near 0; JSON has no infinity."""


def write_error(error: AIError) -> dict[str, Any]:
    """Write an error body."""
    status = status_of(error)
    kind = KINDS.get(status, "invalid_request_error" if status < 500 else "server_error")
    if error.code == "quota_spent":
        kind = "insufficient_quota"
    return {
        "error": {
            "message": public_message(error),
            "type": kind,
            "param": error.param if isinstance(error, RequestError) else None,
            "code": CODES.get(error.code, error.code),
        }
    }


def write_usage(usage: Usage) -> dict[str, Any]:
    """Write usage: 0 for totals that are not known, because clients' types demand a number.

    For three counts the API has no place; our own provider reads them. Fields are looked up one
    by one because that costs a third of looking them up by names in a table.
    """
    prompt, completion = usage.input_tokens or 0, usage.output_tokens or 0
    told: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if (count := usage.billed_input_tokens) is not None:
        told["billed_input_tokens"] = count
    if (count := usage.billed_output_tokens) is not None:
        told["billed_output_tokens"] = count
    if (count := usage.search_units) is not None:
        told["search_units"] = count
    of_prompt: dict[str, int] = {}
    if (count := usage.cache_read_tokens) is not None:
        of_prompt["cached_tokens"] = count
    if (count := usage.cache_write_tokens) is not None:
        of_prompt["cache_write_tokens"] = count
    if (count := usage.cache_write_1h_tokens) is not None:
        of_prompt["cache_write_1h_tokens"] = count
    if (count := usage.input_audio_tokens) is not None:
        of_prompt["audio_tokens"] = count
    if (count := usage.input_image_tokens) is not None:
        of_prompt["image_tokens"] = count
    if of_prompt:
        told["prompt_tokens_details"] = of_prompt
    of_completion: dict[str, int] = {}
    if (count := usage.reasoning_tokens) is not None:
        of_completion["reasoning_tokens"] = count
    if (count := usage.output_audio_tokens) is not None:
        of_completion["audio_tokens"] = count
    if of_completion:
        told["completion_tokens_details"] = of_completion
    return told


def write_logprob(entry: TopLogprob) -> dict[str, Any]:
    octets = None if entry.bytes is None else list(entry.bytes)
    return {"token": entry.token, "logprob": max(UNLIKELY, entry.logprob), "bytes": octets}


def write_logprobs(tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
    content = [
        write_logprob(token) | {"top_logprobs": [write_logprob(top) for top in token.top]}
        for token in tokens
    ]
    return {"content": content, "refusal": None}


def write_call(part: ToolCallPart) -> dict[str, Any]:
    extra = part.provider_data.get(DIALECT, {})
    if extra.get("type") == "custom":
        custom = {"name": part.name, "input": part.arguments}
        return {**extra, "id": part.id, "custom": custom}
    function = {"name": part.name, "arguments": part.arguments}
    return {**extra, "id": part.id, "type": "function", "function": function}


def write_source(part: SourcePart) -> dict[str, Any]:
    """Write a citation, as it came if it came in this dialect."""
    cited = {
        "url": part.url or "",
        "title": part.title or "",
        "start_index": part.start or 0,
        "end_index": part.end or 0,
    }
    return dict(part.provider_data.get(DIALECT) or {"type": "url_citation", "url_citation": cited})


def write_audio(part: AudioPart, now: int) -> dict[str, Any]:
    """Write speech; it is held nowhere, so what tells no end has ended `now`."""
    data = part.provider_data.get(DIALECT, {})
    return {
        "id": data.get("id") or part.file_id or "audio",
        "data": base64.b64encode(part.data or b"").decode(),
        "transcript": part.transcript or "",
        "expires_at": data.get("expires_at", now),
    }


def write_image(part: ImagePart) -> dict[str, Any]:
    """Write a picture as OpenRouter does; OpenAI's own chat answers hold none."""
    url = part.url or (part.data_url() if part.media_type else "")
    return {"type": "image_url", "image_url": {"url": url}}


def write_reason(reason: FinishReason, raw: str | None, form: Form) -> str:
    """Return the reason in OpenAI's words; the service's own word when it is one of them."""
    word = raw if raw in WORDS else REASONS[reason]
    return "function_call" if form.functions and word == "tool_calls" else word


def write_message(candidate: Candidate, now: int, form: Form) -> dict[str, Any]:
    text, refusal, calls = candidate.text, candidate.refusal, candidate.tool_calls
    says_else = calls or refusal is not None
    message: dict[str, Any] = {
        **candidate.provider_data.get(DIALECT, {}),
        "role": "assistant",
        "content": None if says_else and not text else text,
        "refusal": refusal,
    }
    if candidate.reasoning:
        message["reasoning_content"] = candidate.reasoning
    if calls and form.functions:
        message["function_call"] = {"name": calls[0].name, "arguments": calls[0].arguments}
    elif calls:
        message["tool_calls"] = [write_call(call) for call in calls]
    if candidate.sources:
        message["annotations"] = [write_source(source) for source in candidate.sources]
    for part in candidate.parts:
        match part:
            case AudioPart():
                message["audio"] = write_audio(part, now)
            case ImagePart():
                message.setdefault("images", []).append(write_image(part))
            case _:
                pass
    return message


def write_choice(index: int, candidate: Candidate, now: int, form: Form) -> dict[str, Any]:
    parts, logprobs, data = candidate.parts, candidate.logprobs, candidate.provider_data
    if len(parts) == 1 and type(only := parts[0]) is TextPart and not data:
        message = {"role": "assistant", "content": only.text, "refusal": None}  # as most are
    else:
        message = write_message(candidate, now, form)
    choice = {
        "index": index,
        "message": message,
        "logprobs": write_logprobs(logprobs) if logprobs else None,
        "finish_reason": write_reason(candidate.finish_reason, candidate.raw_finish_reason, form),
    }
    beside = data and data.get(BESIDE)
    return {**beside, **choice} if beside else choice


def write_warnings(warnings: Sequence[CallWarning]) -> dict[str, Any]:
    """Return the extra field that tells what could not be passed on as it was."""
    if not warnings:
        return {}
    fields = ("setting", "action", "reason", "provider")
    return {"warnings": [{name: getattr(warning, name) for name in fields} for warning in warnings]}


def write_response(
    response: Response, model: str, id: str, form: Form, warnings: Sequence[CallWarning] = ()
) -> dict[str, Any]:
    """Write a chat completion: the last step of a response, and what all its steps have used.

    `model` and `id` stand in for what the service does not tell; `warnings` are those beside the
    response's own.
    """
    steps, warned = response.steps, response.warnings
    now, step = response.created or int(time.time()), steps[-1]
    candidates = step.candidates
    body: dict[str, Any] = {
        **step.provider_data.get(DIALECT, {}),
        "id": response.id or id,
        "object": "chat.completion",
        "created": now,
        "model": response.model or model,
        "choices": [write_choice(0, candidates[0], now, form)]
        if len(candidates) == 1
        else [write_choice(index, each, now, form) for index, each in enumerate(candidates)],
    }
    usage = step.usage if len(steps) == 1 else response.usage
    if usage is not None:
        body["usage"] = write_usage(usage)
    if warnings or warned:
        body |= write_warnings((*warnings, *warned))
    return body


def write_embeddings(
    result: Embeddings, model: str, as_base64: bool, warnings: Sequence[CallWarning] = ()
) -> dict[str, Any]:
    """Write vectors, as numbers or as base64 of little-endian 32-bit floats."""
    usage = result.usage or Usage()
    tokens = usage.input_tokens or 0
    return {
        "object": "list",
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": packed(vector) if as_base64 else vector,
            }
            for index, vector in enumerate(result.vectors)
        ],
        "model": result.model or model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    } | write_warnings((*warnings, *result.warnings))


def packed(vector: Sequence[float]) -> str:
    numbers = array("f", vector)
    if sys.byteorder == "big":  # pragma: no cover  # little-endian is what the wire has
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()


def write_model(id: str, created: int) -> dict[str, Any]:
    return {"id": id, "object": "model", "created": created, "owned_by": id.partition(":")[0]}
