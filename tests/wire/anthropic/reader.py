"""Reads a recorded request body of Anthropic's wire into the request that a user would write.

This shares no code with what writes such bodies. Fields without a setting of ours stay what they
are: the provider's own options, or a part's own data.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from aicore.messages import (
    FilePart,
    ImagePart,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from aicore.requests import (
    AnyTool,
    ChatRequest,
    CountTokensRequest,
    JSONSchema,
    NamedTool,
    PromptCache,
    ProviderTool,
    Reasoning,
    Tool,
)

from ..api import AnyRequest
from ..corpus import Exchange, Json

DIALECT = "anthropic-messages"
SAME_NAME = {
    **{name: name for name in ("temperature", "top_p", "top_k", "service_tier")},
    "stop_sequences": "stop",
}
TOOL = frozenset({"name", "description", "input_schema", "strict"})
SHOWN = frozenset({"text", "image", "document"})
"""The blocks that a tool's result may have as parts of ours."""


def read(body: Json, exchange: Exchange) -> AnyRequest:
    return read_body(body, exchange.provider, exchange.api)


def minimal(exchange: Exchange) -> AnyRequest:
    """Return the shortest request there is, for answers whose request was not recorded."""
    model = (exchange.expected or {}).get("model") or "unknown"
    kind = CountTokensRequest if exchange.api == "anthropic-count-tokens" else ChatRequest
    return kind(model=f"{exchange.provider}:{model}", messages=(Message.user("hi"),))


def read_body(body: Json, provider: str, api: str = "anthropic-messages") -> ChatRequest:
    """Turn a recorded body into the request that a user of ours would have written."""
    body = {name: value for name, value in copy.deepcopy(body).items() if value is not None}
    body.pop("stream", None)
    settings: Json = {"model": f"{provider}:{body.pop('model')}"}
    if body.get("max_tokens"):  # 0 only warms the cache, which is no answer of any length
        settings["max_tokens"] = body.pop("max_tokens")
    for name, setting in SAME_NAME.items():
        if name in body:
            settings[setting] = body.pop(name)
    system = list(parts(body.pop("system", ())))
    messages = [Message("system", tuple(system))] if system else []
    messages += [message(item) for item in body.pop("messages")]
    tools = [tool(item) for item in body.pop("tools", ())]
    settings |= choice(body) | reasoning(body) | shape(body)
    match body.get("cache_control"):
        case {"type": "ephemeral", **rest} if rest.keys() <= {"ttl"}:
            settings["prompt_cache"] = PromptCache(ttl=body.pop("cache_control").get("ttl"))
    match body.get("metadata"):
        case {"user_id": str(user), **rest} if not rest:
            settings["user"] = user
            del body["metadata"]
    if body:
        settings["provider_options"] = {provider: body}
    kind = CountTokensRequest if api == "anthropic-count-tokens" else ChatRequest
    return kind(messages=tuple(messages), tools=tuple(tools), **settings)


def choice(body: Json) -> Json:
    wanted = body.get("tool_choice")
    if not isinstance(wanted, dict):
        return {}
    settings: Json = {}
    match wanted.get("type"):
        case "auto" | "none" as word:
            settings["tool_choice"] = word
        case "any":
            settings["tool_choice"] = "required"
        case "tool":
            settings["tool_choice"] = NamedTool(wanted["name"])
        case _:
            return {}
    if "disable_parallel_tool_use" in wanted:
        settings["parallel_tool_calls"] = not wanted["disable_parallel_tool_use"]
    del body["tool_choice"]
    return settings


def reasoning(body: Json) -> Json:
    """Read a budget, thinking by effort, or none; another way to think is an option."""
    config = body.get("output_config") or {}
    effort = config.get("effort")
    match body.get("thinking"):
        case {"type": "enabled", "budget_tokens": budget, **rest} if not rest:
            found = Reasoning(effort, budget)
        case {"type": "adaptive", **rest} if effort and not rest:
            found = Reasoning(effort)
        case {"type": "disabled", **rest} if not rest:
            found, effort = Reasoning("none"), None
        case _:
            return {}
    del body["thinking"]
    if effort:
        take(body, "output_config", "effort")
    return {"reasoning": found}


