"""Reads a recorded body of the Responses wire into the request of ours that says the same.

This shares no code with what writes such bodies. Fields without a setting of ours stay what they
are: the provider's own options, or the own data of a message, part or tool.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
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

DIALECT = "openai-responses"
AUDIO_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}
SAME_NAME = (
    "temperature",
    "top_p",
    "service_tier",
    "metadata",
    "parallel_tool_calls",
    "tool_choice",
)
RENAMED = {"max_output_tokens": "max_tokens", "safety_identifier": "user"}
LOGPROBS = "message.output_text.logprobs"
FUNCTION = {"type", "name", "description", "parameters", "strict"}
SHAPE = {"type", "name", "description", "schema", "strict"}


def retrieved(exchange: Exchange) -> str | None:
    """Return the id of an answer that is asked for again."""
    request = exchange.request
    if request is None or request["method"] != "GET":
        return None
    return str(request["path"]).rpartition("/")[2]


def query(exchange: Exchange) -> dict[str, str]:
    """Return the query of such a request, without what it would be anyway."""
    pairs = {str(name): str(value) for name, value in (exchange.request or {}).get("query") or ()}
    if pairs.get("stream") == "false":
        del pairs["stream"]
    return pairs


def minimal(exchange: Exchange) -> AnyRequest:
    """Return the shortest request there is, for answers whose request had no body or is unknown."""
    model = (exchange.expected or {}).get("model") or "unknown"
    options: Json = {}
    if id := retrieved(exchange):
        others = {name: value for name, value in query(exchange).items() if name != "stream"}
        options = {exchange.provider: {"retrieve": id, **others}}
    return ChatRequest(
        model=f"{exchange.provider}:{model}",
        messages=(Message.user("hi"),),
        provider_options=options,
    )


def read(body: Json, exchange: Exchange) -> AnyRequest:
    """Turn a recorded body into the request that a user of ours would have written."""
    kind = CountTokensRequest if exchange.api.endswith("-input-tokens") else ChatRequest
    return read_body(body, exchange.provider, kind)


def read_body(body: Json, provider: str, kind: type[ChatRequest] = ChatRequest) -> ChatRequest:
    body = {name: value for name, value in body.items() if value is not None and name != "stream"}
    settings: Json = {"model": f"{provider}:{body.pop('model')}"}
    for name, setting in ({name: name for name in SAME_NAME} | RENAMED).items():
        if name in body:
            settings[setting] = body.pop(name)
    match settings.get("tool_choice"):
        case {"type": "function" | "custom", "name": name}:
            settings["tool_choice"] = NamedTool(name)
        case dict() as choice:
            body["tool_choice"] = choice
            del settings["tool_choice"]
    messages = list(conversation(body.pop("input")))
    if body.get("instructions"):
        messages.insert(0, Message.system(body.pop("instructions")))
    settings |= shape(body) | reasoning(body) | cache(body) | logprobs(body)
    settings["tools"] = [tool(item) for item in body.pop("tools", ())]
    if body:
        settings["provider_options"] = {provider: body}
    return kind(messages=tuple(messages), **settings)


def shape(body: Json) -> Json:
    """Take the form of the answer out of `text`."""
    text = dict(body.pop("text", {}))
    found: Json = {}
    match text.get("format"):
        case {"type": "json_schema", "schema": _, **others} if others.keys() <= SHAPE:
            given = {name: value for name, value in text["format"].items() if name != "type"}
            found = {"response_format": JSONSchema(**given)}
        case {"type": "json_object"}:
            found = {"response_format": "json"}
        case {"type": "text"}:
            found = {"response_format": "text"}
    if found:
        del text["format"]
    if text:
        body["text"] = text
    return found


def reasoning(body: Json) -> Json:
    wanted = dict(body.pop("reasoning", {}))
    effort = wanted.pop("effort", None)
    if wanted:
        body["reasoning"] = wanted
    return {} if effort is None else {"reasoning": Reasoning(effort=effort)}


def cache(body: Json) -> Json:
    key, ttl = body.pop("prompt_cache_key", None), body.pop("prompt_cache_retention", None)
    match body.get("prompt_cache_options"):
        case {"ttl": given, **others} if not others and ttl is None:
            ttl = given
            del body["prompt_cache_options"]
    return {"prompt_cache": PromptCache(key, ttl)} if key or ttl else {}


def logprobs(body: Json) -> Json:
    include = body.get("include", [])
    if LOGPROBS not in include:
        return {}
    body["include"] = [name for name in include if name != LOGPROBS]
    if "top_logprobs" in body:
        return {"logprobs": True, "top_logprobs": body.pop("top_logprobs")}
    return {"logprobs": True}


def tool(item: Json) -> AnyTool:
    if item["type"] != "function" or item.get("parameters") is None:
        return ProviderTool(DIALECT, item)
    known = {name: item[name] for name in FUNCTION & item.keys() if item[name] is not None}
    del known["type"]
    extra = {name: value for name, value in item.items() if name not in FUNCTION}
    return Tool(**known, provider_data=own(extra))


def own(data: Json) -> Mapping[str, Json]:
    kept = {name: value for name, value in data.items() if value is not None}
    return {DIALECT: kept} if kept else {}


def conversation(items: str | list[Json]) -> Iterator[Message]:
    """Read the input; what the model made in one go is one message of ours."""
    if isinstance(items, str):
        yield Message.user(items)
        return
    said: list[Part] = []
    for item in map(dict, items):
        if is_said(item):
            found = list(said_by_model(item))
            if said and plain(said[-1]) and plain(found[0]):
                yield Message("assistant", said)
                said = []
            said += found
        else:
            if said:
                yield Message("assistant", said)
                said = []
            yield heard(item)
    if said:
        yield Message("assistant", said)


def is_said(item: Json) -> bool:
    kind = item.get("type", "message")
    if kind == "message":
        return bool(item["role"] == "assistant")
    return kind in ("reasoning", "compaction", "program") or not kind.endswith(
        ("_output", "_reference", "_response", "additional_tools")
    )


def plain(part: Part) -> bool:
    """Tell text that says nothing of the message that it stands in."""
    return isinstance(part, TextPart | RefusalPart) and not part.provider_data


def said_by_model(item: Json) -> Iterator[Part]:
    match item.get("type", "message"):
        case "message":
            yield from message_parts(item)
        case "reasoning":
            summary, content = item.get("summary") or [], item.get("content") or []
            texts = [piece["text"] for piece in (*summary, *content)]
            data = {name: value for name, value in item.items() if name != "type"}
            yield ReasoningPart("\n\n".join(texts), provider_data=own(data))
        case "function_call" | "custom_tool_call" as kind:
            place = "arguments" if kind == "function_call" else "input"
            del item["type"]
            id, name, given = item.pop("call_id"), item.pop("name"), item.pop(place)
            if kind == "custom_tool_call":
                item["type"] = kind
            yield ToolCallPart(id, name, given, provider_data=own(item))
        case _:
            yield OpaquePart(DIALECT, item)


def message_parts(item: Json) -> Iterator[Part]:
    content = item.pop("content")
    fields = {name: item[name] for name in item.keys() - {"type", "role"}}
    whole = {"item": fields} if fields else {}
    if isinstance(content, str):
        yield TextPart(content, provider_data=own(whole))
        return
    for piece in content:
        known = {"type", "text", "refusal", "annotations"}
        extra = {name: value for name, value in piece.items() if name not in known and value}
        match piece["type"]:
            case "output_text":
                yield TextPart(piece["text"], provider_data=own(extra | whole))
                for note in piece.get("annotations") or ():
                    yield SourcePart(url=note.get("url"), provider_data={DIALECT: note})
            case "refusal":
                yield RefusalPart(piece["refusal"], provider_data=own(extra | whole))
            case _:
                yield OpaquePart(DIALECT, piece, provider_data=own({"item": fields}))


def heard(item: Json) -> Message:
    match item.pop("type", "message"):
        case "message":
            role, content = item.pop("role"), item.pop("content")
            data = dict(item)
            if role == "developer":
                role, data["role"] = "system", role
            parts = [content] if isinstance(content, str) else list(map(shown, content))
            return Message(role, parts, provider_data=own(data))
        case "function_call_output" | "custom_tool_call_output" as kind:
            id, output = item.pop("call_id"), item.pop("output")
            outputs: Any = output if isinstance(output, str) else list(map(shown, output))
            if kind == "custom_tool_call_output":
                item["type"] = kind
            return Message.tool(ToolResultPart(id, outputs, provider_data=own(item)))
        case kind:
            return Message.user(OpaquePart(DIALECT, {"type": kind, **item}))


def shown(piece: Json) -> Part:
    """Read one part of what the model is shown; one that we do not know stays as it is."""
    match piece:
        case {"type": "input_text", "text": text}:
            return TextPart(text, provider_data=others(piece, "text"))
        case {"type": "input_image", "image_url": str(url)}:
            extra = others(piece, "image_url", "detail")
            return ImagePart(url=url, detail=piece.get("detail"), provider_data=extra)
        case {"type": "input_image", "file_id": str(id)}:
            extra = others(piece, "file_id", "detail")
            return ImagePart(file_id=id, detail=piece.get("detail"), provider_data=extra)
        case {"type": "input_file", "file_data": str(url)} if url.startswith("data:"):
            extra = others(piece, "file_data", "filename")
            return FilePart(url=url, name=piece.get("filename"), provider_data=extra)
        case {"type": "input_file", "file_url": str(url)}:
            extra = others(piece, "file_url", "filename")
            return FilePart(url=url, name=piece.get("filename"), provider_data=extra)
        case {"type": "input_file", "file_id": str(id)}:
            return FilePart(file_id=id, provider_data=others(piece, "file_id"))
        case {"type": "input_audio", "input_audio": {"data": str(data), "format": str(form)}}:
            kind = AUDIO_TYPES.get(form, f"audio/{form}")
            extra = others(piece, "input_audio")
            return AudioPart(data=base64.b64decode(data), media_type=kind, provider_data=extra)
        case _:
            return OpaquePart(DIALECT, piece)


def others(piece: Json, *known: str) -> Mapping[str, Json]:
    return own({name: piece[name] for name in piece.keys() - {"type", *known}})
