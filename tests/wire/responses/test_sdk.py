"""The official SDK reads the same bytes and finds the same in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from aicore.messages import ReasoningPart, RefusalPart, SourcePart
from aicore.responses import Response, TokenCount

from ..corpus import Exchange, exchanges
from ..replay import replay
from ..scope import IN_SCOPE
from ..sdk import http, marks, name_of, streams
from . import PATHS
from .meaning import is_custom, items, pieces, unique

openai = pytest.importorskip("openai", reason="install the dev dependency `openai`")

ANSWERED = [
    item
    for item in exchanges()
    if item.api in PATHS and item.pair in IN_SCOPE and item.status == 200 and item.expected
]
pytestmark = [*marks(ANSWERED)]


def by_sdk(exchange: Exchange) -> Any:
    """Have the SDK read the recorded answer, in which every call has an id of its own."""
    read = read_by_sdk(exchange)
    if exchange.provider == "bedrock-mantle":
        for item in read.output:
            if item.type == "function_call":
                item.call_id = unique(read.id, item.call_id)
    return read


def read_by_sdk(exchange: Exchange) -> Any:
    """Have the SDK read the recorded answer.

    Of a stream it is what its last event holds, with the items as they were when each was done:
    they are encrypted anew for the last event, and the vendor says to take the first.
    """
    with openai.OpenAI(api_key="sk-none", http_client=http(exchange), max_retries=0) as client:
        if exchange.api == "openai-responses-input-tokens":
            return client.responses.input_tokens.count(model="m", input="Hi")
        if streams(exchange):
            with client.responses.create(model="m", input="Hi", stream=True) as stream:
                done, last = dict[int, Any](), None
                for last in stream:
                    if last.type == "response.output_item.done":
                        done[last.output_index] = last.item
                assert last is not None
                output = enumerate(last.response.output)
                last.response.output = [done.get(index, item) for index, item in output]
                return last.response
        return client.responses.create(model="m", input="Hi")


def facts_of_sdk(response: Any) -> Iterator[tuple[str, Any]]:
    output = response.output
    yield "id", response.id
    yield "model", response.model
    yield "status", response.status or None
    yield "types", sorted(item.type for item in output)
    yield "text", response.output_text
    contents = [piece for item in output if item.type == "message" for piece in item.content]
    yield "refusals", [piece.refusal for piece in contents if piece.type == "refusal"]
    texts = [piece for piece in contents if piece.type == "output_text"]
    notes = [note for piece in texts for note in piece.annotations]
    yield "citations", [getattr(note, "url", None) for note in notes]
    calls = [item for item in output if item.type == "function_call"]
    yield "calls", [(item.call_id, item.name, item.arguments) for item in calls]
    thoughts = [item for item in output if item.type == "reasoning"]
    yield "summaries", [piece.text for item in thoughts for piece in item.summary]
    yield "encrypted", [item.encrypted_content for item in thoughts]
    yield "usage", response.usage and counts(response.usage.model_dump())


def counts(usage: Mapping[str, Any]) -> tuple[Any, ...]:
    read, written = usage["input_tokens_details"] or {}, usage["output_tokens_details"] or {}
    told = (usage["input_tokens"], usage["output_tokens"])
    return (*told, read.get("cached_tokens"), written.get("reasoning_tokens"))


def ours(response: Response) -> Iterator[tuple[str, Any]]:
    details = response.steps[-1].provider_data["openai-responses"]
    yield "id", response.id
    yield "model", response.model
    yield "status", details.get("status")
    yield "types", sorted(items(response.parts))
    yield "text", response.text
    yield "refusals", [part.text for part in response.parts if isinstance(part, RefusalPart)]
    yield "citations", [part.url for part in response.parts if isinstance(part, SourcePart)]
    calls = [call for call in response.tool_calls if not is_custom(call)]
    yield "calls", [(call.id, call.name, call.arguments) for call in calls]
    thoughts = [part for part in response.parts if isinstance(part, ReasoningPart)]
    yield "summaries", pieces(response.parts, "summary") or []
    data = [part.provider_data.get("openai-responses", {}) for part in thoughts]
    yield "encrypted", [item.get("encrypted_content") for item in data]
    usage = response.usage
    yield (
        "usage",
        usage
        and (
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            usage.reasoning_tokens,
        ),
    )


@pytest.mark.parametrize("exchange", ANSWERED, ids=name_of)
async def test_the_sdk_reads_the_same(exchange: Exchange) -> None:
    read = by_sdk(exchange)
    found = (await replay(exchange))[0]["whole"].result
    if isinstance(found, TokenCount):
        assert found.tokens == read.input_tokens
        return
    assert isinstance(found, Response)
    assert dict(ours(found)) == dict(facts_of_sdk(read))


@pytest.mark.parametrize("exchange", ANSWERED, ids=name_of)
async def test_what_goes_back_is_what_the_sdk_would_send_back(exchange: Exchange) -> None:
    """The vendor's documents have who manages a conversation append `response.output` to it."""
    found = (await replay(exchange))[0]["whole"].result
    if not isinstance(found, Response):
        return
    from aikit_wire.ledger import Ledger
    from aikit_wire.responses.said import encode_said

    sent = encode_said(found.message, exchange.provider, Ledger(exchange.provider))
    output = json.loads(
        json.dumps([plain(item.to_dict(warnings=False)) for item in by_sdk(exchange).output])
    )
    assert sorted(map(dumped, map(plain, sent))) == sorted(map(dumped, output))


def dumped(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def plain(value: Any) -> Any:
    """Leave out what says nothing (null, empty lists), and log probabilities, told elsewhere."""
    if isinstance(value, dict):
        return {
            name: plain(item)
            for name, item in value.items()
            if item is not None and item != [] and name != "logprobs"
        }
    return [plain(item) for item in value] if isinstance(value, list) else value
