"""How a service of the Gemini dialect answers a scenario."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from aikit_testing.conformance.scenario import Called, Reply, Scenario

FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "tool-calls": "STOP"}
WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def gemini_reply(scenario: Scenario, streaming: bool) -> Reply:
    """Answer as the Gemini API does.

    Calls come whole, of which only every second one has an id, and a stream ends without a mark:
    both are allowed, so both must be read right.
    """
    if scenario.status != 200:
        word = WORDS.get(scenario.status, "UNKNOWN")
        error = {"code": scenario.status, "message": scenario.message, "status": word}
        return Reply.json({"error": error}, scenario.status)
    match scenario.ability:
        case "models":
            models = [{"name": f"models/{id}", "displayName": id} for id in scenario.models]
            return Reply.json({"models": models})
        case "embed":
            vectors = [{"values": vector} for vector in scenario.vectors]
            usage = {"promptTokenCount": scenario.input_tokens}
            return Reply.json({"embeddings": vectors, "usageMetadata": usage})
        case _ if streaming:
            return Reply.sse(chunks(scenario))
        case _:
            return Reply.json(answer([*parts(scenario, whole=True)], scenario, last=True))


def answer(parts: list[dict[str, Any]], scenario: Scenario, *, last: bool) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if last:
        candidate["finishReason"] = FINISH[scenario.finish_reason]
    read, written = scenario.input_tokens, scenario.output_tokens
    usage = {
        "promptTokenCount": read,
        "candidatesTokenCount": written,
        "totalTokenCount": read + written,
    }
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": "model-1",
        "responseId": "answer-1",
    }


def parts(scenario: Scenario, *, whole: bool) -> Iterator[dict[str, Any]]:
    thoughts = [scenario.whole_reasoning] if whole else scenario.reasoning
    texts = [scenario.whole_text] if whole else scenario.text
    yield from ({"text": piece, "thought": True} for piece in thoughts if piece)
    yield from ({"text": piece} for piece in texts if piece)
    yield from (call(number, item) for number, item in enumerate(scenario.calls))


def call(number: int, item: Called) -> dict[str, Any]:
    function: dict[str, Any] = {"name": item.name, "args": json.loads(item.arguments)}
    return {"functionCall": {"id": item.id, **function} if number % 2 else function}


def chunks(scenario: Scenario) -> Iterator[dict[str, Any]]:
    for part in parts(scenario, whole=False):
        yield answer([part], scenario, last=False)
    yield answer([{"text": ""}], scenario, last=True)
