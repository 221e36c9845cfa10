"""How a service of the OpenAI Responses dialect answers a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from aikit_testing.conformance.openai import openai_reply
from aikit_testing.conformance.scenario import Called, Reply, Scenario

STATUS = {"stop": "completed", "length": "incomplete", "tool-calls": "completed"}


def responses_reply(scenario: Scenario, streaming: bool) -> Reply:
    """Answer chats as OpenAI's Responses API does, and all else as `openai_reply`.

    The arguments of parallel tool calls are streamed in turns, which their indexes allow, and
    events of an unknown kind come at any time.
    """
    if scenario.ability != "chat" or scenario.status != 200:
        return openai_reply(scenario, streaming)
    return Reply.sse(events(scenario)) if streaming else Reply.json(body(scenario))


def body(scenario: Scenario) -> dict[str, Any]:
    read, written = scenario.input_tokens, scenario.output_tokens
    cut = scenario.finish_reason == "length"
    return {
        "id": "answer-1",
        "object": "response",
        "created_at": 1700000000,
        "model": "model-1",
        "status": STATUS[scenario.finish_reason],
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "error": None,
        "output": list(items(scenario)),
        "usage": {"input_tokens": read, "output_tokens": written, "total_tokens": read + written},
    }


def items(scenario: Scenario) -> Iterator[dict[str, Any]]:
    if scenario.reasoning:
        shown = [{"type": "reasoning_text", "text": scenario.whole_reasoning}]
        yield {"type": "reasoning", "id": "rs_1", "summary": [], "content": shown}
    if scenario.text:
        piece = {"type": "output_text", "text": scenario.whole_text, "annotations": []}
        message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
        yield {**message, "content": [piece]}
    yield from map(call, scenario.calls)


def call(item: Called) -> dict[str, Any]:
    named = {"call_id": item.id, "name": item.name, "arguments": item.arguments}
    return {"type": "function_call", "id": f"fc_{item.id}", "status": "completed", **named}


BEGUN: dict[str, dict[str, Any]] = {
    "reasoning": {"content": []},
    "message": {"content": [], "status": "in_progress"},
    "function_call": {"arguments": "", "status": "in_progress"},
}


def events(scenario: Scenario) -> Iterator[dict[str, Any]]:
    for number, event in enumerate(unnumbered(scenario)):
        yield {**event, "sequence_number": number}


def unnumbered(scenario: Scenario) -> Iterator[dict[str, Any]]:
    answer = body(scenario)
    begun = {**answer, "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.warming_up"}
    pieces = {"reasoning": scenario.reasoning, "message": scenario.text}
    kinds = {"reasoning": "reasoning_text", "message": "output_text"}
    calls: list[tuple[int, dict[str, Any]]] = []
    for index, item in enumerate(answer["output"]):
        at = {"output_index": index, "item_id": item["id"]}
        start = {**item, **BEGUN[item["type"]]}
        yield {"type": "response.output_item.added", "item": start, **at}
        if item["type"] == "function_call":
            calls.append((index, item))
            continue
        kind = kinds[item["type"]]
        for piece in pieces[item["type"]]:
            yield {"type": f"response.{kind}.delta", "content_index": 0, "delta": piece, **at}
        yield {"type": "response.output_item.done", "item": item, **at}
    for deltas in zip_longest(*(item.pieces for item in scenario.calls)):
        for (index, item), delta in zip(calls, deltas, strict=True):
            if delta is not None:
                at = {"output_index": index, "item_id": item["id"], "delta": delta}
                yield {"type": "response.function_call_arguments.delta", **at}
    for index, item in calls:
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{answer['status']}", "response": answer}
