"""How long to wait is read in every form that services use."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest
from aikit_wire.retry_after import duration, retry_after
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        ("1.5", 1.5),
        ("20ms", 0.02),
        ("6m0s", 360),
        ("2m59.56s", 179.56),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1d2h", 93600),
        ("900us", 0.0009),
        ("900µs", 0.0009),
        ("5ns", 5e-9),
        ("1e9", 1e9),
    ],
)
def test_lengths_of_time_are_read_as_seconds(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", " ", "-5", "-5s", "nan", "inf", "1e999", "soon", "5 s", "5x", "s", "5s!", "1.2.3s"]
)
def test_what_is_no_length_of_time_is_none(text: str) -> None:
    assert duration(text) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "12.5"}, 0.0125),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "-1", "retry-after": "9"}, 9),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "3.25"}, 3.25),
        ({"retry-after": "20ms"}, 0.02),
        ({"retry-after": "99999999"}, 99999999),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:30 GMT"}, 10),
        ({"retry-after": "Tuesday, 14-Nov-23 22:13:30 GMT"}, 10),
        ({"retry-after": "Tue Nov 14 22:13:30 2023"}, 10),
        ({"retry-after": "Tue, 14 Nov 2023 23:13:30 +0100"}, 10),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:30"}, 10),
        ({"retry-after": "Mon, 13 Nov 2023 22:13:30 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Tue, 99 Nov 2023 22:13:30 GMT"}, None),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:30 +999999999999"}, None),
        ({}, None),
    ],
)
def test_the_retry_after_headers_are_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=NOW) == seconds


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Be in Tokyo for a test."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone cannot be changed here")
@pytest.mark.usefixtures("elsewhere")
def test_a_date_without_a_zone_is_in_utc_wherever_this_machine_is() -> None:
    assert retry_after({"retry-after": "Tue, 14 Nov 2023 22:13:30"}, now=NOW) == 10


def test_a_date_is_held_against_the_clock_of_this_machine() -> None:
    wait = retry_after({"retry-after": formatdate(time.time() + 3600, usegmt=True)})
    assert wait is not None
    assert 3500 < wait <= 3600


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "2m59.56s"}, 179.56),
        ({"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "6m0s"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "later"}, None),
        ({"x-ratelimit-remaining-tokens": "0"}, None),
        ({"x-ratelimit-reset-tokens": "6m0s"}, None),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "6m0s",
            },
            360,
        ),
        (
            {
                "retry-after": "2",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "6m0s",
            },
            2,
        ),
    ],
)
def test_only_an_empty_window_says_how_long(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == pytest.approx(seconds)


def info(delay: Any) -> Any:
    details = [{"@type": "…/ErrorInfo"}, "text", {"@type": "…/RetryInfo", "retryDelay": delay}]
    return {"error": {"code": 429, "details": details}}


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (info("34s"), 34),
        (info("34.074824224s"), 34.074824224),
        (info("0s"), 0),
        ([info("34s")], 34),
        (info("soon"), None),
        (info(34), None),
        ({"error": {"details": {}}}, None),
        ({"error": "text"}, None),
        ([], None),
        ("text", None),
    ],
)
def test_google_states_the_wait_in_the_body(body: Any, seconds: float | None) -> None:
    assert retry_after({}, body) == seconds


def test_an_unreadable_header_leaves_the_word_to_the_body() -> None:
    assert retry_after({"retry-after": "soon"}, info("3s")) == 3


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ [\d:]+ [+-]?\w*"))
def test_no_header_makes_reading_fail(value: str) -> None:
    for name in ("retry-after", "retry-after-ms"):
        seconds = retry_after({name: value}, now=NOW)
        assert seconds is None or 0 <= seconds < float("inf")
