"""Anthropic's manner of the loopback vendor: its requests are understood as OpenAI's are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .vendor_answers import Answer, text_of

Json = dict[str, Any]

STOP = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
PAGE = {"url": "https://sky.example/blue", "title": "The sky"}


def understood(body: Mapping[str, Any]) -> Json:
    """Say a request as OpenAI has it, for the answer to be decided there."""
    system = body.get("system", "")
    messages = [{"role": "system", "content": system}] if system else []
    for message in body["messages"]:
        messages += spoken(message)
    config, choice = body.get("output_config", {}), body.get("tool_choice", {})
    asked: Json = {"model": body["model"], "messages": messages}
    asked["max_tokens"] = body.get("max_tokens")
    asked["tools"] = [function(tool) for tool in body.get("tools", ()) if "input_schema" in tool]
    if choice.get("type") == "tool":
        asked["tool_choice"] = {"function": {"name": choice["name"]}}
    elif choice.get("type") == "none":
        asked["tool_choice"] = "none"
    if shape := config.get("format"):
        asked["response_format"] = {"type": "json_schema", "json_schema": shape}
    if body.get("thinking", {}).get("type") in ("enabled", "adaptive"):
        asked["thinking"] = {"type": "enabled"}
    return asked


def spoken(message: Mapping[str, Any]) -> Iterator[Json]:
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    for block in blocks:
        if block["type"] == "tool_result":
            yield {"role": "tool", "content": block.get("content", "")}
    if any(block["type"] != "tool_result" for block in blocks):
        yield {"role": message["role"], "content": blocks}


def function(tool: Mapping[str, Any]) -> Json:
    described = {"name": tool["name"], "parameters": tool["input_schema"]}
    return {"type": "function", "function": described}


def counted(body: Mapping[str, Any]) -> Json:
    messages = understood(body)["messages"]
    return {"input_tokens": sum(len(text_of(message).split()) for message in messages)}


def usage(said: Answer) -> Json:
    details = said.usage["completion_tokens_details"]
    return {
        "input_tokens": said.usage["prompt_tokens"],
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": said.usage["completion_tokens"],
        "output_tokens_details": {"thinking_tokens": details["reasoning_tokens"]},
        "service_tier": "standard",
    }


def blocks_of(said: Answer, body: Mapping[str, Any]) -> Iterator[Json]:
    """Yield the blocks of an answer: thoughts, a search if there is one, text, calls."""
    if said.thoughts:
        shown = body["thinking"].get("display") != "omitted"
        text = said.thoughts if shown else ""
        yield {"type": "thinking", "thinking": text, "signature": "c2lnbmVk"}
    citations = list(cited(body))
    if any(str(tool.get("type")).startswith("web_search") for tool in body.get("tools", ())):
        call = {"id": "srvtoolu_1", "name": "web_search", "input": {"query": "blue sky"}}
        yield {"type": "server_tool_use", **call}
        found = {"type": "web_search_result", **PAGE, "encrypted_content": "ZW5j"}
        yield {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [found]}
        kind = {"type": "web_search_result_location", "encrypted_index": "aW5k"}
        citations.append({**kind, **PAGE, "cited_text": "Blue scatters most."})
    if said.text:
        more = {"citations": citations} if citations else {}
        yield {"type": "text", "text": said.text, **more}
    for id, name, arguments in said.calls:
        yield {"type": "tool_use", "id": id, "name": name, "input": json.loads(arguments)}


def cited(body: Mapping[str, Any]) -> Iterator[Json]:
    """Cite every document that may be cited."""
    for message in body["messages"]:
        for index, block in enumerate(message["content"]):
            if isinstance(block, dict) and block.get("citations", {}).get("enabled"):
                place = {"type": "page_location", "document_index": index, "start_page_number": 1}
                yield {**place, "document_title": block.get("title"), "cited_text": "Blue."}


def head(body: Mapping[str, Any]) -> Json:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"]}


def reply(said: Answer, body: Mapping[str, Any]) -> Json:
    """Say it in one body."""
    ends = {"stop_reason": STOP[said.finish_reason], "stop_sequence": None}
    content = [*blocks_of(said, body)]
    return {**head(body), "content": content, **ends, "usage": usage(said)}


def events(said: Answer, body: Mapping[str, Any]) -> Iterator[bytes]:
    """Say it in server-sent events."""
    for event in stream_of(said, body):
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def stream_of(said: Answer, body: Mapping[str, Any]) -> Iterator[Json]:
    begun = {**head(body), "content": [], "stop_reason": None, "usage": usage(said)}
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(blocks_of(said, body)):
        start, deltas = pieces(block)
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ends = {"stop_reason": STOP[said.finish_reason], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ends, "usage": usage(said)}
    yield {"type": "message_stop"}


def pieces(block: Json) -> tuple[Json, list[Json]]:
    """Split a block into its beginning and what a stream adds to it, a word at a time."""
    match block:
        case {"type": "text", "text": text, **more}:
            notes = [{"type": "citations_delta", "citation": c} for c in more.get("citations", ())]
            words = [{"type": "text_delta", "text": word} for word in split(text)]
            return {"type": "text", "text": ""}, [*notes, *words]
        case {"type": "thinking", "thinking": text, "signature": signature}:
            words = [{"type": "thinking_delta", "thinking": word} for word in split(text)]
            signed = {"type": "signature_delta", "signature": signature}
            return {"type": "thinking", "thinking": "", "signature": ""}, [*words, signed]
        case {"input": given}:
            parts = re.findall(r".{1,8}", json.dumps(given))
            deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
            return {**block, "input": {}}, deltas
        case _:
            return block, []


def split(text: str) -> list[str]:
    return re.findall(r"\s*\S+", text)
