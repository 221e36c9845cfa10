"""What recorded answers of this wire are known to mean beside their text, calls and counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aicore.messages import ImagePart, OpaquePart, Part, ReasoningPart, SourcePart, ToolCallPart
from aicore.responses import Response

from ..corpus import Exchange
from .reader import DIALECT

PLAIN = frozenset({"message", "reasoning", "function_call", "custom_tool_call"})
LATE = "mcp_list_tools"
"""Asked for when an answer begins, and told when a server has replied: its place may vary."""


def thoughts(response: Response) -> str:
    """Return the thoughts of an answer, an empty line between two of them."""
    parts = (part for part in response.parts if isinstance(part, ReasoningPart))
    return "\n\n".join(part.text for part in parts if part.text)


def calls(response: Response) -> Sequence[ToolCallPart]:
    """Return the calls of functions; those of custom tools are compared apart."""
    return [call for call in response.tool_calls if not is_custom(call)]


def of_counted_calls(exchange: Exchange) -> Mapping[str, Any] | None:
    """Give calls the id that makes them one of a conversation.

    Bedrock Mantle counts the calls of OpenAI's models from `call_0` in every answer, so that
    clients put the answer's id before them (pydantic-ai: providers/bedrock_mantle.py).
    """
    expected = exchange.expected
    if expected is None or not expected.get("tool_calls"):
        return expected
    answer = str(expected.get("id"))
    calls = [{**call, "id": unique(answer, call["id"])} for call in expected["tool_calls"]]
    return {**expected, "tool_calls": calls}


COUNTED = frozenset(f"call_{number}" for number in range(100))


def unique(answer: str, call: str) -> str:
    return f"{answer}:{call}" if call in COUNTED else call


def more(expected: Mapping[str, Any], found: Response) -> Iterator[str]:
    """Compare the items of an answer one by one, the pieces of its thoughts, and its status."""
    types = list(items(found.parts))
    listed = list(expected.get("output_types") or ())
    details = found.steps[-1].provider_data.get(DIALECT, {})
    status = details.get("status")
    custom = [call for call in found.tool_calls if is_custom(call)]
    facts: Mapping[str, Any] = {
        "status": status,
        "finish_reason": status,
        "incomplete_reason": (details.get("incomplete_details") or {}).get("reason"),
        "native_items": [item for item in types if item not in PLAIN],
        "reasoning_summary": pieces(found.parts, "summary"),
        "reasoning_text": "\n\n".join(pieces(found.parts, "content") or ()) or None,
    }
    for name, fact in facts.items():
        if name in expected and (expected[name] or None) != (fact or None):
            yield f"{name}: expected {expected[name]!r}, found {fact!r}"
    if "output_types" in expected and (
        sorted(types) != sorted(listed)
        or [item for item in types if item != LATE] != [item for item in listed if item != LATE]
    ):
        yield f"output_types: expected {listed!r}, found {types!r}"
    told = expected.get("custom_tool_calls") or []
    names = [call["name"] if isinstance(call, Mapping) else call for call in told]
    if names != [call.name for call in custom]:
        yield f"custom_tool_calls: expected {told!r}, found {custom!r}"


def items(parts: Sequence[Part]) -> Iterator[str]:
    """Tell the types of the items that the parts of an answer were."""
    message: Any = object()
    for part in parts:
        data = part.provider_data.get(DIALECT, {})
        match part:
            case SourcePart():
                continue
            case OpaquePart(data={"type": str(kind)}) if "item" not in data:
                yield kind
            case ImagePart():
                yield "image_generation_call"
            case ToolCallPart():
                yield "custom_tool_call" if is_custom(part) else "function_call"
            case ReasoningPart():
                yield "reasoning"
            case _ if message is None or data.get("item", {}).get("id") != message:
                yield "message"
                message = data.get("item", {}).get("id")
                continue
            case _:
                continue
        message = object()


def is_custom(part: ToolCallPart) -> bool:
    return bool(part.provider_data.get(DIALECT, {}).get("type") == "custom_tool_call")


def pieces(parts: Sequence[Part], where: str) -> list[str] | None:
    """Return the texts of the summaries, or of the thoughts themselves, as they would go back."""
    texts: list[str] = []
    for part in parts:
        if isinstance(part, ReasoningPart):
            data = part.provider_data.get(DIALECT, {})
            if where in data:
                texts += [piece["text"] for piece in data[where]]
            elif where == "summary" and part.text:
                texts.append(part.text)
    return texts or None
