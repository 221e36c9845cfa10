"""Reads a recorded request body of Ollama's wire into our requests.

This shares no code with what writes such bodies. Fields without a setting of ours stay what they
are: the provider's own options, or the message's, call's and tool's own data.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Mapping
from typing import Any

from aicore.messages import (
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from aicore.requests import (
    AnyTool,
    ChatRequest,
    CompleteRequest,
    JSONSchema,
    ProviderTool,
    Reasoning,
    Tool,
)

from ..api import AnyRequest
from ..corpus import Exchange, Json

DIALECT = "ollama"
OPTIONS = {
    "num_predict": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "seed": "seed",
    "stop": "stop",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
FUNCTION = {"name", "description", "parameters"}


def read(body: Json, exchange: Exchange) -> AnyRequest:
    """Turn a recorded body into the request that a user of ours would have written."""
    return read_body(body, exchange.provider, exchange.api)


def read_body(body: Json, provider: str, api: str) -> AnyRequest:
    """Turn a recorded body into the request that a user of ours would have written."""
    body = copy.deepcopy(body)
    body.pop("stream", None)
    settings: Json = {"model": f"{provider}:{body.pop('model')}"}
    settings |= {
        name: body.pop(name) for name in ("logprobs", "top_logprobs") if body.get(name) is not None
    }
    settings |= options(body)
    if api == "ollama-generate":
        settings |= {"prompt": body.pop("prompt", None) or ""}
        if (suffix := body.pop("suffix", None)) is not None:
            settings["suffix"] = suffix
        return CompleteRequest(**settings, **rest(body, provider))
    if body["messages"]:
        settings["messages"] = conversation(body.pop("messages"))
    else:  # no message loads the model, which is no conversation of ours
        settings["messages"] = (Message.user("hi"),)
    settings["tools"] = tuple(map(tool, body.pop("tools", None) or ()))
    match body.get("format"):
        case "json":
            settings["response_format"] = body.pop("format")
        case dict(schema):
            settings["response_format"] = JSONSchema(schema)
            del body["format"]
    match body.get("think"):
        case bool(thinks):
            settings["reasoning"] = Reasoning() if thinks else Reasoning(effort="none")
            del body["think"]
        case str(effort) if settings["model"].startswith(f"{provider}:gpt-oss"):
            settings["reasoning"] = Reasoning(effort=effort)
            del body["think"]
    return ChatRequest(**settings, **rest(body, provider))


def minimal(exchange: Exchange) -> AnyRequest:
    """Return the shortest request there is, for answers whose request was not recorded."""
    name = f"{exchange.provider}:{(exchange.expected or {}).get('model') or 'unknown'}"
    if exchange.api == "ollama-generate":
        return CompleteRequest(model=name, prompt="hi")
    return ChatRequest(model=name, messages=(Message.user("hi"),))


def options(body: Json) -> Json:
    """Take out the options that are settings of ours; a limit below 1 means none to Ollama."""
    given, settings = body.get("options") or {}, {}
    for name, setting in OPTIONS.items():
        value = given.get(name)
        if value is None or (name == "num_predict" and value < 1):
            continue
        if name == "stop" and not isinstance(value, list):
            continue
        settings[setting] = given.pop(name)
    return settings


def rest(body: Json, provider: str) -> Json:
    left = {name: value for name, value in body.items() if value is not None}
    return {"provider_options": {provider: left}} if left else {}


def own(data: Json) -> Mapping[str, Json]:
    kept = {name: value for name, value in data.items() if value is not None}
    return {DIALECT: kept} if kept else {}


def conversation(items: list[Json]) -> tuple[Message, ...]:
    """Read messages; a result without an id answers the first open call of its tool."""
    messages, waiting, number = list[Message](), list[ToolCallPart](), 0
    for item in items:
        role, content, parts = item.pop("role"), item.pop("content", None), list[Part]()
        if role == "tool":
            call = answered(waiting, item)
            id = call.id if call else item.get("tool_call_id") or f"stray_{len(messages)}"
            if call and own_id(call) == item.get("tool_call_id"):
                item.pop("tool_call_id", None)
            result = ToolResultPart(
                id, content or "", item.pop("tool_name", None), provider_data=own(item)
            )
            messages.append(Message.tool(result))
            continue
        if (thought := item.pop("thinking", None)) is not None:
            parts.append(ReasoningPart(thought))
        if content:
            parts.append(TextPart(content))
        parts += [ImagePart(data=base64.b64decode(it)) for it in item.pop("images", None) or ()]
        if role == "assistant":
            waiting = [
                tool_call(call, f"call_{number + place}")
                for place, call in enumerate(item.pop("tool_calls", None) or ())
            ]
            number += len(waiting)
            parts += waiting
        if not parts:
            parts = [TextPart("")]
        messages.append(Message(role, tuple(parts), provider_data=own(item)))
    return tuple(messages)


def answered(waiting: list[ToolCallPart], item: Json) -> ToolCallPart | None:
    id, name = item.get("tool_call_id"), item.get("tool_name")
    for call in waiting:
        if (id is not None and call.id == id) or (id is None and name in (None, call.name)):
            waiting.remove(call)
            return call
    return None


def own_id(call: ToolCallPart) -> Any:
    return call.provider_data.get(DIALECT, {}).get("id")


def tool_call(item: Json, made: str) -> ToolCallPart:
    function = item.pop("function")
    name, arguments = function.pop("name"), function.pop("arguments", None) or {}
    if function:
        item["function"] = function
    id = item.get("id") or made
    return ToolCallPart(id, name, json.dumps(arguments), provider_data=own(item))


def tool(item: Json) -> AnyTool:
    if item.get("type", "function") != "function":
        return ProviderTool(dialect=DIALECT, data=item)
    function = {name: value for name, value in item.pop("function").items() if value is not None}
    item.pop("type", None)
    if more := {name: value for name, value in function.items() if name not in FUNCTION}:
        item["function"] = more
    known = {name: function[name] for name in FUNCTION & function.keys()}
    return Tool(**known, provider_data=own(item))
