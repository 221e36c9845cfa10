"""Reads a recorded request body of Cohere's into our requests.

This shares no code with what writes such bodies. Fields without a setting of ours stay what they
are: the provider's own options, or the message's, part's, call's and tool's own data.
"""

from __future__ import annotations

import copy
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
    CompleteRequest,
    EmbedRequest,
    JSONSchema,
    ProviderTool,
    Reasoning,
    RerankRequest,
    Tool,
)

from ..api import AnyRequest
from ..corpus import Exchange, Json

DIALECT = "cohere"
SETTINGS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "p": "top_p",
    "k": "top_k",
    "seed": "seed",
    "stop_sequences": "stop",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "logprobs": "logprobs",
}
OF_V1 = {name: setting for name, setting in SETTINGS.items() if name != "logprobs"}
FUNCTION = {"name", "description", "parameters"}
ROLES: Mapping[str, Any] = {"USER": "user", "CHATBOT": "assistant", "SYSTEM": "system"}


def read(body: Json, exchange: Exchange) -> AnyRequest:
    """Turn a recorded body into the request that a user of ours would have written."""
    return read_body(body, exchange.provider, exchange.api)


def read_body(body: Json, provider: str, api: str) -> AnyRequest:
    """Turn a recorded body into the request that a user of ours would have written."""
    body = {name: value for name, value in copy.deepcopy(body).items() if value is not None}
    body.pop("stream", None)
    settings: Json = {"model": f"{provider}:{body.pop('model', 'unknown')}"}
    match api:
        case "cohere-embed-v2":
            return embed(body, settings, provider)
        case "cohere-rerank-v2":
            fields = {name: body.pop(name) for name in ("query", "documents")}
            if "top_n" in body:
                fields["top_n"] = body.pop("top_n")
            fields["documents"] = tuple(fields["documents"])
            return RerankRequest(**settings, **fields, **rest(body, provider))
        case "cohere-generate":
            settings |= {"prompt": body.pop("prompt"), **taken(body, OF_V1)}
            if "num_generations" in body:
                settings["n"] = body.pop("num_generations")
            return CompleteRequest(**settings, **rest(body, provider))
        case "cohere-chat-v1":
            told = [*body.pop("chat_history", ()), {"role": "USER", "message": body.pop("message")}]
            messages = tuple(Message(ROLES[it["role"]], it["message"]) for it in told)
            settings |= {"messages": messages, **taken(body, OF_V1)}
            return ChatRequest(**settings, **rest(body, provider))
    return chat(body, settings, provider)


def minimal(exchange: Exchange) -> AnyRequest:
    """Return the shortest request there is, for answers whose request was not recorded."""
    model, expected = f"{exchange.provider}:unknown", exchange.expected or {}
    match exchange.api:
        case "cohere-embed-v2":
            return EmbedRequest(model=model, inputs=("hi",) * int(expected.get("count") or 1))
        case "cohere-rerank-v2":
            return RerankRequest(model=model, query="hi", documents=ranked(expected))
        case "cohere-generate":
            return CompleteRequest(model=model, prompt="hi")
    return ChatRequest(model=model, messages=(Message.user("hi"),))


def ranked(expected: Mapping[str, Any]) -> tuple[str, ...]:
    """Return as many documents as an answer must have been about."""
    indexes = [item["index"] for item in expected.get("results") or ()]
    return ("hi",) * (max(indexes, default=0) + 1)


def taken(body: Json, names: Mapping[str, str]) -> Json:
    return {setting: body.pop(name) for name, setting in names.items() if name in body}


def rest(body: Json, provider: str) -> Json:
    return {"provider_options": {provider: body}} if body else {}


def own(data: Json) -> Mapping[str, Json]:
    kept = {name: value for name, value in data.items() if value is not None}
    return {DIALECT: kept} if kept else {}


def embed(body: Json, settings: Json, provider: str) -> EmbedRequest:
    if "output_dimension" in body:
        settings["dimensions"] = body.pop("output_dimension")
    if "input_type" in body:
        settings["task"] = body.pop("input_type")
    if "texts" in body:
        settings["inputs"] = tuple(body.pop("texts"))
    elif "images" in body:
        settings["inputs"] = tuple(body.pop("images"))
    else:
        settings["inputs"] = tuple(map(content_text, body.pop("inputs")))
    return EmbedRequest(**settings, **rest(body, provider))


def content_text(item: Json) -> str:
    (block,) = item["content"]
    return str(block["text"] if block["type"] == "text" else block["image_url"]["url"])


