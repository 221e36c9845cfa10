"""How Cohere's API, v2, answers a scenario."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from aikit_testing.conformance.openai import ranking
from aikit_testing.conformance.scenario import Called, Reply, Scenario

FINISH = {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool-calls": "TOOL_CALL"}
WORDS = {"stop": "COMPLETE", "length": "MAX_TOKENS"}


def cohere_reply(scenario: Scenario, streaming: bool) -> Reply:
    """Answer as Cohere does; completions are those of v1, which come in lines."""
    if scenario.status != 200:
        return Reply.json({"id": "answer-1", "message": scenario.message}, scenario.status)
    match scenario.ability:
        case "models":
            return Reply.json({"models": [{"name": id} for id in scenario.models]})
        case "embed":
            billed = {"billed_units": {"input_tokens": scenario.input_tokens}}
            vectors = {"float": scenario.vectors}
            return Reply.json({"id": "answer-1", "embeddings": vectors, "meta": billed})
        case "rerank":
            results = ranking(scenario)["results"]
            billed = {"billed_units": {"search_units": 1}}
            return Reply.json({"id": "answer-1", "results": results, "meta": billed})
        case "complete" if streaming:
            return Reply.lines(lines(scenario))
        case "complete":
            return Reply.json(generation(scenario))
        case _ if streaming:
            events = [f"event: {it['type']}\ndata: {json.dumps(it)}\n\n" for it in told(scenario)]
            chunks = [text.encode() for text in (*events, "data: [DONE]\n\n")]
            return Reply(200, {"content-type": "text/event-stream"}, chunks)
        case _:
            return Reply.json(body(scenario))


def usage(scenario: Scenario) -> dict[str, Any]:
    counts = {"input_tokens": scenario.input_tokens, "output_tokens": scenario.output_tokens}
    return {"billed_units": {"input_tokens": 3, "output_tokens": 2}, "tokens": counts}


def generation(scenario: Scenario) -> dict[str, Any]:
    text = {"id": "text-1", "text": scenario.whole_text}
    text["finish_reason"] = WORDS[scenario.finish_reason]
    return {"id": "answer-1", "generations": [text], "meta": usage(scenario)}


def lines(scenario: Scenario) -> Iterator[dict[str, Any]]:
    for piece in scenario.text:
        yield {"event_type": "text-generation", "text": piece, "is_finished": False}
    end = {"finish_reason": WORDS[scenario.finish_reason], "response": generation(scenario)}
    yield {"event_type": "stream-end", "is_finished": True, **end}


def body(scenario: Scenario) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant"}
    content = list[dict[str, str]]()
    if scenario.reasoning:
        content.append({"type": "thinking", "thinking": scenario.whole_reasoning})
    if scenario.text:
        content.append({"type": "text", "text": scenario.whole_text})
    if content:
        message["content"] = content
    if scenario.calls:
        message["tool_calls"] = [call(item, item.arguments) for item in scenario.calls]
    reason = FINISH[scenario.finish_reason]
    return {
        "id": "answer-1",
        "message": message,
        "finish_reason": reason,
        "usage": usage(scenario),
    }


def told(scenario: Scenario) -> Iterator[dict[str, Any]]:
    yield event("message-start", {"role": "assistant", "content": []}, id="answer-1")
    blocks = {"thinking": scenario.reasoning, "text": scenario.text}
    spoken = [(kind, pieces) for kind, pieces in blocks.items() if pieces]
    for index, (kind, pieces) in enumerate(spoken):
        yield event("content-start", {"content": {"type": kind, kind: ""}}, index=index)
        for piece in pieces:
            yield event("content-delta", {"content": {kind: piece}}, index=index)
        yield {"type": "content-end", "index": index}
    for index, item in enumerate(scenario.calls):
        yield event("tool-call-start", {"tool_calls": call(item, "")}, index=index)
    for pieces in zip_longest(*(item.pieces for item in scenario.calls)):
        for index, piece in enumerate(pieces):
            if piece is not None:
                part = {"tool_calls": {"function": {"arguments": piece}}}
                yield event("tool-call-delta", part, index=index)
    end = {"finish_reason": FINISH[scenario.finish_reason], "usage": usage(scenario)}
    yield {"type": "message-end", "delta": end}


def event(kind: str, message: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields, "delta": {"message": message}}


def call(item: Called, arguments: str) -> dict[str, Any]:
    function = {"name": item.name, "arguments": arguments}
    return {"id": item.id, "type": "function", "function": function}
