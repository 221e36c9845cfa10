"""Google's manner of the loopback vendor: its requests are understood as OpenAI's are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .vendor_answers import Answer, text_of, vector

Json = dict[str, Any]

ASKED = re.compile(r"/models/([^:?]+):(\w+)(?:\?.*)?$")
FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP"}
PAGE = {"web": {"uri": "https://sky.example/blue", "title": "The sky"}}
DIMENSIONS = 3072


def asked(endpoint: str) -> tuple[str, str] | None:
    """Split an endpoint into its model and what is wanted of it."""
    found = ASKED.match(endpoint)
    return (found[1], found[2]) if found else None


def understood(model: str, verb: str, body: Mapping[str, Any]) -> Json:
    """Say a request as OpenAI has it, for the answer to be decided there."""
    config: Json = body.get("generationConfig", {})
    messages = [spoken(content) for content in body.get("contents", ())]
    if "systemInstruction" in body:
        messages.insert(0, {"role": "system", "content": body["systemInstruction"]["parts"]})
    said: Json = {"model": model, "messages": [*flat(messages)]}
    said["stream"] = verb == "streamGenerateContent"
    said["max_tokens"] = config.get("maxOutputTokens")
    said["n"] = config.get("candidateCount")
    said["tools"] = [
        {"type": "function", "function": {**item, "parameters": item["parametersJsonSchema"]}}
        for entry in body.get("tools", ())
        for item in entry.get("functionDeclarations", ())
    ]
    if "responseJsonSchema" in config:
        shape = {"schema": config["responseJsonSchema"]}
        said["response_format"] = {"type": "json_schema", "json_schema": shape}
    if config.get("thinkingConfig", {}).get("includeThoughts"):
        said["thinking"] = {"type": "enabled"}
    return said


def spoken(content: Mapping[str, Any]) -> Json:
    roles = {"model": "assistant"}
    return {"role": roles.get(content["role"], "user"), "content": content["parts"]}


def flat(messages: Sequence[Json]) -> Iterator[Json]:
    """Make a message of every response of a function."""
    for message in messages:
        responses = [
            part["functionResponse"] for part in message["content"] if "functionResponse" in part
        ]
        for response in responses:
            told = response["response"]
            yield {"role": "tool", "content": told.get("output", json.dumps(told))}
        if not responses:
            yield message


def counts(said: Answer) -> Json:
    thought = said.usage["completion_tokens_details"]["reasoning_tokens"]
    return {
        "promptTokenCount": said.usage["prompt_tokens"],
        "candidatesTokenCount": said.usage["completion_tokens"] - thought,
        "thoughtsTokenCount": thought,
        "totalTokenCount": said.usage["total_tokens"],
    }


def response(model: str, parts: Sequence[Json], said: Answer, **fields: Any) -> Json:
    content = {"parts": list(parts), "role": "model"}
    return {
        "candidates": [{"content": content, "index": 0, **fields}],
        "usageMetadata": counts(said),
        "modelVersion": model,
        "responseId": "response-1",
    }


def pieces(said: Answer, model: str, body: Mapping[str, Any]) -> Iterator[Json]:
    """Say it in pieces, a word at a time; the reason and what it is grounded in come last."""
    if said.thoughts:
        yield response(model, [{"text": said.thoughts, "thought": True}], said)
    for word in said.words:
        yield response(model, [{"text": word}], said)
    for _, name, arguments in said.calls:
        call = {"functionCall": {"name": name, "args": json.loads(arguments)}}
        yield response(model, [{**call, "thoughtSignature": "c2ln"}], said)
    fields: Json = {"finishReason": FINISH[said.finish_reason]}
    if any("googleSearch" in entry for entry in body.get("tools", ())):
        segment = {"endIndex": len(said.text.encode()), "text": said.text}
        support = {"segment": segment, "groundingChunkIndices": [0]}
        grounding = {"groundingChunks": [PAGE], "groundingSupports": [support]}
        fields["groundingMetadata"] = {**grounding, "webSearchQueries": ["blue sky"]}
    yield response(model, [{"text": ""}], said, **fields)


def whole(said: Answer, model: str, body: Mapping[str, Any]) -> Json:
    """Say it in one body."""
    *said_so_far, last = pieces(said, model, body)
    parts = [part for item in said_so_far for part in item["candidates"][0]["content"]["parts"]]
    words = [part["text"] for part in parts if "text" in part and "thought" not in part]
    others = [part for part in parts if "text" not in part or "thought" in part]
    text = [{"text": "".join(words)}] if words else []
    last["candidates"][0]["content"]["parts"] = [*others, *text]
    return last


def counted(body: Mapping[str, Any]) -> Json:
    request = body.get("generateContentRequest", body)
    messages = understood("", "", request)["messages"]
    return {"totalTokens": sum(len(text_of(message).split()) for message in messages)}


def embedded(body: Mapping[str, Any]) -> Json:
    rows = [
        vector(
            "".join(part["text"] for part in item["content"]["parts"]),
            item.get("outputDimensionality", DIMENSIONS),
        )
        for item in body["requests"]
    ]
    return {"embeddings": [{"values": row} for row in rows]}


def listed(ids: Sequence[str]) -> Json:
    return {"models": [{"name": f"models/{id}", "inputTokenLimit": 1048576} for id in ids]}
