"""What recorded answers of Bedrock mean where the recordings' readers take them literally."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aicore.messages import OpaquePart, Part, ReasoningPart, SourcePart, TextPart, ToolCallPart
from aicore.responses import Response

from ..anthropic import meaning as anthropic
from ..corpus import Exchange, Json
from .reader import DIALECT

COUNT = "x-amzn-bedrock-input-token-count"
WRITTEN = "x-amzn-bedrock-output-token-count"
SYSTEM_TOOLS = frozenset({"nova_grounding", "nova_code_interpreter"})
"""Tools that the service runs itself (Nova 2 user guide)."""


def meaning(exchange: Exchange) -> Mapping[str, Any] | None:
    expected = dict(exchange.expected or {})
    match expected.get("kind"):
        case "error":
            return expected | {"type": error_type(exchange, expected)}
        case "embedding" if expected.get("usage") is None and COUNT in exchange.headers:
            return expected | {"usage": {COUNT: int(exchange.headers[COUNT])}}
        case "completion" if expected.get("usage") is None and COUNT in exchange.headers:
            counts = {name: int(exchange.headers[name]) for name in (COUNT, WRITTEN)}
            return expected | {"usage": counts}
        case "chat":
            return chat(exchange, expected)
    return exchange.expected


def error_type(exchange: Exchange, expected: Mapping[str, Any]) -> str | None:
    """Return the type of an error without where it is from, which AWS puts behind a colon."""
    told = expected.get("type") or exchange.headers.get("x-amzn-errortype")
    return str(told).partition(":")[0] if told else None


def chat(exchange: Exchange, expected: Json) -> Json:
    """Tell the text of an answer that cites, or that completes a text; it stands elsewhere."""
    answer = exchange.answer
    match answer:
        case {"output": {"message": {"content": [*blocks]}}}:
            literal = "".join(block.get("text", "") for block in blocks)
            if (expected.get("text") or "") == literal:
                expected["text"] = "".join(text for block in blocks for text in texts(block))
        case {"object": "text_completion", "choices": [{"text": text}, *_]} if (
            expected.get("text") is None
        ):
            expected |= {"kind": "completion", "text": text}
    expected["tool_calls"] = [
        call | {"arguments_raw": json.dumps(json.loads(call["arguments_raw"]))}
        if call["name"] in SYSTEM_TOOLS and "arguments_raw" in call
        else call
        for call in expected.get("tool_calls") or ()
    ]  # what the service runs itself is kept as what it says, and not as its text
    return expected


def texts(block: Mapping[str, Any]) -> Iterator[str]:
    match block:
        case {"text": text}:
            yield text
        case {"citationsContent": {"content": [*content]}}:
            yield from (piece["text"] for piece in content)


def calls(response: Response) -> Sequence[ToolCallPart]:
    """Return all calls of tools, those that the service runs itself among them."""
    found = []
    for part in response.parts:
        match part:
            case ToolCallPart():
                found.append(part)
            case OpaquePart(data={"toolUse": {"toolUseId": id, "name": name, "input": given}}):
                found.append(ToolCallPart(id, name, json.dumps(given)))
    return found


def more(expected: Mapping[str, Any], found: Response) -> Iterator[str]:
    """Compare the blocks of an answer one by one."""
    if "text_blocks" in expected:
        yield from anthropic.more(expected, found)
    elif "block_types" in expected:
        blocks = list(block_types(found.parts))
        if expected["block_types"] != blocks:
            yield f"block_types: expected {expected['block_types']!r}, found {blocks!r}"


def block_types(parts: Sequence[Part]) -> Iterator[str]:
    cited = False
    for part in parts:
        match part:
            case TextPart():
                cited = "citations" in part.provider_data.get(DIALECT, {})
                yield "citationsContent" if cited else "text"
            case SourcePart():
                if not cited:
                    yield "citationsContent"
            case ReasoningPart():
                yield "reasoningContent"
            case ToolCallPart():
                yield "toolUse"
            case OpaquePart(data=data):
                yield from data
            case _:
                yield part.type
