"""Bedrock's manner of the loopback vendor: its requests are understood as OpenAI's are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from .providers.eventstream import event
from .vendor_answers import Answer, text_of

Json = dict[str, Any]

STOP = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
ENDPOINT = re.compile(r"/model/([^/]+)/([a-z-]+)")
SEARCH = "nova_grounding"


def asked(endpoint: str) -> tuple[str, str] | None:
    """Return the model and the operation that an endpoint of Bedrock's names."""
    found = ENDPOINT.fullmatch(endpoint)
    return (unquote(found[1]), found[2]) if found else None


def understood(model: str, body: Mapping[str, Any]) -> Json:
    """Say a request as OpenAI has it, for the answer to be decided there."""
    messages: list[Json] = [{"role": "system", "content": texts(body.get("system", ()))}]
    for message in body["messages"]:
        results = (block["toolResult"] for block in message["content"] if "toolResult" in block)
        messages += [{"role": "tool", "content": texts(item["content"])} for item in results]
        if any("toolResult" not in block for block in message["content"]):
            messages.append({"role": message["role"], "content": texts(message["content"])})
    extra = body.get("additionalModelRequestFields", {})
    config = body.get("toolConfig", {})
    said: Json = {"model": model, "messages": messages}
    said["max_tokens"] = body.get("inferenceConfig", {}).get("maxTokens")
    said["tools"] = [
        function(tool["toolSpec"]) for tool in config.get("tools", ()) if "toolSpec" in tool
    ]
    if shape := body.get("outputConfig"):
        described = shape["textFormat"]["structure"]["jsonSchema"]
        schema = json.loads(described["schema"])
        said["response_format"] = {"type": "json_schema", "json_schema": {"schema": schema}}
    if extra.get("thinking", {}).get("type") in ("enabled", "adaptive"):
        said["thinking"] = {"type": "enabled"}
    return said


def texts(blocks: Any) -> list[Json]:
    return [{"type": "text", "text": block["text"]} for block in blocks if "text" in block]


def function(spec: Mapping[str, Any]) -> Json:
    described = {"name": spec["name"], "parameters": spec["inputSchema"]["json"]}
    return {"type": "function", "function": described}


def counted(body: Mapping[str, Any]) -> Json:
    messages = understood("m", body["input"]["converse"])["messages"]
    return {"inputTokens": sum(len(text_of(message).split()) for message in messages)}


def embedded(body: Mapping[str, Any]) -> Json:
    words = body["inputText"].split()
    return {"embedding": [float(len(words)), 1.0], "inputTextTokenCount": len(words)}


def completed(said: str) -> Json:
    return {
        "generation": said,
        "prompt_token_count": 3,
        "generation_token_count": len(said.split()),
        "stop_reason": "stop",
    }


def usage(said: Answer) -> Json:
    told = said.usage
    return {
        "inputTokens": told["prompt_tokens"],
        "outputTokens": told["completion_tokens"],
        "totalTokens": told["total_tokens"],
    }


def blocks_of(said: Answer, body: Mapping[str, Any]) -> Iterator[Json]:
    """Yield the blocks of an answer: thoughts, a search if there is one, text, calls."""
    if said.thoughts:
        yield {"reasoningContent": {"reasoningText": {"text": said.thoughts, "signature": "c2ln"}}}
    if any("systemTool" in tool for tool in body.get("toolConfig", {}).get("tools", ())):
        call = {"toolUseId": "s1", "name": SEARCH, "input": {"query": "sky"}}
        yield {"toolUse": {**call, "type": "server_tool_use"}}
        found = {"toolUseId": "s1", "type": f"{SEARCH}_result", "content": [{"text": "[HIDDEN]"}]}
        yield {"toolResult": found}
    citations = [*cited(body)]
    if said.text and citations:
        yield {"citationsContent": {"content": [{"text": said.text}], "citations": citations}}
    elif said.text:
        yield {"text": said.text}
    for id, name, arguments in said.calls:
        yield {"toolUse": {"toolUseId": id, "name": name, "input": json.loads(arguments)}}


def cited(body: Mapping[str, Any]) -> Iterator[Json]:
    """Cite every document that may be cited."""
    for message in body["messages"]:
        for index, block in enumerate(message["content"]):
            document = block.get("document", {})
            if document.get("citations", {}).get("enabled"):
                place = {"documentPage": {"documentIndex": index, "start": 1, "end": 1}}
                quoted = [{"text": "Blue."}]
                yield {"location": place, "sourceContent": quoted, "title": document["name"]}


def reply(said: Answer, body: Mapping[str, Any]) -> Json:
    """Say it in one body."""
    message = {"role": "assistant", "content": [*blocks_of(said, body)]}
    stop = STOP[said.finish_reason]
    return {"output": {"message": message}, "stopReason": stop, "usage": usage(said)}


def events(said: Answer, body: Mapping[str, Any]) -> Iterator[bytes]:
    """Say it in messages of AWS's, a word at a time."""
    yield event("messageStart", {"role": "assistant"})
    for index, block in enumerate(blocks_of(said, body)):
        at = {"contentBlockIndex": index}
        if call := block.get("toolUse"):
            start = {name: call[name] for name in ("toolUseId", "name")}
            yield event("contentBlockStart", {**at, "start": {"toolUse": start}})
            block = {"toolUse": {"input": json.dumps(call["input"])}}
        words = re.findall(r"\s*\S+", block["text"]) if "text" in block else []
        for delta in [{"text": word} for word in words] or [block]:
            yield event("contentBlockDelta", {**at, "delta": delta})
        yield event("contentBlockStop", at)
    yield event("messageStop", {"stopReason": STOP[said.finish_reason]})
    yield event("metadata", {"usage": usage(said)})
