"""What Cohere's answers mean beyond what the corpus takes literally."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from aicore.messages import ReasoningPart, SourcePart
from aicore.responses import Response

from ..corpus import Exchange

TOLD = ("billed_units", "tokens", "cached_tokens")


def meant(exchange: Exchange) -> Mapping[str, Any] | None:
    """Read calls of tools that take nothing, and all that v1 and ranks tell of usage.

    Arguments of `null` stand for none (vercel/ai, packages/cohere). The corpus keeps only what is
    billed of v1's `meta`, which holds the same as the `usage` of v2.
    """
    expected: Any = copy.deepcopy(exchange.expected)
    if expected is None:
        return None
    for call in expected.get("tool_calls") or ():
        if call.get("arguments_raw") in ("", "null") and call["arguments"] is None:
            call |= {"arguments": {}, "arguments_raw": "{}"}
    if expected.get("kind") == "rerank":
        answer = exchange.answer
        expected["id"] = answer.get("id")
        expected["usage"] = (answer.get("meta") or {}).get("billed_units")
    if exchange.api in ("cohere-chat-v1", "cohere-generate") and expected.get("usage"):
        meta = (answer_of_v1(exchange) or {}).get("meta") or {}
        told = {name: meta[name] for name in TOLD if meta.get(name) is not None}
        billed = {**told.get("billed_units", {}), **expected["usage"]}
        expected["usage"] = {**told, "billed_units": billed}
    return expected  # type: ignore[no-any-return]


def answer_of_v1(exchange: Exchange) -> Any:
    """Return a whole answer, which the last event of a stream repeats."""
    if not exchange.recorded["response"]["stream"]:
        return exchange.answer
    events = [json.loads(line) for line in exchange.body.decode().splitlines() if line.strip()]
    return next((event["response"] for event in events if "response" in event), None)


def is_plan(part: ReasoningPart) -> bool:
    return bool(part.provider_data.get("cohere", {}).get("tool_plan"))


def thoughts(response: Response) -> str:
    """Return the thoughts without the plan before tool calls, which is told apart."""
    parts = (part for part in response.parts if isinstance(part, ReasoningPart))
    return "".join(part.text for part in parts if not is_plan(part))


def more(expected: Mapping[str, Any], found: Response) -> Iterator[str]:
    """Compare the plan, and how many citations there are; each is of words in the text."""
    parts = (part for part in found.parts if isinstance(part, ReasoningPart))
    plan = "".join(part.text for part in parts if is_plan(part))
    if (expected.get("tool_plan") or "") != plan:
        yield f"tool plan: expected {expected.get('tool_plan')!r}, found {plan!r}"
    cited = [part for part in found.parts if isinstance(part, SourcePart)]
    told = [json.dumps(part.provider_data["cohere"]["citation"]) for part in cited]
    if (expected.get("citations") or 0) != len(set(told)):
        yield f"citations: expected {expected.get('citations')}, found {len(set(told))}"
    for part in cited:
        citation = part.provider_data["cohere"]["citation"]
        if part.start is not None and found.text[part.start : part.end] != citation["text"]:
            yield f"a citation is of {citation['text']!r}, which is not where it says"
