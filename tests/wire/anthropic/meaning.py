"""What recorded answers of this wire are known to mean beside their text, calls and counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aicore.messages import OpaquePart, Part, ReasoningPart, SourcePart, TextPart, ToolCallPart
from aicore.responses import Response

from .reader import DIALECT

SERVER_CALLS = frozenset({"server_tool_use", "mcp_tool_use"})


def more(expected: Mapping[str, Any], found: Response) -> Iterator[str]:
    """Compare the blocks of an answer one by one, and why it stopped where it did."""
    blocks = [part for part in found.parts if not isinstance(part, SourcePart)]
    facts: Mapping[str, Any] = {
        "block_types": [block_type(part) for part in blocks],
        "text_blocks": [part.text for part in blocks if isinstance(part, TextPart)],
        "server_tool_calls": [
            {name: part.data[name] for name in ("id", "name", "input")}
            for part in blocks
            if isinstance(part, OpaquePart) and part.data["type"] in SERVER_CALLS
        ],
        "stop_sequence": found.steps[-1].provider_data.get(DIALECT, {}).get("stop_sequence"),
        "reasoning_signature_present": any(
            "signature" in part.provider_data.get("claude", {}) for part in blocks
        ),
    }
    for name, fact in facts.items():
        if name in expected and expected[name] != fact:
            yield f"{name}: expected {expected[name]!r}, found {fact!r}"
    if "citations" in expected and len(expected["citations"] or ()) != len(found.sources):
        yield f"citations: expected {expected['citations']!r}, found {found.sources!r}"


def block_type(part: Part) -> str:
    match part:
        case TextPart():
            return "text"
        case ToolCallPart():
            return "tool_use"
        case ReasoningPart(provider_data={"claude": {"redacted_data": _}}):
            return "redacted_thinking"
        case ReasoningPart():
            return "thinking"
        case OpaquePart(data=data):
            return str(data["type"])
        case _:
            return part.type
