"""How a service of the OpenAI dialect answers a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from aikit_testing.conformance.scenario import Called, Reply, Scenario

FINISH = {"stop": "stop", "length": "length", "tool-calls": "tool_calls"}
ERRORS = {400: "invalid_request_error", 401: "invalid_api_key", 429: "rate_limit_exceeded"}


THOUGHTS = ("reasoning_content", "reasoning")
"""The fields in which open-weight servers show thoughts; some fill both."""


def openai_reply(scenario: Scenario, streaming: bool) -> Reply:
    """Answer as OpenAI does, with thoughts as open-weight servers show them.

    The arguments of parallel tool calls are streamed in turns, and embeddings come in reverse
    order, told apart by their index: both are allowed, so both must be read right.
    """
    if scenario.status != 200:
        error = {"message": scenario.message, "type": ERRORS.get(scenario.status), "code": None}
        return Reply.json({"error": error}, scenario.status)
    match scenario.ability:
        case "models":
            models = [{"id": id, "object": "model", "created": 1} for id in scenario.models]
            return Reply.json({"object": "list", "data": models})
        case "embed":
            return Reply.json(embeddings(scenario))
        case "rerank":
            return Reply.json(ranking(scenario))
        case _ if streaming:
            return Reply.sse(chunks(scenario), end="[DONE]")
        case _:
            return Reply.json(body(scenario))


def embeddings(scenario: Scenario) -> dict[str, Any]:
    items = [
        {"object": "embedding", "index": index, "embedding": vector}
        for index, vector in enumerate(scenario.vectors)
    ]
    usage = {"prompt_tokens": scenario.input_tokens, "total_tokens": scenario.input_tokens}
    return {"object": "list", "model": "model-1", "data": items[::-1], "usage": usage}


def ranking(scenario: Scenario) -> dict[str, Any]:
    """Rank documents as Jina, Together and vLLM do, the best first."""
    items = [
        {"index": index, "relevance_score": score} for index, score in enumerate(scenario.scores)
    ]
    items.sort(key=lambda item: -item["relevance_score"])
    usage = {"prompt_tokens": scenario.input_tokens, "total_tokens": scenario.input_tokens}
    return {"id": "rank-1", "model": "model-1", "results": items, "usage": usage}


def usage(scenario: Scenario) -> dict[str, int]:
    read, written = scenario.input_tokens, scenario.output_tokens
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
    }


def head(scenario: Scenario, streaming: bool) -> dict[str, Any]:
    chat = scenario.ability == "chat"
    kind = "chat.completion" if chat else "text_completion"
    object_name = f"{kind}.chunk" if chat and streaming else kind
    return {"id": "answer-1", "object": object_name, "created": 1700000000, "model": "model-1"}


def body(scenario: Scenario) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": 0, "finish_reason": FINISH[scenario.finish_reason]}
    if scenario.ability == "complete":
        choice["text"] = scenario.whole_text
    else:
        message: dict[str, Any] = {"role": "assistant", "content": scenario.whole_text or None}
        if scenario.reasoning:
            message |= dict.fromkeys(THOUGHTS, scenario.whole_reasoning)
        if scenario.calls:
            message["tool_calls"] = [call(item, item.arguments) for item in scenario.calls]
        choice["message"] = message
    return {**head(scenario, False), "choices": [choice], "usage": usage(scenario)}


def chunks(scenario: Scenario) -> Iterator[dict[str, Any]]:
    common = head(scenario, True)
    for choice in choices(scenario):
        yield {**common, "choices": [{"index": 0, "finish_reason": None, **choice}]}
    yield {**common, "choices": [], "usage": usage(scenario)}


def choices(scenario: Scenario) -> Iterator[dict[str, Any]]:
    finish = {"finish_reason": FINISH[scenario.finish_reason]}
    if scenario.ability == "complete":
        yield from ({"text": piece} for piece in scenario.text)
        yield {"text": "", **finish}
        return
    yield {"delta": {"role": "assistant", "content": ""}}
    yield from ({"delta": dict.fromkeys(THOUGHTS, piece)} for piece in scenario.reasoning)
    yield from ({"delta": {"content": piece}} for piece in scenario.text)
    for index, item in enumerate(scenario.calls):
        yield {"delta": {"tool_calls": [{"index": index, **call(item, "")}]}}
    for pieces in zip_longest(*(item.pieces for item in scenario.calls)):
        for index, piece in enumerate(pieces):
            if piece is not None:
                part = {"index": index, "function": {"arguments": piece}}
                yield {"delta": {"tool_calls": [part]}}
    yield {"delta": {}, **finish}


def call(item: Called, arguments: str) -> dict[str, Any]:
    function = {"name": item.name, "arguments": arguments}
    return {"id": item.id, "type": "function", "function": function}
