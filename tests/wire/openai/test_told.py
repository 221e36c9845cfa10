"""What vendors tell of costs and of sources in recorded answers is what comes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from aicore.responses import Embeddings, Response
from aikit.costs import cost
from aikit_models import find

from ..corpus import ABSENT, Exchange, exchanges
from ..replay import replay

VENDORS = ("openrouter", "perplexity", "xai")
TOLD = [
    exchange
    for exchange in exchanges()
    if exchange.provider in VENDORS
    and exchange.api in ("openai-chat", "openai-embeddings")
    and (exchange.expected or {}).get("usage")
]
pytestmark = pytest.mark.skipif(not TOLD, reason=ABSENT)


def usd(usage: Any) -> Decimal | None:
    """Read a cost by the vendors' documents: USD at OpenRouter and Perplexity, ticks at xAI."""
    if ticks := usage.get("cost_in_usd_ticks"):
        return Decimal(ticks).scaleb(-10)
    told = usage.get("cost")
    told = told.get("total_cost") if isinstance(told, dict) else told
    return None if told is None else Decimal(repr(told))


async def outcome(exchange: Exchange) -> Any:
    outcomes, _ = await replay(exchange)
    return outcomes["whole"].result


@pytest.mark.parametrize("exchange", TOLD, ids=lambda exchange: exchange.name)
async def test_a_cost_that_the_vendor_tells_is_the_cost(exchange: Exchange) -> None:
    result, told = await outcome(exchange), usd((exchange.expected or {})["usage"])
    assert isinstance(result, Response | Embeddings)
    spent = getattr(result, "cost", None)
    if isinstance(result, Response) and told is not None:
        assert spent is not None
        assert (spent.usd, spent.source) == (told, f"told by {exchange.provider}")


@pytest.mark.parametrize(
    "exchange",
    [exchange for exchange in TOLD if exchange.pair == ("xai", "openai-chat")],
    ids=lambda exchange: exchange.name,
)
async def test_what_xai_tells_is_what_its_price_list_comes_to(exchange: Exchange) -> None:
    result = await outcome(exchange)
    assert isinstance(result, Response)
    model = find("xai", result.model or "")
    if model is None or not model.prices:
        pytest.skip(f"no price of {result.model} is known")
    assert result.cost is not None
    assert cost(result.usage, model, datetime.now(UTC).date()).usd == result.cost.usd


def cited(exchange: Exchange) -> Iterator[Any]:
    """Yield the answers of Perplexity, or the chunks of its streams."""
    if exchange.answer is not None:
        yield exchange.answer
        return
    for line in exchange.body.decode().splitlines():
        if line.startswith("data: {"):
            yield json.loads(line[6:])


@pytest.mark.parametrize(
    "exchange",
    [exchange for exchange in TOLD if exchange.pair == ("perplexity", "openai-chat")],
    ids=lambda exchange: exchange.name,
)
async def test_every_page_that_perplexity_cites_is_a_source(exchange: Exchange) -> None:
    result, last = await outcome(exchange), [*cited(exchange)][-1]
    assert isinstance(result, Response)
    numbered = {source.id: source.url for source in result.sources if source.id}
    assert [*numbered.values()] == last["citations"]
    assert [*numbered] == [str(number) for number in range(1, len(numbered) + 1)]
    titles = {source.url: source.title for source in result.sources}
    for found in last.get("search_results") or ():
        assert titles[found["url"]] == found["title"]
