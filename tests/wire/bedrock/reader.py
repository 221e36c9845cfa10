"""Reads a recorded request body of Bedrock's into the request that a user would write.

This shares no code with what writes such bodies. Fields without a setting of ours stay what they
are: the provider's own options, or a part's own data.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

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
    VideoPart,
)
from aicore.requests import (
    AnyTool,
    ChatRequest,
    CompleteRequest,
    CountTokensRequest,
    EmbedRequest,
    JSONSchema,
    NamedTool,
    ProviderTool,
    Reasoning,
    Tool,
)

from ..anthropic import reader as anthropic
from ..api import AnyRequest
from ..corpus import Exchange, Json

DIALECT = "bedrock-converse"
EXTRA = "additionalModelRequestFields"
INFERENCE = {
    "maxTokens": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "stopSequences": "stop",
}
MEDIA = {
    **{name: f"image/{name}" for name in ("png", "jpeg", "gif", "webp")},
    "pdf": "application/pdf",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "txt": "text/plain",
    "md": "text/markdown",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "flv": "video/x-flv",
    "mpeg": "video/mpeg",
    "wmv": "video/x-ms-wmv",
    "three_gp": "video/3gpp",
}
KINDS: Mapping[str, Any] = {"image": ImagePart, "video": VideoPart, "document": FilePart}
SHOWN = frozenset({"text", *KINDS})
"""The blocks that a tool's result may have as parts of ours."""

TEXTS: Mapping[str, Mapping[str, str]] = {
    "ai21": {"maxTokens": "max_tokens", "topP": "top_p", "stopSequences": "stop"},
    "amazon": {"maxTokenCount": "max_tokens", "topP": "top_p", "stopSequences": "stop"},
    "anthropic": {
        "max_tokens_to_sample": "max_tokens",
        "top_p": "top_p",
        "top_k": "top_k",
        "stop_sequences": "stop",
    },
    "cohere": {
        "max_tokens": "max_tokens",
        "p": "top_p",
        "k": "top_k",
        "stop_sequences": "stop",
    },
    "meta": {"max_gen_len": "max_tokens", "top_p": "top_p"},
    "mistral": {
        "max_tokens": "max_tokens",
        "top_p": "top_p",
        "top_k": "top_k",
        "stop": "stop",
    },
    "": {"max_tokens": "max_tokens", "top_p": "top_p", "stop": "stop", "seed": "seed"},
}
"""What our settings are called in text completions, by who made the model."""


def model(exchange: Exchange) -> str:
    """Return the id or the ARN of the model that was asked."""
    if exchange.request is None:
        return "amazon.nova-lite-v1:0"
    return unquote(exchange.request["path"].removeprefix("/model/").rpartition("/")[0])


def quoted(exchange: Exchange) -> str:
    return quote(model(exchange), safe="")


def vendor(exchange: Exchange) -> str:
    """Return who made a model, which stands before the first dot but a geography."""
    name = stands_for(exchange) or model(exchange).rpartition("/")[2]
    found = name.split(".")[:-1]
    return found[-1] if found and not found[-1][:1].isdigit() else (found or [""])[0]


def stands_for(exchange: Exchange) -> str | None:
    """Tell by its body what model is behind an ARN, when the ARN does not tell."""
    name = model(exchange)
    if not name.startswith("arn:") or "." in name.rpartition("/")[2]:
        return None
    match exchange.asked:
        case {"anthropic_version": _}:
            return "anthropic.claude-sonnet-4-20250514-v1:0"
        case {"inputText": _, "textGenerationConfig": _}:
            return "amazon.titan-text-express-v1"
        case {"inputText": _}:
            return "amazon.titan-embed-text-v2:0"
        case {"texts": _}:
            return "cohere.embed-v4:0"
        case {"taskType": _}:
            return "amazon.nova-2-multimodal-embeddings-v1:0"
        case {"schemaVersion": _}:
            return "amazon.nova-lite-v1:0"
    return None


def read(body: Json, exchange: Exchange) -> AnyRequest:
    name, provider = f"{exchange.provider}:{model(exchange)}", exchange.provider
    match body:
        case {"input": {"converse": asked}}:
            return counted(converse(asked, name, provider, vendor(exchange)))
        case {"input": {"invokeModel": {"body": data}}}:
            return counted(claude(json.loads(base64.b64decode(data)), name, provider))
        case {"schemaVersion": _}:
            return converse(body, name, provider, vendor(exchange))
        case {"messages": _} if "invoke" not in exchange.api:
            return converse(body, name, provider, vendor(exchange))
        case {"messages": _}:
            return claude(body, name, provider)
        case {"texts": [*texts]}:
            del body["texts"]
            return embed(texts, body, name, provider, "input_type", "output_dimension")
        case {"taskType": _, "singleEmbeddingParams": {"text": {"value": text}}}:
            return nova_vectors(text, body, name, provider)
        case {"inputText": text} if "embed" in (stands_for(exchange) or name):
            del body["inputText"]
            return embed([text], body, name, provider, None, "dimensions")
    return completion(body, name, provider, vendor(exchange))