def chat(body: Json, settings: Json, provider: str) -> ChatRequest:
    settings |= taken(body, SETTINGS)
    files = documents(body)
    settings["messages"] = conversation(body.pop("messages"), files)
    strict = True if body.pop("strict_tools", None) else None
    settings["tools"] = tuple(tool(item, strict) for item in body.pop("tools", ()))
    if "tool_choice" in body and settings["tools"]:
        settings["tool_choice"] = body.pop("tool_choice").lower()
    form: Any = body.get("response_format")
    match form:
        case {"type": "json_object", "json_schema": schema} if len(form) == 2:
            settings["response_format"] = JSONSchema(schema)
            del body["response_format"]
        case {"type": "json_object"} if len(form) == 1:
            settings["response_format"] = "json"
            del body["response_format"]
    match body.get("thinking"):
        case {"type": "disabled"}:
            settings["reasoning"] = Reasoning(effort="none")
            del body["thinking"]
        case {"type": "enabled"}:
            settings["reasoning"] = Reasoning(budget_tokens=body["thinking"].get("token_budget"))
            del body["thinking"]
    return ChatRequest(**settings, **rest(body, provider))


def documents(body: Json) -> list[Part]:
    """Take the documents that are what a file comes to; others stay an option."""
    files = list[Part]()
    for index, item in enumerate(body.get("documents") or ()):
        match item:
            case {"id": str(id), "data": {"title": str(name), "text": str(text)} as data} if (
                id == f"doc:{index}" and len(item) == len(data) == 2
            ):
                kind = "text/plain"
                files.append(FilePart(data=text.encode(), media_type=kind, name=name))
            case _:
                return []
    if files:
        del body["documents"]
    return files


def conversation(items: list[Json], files: list[Part]) -> tuple[Message, ...]:
    """Read messages; files stand in the first one of a user."""
    messages = list[Message]()
    for item in items:
        role, content = item.pop("role"), item.pop("content", None)
        content = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if role == "tool":
            shown = tuple(map(shown_result, content or ()))
            result = ToolResultPart(item.pop("tool_call_id"), shown, provider_data=own(item))
            messages.append(Message.tool(result))
            continue
        parts = list[Part]()
        if plan := item.pop("tool_plan", None):
            parts.append(ReasoningPart(plan, provider_data={DIALECT: {"tool_plan": True}}))
        parts += map(part, content or ())
        parts += map(tool_call, item.pop("tool_calls", None) or ())
        parts += cited(item.pop("citations", None) or ())
        if role == "user" and files:
            parts, files = [*parts, *files], []
        messages.append(Message(role, tuple(parts), provider_data=own(item)))
    return tuple(messages)


def cited(citations: Any) -> Iterator[SourcePart]:
    for citation in citations:
        for source in citation.pop("sources", ()):
            yield SourcePart(provider_data={DIALECT: {"citation": citation, "source": source}})


def shown_result(item: Json) -> TextPart | FilePart:
    match item:
        case {"type": "document", "document": document}:
            data = document.pop("data")
            return FilePart(
                data=data["text"].encode(),
                media_type="text/plain",
                name=data.get("title"),
                provider_data=own(document),
            )
    return TextPart(item["text"])


def part(item: Json) -> Part:
    match item.pop("type"):
        case "text":
            return TextPart(item.pop("text"), provider_data=own(item))
        case "thinking":
            return ReasoningPart(item.pop("thinking"), provider_data=own(item))
        case "image_url":
            image = item.pop("image_url")
            return ImagePart(**{**image, "url": image["url"]}, provider_data=own(item))
        case kind:
            return OpaquePart(DIALECT, {"type": kind, **item})


def tool_call(item: Json) -> ToolCallPart:
    function = item.pop("function")
    id, name, arguments = item.pop("id"), function.pop("name"), function.pop("arguments")
    item.pop("type", None)
    if function:
        item["function"] = function
    return ToolCallPart(id, name, arguments, provider_data=own(item))


def tool(item: Json, strict: bool | None) -> AnyTool:
    if item.get("type", "function") != "function":
        return ProviderTool(dialect=DIALECT, data=item)
    function = {name: value for name, value in item.pop("function").items() if value is not None}
    item.pop("type", None)
    if more := {name: value for name, value in function.items() if name not in FUNCTION}:
        item["function"] = more
    known = {name: function[name] for name in FUNCTION & function.keys()}
    return Tool(**known, strict=strict, provider_data=own(item))
