"""Reads a recorded request body of OpenAI's wire, as each vendor speaks it, into our requests.

This shares no code with what writes such bodies: it is the other half of the proof that a request
says on the wire what it was made to say. Fields without a setting of ours stay what they are:
the provider's own options, or the message's and the part's own data.
"""

from __future__ import annotations

import base64
import copy
import json
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
    RefusalPart,
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
    NamedTool,
    PromptCache,
    ProviderTool,
    Reasoning,
    ResponseFormat,
    Tool,
)

from ..api import AnyRequest, ModelsRequest
from ..corpus import Exchange, Json

DIALECT = "openai-chat"
AUDIO_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}
REASONING_FIELDS = {"deepseek": "reasoning_content", "groq": "reasoning"}

SAME_NAME = (
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "n",
    "service_tier",
    "metadata",
    "user",
    "seed",
    "stop",
)
FUNCTION = {"name", "description", "parameters", "strict"}
SHAPE = {"name", "description", "schema", "strict"}
CHAT_ONLY = ("logprobs", "top_logprobs", "parallel_tool_calls", "modalities")
RENAMED = {"max_tokens": "max_tokens", "max_completion_tokens": "max_tokens"}
RENAMED_BY = {"mistral": {"random_seed": "seed", "top_k": "top_k"}}
EMBED_RENAMED = {"dimensions": "dimensions", "output_dimension": "dimensions", "user": "user"}


def read(body: Json, exchange: Exchange) -> AnyRequest:
    """Turn a recorded body into the request that a user of ours would have written."""
    return read_body(body, exchange.provider, exchange.api)


def read_body(body: Json, provider: str, api: str) -> AnyRequest:
    """Turn a recorded body into the request that a user of ours would have written."""
    readers: Mapping[str, Callable[[Json, str], AnyRequest]] = {
        "openai-chat": chat,
        "openai-completions": completion,
        "openai-embeddings": embedding,
    }
    return readers[api](copy.deepcopy(body), provider)


def minimal(exchange: Exchange) -> AnyRequest:
    """Return the shortest request there is, for answers whose request was not recorded."""
    expected = exchange.expected or {}
    name = f"{exchange.provider}:{expected.get('model') or 'unknown'}"
    match exchange.api:
        case "openai-completions":
            return CompleteRequest(model=name, prompt="hi")
        case "openai-models":
            return ModelsRequest(exchange.provider)
        case "openai-embeddings":
            return EmbedRequest(model=name, inputs=("hi",) * expected.get("count", 1))
        case _:
            return ChatRequest(model=name, messages=(Message.user("hi"),))


def chat(body: Json, provider: str) -> ChatRequest:
    body = modern(body)
    settings = sampling(body, provider, (*SAME_NAME, *CHAT_ONLY))
    messages = [message(item, provider) for item in body.pop("messages")]
    tools = [tool(item) for item in body.pop("tools", ())]
    if (choice := take(body, "tool_choice")) is not None:
        if known := tool_choice(choice):
            settings["tool_choice"] = known
        else:
            body["tool_choice"] = choice
    if shape := take(body, "response_format"):
        if format := response_format(shape):
            settings["response_format"] = format
        else:
            body["response_format"] = shape
    if effort := take(body, "reasoning_effort"):
        settings["reasoning"] = Reasoning(effort=effort)
    if key := take(body, "prompt_cache_key"):
        settings["prompt_cache"] = PromptCache(key=key)
    settings |= rest(body, provider)
    return ChatRequest(messages=tuple(messages), tools=tuple(tools), **settings)


def completion(body: Json, provider: str) -> CompleteRequest:
    settings = sampling(body, provider, SAME_NAME)
    if (likeliest := take(body, "logprobs")) is not None:  # here a number: how many to tell
        settings |= {"logprobs": True, "top_logprobs": likeliest}
    prompt = only(body["prompt"])
    if isinstance(prompt, str):
        del body["prompt"]
    settings |= {"suffix": take(body, "suffix")} | rest(body, provider)
    return CompleteRequest(prompt=prompt if isinstance(prompt, str) else "", **settings)


def embedding(body: Json, provider: str) -> EmbedRequest:
    settings: Json = {"model": f"{provider}:{body.pop('model')}"}
    for name, setting in EMBED_RENAMED.items():
        if (value := take(body, name)) is not None:
            settings[setting] = value
    inputs = [body["input"]] if isinstance(body["input"], str) else body["input"]
    if all(isinstance(item, str) for item in inputs):
        del body["input"]
    else:  # tokens, which are no texts: they go as they are, one vector for each list
        inputs = [""] * (len(inputs) if isinstance(inputs[0], list) else 1)
    return EmbedRequest(inputs=tuple(inputs), **settings, **rest(body, provider))


def take(body: Json, name: str) -> Any:
    return body.pop(name, None)


def only(value: Any) -> Any:
    """Return the one member of a list of one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def sampling(body: Json, provider: str, same_name: tuple[str, ...]) -> Json:
    """Take out the settings that all that writes text share."""
    settings: Json = {"model": f"{provider}:{body.pop('model')}"}
    names = {name: name for name in same_name} | RENAMED | RENAMED_BY.get(provider, {})
    for name, setting in names.items():
        if (value := take(body, name)) is not None:
            settings[setting] = value
    return settings


def rest(body: Json, provider: str) -> Json:
    """Make what is left the provider's own options; how the answer travels is not one of them."""
    take(body, "stream")
    if body.get("stream_options") == {"include_usage": True}:
        del body["stream_options"]
    options = {name: value for name, value in body.items() if value is not None}
    return {"provider_options": {provider: options}} if options else {}


