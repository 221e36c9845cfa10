"""The OpenAPI 3.1 description of what is served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from aicore.events import Event
from aicore.requests import ChatRequest, EmbedRequest, RerankRequest
from aicore.responses import Embeddings, RerankResponse, Response
from aicore.values import adapter
from pydantic_core import to_json

from aikit_asgi.listing import Listed

REFERENCE = "#/components/schemas/{model}"


def schemas() -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Return a reference by name for the values that cross the wire, and their definitions."""
    from pydantic import TypeAdapter

    inputs: Sequence[tuple[str, Any, Any]] = (
        ("ChatRequest", "validation", adapter(ChatRequest)),
        ("EmbedRequest", "validation", adapter(EmbedRequest)),
        ("RerankRequest", "validation", adapter(RerankRequest)),
        ("Response", "serialization", adapter(Response)),
        ("Embeddings", "serialization", adapter(Embeddings)),
        ("RerankResponse", "serialization", adapter(RerankResponse)),
        ("Event", "serialization", adapter(Event)),
        ("Listed", "serialization", adapter(Listed)),
    )
    references, definitions = TypeAdapter.json_schemas(inputs, ref_template=REFERENCE)
    described = definitions["$defs"]
    shorten(described)
    return {name: reference for (name, _), reference in references.items()}, described


def shorten(described: Mapping[str, Any]) -> None:
    """Describe the short forms that the readers of `native` take, and their limits."""
    text = {"type": "string"}
    message, chat, embed = (described[name] for name in ("Message", "ChatRequest", "EmbedRequest"))
    part = message["properties"]["parts"]["items"]
    content = {"anyOf": [text, {"type": "array", "items": {"anyOf": [text, part]}}]}
    texts = {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]}
    either(message, "parts", "content", content)
    either(embed, "inputs", "input", texts)
    ranked = described["RerankRequest"]["properties"]
    ranked["documents"]["minItems"] = 1
    ranked["top_n"]["anyOf"][0]["minimum"] = 1
    messages = chat["properties"]["messages"] | {"minItems": 1}
    either(chat, "messages", "prompt", content)
    chat["properties"]["messages"] = messages
    for name in ("max_tokens", "n"):
        chat["properties"][name]["anyOf"][0]["minimum"] = 1
    chat["properties"]["stop"]["anyOf"].append(text)
    chat["properties"]["reasoning"]["anyOf"] += [text, {"const": False}]


def either(described: dict[str, Any], name: str, short: str, schema: Any) -> None:
    """Require one of two fields, both of this schema."""
    described["properties"] |= {name: schema, short: schema}
    described["required"].remove(name)
    described["oneOf"] = [{"required": [name]}, {"required": [short]}]


ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "status"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "status": {"type": "integer"},
                "provider": {"type": "string"},
                "model": {"type": "string"},
                "vendor_code": {"type": "string"},
                "request_id": {"type": "string"},
                "retry_after": {"type": "number"},
                "param": {"type": "string"},
            },
        }
    },
}
OPENAI_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
CHAT_COMPLETION = {
    "type": "object",
    "required": ["model", "messages"],
    "properties": {
        "model": {"type": "string"},
        "messages": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["role"],
                "properties": {
                    "role": {
                        "enum": ["system", "developer", "user", "assistant", "tool", "function"]
                    },
                    "content": {"type": ["string", "array", "null"]},
                },
            },
        },
        "stream": {"type": ["boolean", "null"]},
        "temperature": {"type": ["number", "null"]},
        "max_completion_tokens": {"type": ["integer", "null"], "minimum": 1},
        "tools": {"type": ["array", "null"], "items": {"type": "object"}},
    },
    "additionalProperties": True,
}
EMBEDDINGS = {
    "type": "object",
    "required": ["model", "input"],
    "properties": {
        "model": {"type": "string"},
        "input": {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ]
        },
        "encoding_format": {"enum": ["float", "base64"]},
        "dimensions": {"type": ["integer", "null"], "minimum": 1},
    },
    "additionalProperties": True,
}
ERRORS = (400, 401, 404, 405, 408, 413, 415, 429, 431, 499, 500, 502, 503, 504)


