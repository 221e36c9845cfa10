"""Named changes to a chat body, for vendors that differ in behaviour and not just in names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, TypeAlias

Operator: TypeAlias = Callable[[dict[str, Any]], None]

SHORT_ID = re.compile(r"[a-zA-Z0-9]{9}")


def short_tool_ids(body: dict[str, Any]) -> None:
    """Give tool calls ids of nine letters and digits: Mistral refuses any other (422).

    An id that already fits stays; a foreign one is replaced by a hash of it, the same in the
    call and in its result.
    """
    for message in body["messages"]:
        if "tool_call_id" in message:
            message["tool_call_id"] = short_id(message["tool_call_id"])
        for call in message.get("tool_calls", ()):
            call["id"] = short_id(call["id"])


def short_id(id: str) -> str:
    return id if SHORT_ID.fullmatch(id) else sha256(id.encode()).hexdigest()[:9]


def keep_reasoning_field(body: dict[str, Any]) -> None:
    """Send an empty `reasoning_content` where an assistant turn has none.

    DeepSeek's v4 models want the field on every assistant turn of a tool loop.
    """
    if any("reasoning_content" in message for message in body["messages"]):
        for message in body["messages"]:
            if message["role"] == "assistant":
                message.setdefault("reasoning_content", "")


def refusal_as_text(body: dict[str, Any]) -> None:
    """Send an earlier refusal as the text that it is: Mistral has no field for it (422)."""
    for message in body["messages"]:
        if refusal := message.pop("refusal", None):
            content = message.get("content") or ""
            if isinstance(content, str):
                message["content"] = content + refusal
            else:
                message["content"] = [*content, {"type": "text", "text": refusal}]


def reasoning_switch(body: dict[str, Any]) -> None:
    """Turn reasoning off with a switch of its own: Together knows no effort `none`."""
    if body.get("reasoning_effort") == "none":
        del body["reasoning_effort"]
        body["reasoning"] = {"enabled": False}


def counted_logprobs(body: dict[str, Any]) -> None:
    """Ask for log probabilities with a number, of how many tokens to tell: so Together wants it."""
    if isinstance(asked := body.get("logprobs"), bool):
        body["logprobs"] = int(asked)


def open_tool_schemas(body: dict[str, Any]) -> None:
    """Leave `additionalProperties: false` out of the schemas of tools, which xAI does not take."""
    for function in functions(body):
        if "parameters" in function:
            function["parameters"] = opened(function["parameters"])


def plain_tool_schemas(body: dict[str, Any]) -> None:
    """Write the schemas of tools in the words that Moonshot takes.

    It wants no `$schema`, no `type` beside `anyOf` but in each of its branches, and the items of a
    tuple in `prefixItems`.
    """
    for function in functions(body):
        if "parameters" in function:
            function["parameters"] = plain(function["parameters"])


def functions(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Make copies of the functions among the tools that may be changed, and return them."""
    tools = [dict(tool) for tool in body.get("tools", ())]
    if tools:
        body["tools"] = tools
    named = [tool for tool in tools if isinstance(tool.get("function"), dict)]
    for tool in named:
        tool["function"] = dict(tool["function"])
    return [tool["function"] for tool in named]


def opened(schema: Any) -> Any:
    match schema:
        case {"additionalProperties": False, **rest}:
            return opened(rest)
        case dict():
            return {name: opened(value) for name, value in schema.items()}
        case list():
            return [opened(item) for item in schema]
        case _:
            return schema


def plain(schema: Any) -> Any:
    match schema:
        case list():
            return [plain(item) for item in schema]
        case dict():
            said = {name: plain(value) for name, value in schema.items() if name != "$schema"}
        case _:
            return schema
    match said:
        case {"anyOf": list(branches), "type": str(kind), **rest}:
            said = {**rest, "anyOf": [{"type": kind, **branch} for branch in branches]}
    match said:
        case {"items": list(items), **rest}:
            said = {**rest, "prefixItems": items}
    return said


OPERATORS: Mapping[str, Operator] = {
    operator.__name__: operator
    for operator in (
        short_tool_ids,
        keep_reasoning_field,
        refusal_as_text,
        reasoning_switch,
        counted_logprobs,
        open_tool_schemas,
        plain_tool_schemas,
    )
}
