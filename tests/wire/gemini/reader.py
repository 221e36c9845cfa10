"""Reads a recorded request body of Google's wire into our requests.

This shares no code with what writes such bodies: it is the other half of the proof that a request
says on the wire what it was made to say. Fields without a setting of ours stay what they are:
the provider's own options, or the message's and the part's own data.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    VideoPart,
)
from aicore.requests import (
    AnyTool,
    ChatRequest,
    CountTokensRequest,
    EmbedRequest,
    JSONSchema,
    NamedTool,
    ProviderTool,
    Reasoning,
    Tool,
)

from ..api import AnyRequest
from ..corpus import Exchange, Json
from .names import camel, listed
from .schemas import json_schema

DIALECT = "gemini"
SAMPLING = {
    "maxOutputTokens": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "seed": "seed",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
    "responseLogprobs": "logprobs",
    "logprobs": "top_logprobs",
    "candidateCount": "n",
}
KINDS: Mapping[str, type[ImagePart | AudioPart | VideoPart]] = {
    "image": ImagePart,
    "audio": AudioPart,
    "video": VideoPart,
}
FUNCTION = {"name", "description", "parameters", "parametersJsonSchema"}


def model(exchange: Exchange) -> str:
    """Return the model, which stands in the path, or in the answer where no request is known."""
    if exchange.request is None:
        return str((exchange.expected or {}).get("model") or "unknown")
    found = re.search(
        r"/(models/|(?=tunedModels/|endpoints/))([^:]+):\w+$", exchange.request["path"]
    )
    assert found is not None, exchange.request["path"]
    return found[2]


def read(body: Json, exchange: Exchange) -> AnyRequest:
    """Turn a recorded body into the request that a user of ours would have written."""
    return read_body(body, f"{exchange.provider}:{model(exchange)}", exchange.api)


def minimal(exchange: Exchange) -> AnyRequest:
    """Return the shortest request there is, for answers whose request was not recorded."""
    name = f"{exchange.provider}:{model(exchange)}"
    match exchange.api:
        case "gemini-batchEmbedContents":
            return EmbedRequest(model=name, inputs=("hi",) * (exchange.expected or {})["count"])
        case "gemini-countTokens":
            return CountTokensRequest(model=name, messages=(Message.user("hi"),))
        case _:
            return ChatRequest(model=name, messages=(Message.user("hi"),))


def read_body(body: Json, name: str, api: str) -> AnyRequest:
    body = camel(body)
    match api:
        case "gemini-batchEmbedContents":
            return embedding(body, name)
        case "gemini-countTokens":
            whole = body.pop("generateContentRequest", {})
            whole.pop("model", None)
            return CountTokensRequest(**chat({**body, **whole}, name))
        case _:
            return ChatRequest(**chat(body, name))


def embedding(body: Json, name: str) -> EmbedRequest:
    """Read texts that share their settings; anything else goes as it is, one vector for each."""
    settings: Json = {"model": name}
    texts, common = list[str](), list[Json]()
    for item in map(dict, body["requests"]):
        item.pop("model")
        match item.pop("content"):
            case {"parts": [{"text": str(text), **others}]} if not others:
                texts.append(text)
        common.append(item)
    if len(texts) < len(common) or any(item != common[0] for item in common):
        settings["provider_options"] = {name.partition(":")[0]: body}
        return EmbedRequest(inputs=("",) * len(common), **settings)
    for wire, setting in (("taskType", "task"), ("outputDimensionality", "dimensions")):
        if (value := common[0].pop(wire, None)) is not None:
            settings[setting] = value
    return EmbedRequest(inputs=tuple(texts), **settings, **rest(common[0], name))


def rest(body: Json, name: str) -> Json:
    """Make what is left the provider's own options."""
    return {"provider_options": {name.partition(":")[0]: body}} if body else {}


