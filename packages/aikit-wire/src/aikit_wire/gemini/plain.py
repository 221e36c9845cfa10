"""What most answers are, read a short way: one candidate of texts, thoughts and function calls.

An answer that holds anything else is told by the decoder, piece by piece, which comes to the same
for these (tests compare both) at five times the cost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aicore.messages import Part, ReasoningPart, TextPart, ToolCallPart, text_part
from aicore.rate_limits import RateLimits
from aicore.responses import Candidate, Response, Step

from aikit_wire.gemini.candidate import CANDIDATE, FINISH_REASONS
from aikit_wire.gemini.surface import BESIDE, DIALECT
from aikit_wire.gemini.usage import read_usage

ANSWER = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId", "createTime"})
"""Fields of an answer that have a place of their own."""
LOOKED_INTO = frozenset({"groundingMetadata", "citationMetadata"})
"""Fields beside a candidate's content that are more than data to keep."""
CONTENT = frozenset({"role", "parts"})
TEXT = frozenset({"text", "thought", "thoughtSignature"})
CALL = frozenset({"id", "name", "args"})


def plain_answer(answer: Any, limits: RateLimits | None = None) -> Response | None:
    """Read an answer that is whole and plain; None where it is anything else."""
    (candidate,) = answer["candidates"]
    reason, content = candidate["finishReason"], candidate["content"]
    if type(reason) is not str or not reason or not CONTENT.issuperset(content):
        return None
    if candidate.get("index") or candidate.get("logprobsResult"):
        return None
    if answer.get("error") or answer.get("promptFeedback"):
        return None
    id, model, created = answer.get("responseId"), answer.get("modelVersion"), None
    if type(id) is not str:
        id = ""
    if (parts := plain_parts(content.get("parts") or (), id)) is None:
        return None
    beside: dict[str, Any] = {}
    if names := candidate.keys() - CANDIDATE:
        if not LOOKED_INTO.isdisjoint(names):
            return None
        beside = {name: candidate[name] for name in sorted(names)}
    extra: dict[str, Any] = {}
    if names := answer.keys() - ANSWER:
        extra = {name: answer[name] for name in sorted(names)}
    if "createTime" in answer:
        created = seconds(answer["createTime"])
    called = reason == "STOP" and any(type(part) is ToolCallPart for part in parts)
    unified = "tool-calls" if called else FINISH_REASONS.get(reason, "other")
    told = Candidate(
        tuple(parts), unified, reason, provider_data={BESIDE: beside} if beside else {}
    )
    usage = answer.get("usageMetadata")
    step = Step(
        (told,),
        read_usage(usage) if usage else None,
        provider_data={DIALECT: extra} if extra else {},
    )
    return Response(
        rate_limits=limits,
        id=id or None,
        model=model if type(model) is str else None,
        created=created,
        steps=(step,),
    )


def plain_parts(given: Any, answer_id: str) -> list[Part] | None:
    """Read texts, thoughts and calls, of which no two of a kind but calls follow each other."""
    parts: list[Part] = []
    part: Part | None = None
    for item in given:
        before = part
        if "functionCall" in item:
            calls = sum(type(part) is ToolCallPart for part in parts)
            part = plain_call(item, f"call_{answer_id}_0_{calls}")
        else:
            part = plain_text(item)
            if type(part) is type(before):
                return None
        if part is None:
            return None
        parts.append(part)
    return parts


def plain_text(item: dict[str, Any]) -> TextPart | ReasoningPart | None:
    """Read a text or a thought; None for an empty one, and for any other part."""
    text = item["text"]
    if type(text) is not str or not text or not TEXT.issuperset(item):
        return None
    if len(item) == 1:  # nearly always
        return text_part(text)
    kind = ReasoningPart if item.get("thought") else TextPart
    return kind(text, provider_data={DIALECT: without(item, "text")})


def plain_call(item: dict[str, Any], made: str) -> ToolCallPart | None:
    """Read a function call that is whole; an id that it does not have is `made`."""
    call = item["functionCall"]
    if not CALL.issuperset(call):
        return None
    id, name, args = call.get("id"), call["name"], call.get("args") or {}
    if not (type(name) is str and name and type(args) is dict and (not id or type(id) is str)):
        return None
    data = without(item, "functionCall")
    if not id:
        data["functionCall"] = {"id": ""}
    arguments = json.dumps(args, ensure_ascii=False)
    return ToolCallPart(id or made, name, arguments, provider_data={DIALECT: data} if data else {})


def without(item: Mapping[str, Any], known: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != known}


def seconds(moment: Any) -> int | None:
    """Read a moment (RFC 3339) as Unix seconds, None where it is none."""
    try:
        return int(datetime.fromisoformat(moment).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None