def tool_choice(choice: Any) -> str | NamedTool | None:
    match choice:
        case "auto" | "none" | "required":
            return str(choice)
        case "any":  # Mistral's word for required
            return "required"
        case {"type": "function", "function": {"name": name}}:
            return NamedTool(name)
        case _:
            return None


def response_format(shape: Json) -> ResponseFormat | None:
    match shape:
        case {"type": "json_schema", "json_schema": {"schema": _} as fields} if (
            fields.keys() <= SHAPE
        ):
            return JSONSchema(**fields)
        case {"type": "json_object"}:
            return "json"
        case {"type": "text"}:
            return "text"
        case _:
            return None


def tool(item: Json) -> AnyTool:
    if item.get("type", "function") != "function":
        return ProviderTool(dialect=DIALECT, data=item)
    function = {name: value for name, value in item["function"].items() if value is not None}
    extra = {name: value for name, value in item.items() if name not in ("type", "function")}
    if function.keys() - FUNCTION:
        extra["function"] = function
    known = {name: function[name] for name in FUNCTION & function.keys()}
    return Tool(**known, provider_data=own(extra))


def own(data: Json) -> Mapping[str, Json]:
    """Keep fields that we have no word for as the dialect's own data."""
    kept = {name: value for name, value in data.items() if value is not None}
    return {DIALECT: kept} if kept else {}


def message(item: Json, provider: str) -> Message:
    role, name = item.pop("role"), take(item, "name")
    if role == "tool":
        content = list(parts(take(item, "content")))
        call_id = item.pop("tool_call_id")
        result = ToolResultPart(call_id, content, name, provider_data=own(item))  # type: ignore[arg-type]
        return Message.tool(result)
    found: list[Part] = []
    if (
        role == "assistant"
        and (thought := take(item, REASONING_FIELDS.get(provider, ""))) is not None
    ):
        found.append(ReasoningPart(thought))
    found += parts(take(item, "content"))
    if refusal := take(item, "refusal"):
        found.append(RefusalPart(refusal))
    found += [tool_call(call) for call in take(item, "tool_calls") or ()]
    if role == "developer":
        role, item["role"] = "system", "developer"
    return Message(role, tuple(found), name, provider_data=own(item))


def parts(content: Any) -> Iterator[Part]:
    if isinstance(content, str):
        yield TextPart(content)
    else:
        yield from (part(dict(item)) for item in content or ())


def tool_call(item: Json) -> Part:
    if item.pop("type", "function") != "function":
        raise ValueError("a tool call that is no function has no part of its own yet")
    function = item.pop("function")
    arguments = function["arguments"]
    if not isinstance(arguments, str):  # Mistral takes an object too
        arguments = json.dumps(arguments)
    id = item.pop("id")
    return ToolCallPart(id, function["name"], arguments, provider_data=own(item))


def part(item: Json) -> Part:
    """Read one part of a message's content; one that we do not know stays as it is."""
    match item:
        case {"type": "text", "text": text}:
            return TextPart(text, provider_data=others(item, "text"))
        case {"type": "thinking", "thinking": pieces}:
            text = "".join(piece["text"] for piece in pieces)
            return ReasoningPart(text, provider_data=others(item, "thinking"))
        case {"type": "image_url", "image_url": str(url) | {"url": str(url)}}:
            shown = item["image_url"]
            detail = None if isinstance(shown, str) else shown.get("detail")
            return ImagePart(url=url, detail=detail, provider_data=others(item, "image_url"))
        case {"type": "input_audio", "input_audio": str(data) | {"data": str(data)}}:
            heard = item["input_audio"]
            form = "" if isinstance(heard, str) else heard.get("format", "")
            return AudioPart(
                data=base64.b64decode(data),
                media_type=AUDIO_TYPES.get(form, f"audio/{form}" if form else None),
                provider_data=others(item, "input_audio"),
            )
        case {"type": "document_url", "document_url": url}:
            extra = others(item, "document_url", "document_name")
            return FilePart(url=url, name=item.get("document_name"), provider_data=extra)
        case {"type": "file", "file": {"file_data": str(url)}} if url.startswith("data:"):
            name = item["file"].get("filename")
            return FilePart(url=url, name=name, provider_data=others(item, "file"))
        case {"type": "file", "file": {"file_id": id}} | {"type": "file", "file_id": id}:
            return FilePart(file_id=id, provider_data=others(item, "file", "file_id"))
        case _:
            return OpaquePart(DIALECT, item)


def others(item: Json, *known: str) -> Mapping[str, Json]:
    """Keep what a part says beside its type and the fields that were read."""
    return own({name: item[name] for name in item.keys() - {"type", *known}})


def modern(body: Json) -> Json:
    """Say with tools what OpenAI's first form of function calling says.

    `functions`, `function_call` and messages of role `function` are deprecated since tools came,
    which are the same thing with ids; the old form has no ids, so calls are numbered.
    """
    body = dict(body)
    if functions := body.pop("functions", None):
        body["tools"] = [{"type": "function", "function": item} for item in functions]
    choice = body.pop("function_call", None)
    if isinstance(choice, dict):
        choice = {"type": "function", "function": choice}
    if choice is not None:
        body["tool_choice"] = choice
    messages, number = [], 0
    for item in map(dict, body.get("messages", ())):
        if call := item.pop("function_call", None):
            number += 1
            item["tool_calls"] = [{"id": f"call_{number}", "type": "function", "function": call}]
        elif item["role"] == "function":
            item |= {"role": "tool", "tool_call_id": f"call_{number}"}
        messages.append(item)
    return body | {"messages": messages}
