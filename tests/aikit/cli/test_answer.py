"""What is shown of an answer beside its text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from aicore.events import PartAdded
from aicore.messages import ImagePart, SourcePart
from aicore.responses import Attempt, Candidate, Response, ServedBy, Step, Timing
from aicore.usage import Cost, Usage
from aikit.cli.answer import Screen, summary
from aikit.cli.terminal import Terminal, table


def test_a_picture_is_only_remarked(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(Terminal(), reasoning=False)
    screen.show(PartAdded(0, 0, ImagePart(data=b"\x89PNG\r\n\x1a\n")))
    screen.show(PartAdded(0, 1, SourcePart(url="http://a")))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "note: the answer holds a part of type image/png; --json shows it\n"


def response(usage: Usage | None = None, **known: object) -> Response:
    return Response(steps=(Step((Candidate(),), usage),), **known)  # type: ignore[arg-type]


def test_the_summary_tells_tokens_cost_time_and_attempts() -> None:
    usage = Usage(input_tokens=12, output_tokens=34, reasoning_tokens=10, cache_read_tokens=0)
    attempt = Attempt("mock", "m", 1.0)
    told = summary(
        response(
            usage,
            served_by=ServedBy("mock", "m"),
            cost=Cost(usd=Decimal("0.00001230"), lower_bound=True),
            timing=Timing(1.234, 0.5),
            attempts=(attempt, attempt),
        )
    )
    assert told == (
        "mock:m · 12 in, 34 out, 10 reasoning tokens · at least $0.0000123"
        " · 1.23 s, first token 0.50 s · 2 attempts"
    )


def test_the_summary_says_what_is_unknown() -> None:
    assert summary(response()) == "unknown provider · unknown tokens · cost unknown"
    told = summary(
        response(
            Usage(output_tokens=3),
            served_by=ServedBy("mock", "m"),
            cost=Cost(reason="no price"),
            timing=Timing(2.0),
        )
    )
    assert told == "mock:m · unknown in, 3 out tokens · cost unknown (no price) · 2.00 s"


def test_a_table_aligns_its_columns_and_shows_no_control_characters() -> None:
    rows = [("NAME", "N", ""), ("a\x1b[1m", "10", "x"), ("long name", "7", "")]
    assert table(rows, right=(1,)).splitlines() == [
        "NAME        N",
        "a\N{REPLACEMENT CHARACTER}[1m      10  x",
        "long name   7",
    ]
