"""Read OpenAI requests tolerantly: what has no place of its own is passed on or warned about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aicore.errors import BadInput
from aicore.requests import (
    ChatRequest,
    EmbedRequest,
    JSONSchema,
    NamedTool,
    PromptCache,
    ProviderTool,
    Reasoning,
    Tool,
)
from aikit_wire.openai.manifest import DIALECT

from aikit_asgi.openai.places import read_at, read_each, require
from aikit_asgi.openai.read_messages import own, read_messages
from aikit_asgi.openai.settings import EMBED_SETTINGS, SETTINGS, read_plain, settled
from aikit_asgi.statuses import RequestError

CHAT = SETTINGS.keys() | {
    "model",
    "messages",
    "stream_options",
    "tools",
    "tool_choice",
    "functions",
    "function_call",
    "response_format",
    "reasoning_effort",
    "prompt_cache_key",
    "prompt_cache_retention",
}
EMBED = EMBED_SETTINGS.keys() | {"model", "input", "encoding_format"}

BESIDE = CHAT - SETTINGS.keys() - {"model", "messages", "stream_options"}
"""Fields of a chat request that need reading, and that most do without."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a client wants its answer told.

    `functions` asks for calls as they were before there were tools. `custom` names the tools that
    are called with text: a call's beginning does not tell, only its end does.
    """

    include_usage: bool = False
    functions: bool = False
    custom: frozenset[str] = frozenset()


PLAIN, WITH_USAGE = Form(), Form(include_usage=True)


def read_chat(body: Mapping[str, Any]) -> tuple[ChatRequest, dict[str, Any], Form]:
    """Read a chat completion request, and return beside it the fields that it has no place for.

    Raises:
        RequestError: a field is missing or means nothing; `param` names it.
    """
    if (plain := read_plain(body)) is not None:
        return plain, {}, PLAIN
    body = told(body)
    if not require(body, "messages", list):
        raise RequestError("`messages` must not be empty", param="messages")
    fields: dict[str, Any] = {
        "model": require(body, "model", str),
        "messages": tuple(read_messages(body)),
    }
    rest = {} if CHAT.issuperset(body) else {name: body[name] for name in body if name not in CHAT}
    tools = [] if BESIDE.isdisjoint(body) else read_beside(body, fields, rest)
    form = read_form(body, tools) if tools or "stream_options" in body else PLAIN
    return settled(ChatRequest, fields, body, SETTINGS), rest, form


def told(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what says something: a field that is null is as good as absent."""
    if None not in body.values():  # nearly always
        return body
    return {name: value for name, value in body.items() if value is not None}


def read_beside(
    body: Mapping[str, Any], fields: dict[str, Any], rest: dict[str, Any]
) -> list[Tool | ProviderTool]:
    """Read what most requests do without into `fields`, what only the dialect knows into `rest`."""
    tools = read_each(body, "tools", read_tool)
    tools += read_each(body, "functions", lambda function: read_tool({"function": function}))
    fields["tools"] = tuple(tools)
    for old, name in (("function_call", "tool_choice"), ("tool_choice", "tool_choice")):
        if (choice := body.get(old)) is not None:
            known = read_at(old, read_choice, choice)
            (rest if known is None else fields)[name] = known or choice
    if (wanted := body.get("response_format")) is not None:
        known = read_at("response_format", read_format, wanted)
        (rest if known is None else fields)["response_format"] = known or wanted
    if (effort := body.get("reasoning_effort")) is not None:
        fields["reasoning"] = read_at("reasoning_effort", Reasoning, effort)
    key, ttl = (
        optional_text(body, "prompt_cache_key"),
        optional_text(body, "prompt_cache_retention"),
    )
    if key is not None or ttl is not None:
        fields["prompt_cache"] = PromptCache(key, ttl)
    return tools


def optional_text(body: Mapping[str, Any], name: str) -> str | None:
    return None if body.get(name) is None else str(require(body, name, str))


def read_form(body: Mapping[str, Any], tools: Sequence[Tool | ProviderTool]) -> Form:
    options = body.get("stream_options") or {}
    if not isinstance(options, dict):
        raise RequestError("`stream_options` must be an object", param="stream_options")
    if not tools:
        return WITH_USAGE if options.get("include_usage") else PLAIN
    custom = {
        tool.data["custom"]["name"]
        for tool in tools
        if isinstance(tool, ProviderTool) and tool.data["type"] == "custom"
    }
    functions = bool(body.get("functions")) and not body.get("tools")
    return Form(bool(options.get("include_usage")), functions, frozenset(custom))


def read_tool(item: Mapping[str, Any]) -> Tool | ProviderTool:
    """Read a tool; one that is no function is the service's own."""
    if (kind := item.get("type", "function")) != "function":
        if kind == "custom":
            require(item["custom"], "name", str)
        return ProviderTool(DIALECT, item)
    function = item["function"]
    known = frozenset({"name", "description", "parameters", "strict"})
    given = {name: function[name] for name in known if function.get(name) is not None}
    more = {"function": function} if function.keys() - known else {}
    data = own(item, frozenset({"type", "function"}), **more)
    return Tool(**{"name": function["name"], **given}, provider_data=data)


def read_choice(choice: Any) -> Any:
    """Read a tool choice; None is one that only its own dialect knows."""
    match choice:
        case "auto" | "none" | "required":
            return choice
        case "any":  # Mistral's word
            return "required"
        case {"type": "function", "function": {"name": str(name)}}:
            return NamedTool(name)
        case {"type": str()}:
            return None
        case {"name": str(name)}:
            return NamedTool(name)
        case _:
            raise BadInput("a tool choice is auto, none, required or an object that names one")


def read_format(wanted: Mapping[str, Any]) -> Any:
    """Read a response format; None is one that only its own dialect knows."""
    match wanted:
        case {"type": "text"}:
            return "text"
        case {"type": "json_object"} if len(wanted) == 1:
            return "json"
        case {"type": "json_schema", "json_schema": {"schema": schema} as shape}:
            name = shape.get("name") or "answer"
            return JSONSchema(schema, name, shape.get("description"), shape.get("strict"))
        case {"type": str(kind)} if kind != "json_schema":
            return None
        case _:
            raise BadInput("a response format has a `type`, and a `json_schema` has a `schema`")


def read_embed(body: Mapping[str, Any]) -> tuple[EmbedRequest, dict[str, Any], bool]:
    """Read an embeddings request; return beside it what it has no place for, and whether the
    vectors are wanted as base64.

    Raises:
        RequestError: a field is missing or means nothing; `param` names it.
    """
    body = told(body)
    given = require(body, "input", (str, list))
    inputs = (given,) if isinstance(given, str) else tuple(given)
    if not inputs:
        raise RequestError("`input` must not be empty", param="input")
    if not all(isinstance(text, str) for text in inputs):
        raise RequestError("`input` must be text: token ids depend on the model", param="input")
    form = body.get("encoding_format") or "float"
    if form not in ("float", "base64"):
        raise RequestError("`encoding_format` is float or base64", param="encoding_format")
    rest = {name: body[name] for name in body if name not in EMBED}
    fields = {"model": require(body, "model", str), "inputs": inputs}
    return settled(EmbedRequest, fields, body, EMBED_SETTINGS), rest, form == "base64"
