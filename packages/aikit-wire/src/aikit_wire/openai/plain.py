"""Read the whole answers that most are: one text, and nothing that needs looking into."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import compress
from typing import Any

from aicore.calls import Batch
from aicore.events import Started
from aicore.one_text import one_text
from aicore.rate_limits import RateLimits

from aikit_wire.openai.candidate import CHOICE, RARE, USUAL
from aikit_wire.openai.cost import read_cost
from aikit_wire.openai.manifest import DIALECT, Manifest
from aikit_wire.openai.usage import read_usage

OF_ANSWER = frozenset({"id", "object", "created", "model", "choices", "usage"})
LOOKED_INTO = frozenset({"error", "type", "obfuscation", "x_groq", "citations", "search_results"})
"""Fields of an answer that are more than data to keep."""
READ_OF_CHOICE = frozenset({"index", "message", "finish_reason"})
READ_OF_MESSAGE = frozenset({"role", "content"})
OF_MESSAGE = USUAL | RARE


def plain_answer(answer: Any, manifest: Manifest, limits: RateLimits | None = None) -> Batch | None:
    """Read an answer that is one text; None where it is more than that, or anything else.

    Then the decoder reads it piece by piece, which tells the same events at five times the cost.
    """
    try:
        (choice,) = answer["choices"]
        message, reason = choice["message"], choice["finish_reason"]
        text = message["content"]
    except (KeyError, TypeError, ValueError):
        return None
    if not (type(text) is type(reason) is str and text and reason) or choice.get("index"):
        return None
    if manifest.think_tags or manifest.tool_tags or answer.get("object") == "error":
        return None
    if says_more(message, READ_OF_MESSAGE, OF_MESSAGE) or says_more(choice, READ_OF_CHOICE, CHOICE):
        return None
    extra: Mapping[str, Any] = {}
    if beside := answer.keys() - OF_ANSWER:
        extra = {name: answer[name] for name in beside if answer[name] is not None}
        if not LOOKED_INTO.isdisjoint(extra):
            return None
    id, model, created = answer.get("id"), answer.get("model"), answer.get("created")
    started = Started(
        id if isinstance(id, str) else "",
        model if isinstance(model, str) else None,
        int(created) if isinstance(created, int | float) else None,
    )
    raw, usage = answer.get("usage"), None
    if raw and isinstance(raw, dict):
        usage = read_usage(raw, reasoning_beside_output=manifest.reasoning_beside_output)
    return one_text(
        started,
        text,
        usage,
        manifest.finish_reason(reason),
        reason,
        {DIALECT: extra} if extra else {},
        read_cost(raw, manifest) if usage else None,
        limits,
    )


def says_more(fields: Mapping[str, Any], read: frozenset[str], known: frozenset[str]) -> bool:
    """Tell whether anything but the fields that are `read` has something to say.

    A known one that is empty has not; of an unknown one that is kept, only null says nothing.
    """
    if not read.issuperset(compress(fields, fields.values())):
        return True
    unknown = fields.keys() - known
    return bool(unknown) and any(fields[name] is not None for name in unknown)
