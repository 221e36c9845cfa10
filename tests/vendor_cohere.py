"""What the loopback vendor answers on Cohere's endpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .vendor_answers import DIMENSIONS, WORDS, Answer, Manner, answer, ranking, vector

PREAMBLE = 200
"""How many tokens of its own instructions the service reads, and does not charge."""
FINISH = {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool_calls": "TOOL_CALL"}


def cohere_answer(body: Mapping[str, Any], manner: Manner) -> Answer:
    """Decide what is said, by the same rules as in the OpenAI dialect."""
    thinking, wanted = body.get("thinking"), body.get("response_format") or {}
    asked: dict[str, Any] = {
        "model": body["model"],
        "messages": body.get("messages"),
        "prompt": body.get("prompt", ""),
        "tools": body.get("tools", ()),
        "tool_choice": str(body.get("tool_choice", "auto")).lower(),
        "max_tokens": body.get("max_tokens"),
        "reasoning_effort": None if not thinking else thinking["type"],
    }
    if "message" in body:
        asked["messages"] = [{"role": "user", "content": body["message"]}]
    if schema := wanted.get("json_schema"):
        asked["response_format"] = {"type": "json_schema", "json_schema": {"schema": schema}}
    elif wanted:
        asked["response_format"] = wanted
    return answer(asked, manner)


def usage(said: Answer) -> dict[str, Any]:
    read, written = said.usage["prompt_tokens"], said.usage["completion_tokens"]
    return {
        "billed_units": {"input_tokens": read, "output_tokens": written},
        "tokens": {"input_tokens": PREAMBLE + read, "output_tokens": written},
    }


def citations(said: Answer, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Cite every document for all that is said."""
    documents = body.get("documents") or ()
    if not said.text:
        return []
    return [
        {
            "start": 0,
            "end": len(said.text),
            "text": said.text,
            "sources": [{"type": "document", "id": f"doc:{index}", "document": document["data"]}],
            "type": "TEXT_CONTENT",
        }
        for index, document in enumerate(documents)
    ]


def call(item: tuple[str, str, str], arguments: str) -> dict[str, Any]:
    id, name, _ = item
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def reply(said: Answer, body: Mapping[str, Any]) -> dict[str, Any]:
    """Say it in one body."""
    blocks = (("thinking", said.thoughts), ("text", said.text))
    message: dict[str, Any] = {
        "role": "assistant",
        "content": [{"type": kind, kind: text} for kind, text in blocks if text],
    }
    if said.calls:
        message["tool_plan"] = "I will look it up."
        message["tool_calls"] = [call(item, item[2]) for item in said.calls]
    if cited := citations(said, body):
        message["citations"] = cited
    reason = FINISH[said.finish_reason]
    return {"id": "c-1", "message": message, "finish_reason": reason, "usage": usage(said)}


def events(said: Answer, body: Mapping[str, Any]) -> Iterator[bytes]:
    """Say it in events, a word at a time."""
    for event in stream_of(said, body):
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def stream_of(said: Answer, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    whole = reply(said, body)
    yield event("message-start", {"role": "assistant"}, id="c-1")
    if plan := whole["message"].get("tool_plan"):
        yield event("tool-plan-delta", {"tool_plan": plan})
    for index, block in enumerate(whole["message"]["content"]):
        kind = block["type"]
        yield event("content-start", {"content": {"type": kind, kind: ""}}, index=index)
        for word in WORDS.findall(block[kind]):
            yield event("content-delta", {"content": {kind: word}}, index=index)
        yield {"type": "content-end", "index": index}
    for index, item in enumerate(said.calls):
        yield event("tool-call-start", {"tool_calls": call(item, "")}, index=index)
        piece = {"tool_calls": {"function": {"arguments": item[2]}}}
        yield event("tool-call-delta", piece, index=index)
        yield {"type": "tool-call-end", "index": index}
    for index, citation in enumerate(whole["message"].get("citations", ())):
        yield event("citation-start", {"citations": citation}, index=index)
    end = {"finish_reason": whole["finish_reason"], "usage": whole["usage"]}
    yield {"type": "message-end", "delta": end}


def event(kind: str, message: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields, "delta": {"message": message}}


def older(said: Answer, body: Mapping[str, Any]) -> dict[str, Any]:
    """Say it in one body of version 1."""
    reason, meta = FINISH[said.finish_reason], usage(said)
    if "prompt" in body:
        texts = [{"id": "g-1", "text": said.text, "finish_reason": reason}]
        return {"id": "c-1", "generations": texts, "meta": meta}
    return {"generation_id": "c-1", "text": said.text, "finish_reason": reason, "meta": meta}


def lines(said: Answer, body: Mapping[str, Any]) -> Iterator[bytes]:
    """Say it in lines of version 1."""
    for word in said.words:
        piece = {"event_type": "text-generation", "text": word, "is_finished": False}
        yield json.dumps(piece).encode() + b"\n"
    end = {"finish_reason": FINISH[said.finish_reason], "response": older(said, body)}
    yield json.dumps({"event_type": "stream-end", "is_finished": True, **end}).encode() + b"\n"


def cohere_embedding(body: Mapping[str, Any]) -> dict[str, Any]:
    inputs = body.get("texts") or body.get("images") or body["inputs"]
    size = body.get("output_dimension") or DIMENSIONS
    rows = [vector(json.dumps(item), size) for item in inputs]
    tokens = sum(len(str(item).split()) for item in inputs)
    meta = {"billed_units": {"input_tokens": tokens}}
    return {"id": "e-1", "embeddings": {"float": rows}, "meta": meta}


def cohere_ranking(body: Mapping[str, Any]) -> dict[str, Any]:
    meta = {"billed_units": {"search_units": 1}}
    return {"id": "r-1", "results": ranking(body)["results"], "meta": meta}
