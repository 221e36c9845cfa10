"""The official SDK reads the same bytes and finds the same in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from aicore.messages import OpaquePart, ReasoningPart, SourcePart, TextPart, ToolCallPart
from aicore.responses import Response, TokenCount

from ..comparison import parsed
from ..corpus import Exchange, exchanges
from ..replay import replay
from ..sdk import http, marks, name_of, streams
from . import PATHS
from .meaning import block_type

anthropic = pytest.importorskip("anthropic", reason="install the dev dependency `anthropic`")

HI: Any = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]}
ANSWERED = [item for item in exchanges() if item.api in PATHS and item.status == 200]
pytestmark = [*marks(ANSWERED)]


def by_sdk(exchange: Exchange) -> Any:
    """Have the SDK read the recorded answer."""
    with anthropic.Anthropic(
        api_key="sk-none", http_client=http(exchange), max_retries=0
    ) as client:
        if exchange.api == "anthropic-count-tokens":
            return client.messages.count_tokens(model="m", messages=HI["messages"])
        if streams(exchange):
            with client.beta.messages.stream(**HI) as stream:
                return stream.get_final_message()
        return client.beta.messages.create(**HI)


def facts_of_sdk(message: Any) -> Iterator[tuple[str, Any]]:
    blocks = message.content
    yield "id", message.id
    yield "model", message.model
    yield "stop reason", message.stop_reason
    yield "blocks", [block.type for block in blocks]
    yield "texts", [block.text for block in blocks if block.type == "text"]
    yield "thoughts", [block.thinking for block in blocks if block.type == "thinking"]
    yield "signatures", [block.signature for block in blocks if block.type == "thinking"]
    yield "redacted", [block.data for block in blocks if block.type == "redacted_thinking"]
    calls = [block for block in blocks if block.type == "tool_use"]
    yield "calls", [(call.id, call.name, call.input) for call in calls]
    server = [block for block in blocks if block.type in ("server_tool_use", "mcp_tool_use")]
    yield "server calls", [(call.id, call.name, call.input) for call in server]
    cited = [note for block in blocks if block.type == "text" for note in block.citations or ()]
    yield "citations", [note.cited_text for note in cited]
    yield "output", message.usage.output_tokens
    caches = (message.usage.cache_read_input_tokens, message.usage.cache_creation_input_tokens)
    yield "input", message.usage.input_tokens + sum(filter(None, caches))


def ours(response: Response) -> Iterator[tuple[str, Any]]:
    parts = [part for part in response.parts if not isinstance(part, SourcePart)]
    thoughts = [part for part in parts if isinstance(part, ReasoningPart)]
    claude: list[Mapping[str, Any]] = [part.provider_data.get("claude", {}) for part in thoughts]
    shown = [part for part in thoughts if block_type(part) == "thinking"]
    yield "id", response.id
    yield "model", response.model
    yield "stop reason", response.raw_finish_reason
    yield "blocks", [block_type(part) for part in parts]
    yield "texts", [part.text for part in parts if isinstance(part, TextPart)]
    yield "thoughts", [part.text for part in shown]
    yield (
        "signatures",
        [part.provider_data.get("claude", {}).get("signature", "") for part in shown],
    )
    yield "redacted", [data["redacted_data"] for data in claude if "redacted_data" in data]
    calls = [part for part in parts if isinstance(part, ToolCallPart)]
    yield "calls", [(call.id, call.name, parsed(call.arguments)) for call in calls]
    items = [part.data for part in parts if isinstance(part, OpaquePart)]
    server = [item for item in items if item["type"] in ("server_tool_use", "mcp_tool_use")]
    yield "server calls", [(item["id"], item["name"], item["input"]) for item in server]
    yield "citations", [source.quote for source in response.sources]
    usage = response.steps[0].usage
    yield "output", usage and (usage.raw or {}).get("output_tokens")
    raw = (usage and usage.raw) or {}
    names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    yield "input", sum(raw.get(name) or 0 for name in names)


@pytest.mark.parametrize("exchange", ANSWERED, ids=name_of)
async def test_the_sdk_reads_the_same(exchange: Exchange) -> None:
    read = by_sdk(exchange)
    found = (await replay(exchange))[0]["whole"].result
    if isinstance(found, TokenCount):
        assert found.tokens == read.input_tokens
        return
    assert isinstance(found, Response)
    assert dict(ours(found)) == dict(facts_of_sdk(read))
