"""Calls that answer in one piece are made only once they are asked for."""

from __future__ import annotations

import pytest
from aicore.calls import Batch
from aicore.events import Finished
from aicore.fold import fold
from aicore.messages import TextPart
from aicore.responses import Candidate, Response, Step
from aicore.whole import Single, events_of


async def test_the_batch_comes_once_and_is_made_only_when_it_is_asked_for() -> None:
    made = 0

    async def make() -> Batch:
        nonlocal made
        made += 1
        return (Finished(),)

    batches = Single(make)
    assert made == 0
    assert [batch async for batch in batches] == [(Finished(),)]
    assert [batch async for batch in batches] == []
    assert made == 1

    closed = Single(make)
    await closed.aclose()
    assert [batch async for batch in closed] == []
    with pytest.raises(ValueError, match="thrown"):
        await Single(make).athrow(ValueError("thrown"))
    with pytest.raises(ValueError, match="thrown"):
        await Single(make).athrow(ValueError, ValueError("thrown"))
    assert await Single(make).asend(None) == (Finished(),)
    assert made == 2


async def test_who_looks_at_no_events_gets_a_response_as_it_is() -> None:
    response = Response(id="answer-1", steps=(Step((Candidate((TextPart("Hello"),), "stop"),)),))

    async def make() -> Response:
        return response

    assert await Single(make).whole() is response
    [batch] = [batch async for batch in Single(make)]
    assert batch == events_of(response)
    assert fold(batch) == response