def operation(
    summary: str, error: str, body: Any = None, answer: Any = None, event: Any = None
) -> dict[str, Any]:
    """Describe one operation; `event` is each event, if it may answer with a stream of them."""
    content: dict[str, Any] = {}
    if answer is not None:
        content["application/json"] = {"schema": answer}
    if event is not None:
        content["text/event-stream"] = {"schema": event}
    responses: dict[str, Any] = {"200": {"description": "the answer", "content": content}}
    failure = {"application/json": {"schema": {"$ref": REFERENCE.format(model=error)}}}
    for status in ERRORS:
        responses[str(status)] = {"description": "an error", "content": failure}
    described: dict[str, Any] = {"summary": summary, "responses": responses}
    if body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": body}},
        }
    return described


def event_of(name: str, data: Any) -> dict[str, Any]:
    """Describe a server-sent event whose data is JSON."""
    json = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
    return {
        "type": "object",
        "required": ["event", "data"],
        "properties": {"event": {"const": name}, "data": json},
    }


def native_paths(references: Mapping[str, Any]) -> dict[str, Any]:
    chat, embed = references["ChatRequest"], references["EmbedRequest"]
    answer, vectors = references["Response"], references["Embeddings"]
    ranked = operation(
        "Rank documents", "Error", references["RerankRequest"], references["RerankResponse"]
    )
    providers = {
        "type": "object",
        "required": ["providers"],
        "properties": {"providers": {"type": "array", "items": references["Listed"]}},
    }
    only = {"name": "provider", "in": "query", "required": False, "schema": {"type": "string"}}
    listed = operation("Providers and their models", "Error", answer=providers)
    event = {
        "description": "`chunk` for each Event, then `done` with the Response, or `error`.",
        "oneOf": [
            event_of("chunk", references["Event"]),
            event_of("done", answer),
            event_of("error", {"$ref": REFERENCE.format(model="Error")}),
        ],
    }
    return {
        "/generate": {"post": operation("Answer", "Error", chat, answer)},
        "/generate/stream": {"post": operation("Answer as events", "Error", chat, event=event)},
        "/embed": {"post": operation("Embed texts", "Error", embed, vectors)},
        "/rerank": {"post": ranked},
        "/provider-models": {"get": {**listed, "parameters": [only]}},
    }


def openai_paths() -> dict[str, Any]:
    anything = {"type": "object"}
    event = {
        "type": "object",
        "description": "A chunk each, then `[DONE]`; or, as the last one, an OpenAIError.",
        "required": ["data"],
        "properties": {"data": {"type": "string"}},
    }
    chat = operation("Chat completion", "OpenAIError", CHAT_COMPLETION, anything, event)
    embeddings = operation("Embeddings", "OpenAIError", EMBEDDINGS, anything)
    one = operation("One model", "OpenAIError", answer=anything)
    id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "/v1/chat/completions": {"post": chat},
        "/v1/embeddings": {"post": embeddings},
        "/v1/models": {"get": operation("Models", "OpenAIError", answer=anything)},
        "/v1/models/{id}": {"get": {**one, "parameters": [id]}},
    }


@lru_cache
def document(include: Sequence[str], secured: bool) -> bytes:
    """Return the description of an app that serves the given groups of routes, as JSON.

    Its server is `.`: the paths stand beside the document, wherever the app is mounted.
    """
    references, definitions = schemas()
    anything = {"type": "object"}
    health = operation("Whether the process is up", "Error", answer=anything)
    described = operation("This description", "Error", answer=anything)
    paths: dict[str, Any] = {
        "/healthz": {"get": {**health, "security": []}},
        "/openapi.json": {"get": described},
    }
    if "native" in include:
        paths |= native_paths(references)
    if "openai" in include:
        paths |= openai_paths()
    components: dict[str, Any] = {
        "schemas": {**definitions, "Error": ERROR, "OpenAIError": OPENAI_ERROR},
    }
    more: dict[str, Any] = {}
    if secured:
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        more["security"] = [{"key": []}]
    return to_json(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "aikit gateway",
                "version": version("aikit-asgi"),
                "license": {"name": "MIT"},
            },
            "servers": [{"url": "."}],
            "paths": paths,
            "components": components,
            **more,
        }
    )
