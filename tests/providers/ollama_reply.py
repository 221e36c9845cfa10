"""How an Ollama server answers a scenario of the conformance suite."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from aikit_testing.conformance.scenario import Reply, Scenario

HEAD = {"model": "model-1", "created_at": "2026-11-20T10:00:00.123456789Z"}
DONE = {"stop": "stop", "length": "length", "tool-calls": "stop"}


def ollama_reply(scenario: Scenario, streaming: bool) -> Reply:
    """Answer as Ollama does: tool calls come whole, and end with `stop` like all else."""
    if scenario.status != 200:
        return Reply.json({"error": scenario.message}, scenario.status)
    match scenario.ability:
        case "models":
            items = [{"name": id, "model": id, "size": 1} for id in scenario.models]
            return Reply.json({"models": items})
        case "embed":
            counts = {"total_duration": 9, "prompt_eval_count": scenario.input_tokens}
            return Reply.json({"model": "model-1", "embeddings": scenario.vectors, **counts})
        case _ if streaming:
            return Reply.lines(pieces(scenario))
        case _:
            said: dict[str, Any] = {"content": scenario.whole_text}
            if scenario.reasoning:
                said["thinking"] = scenario.whole_reasoning
            calls = [call for piece in called(scenario) for call in piece["tool_calls"]]
            if calls:
                said["tool_calls"] = calls
            return Reply.json({**piece(scenario, said), **end(scenario)})


def pieces(scenario: Scenario) -> Iterator[dict[str, Any]]:
    for thought in scenario.reasoning:
        yield {**piece(scenario, {"content": "", "thinking": thought}), "done": False}
    for text in scenario.text:
        yield {**piece(scenario, {"content": text}), "done": False}
    for said in called(scenario):
        yield {**piece(scenario, said), "done": False}
    yield {**piece(scenario, {"content": ""}), **end(scenario)}


def called(scenario: Scenario) -> Iterator[dict[str, Any]]:
    for call in scenario.calls:
        function = {"name": call.name, "arguments": json.loads(call.arguments)}
        yield {"content": "", "tool_calls": [{"function": function}]}


def piece(scenario: Scenario, said: dict[str, Any]) -> dict[str, Any]:
    if scenario.ability == "complete":
        thoughts = {"thinking": said["thinking"]} if "thinking" in said else {}
        return {**HEAD, "response": said["content"], **thoughts}
    return {**HEAD, "message": {"role": "assistant", **said}}


def end(scenario: Scenario) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": DONE[scenario.finish_reason],
        "total_duration": 9,
        "prompt_eval_count": scenario.input_tokens,
        "eval_count": scenario.output_tokens,
    }