def chat(body: Json, name: str) -> Json:
    """Read the fields of a chat request."""
    messages = list[Message]()
    if (system := body.pop("systemInstruction", None)) is not None:
        texts = [text(item) for item in listed(system["parts"])]
        messages.append(Message.system(*texts))
    messages += Conversation().messages(body.pop("contents"))
    settings: Json = {"model": name, "messages": tuple(messages)}
    config = body.pop("toolConfig", {})
    tools = [item for entry in listed(body.pop("tools", [])) for item in read_tools(entry)]
    settings |= choice(config, tools)
    settings["tools"] = tuple(tools)
    if config:
        body["toolConfig"] = config
    if tier := body.pop("serviceTier", None):
        settings["service_tier"] = tier
    generation = body.pop("generationConfig", {})
    settings |= generated(generation, name)
    if generation:
        body["generationConfig"] = generation
    return settings | rest(body, name)


def generated(generation: Json, name: str) -> Json:
    """Take the settings out of `generationConfig` that we have words for."""
    settings: Json = {}
    for wire, setting in SAMPLING.items():
        if (value := generation.pop(wire, None)) is not None:
            settings[setting] = value
    if stop := generation.pop("stopSequences", None):
        settings["stop"] = tuple(stop)
    modalities = generation.get("responseModalities", ())
    if modalities and {item.upper() for item in modalities} <= {"TEXT", "IMAGE", "AUDIO"}:
        settings["modalities"] = tuple(item.lower() for item in modalities)
        del generation["responseModalities"]
    match generation.get("responseMimeType"):
        case "application/json":
            del generation["responseMimeType"]
            settings["response_format"] = "json"
            for field in ("responseJsonSchema", "responseSchema"):
                if field in generation:
                    schema = json_schema(generation.pop(field))
                    settings["response_format"] = JSONSchema(schema)
        case "text/plain":
            del generation["responseMimeType"]
            settings["response_format"] = "text"
    match generation.get("thinkingConfig"):
        case {"includeThoughts": True, **others} if others.keys() <= {"thinkingLevel"}:
            level = str(others.get("thinkingLevel", "")).lower()
            settings["reasoning"] = Reasoning(effort=level or None)
            del generation["thinkingConfig"]
        case {"includeThoughts": True, "thinkingBudget": int(budget), **others} if not others:
            settings["reasoning"] = Reasoning(budget_tokens=budget)
            del generation["thinkingConfig"]
        case {"thinkingBudget": 0, **others} if not others and "2.5-flash" in name:
            settings["reasoning"] = Reasoning(effort="none")
            del generation["thinkingConfig"]
    return settings


def read_tools(entry: Json) -> Iterator[AnyTool]:
    """Read one entry of `tools`, which may hold functions and tools of the service."""
    for kind, value in entry.items():
        if kind == "functionDeclarations":
            yield from map(function, listed(value))
        else:
            yield ProviderTool(DIALECT, {kind: value})


def function(item: Json) -> Tool:
    extra = {name: value for name, value in item.items() if name not in FUNCTION}
    given = item.get("parametersJsonSchema", item.get("parameters"))
    schema = {"type": "object", "properties": {}} if given is None else json_schema(given)
    own = {DIALECT: extra} if extra else {}
    return Tool(item["name"], item.get("description") or None, schema, provider_data=own)


def choice(config: Json, tools: list[AnyTool]) -> Json:
    """Take out of `toolConfig` which functions may be called."""
    functions = [tool for tool in tools if isinstance(tool, Tool)]
    if functions and len(functions) < len(tools):  # the calls of both must be shown, and are
        shown = config.pop("includeServerSideToolInvocations", False)
        if not shown:
            config["includeServerSideToolInvocations"] = False
    calling = config.get("functionCallingConfig", {})
    names = calling.get("allowedFunctionNames")
    mode, everything = calling.get("mode", "").upper(), {tool.name for tool in functions}
    found: Any = None
    if calling.keys() - {"mode", "allowedFunctionNames"}:
        return {}
    if mode == "ANY" and names and len(names) == 1:
        found = NamedTool(names[0])
    elif mode == "ANY" and (not names or set(names) == everything):
        found = "required"
    elif mode in ("AUTO", "NONE") and not names:
        found = mode.lower()
    elif mode == "VALIDATED" and not names and functions:
        tools[:] = [strict(tool) if isinstance(tool, Tool) else tool for tool in tools]
    else:
        return {}
    del config["functionCallingConfig"]
    return {} if found is None else {"tool_choice": found}