def shape(body: Json) -> Json:
    match body.get("output_config"):
        case {"format": {"type": "json_schema", "schema": schema, **rest}} if not rest:
            take(body, "output_config", "format")
            return {"response_format": JSONSchema(schema)}
        case _:
            return {}


def take(body: Json, name: str, field: str) -> None:
    """Take one field out of an object, and the object if that leaves it empty."""
    del body[name][field]
    if not body[name]:
        del body[name]


def tool(item: Json) -> AnyTool:
    item = {name: value for name, value in item.items() if value is not None}
    if item.get("type", "custom") != "custom":
        return ProviderTool(DIALECT, item)
    return Tool(
        item["name"],
        item.get("description"),
        item["input_schema"],
        item.get("strict"),
        provider_data=own(item, TOOL),
    )


def own(item: Json, known: frozenset[str] | set[str]) -> Mapping[str, Json]:
    """Keep what we have no word for as the dialect's own data."""
    kept = {name: value for name, value in item.items() if name not in known and value is not None}
    return {DIALECT: kept} if kept else {}


def message(item: Json) -> Message:
    role = item["role"]
    found = said(item["content"]) if role == "assistant" else parts(item["content"])
    return Message(role, tuple(found), provider_data=own(item, {"role", "content"}))


def parts(content: Any) -> Iterator[Part]:
    if isinstance(content, str):
        yield TextPart(content)
    else:
        yield from map(part, content)


def said(content: Any) -> Iterator[Part]:
    """Read the model's own turn, where texts may have citations."""
    if isinstance(content, str):
        yield TextPart(content)
        return
    for item in content:
        match item:
            case {"type": "text", "text": text}:
                yield TextPart(text, provider_data=own(item, {"type", "text", "citations"}))
                for citation in item.get("citations") or ():
                    yield SourcePart(provider_data={DIALECT: citation})
            case {"type": "thinking", "thinking": text, "signature": signature}:
                more = own(item, {"type", "thinking", "signature"})
                data = {"claude": {"signature": signature}, **more}
                yield ReasoningPart(text, provider_data=data)
            case {"type": "redacted_thinking", "data": redacted}:
                yield ReasoningPart("", provider_data={"claude": {"redacted_data": redacted}})
            case {"type": "tool_use", "id": id, "name": name, "input": given}:
                more = own(item, {"type", "id", "name", "input"})
                yield ToolCallPart(id, name, json.dumps(given), provider_data=more)
            case _:
                yield OpaquePart(DIALECT, item)


def part(item: Json) -> Part:
    """Read a block that is shown to the model; one that we do not know stays as it is."""
    match item:
        case {"type": "text", "text": text}:
            return TextPart(text, provider_data=own(item, {"type", "text"}))
        case {"type": "image", "source": source} if known := place(source):
            return ImagePart(**known, provider_data=own(item, {"type", "source"}))
        case {"type": "document", "source": source} if known := place(source):
            more = own(item, {"type", "source", "title"})
            return FilePart(**known, name=item.get("title"), provider_data=more)
        case {"type": "tool_result", "tool_use_id": id}:
            return result(id, item)
        case _:
            return OpaquePart(DIALECT, item)


def place(source: Json) -> Json:
    match source:
        case {"type": "base64", "media_type": media_type, "data": data}:
            return {"data": base64.b64decode(data), "media_type": media_type}
        case {"type": "url", "url": url}:
            return {"url": url}
        case {"type": "file", "file_id": id}:
            return {"file_id": id}
        case {"type": "text", "media_type": "text/plain", "data": text}:
            return {"data": text.encode(), "media_type": "text/plain"}
        case _:
            return {}


def result(id: str, item: Json) -> ToolResultPart:
    """Read a tool's result; one that holds other things than we have parts for stays as it is."""
    content = item.get("content") or ""
    known = {"type", "tool_use_id", "content", "is_error"}
    if not isinstance(content, str) and not {block["type"] for block in content} <= SHOWN:
        known.remove("content")
        content = ""
    shown: list[Any] = list(parts(content)) if content else []
    failed = bool(item.get("is_error"))
    return ToolResultPart(id, shown, None, failed, provider_data=own(item, known))
