"""What most answers are, read a short way: texts, thoughts and calls of tools.

An answer that holds anything else is told by the decoder, piece by piece, which comes to the same
for these (tests compare both) at five times the cost.
"""

from __future__ import annotations

import json
from typing import Any

from aicore.messages import Part, ReasoningPart, TextPart, ToolCallPart, text_part
from aicore.rate_limits import RateLimits
from aicore.responses import Candidate, Response, Step

from aikit_wire.anthropic.content import CALL, TEXT, THOUGHT, rest
from aikit_wire.anthropic.dialect import DIALECT, FAMILY, FINISH_REASONS, MESSAGE
from aikit_wire.anthropic.usage import read_usage, service_tier


def plain_answer(
    answer: Any, limits: RateLimits | None = None, answer_tool: str | None = None
) -> Response | None:
    """Read an answer that is whole and plain; None where it is anything else."""
    content, reason, usage = answer["content"], answer["stop_reason"], answer["usage"]
    if not (type(content) is list and type(reason) is str and type(usage) is dict):
        return None
    if not reason or answer.get("error") or answer.get("type") == "error":
        return None
    parts = list[Part]()
    for block in content:
        if (part := plain_part(block, answer_tool)) is None:
            return None
        parts.append(part)
    if None in usage.values():
        usage = {name: value for name, value in usage.items() if value is not None}
    extra: dict[str, Any] = {}
    if beside := answer.keys() - MESSAGE:
        extra = {name: answer[name] for name in sorted(beside) if answer[name] is not None}
    if tier := service_tier(usage):
        extra["service_tier"] = tier
    candidate = Candidate(tuple(parts), FINISH_REASONS.get(reason, "other"), reason)
    step = Step(
        (candidate,),
        read_usage(usage) if usage else None,
        provider_data={DIALECT: extra} if extra else {},
    )
    id, model = answer.get("id"), answer.get("model")
    return Response(
        rate_limits=limits,
        id=id if type(id) is str else None,
        model=model if type(model) is str else None,
        steps=(step,),
    )


def plain_part(block: Any, answer_tool: str | None) -> Part | None:
    """Read a text, a thought or a call of a tool; None if it is anything else, or has sources."""
    kind = block["type"]
    if kind == "text":
        text = block["text"]
        if type(text) is not str or block.get("citations"):
            return None
        if len(block) == 2:  # nearly always
            return text_part(text)
        return TextPart(text, provider_data=data_of(block, TEXT))
    if kind == "thinking":
        text, signature = block["thinking"], block["signature"]
        if not (type(text) is type(signature) is str):
            return None
        signed = {FAMILY: {"signature": signature}} if signature else {}
        return ReasoningPart(text, provider_data={**signed, **data_of(block, THOUGHT)})
    if kind == "tool_use":
        id, name = block["id"], block["name"]
        if not (type(id) is type(name) is str) or name == answer_tool:
            return None
        arguments = json.dumps(block.get("input") or {}, ensure_ascii=False)
        return ToolCallPart(id, name, arguments, provider_data=data_of(block, CALL))
    return None


def data_of(block: dict[str, Any], known: frozenset[str]) -> dict[str, dict[str, Any]]:
    """Return what is kept of a block beside the fields that are `known`."""
    more = rest(block, known)
    return {DIALECT: more} if more else {}
