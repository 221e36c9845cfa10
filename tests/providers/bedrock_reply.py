"""How Bedrock answers a scenario: over Converse, and over InvokeModel in three forms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from aikit_testing.conformance.anthropic import body, events
from aikit_testing.conformance.scenario import Reply, Scenario

from .eventstream import STREAM, chunk, event

STOP = {"stop": "end_turn", "length": "max_tokens", "tool-calls": "tool_use"}
ERRORS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}


def bedrock_reply(scenario: Scenario, streaming: bool) -> Reply:
    """Answer as Converse does, or the operation that the ability needs."""
    if scenario.status != 200:
        return refused(scenario)
    if scenario.ability == "models":
        return listed(scenario)
    if scenario.ability == "embed":
        if len(scenario.vectors) != 1:
            return Reply.json({"embeddings": scenario.vectors})
        (vector,) = scenario.vectors
        return Reply.json({"embedding": vector, "inputTextTokenCount": scenario.input_tokens})
    if scenario.ability == "complete":
        return completed(scenario, streaming)
    if streaming:
        return streamed(converse_events(scenario))
    content = [block for block, _ in blocks(scenario)]
    output = {"message": {"role": "assistant", "content": content}}
    stop = STOP[scenario.finish_reason]
    return Reply.json({"output": output, "stopReason": stop, "usage": usage(scenario)})


def claude_reply(scenario: Scenario, streaming: bool) -> Reply:
    """Answer as Claude does over InvokeModel."""
    if scenario.ability == "complete" and scenario.status == 200:
        return claude_completion(scenario, streaming)
    if scenario.status != 200 or scenario.ability != "chat":
        return bedrock_reply(scenario, streaming)
    if streaming:
        return streamed(map(chunk, events(scenario)))
    return Reply.json(body(scenario))


def claude_completion(scenario: Scenario, streaming: bool) -> Reply:
    """Answer as the Claude of old does, which tells no counts itself."""
    stop = {"stop": "stop_sequence", "length": "max_tokens"}[scenario.finish_reason]
    if not streaming:
        answer = {"type": "completion", "completion": scenario.whole_text, "stop_reason": stop}
        reply = Reply.json(answer)
        counts = {"input": scenario.input_tokens, "output": scenario.output_tokens}
        told = {f"x-amzn-bedrock-{name}-token-count": str(value) for name, value in counts.items()}
        return replace(reply, headers={**reply.headers, **told})
    pieces: list[dict[str, Any]] = [
        {"completion": text, "stop_reason": None} for text in scenario.text
    ]
    metrics = {
        "inputTokenCount": scenario.input_tokens,
        "outputTokenCount": scenario.output_tokens,
    }
    end = {"completion": "", "stop_reason": stop, "amazon-bedrock-invocationMetrics": metrics}
    return streamed(map(chunk, [*pieces, end]))


def refused(scenario: Scenario) -> Reply:
    reply = Reply.json({"message": scenario.message}, scenario.status)
    kind = f"{ERRORS.get(scenario.status, 'ValidationException')}:http://internal.amazon.com/coral/com.amazon.bedrock/"
    return replace(reply, headers={**reply.headers, "x-amzn-errortype": kind})


def listed(scenario: Scenario) -> Reply:
    """Answer both lists at once: of models, and of profiles that lead to them."""
    models = [{"modelId": id, "modelName": id} for id in scenario.models]
    return Reply.json({"modelSummaries": models, "inferenceProfileSummaries": []})


def completed(scenario: Scenario, streaming: bool) -> Reply:
    """Answer as Llama does."""
    stop = {"stop": "stop", "length": "length"}[scenario.finish_reason]
    counts = {
        "prompt_token_count": scenario.input_tokens,
        "generation_token_count": scenario.output_tokens,
    }
    if not streaming:
        answer = {"generation": scenario.whole_text, "stop_reason": stop, **counts}
        return Reply.json(answer)
    pieces = [{"generation": text, "stop_reason": None} for text in scenario.text]
    return streamed(map(chunk, [*pieces, {"generation": "", "stop_reason": stop, **counts}]))


def streamed(messages: Iterable[bytes]) -> Reply:
    return Reply(200, {"content-type": STREAM}, list(messages))


def usage(scenario: Scenario) -> dict[str, int]:
    read, written = scenario.input_tokens, scenario.output_tokens
    return {"inputTokens": read, "outputTokens": written, "totalTokens": read + written}


def blocks(scenario: Scenario) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield each block as it is whole, and the pieces in which a stream brings it."""
    if scenario.reasoning:
        thought = {"text": scenario.whole_reasoning, "signature": "c2ln"}
        pieces: list[dict[str, Any]] = [{"text": piece} for piece in scenario.reasoning]
        pieces.append({"signature": "c2ln"})
        yield (
            {"reasoningContent": {"reasoningText": thought}},
            [{"reasoningContent": piece} for piece in pieces],
        )
    if scenario.text:
        yield {"text": scenario.whole_text}, [{"text": piece} for piece in scenario.text]
    for call in scenario.calls:
        whole = {"toolUseId": call.id, "name": call.name, "input": json.loads(call.arguments)}
        yield {"toolUse": whole}, [{"toolUse": {"input": piece}} for piece in call.pieces]


def converse_events(scenario: Scenario) -> Iterator[bytes]:
    yield event("messageStart", {"role": "assistant", "p": "ab"})
    for index, (block, pieces) in enumerate(blocks(scenario)):
        at = {"contentBlockIndex": index}
        if call := block.get("toolUse"):
            start = {"toolUse": {"toolUseId": call["toolUseId"], "name": call["name"]}}
            yield event("contentBlockStart", {**at, "start": start})
        for piece in pieces:
            yield event("contentBlockDelta", {**at, "delta": piece, "p": "abc"})
        yield event("contentBlockStop", at)
    yield event("messageStop", {"stopReason": STOP[scenario.finish_reason]})
    yield event("metadata", {"usage": usage(scenario), "metrics": {"latencyMs": 7}})