def minimal(exchange: Exchange) -> AnyRequest:
    """Return the shortest request there is, for answers whose request was not recorded."""
    name = f"{exchange.provider}:{model(exchange)}"
    kind = CountTokensRequest if exchange.api == "bedrock-count-tokens" else ChatRequest
    return kind(model=name, messages=(Message.user("hi"),))


def counted(request: ChatRequest) -> CountTokensRequest:
    fields = {name: getattr(request, name) for name in request.__dataclass_fields__}
    return CountTokensRequest(**fields)


def claude(body: Json, name: str, provider: str) -> ChatRequest:
    body.pop("anthropic_version")
    request = anthropic.read_body({**body, "model": ""}, provider)
    fields = {field: getattr(request, field) for field in request.__dataclass_fields__}
    return ChatRequest(**{**fields, "model": name})


def embed(
    texts: list[str], body: Json, name: str, provider: str, task: str | None, size: str
) -> EmbedRequest:
    settings: Json = {}
    if task in body:
        settings["task"] = body.pop(task)
    if size in body:
        settings["dimensions"] = body.pop(size)
    if body:
        settings["provider_options"] = {provider: body}
    return EmbedRequest(model=name, inputs=tuple(texts), **settings)


def nova_vectors(text: str, body: Json, name: str, provider: str) -> EmbedRequest:
    params = body.pop("singleEmbeddingParams")
    settings: Json = {"task": params.pop("embeddingPurpose")}
    if "embeddingDimension" in params:
        settings["dimensions"] = params.pop("embeddingDimension")
    options = {"taskType": body.pop("taskType"), "singleEmbeddingParams": params, **body}
    settings["provider_options"] = {provider: options}
    return EmbedRequest(model=name, inputs=(text,), **settings)


def completion(body: Json, name: str, provider: str, maker: str) -> CompleteRequest:
    inside = body.get("textGenerationConfig", body)
    names = {**TEXTS[maker], "temperature": "temperature"}
    settings = {ours: inside.pop(theirs) for theirs, ours in names.items() if theirs in inside}
    prompt = body.pop("inputText" if maker == "amazon" else "prompt")
    if not inside:
        body.pop("textGenerationConfig", None)
    if body:
        settings["provider_options"] = {provider: body}
    return CompleteRequest(model=name, prompt=prompt, **settings)


def converse(body: Json, name: str, provider: str, maker: str) -> ChatRequest:
    """Turn a recorded body of Converse into the request that a user would have written."""
    body = copy.deepcopy(body)
    settings: Json = {}
    inference = body.get("inferenceConfig", {})
    for theirs, ours in INFERENCE.items():
        if theirs in inference:
            settings[ours] = inference.pop(theirs)
    if not inference:
        body.pop("inferenceConfig", None)
    elif "schemaVersion" in body and "topK" in inference:
        settings["top_k"] = inference.pop("topK")
        if not inference:
            del body["inferenceConfig"]
    system = [part(item) for item in body.pop("system", None) or ()]
    messages = [Message("system", tuple(system))] if system else []
    messages += [message(item) for item in body.pop("messages")]
    config = body.pop("toolConfig", {})
    settings["tools"] = tuple(map(tool, config.pop("tools", ())))
    settings |= choice(config)
    if config:
        body["toolConfig"] = config
    extra = body.get(EXTRA, {})
    settings |= thinking(extra, maker) | top_k(extra, maker)
    if EXTRA in body and not extra:
        del body[EXTRA]
    match body.get("outputConfig"):
        case {"textFormat": {"structure": {"jsonSchema": shape}}}:
            schema, name_of = json.loads(shape["schema"]), shape.get("name")
            settings["response_format"] = JSONSchema(schema, name_of, shape.get("description"))
            del body["outputConfig"]
    match body.get("serviceTier"):
        case {"type": str(tier)}:
            settings["service_tier"] = tier
            del body["serviceTier"]
    if "requestMetadata" in body:
        settings["metadata"] = body.pop("requestMetadata")
    if body:
        settings["provider_options"] = {provider: body}
    return ChatRequest(model=name, messages=tuple(messages), **settings)


def choice(config: Json) -> Json:
    match config.pop("toolChoice", None):
        case {"auto": _}:
            return {"tool_choice": "auto"}
        case {"any": _}:
            return {"tool_choice": "required"}
        case {"tool": {"name": name}}:
            return {"tool_choice": NamedTool(name)}
        case None:
            return {}
        case other:
            config["toolChoice"] = other
            return {}


