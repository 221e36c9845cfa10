"""Every recorded exchange in scope: the request says the same, the answer means the same."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from .comparison import answered, problems
from .corpus import ABSENT, ELSEWHERE, FOLDER, REQUIRED, Exchange, exchanges
from .corruption import corruptions
from .replay import replay
from .scope import IN_SCOPE, UNKNOWN, place

EXCEPTIONS: dict[str, str] = tomllib.loads(
    Path(__file__).with_name("exceptions.toml").read_text(encoding="utf-8")
)["exchanges"]
CORPUS = tuple(exchanges())
IN = tuple(exchange for exchange in CORPUS if exchange.pair in IN_SCOPE)
OUT = tuple(exchange for exchange in CORPUS if exchange.pair not in IN_SCOPE)


def case(exchange: Exchange) -> object:
    reason = EXCEPTIONS.get(exchange.sha256)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(exchange, id=exchange.name, marks=marks)


needs_corpus = pytest.mark.skipif(not CORPUS, reason=ABSENT)


def test_the_corpus_is_there() -> None:
    if not CORPUS:
        (pytest.fail if REQUIRED else pytest.skip)(ABSENT)


@needs_corpus
@pytest.mark.parametrize("exchange", [case(exchange) for exchange in IN])
async def test_exchange(exchange: Exchange, record_property: Callable[[str, object], None]) -> None:
    record_property("wire", exchange.pair)
    outcomes, sent = await replay(exchange)
    found = list(problems(exchange, outcomes, sent))
    assert not found, "\n".join([exchange.sha256, *found])
    unseen = [
        fact
        for fact, corrupted in corruptions(exchange)
        if not any(answered(corrupted, outcomes["whole"]))
    ]
    assert not unseen, f"{exchange.sha256}: these could be wrong and would pass: {unseen}"


@needs_corpus
def test_every_pair_has_its_place() -> None:
    unknown = sorted({exchange.pair for exchange in OUT if place(exchange.pair) == UNKNOWN})
    if ELSEWHERE:
        print(f"pairs without a place in scope.py, at {FOLDER}: {unknown}")
    else:
        assert not unknown


@needs_corpus
@pytest.mark.skipif(bool(ELSEWHERE), reason="the exceptions are those of the shipped corpus")
def test_no_exception_outlives_its_exchange() -> None:
    assert EXCEPTIONS.keys() <= {exchange.sha256 for exchange in IN}
