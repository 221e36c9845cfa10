"""How a service of Anthropic's Messages dialect answers a scenario."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from aikit_testing.conformance.scenario import Called, Reply, Scenario

STOP = {"stop": "end_turn", "length": "max_tokens", "tool-calls": "tool_use"}
ERRORS = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}


def anthropic_reply(scenario: Scenario, streaming: bool) -> Reply:
    """Answer as Anthropic does; pings come at any time, and unknown events are allowed."""
    if scenario.status != 200:
        error = {"type": ERRORS.get(scenario.status, "api_error"), "message": scenario.message}
        return Reply.json({"type": "error", "error": error}, scenario.status)
    if scenario.ability == "models":
        models = [{"type": "model", "id": id, "display_name": id} for id in scenario.models]
        ends = {"first_id": scenario.models[0], "last_id": scenario.models[-1]}
        return Reply.json({"data": models, "has_more": False, **ends})
    return Reply.sse(events(scenario)) if streaming else Reply.json(body(scenario))


def head(scenario: Scenario) -> dict[str, Any]:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": "model-1"}


def blocks(scenario: Scenario) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield each block as it is whole, and the pieces in which a stream brings it."""
    if scenario.reasoning:
        block = {"type": "thinking", "thinking": scenario.whole_reasoning, "signature": "c2ln"}
        pieces = [{"type": "thinking_delta", "thinking": piece} for piece in scenario.reasoning]
        yield block, [*pieces, {"type": "signature_delta", "signature": "c2ln"}]
    if scenario.text:
        pieces = [{"type": "text_delta", "text": piece} for piece in scenario.text]
        yield {"type": "text", "text": scenario.whole_text}, pieces
    for item in scenario.calls:
        yield call(item), [{"type": "input_json_delta", "partial_json": p} for p in item.pieces]


def call(item: Called) -> dict[str, Any]:
    given = json.loads(item.arguments)
    return {"type": "tool_use", "id": item.id, "name": item.name, "input": given}


EMPTY = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {}}


def body(scenario: Scenario) -> dict[str, Any]:
    return {
        **head(scenario),
        "content": [block for block, _ in blocks(scenario)],
        "stop_reason": STOP[scenario.finish_reason],
        "stop_sequence": None,
        "usage": {"input_tokens": scenario.input_tokens, "output_tokens": scenario.output_tokens},
    }


def events(scenario: Scenario) -> Iterator[dict[str, Any]]:
    begun: dict[str, Any] = {"content": [], "stop_reason": None, "stop_sequence": None}
    usage = {"input_tokens": scenario.input_tokens, "output_tokens": 1}
    yield {"type": "message_start", "message": {**head(scenario), **begun, "usage": usage}}
    yield {"type": "ping"}
    for index, (block, pieces) in enumerate(blocks(scenario)):
        start = {**block, **EMPTY[block["type"]]}
        if block["type"] == "tool_use":
            start["input"] = {}
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for piece in pieces:
            yield {"type": "content_block_delta", "index": index, "delta": piece}
        yield {"type": "content_block_stop", "index": index}
    stopped = {"stop_reason": STOP[scenario.finish_reason], "stop_sequence": None}
    usage = {"output_tokens": scenario.output_tokens}
    yield {"type": "message_delta", "delta": stopped, "usage": usage}
    yield {"type": "message_stop"}