def thinking(extra: Json, maker: str) -> Json:
    """Read how the model shall think, in the words of who made it; others stay an option."""
    effort = (extra.get("output_config") or {}).get("effort")
    match maker, extra:
        case "anthropic", {"thinking": {"type": "enabled", "budget_tokens": budget, **rest}} if (
            not rest
        ):
            del extra["thinking"]
            found = Reasoning(None, budget)
        case "anthropic", {"thinking": {"type": "adaptive", **rest}} if effort and not rest:
            del extra["thinking"]
            found = Reasoning(effort)
            anthropic.take(extra, "output_config", "effort")
        case "anthropic", {"thinking": {"type": "disabled", **rest}} if not rest:
            del extra["thinking"]
            found = Reasoning("none")
        case "openai", {"reasoning_effort": str(word)}:
            del extra["reasoning_effort"]
            found = Reasoning(word)
        case "amazon", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": word}}:
            del extra["reasoningConfig"]
            found = Reasoning(word)
        case "qwen", {"reasoning_config": str(word)}:
            del extra["reasoning_config"]
            found = Reasoning(word)
        case _:
            return {}
    return {"reasoning": found}


def top_k(extra: Json, maker: str) -> Json:
    match maker, extra:
        case "anthropic", {"top_k": int(value)}:
            del extra["top_k"]
            return {"top_k": value}
        case "amazon", {"inferenceConfig": {"topK": int(value), **rest}} if not rest:
            del extra["inferenceConfig"]
            return {"top_k": value}
    return {}


def tool(item: Json) -> AnyTool:
    match item:
        case {"toolSpec": {"name": name, "inputSchema": {"json": schema}} as spec}:
            known = {"name", "description", "inputSchema", "strict"}
            return Tool(
                name,
                spec.get("description"),
                schema,
                spec.get("strict"),
                provider_data=own(spec, known),
            )
    return ProviderTool(DIALECT, item)


def own(item: Json, known: set[str]) -> Mapping[str, Json]:
    """Keep what we have no word for as the dialect's own data."""
    kept = {name: value for name, value in item.items() if name not in known}
    return {DIALECT: kept} if kept else {}


def message(item: Json) -> Message:
    role, content = item["role"], item["content"]
    found = said(content) if role == "assistant" else map(part, content)
    return Message(role, tuple(found), provider_data=own(item, {"role", "content"}))


def said(content: list[Json]) -> Iterator[Part]:
    """Read the model's own turn."""
    for item in content:
        match item:
            case {"text": text}:
                yield TextPart(text)
            case {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}:
                yield ReasoningPart(text, provider_data={DIALECT: {"signature": signature}})
            case {"reasoningContent": {"redactedContent": data}}:
                yield ReasoningPart("", provider_data={DIALECT: {"redactedContent": data}})
            case {"toolUse": {"toolUseId": id, "name": name, "input": given} as call} if call.get(
                "type"
            ) in (None, "tool_use"):
                more = own(call, {"toolUseId", "name", "input"})
                yield ToolCallPart(id, name, json.dumps(given), provider_data=more)
            case {"citationsContent": {"content": [{"text": text}], "citations": citations}}:
                yield TextPart(text, provider_data={DIALECT: {"citations": True}})
                for citation in citations:
                    yield SourcePart(provider_data={DIALECT: citation})
            case _:
                yield OpaquePart(DIALECT, item)


def part(item: Json) -> Part:
    """Read a block that is shown to the model; one that we do not know stays as it is."""
    match item:
        case {"text": text}:
            return TextPart(text)
        case {"toolResult": {"toolUseId": id} as answer}:
            return result(id, answer)
    for kind, make in KINDS.items():
        if kind in item and (place := media(item[kind])):
            fields = item[kind]
            known = {"format", "name", "source"}
            if "text" in fields["source"]:
                known.remove("source")
            name = {"name": fields["name"]} if kind == "document" else {}
            found: Part = make(**place, **name, provider_data=own(fields, known))
            return found
    return OpaquePart(DIALECT, item)


def media(fields: Json) -> Json:
    kind = MEDIA.get(fields["format"])
    match kind and fields["source"]:
        case {"bytes": data, **rest} if not rest:
            return {"data": base64.b64decode(data), "media_type": kind}
        case {"text": text, **rest} if not rest:
            return {"data": text.encode(), "media_type": kind}
        case {"s3Location": {"uri": uri, **rest}} if not rest:
            return {"url": uri, "media_type": kind}
    return {}


def result(id: str, item: Json) -> ToolResultPart:
    """Read a tool's result; one that holds other things than we have parts for stays as it is."""
    content = item["content"]
    known = {"toolUseId", "content"}
    if {name for block in content for name in block} <= SHOWN:
        shown: list[Any] = [part(block) for block in content]
    else:
        known.remove("content")
        shown = []
    if item.get("status") == "error":
        known.add("status")
    failed = item.get("status") == "error"
    return ToolResultPart(id, shown, None, failed, provider_data=own(item, known))
