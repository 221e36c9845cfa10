"""AWS's own client reads the same bytes and finds the same in them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from aicore.messages import OpaquePart, ReasoningPart, TextPart, ToolCallPart
from aicore.responses import Response, TokenCount

from ..comparison import parsed
from ..corpus import Exchange, exchanges
from ..replay import replay
from ..sdk import marks, name_of

pytest.importorskip("botocore", reason="install the dev dependency `botocore`")

from botocore.awsrequest import AWSResponse
from botocore.session import Session

READ = ("bedrock-converse", "bedrock-converse-stream", "bedrock-count-tokens")
ANSWERED = [item for item in exchanges() if item.api in READ and item.status == 200]
pytestmark = [*marks(ANSWERED)]

HI: Any = [{"role": "user", "content": [{"text": "hi"}]}]


class Body(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture(scope="module")
def client() -> Any:
    return Session().create_client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="none",
    )


def by_sdk(client: Any, exchange: Exchange) -> Any:
    """Have the client read the recorded answer, which comes before anything is sent."""

    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, dict(exchange.headers), Body(exchange.body))

    client.meta.events.register("before-send.bedrock-runtime.*", answer)
    try:
        match exchange.api:
            case "bedrock-converse":
                return client.converse(modelId="m", messages=HI)
            case "bedrock-converse-stream":
                return list(client.converse_stream(modelId="m", messages=HI)["stream"])
            case _:
                return client.count_tokens(modelId="m", input={"converse": {"messages": HI}})
    finally:
        client.meta.events.unregister("before-send.bedrock-runtime.*", answer)


def facts(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a whole answer says."""
    blocks = answer["output"]["message"]["content"]
    thoughts = [block["reasoningContent"] for block in blocks if "reasoningContent" in block]
    shown = [thought["reasoningText"] for thought in thoughts if "reasoningText" in thought]
    calls = [block["toolUse"] for block in blocks if "toolUse" in block]
    cited = [block["citationsContent"] for block in blocks if "citationsContent" in block]
    texts = [
        block.get("text") or "".join(item["text"] for item in block["citationsContent"]["content"])
        for block in blocks
        if "text" in block or "citationsContent" in block
    ]
    return {
        "text": "".join(texts),
        "thoughts": "".join(thought["text"] for thought in shown),
        "signatures": [thought["signature"] for thought in shown if "signature" in thought],
        "redacted": sum("redactedContent" in thought for thought in thoughts),
        "calls": [(call["toolUseId"], call["name"], call["input"]) for call in calls],
        "citations": sum(len(item["citations"]) for item in cited),
        "stop reason": answer["stopReason"],
        "usage": counts(answer["usage"]),
    }


def facts_of_stream(events: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the pieces of a stream say."""
    found: dict[str, Any] = {
        "text": "",
        "thoughts": "",
        "signatures": [],
        "redacted": 0,
        "calls": [],
        "citations": 0,
    }
    opened: dict[int, list[Any]] = {}
    for event in events:
        match event:
            case {"contentBlockStart": {"contentBlockIndex": index, "start": {"toolUse": call}}}:
                opened[index] = [call["toolUseId"], call["name"], ""]
            case {"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}}:
                found["text"] += delta.get("text", "")
                found["citations"] += "citation" in delta
                thought = delta.get("reasoningContent", {})
                found["thoughts"] += thought.get("text", "")
                found["redacted"] += "redactedContent" in thought
                if "signature" in thought:
                    found["signatures"].append(thought["signature"])
                if "toolUse" in delta:
                    opened[index][2] += delta["toolUse"]["input"]
            case {"messageStop": {"stopReason": reason}}:
                found["stop reason"] = reason
            case {"metadata": {"usage": usage}}:
                found["usage"] = counts(usage)
    found["calls"] = [(id, name, parsed(text or "{}")) for id, name, text in opened.values()]
    return found


def counts(usage: Mapping[str, Any]) -> list[int]:
    names = ("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
    return [sum(usage.get(name, 0) for name in names), usage["outputTokens"]]


def ours(response: Response) -> dict[str, Any]:
    parts, calls = response.parts, list[tuple[str, str, Any]]()
    for part in parts:
        match part:
            case ToolCallPart():
                calls.append((part.id, part.name, parsed(part.arguments)))
            case OpaquePart(data={"toolUse": call}):
                calls.append((call["toolUseId"], call["name"], call["input"]))
    thoughts = [part for part in parts if isinstance(part, ReasoningPart)]
    data = [found for part in thoughts for found in part.provider_data.values()]
    usage = response.usage
    return {
        "text": "".join(part.text for part in parts if isinstance(part, TextPart)),
        "thoughts": response.reasoning,
        "signatures": [item["signature"] for item in data if "signature" in item],
        "redacted": sum("redacted_data" in item or "redactedContent" in item for item in data),
        "calls": calls,
        "citations": len(response.sources),
        "stop reason": response.raw_finish_reason,
        "usage": [usage and usage.input_tokens, usage and usage.output_tokens],
    }


@pytest.mark.parametrize("exchange", ANSWERED, ids=name_of)
async def test_the_sdk_reads_the_same(client: Any, exchange: Exchange) -> None:
    read = by_sdk(client, exchange)
    found = (await replay(exchange))[0]["whole"].result
    if isinstance(found, TokenCount):
        assert found.tokens == read["inputTokens"]
        return
    assert isinstance(found, Response)
    theirs = facts_of_stream(read) if isinstance(read, list) else facts(read)
    assert ours(found) == theirs


CHANGED: list[tuple[str, Any]] = [("stopReason", "max_tokens"), ("usage", {"inputTokens": 0})]


@pytest.mark.parametrize(("name", "value"), CHANGED)
async def test_another_answer_would_be_seen(client: Any, name: str, value: Any) -> None:
    exchange = next(item for item in ANSWERED if item.api == "bedrock-converse")
    read = by_sdk(client, exchange)
    changed = {**read, name: {**read[name], **value} if isinstance(value, dict) else value}
    assert facts(changed) != facts(read)