def strict(tool: Tool) -> Tool:
    own = tool.provider_data
    return Tool(tool.name, tool.description, tool.parameters, strict=True, provider_data=own)


class Conversation:
    """Reads contents, and gives calls the ids that the service does not always give."""

    def __init__(self) -> None:
        self.calls = 0
        self.open: list[tuple[str, str]] = []

    def messages(self, contents: Any) -> Iterator[Message]:
        for content in listed(contents):
            parts = listed(content.get("parts", []))
            extra = {name: content[name] for name in content.keys() - {"role", "parts"}}
            role = {"model": "assistant"}.get(content.get("role", "user"), "user")
            if any("functionResponse" in part for part in parts):
                role = "tool"
            read = tuple(self.part(dict(part)) for part in parts)
            yield Message(role, read, provider_data={DIALECT: extra} if extra else {})  # type: ignore[arg-type]

    def part(self, item: Json) -> Part:
        if "functionCall" in item:
            return self.call(item)
        if "functionResponse" in item:
            return self.response(item)
        return shown(item) or OpaquePart(DIALECT, item)

    def call(self, item: Json) -> ToolCallPart:
        call = item.pop("functionCall")
        name, arguments = call.pop("name"), json.dumps(call.pop("args", None) or {})
        id = call.pop("id", None)
        if not id:
            self.calls += 1
            id, call["id"] = f"made_{self.calls}", ""
        if call:
            item["functionCall"] = call
        self.open.append((name, id))
        return ToolCallPart(id, name, arguments, provider_data={DIALECT: item} if item else {})

    def response(self, item: Json) -> ToolResultPart:
        """Read a function's response; one without an id answers the first open call of its name."""
        told = item.pop("functionResponse")
        name, id = told.pop("name"), told.pop("id", None)
        if not id:
            id = next((id for called, id in self.open if called == name), None)
        if not id:
            id, told["id"] = "nobody's", ""
        self.open = [call for call in self.open if call[1] != id]
        answer = told.pop("response", None) or {}
        match answer:
            case {"output": str(said), **others} if not others:
                parts, failed = [TextPart(said)], False
            case {"error": str(said), **others} if not others:
                parts, failed = [TextPart(said)], True
            case _:
                parts, failed = [TextPart(json.dumps(answer))], False
        media = [part for part in map(shown, map(dict, told.pop("parts", ()))) if part is not None]
        if told:
            item["functionResponse"] = told
        own = {DIALECT: item} if item else {}
        return ToolResultPart(id, [*parts, *media], name, failed, provider_data=own)  # type: ignore[list-item]


def text(item: Json) -> TextPart:
    return TextPart(item["text"], provider_data=others(item, "text"))


def shown(item: Json) -> Part | None:
    """Read a part that has a form of ours wherever it stands."""
    match item:
        case {"text": str(said), "thought": True}:
            return ReasoningPart(said, provider_data=others(item, "text"))
        case {"text": str()}:
            return text(item)
        case {"inlineData": {"mimeType": str(kind), "data": str(data), **more}}:
            standard = data.replace("-", "+").replace("_", "/")
            padded = standard + "=" * (-len(standard) % 4)
            return media(kind)(
                data=base64.b64decode(padded),
                media_type=kind,
                provider_data=others({**item, "inlineData": more}, "" if more else "inlineData"),
            )
        case {"fileData": {"fileUri": str(uri)} as file}:
            kind = file.get("mimeType")
            return media(kind or "")(
                url=uri, media_type=kind, provider_data=others(item, "fileData")
            )
    return None


def media(kind: str) -> Callable[..., Part]:
    return KINDS.get(kind.partition("/")[0], FilePart)


def others(item: Json, known: str) -> Mapping[str, Json]:
    """Keep what a part says beside the field that was read."""
    kept = {name: value for name, value in item.items() if name != known}
    return {DIALECT: kept} if kept else {}
