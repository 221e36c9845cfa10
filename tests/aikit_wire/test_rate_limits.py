"""What the headers of an answer tell of a service's limits, in the forms that were recorded."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import httpx2
import pytest
from aicore.fold import fold, unfold
from aicore.rate_limits import RateLimit, RateLimits
from aicore.responses import Candidate, Response, Step
from aicore.values import from_json, to_json
from aikit import Kit
from aikit_wire.rate_limits import read_rate_limits
from hypothesis import given
from hypothesis import strategies as st

from . import answers
from .responses.answers import body_of, said, stream_of
from .responses.answers import whole as response

CAME = 1_785_692_700.0
"""2026-08-02T17:45:00Z"""

OPENAI = {
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-limit-tokens": "500000",
    "x-ratelimit-remaining-requests": "499",
    "x-ratelimit-remaining-tokens": "499735",
    "x-ratelimit-reset-requests": "120ms",
    "x-ratelimit-reset-tokens": "6m0s",
}
TOLD: dict[str, tuple[dict[str, str], list[dict[str, Any]]]] = {
    "openai": (
        OPENAI,
        [
            {"unit": "requests", "limit": 500, "remaining": 499, "reset": 0.12},
            {"unit": "tokens", "limit": 500000, "remaining": 499735, "reset": 360},
        ],
    ),
    "openai, of pictures": (
        {
            "x-ratelimit-limit-input-images": "50000",
            "x-ratelimit-remaining-input-images": "49999",
            "x-ratelimit-reset-input-images": "1ms",
        },
        [{"unit": "input_images", "limit": 50000, "remaining": 49999, "reset": 0.001}],
    ),
    "groq": (
        {"x-ratelimit-limit-requests": "14400", "x-ratelimit-reset-requests": "10.332999999s"},
        [{"unit": "requests", "limit": 14400, "reset": 10.332999999}],
    ),
    "azure": (
        {
            "x-ratelimit-abusepenalty-active": "False",
            "x-ratelimit-key": "gpt-5-nano",
            "x-ratelimit-limit-requests": "250",
            "x-ratelimit-remaining-requests": "249",
            "x-ratelimit-renewalperiod-requests": "60",
            "x-ratelimit-reset-requests": "0",
        },
        [{"unit": "requests", "limit": 250, "remaining": 249, "reset": 0, "window": 60}],
    ),
    "anthropic": (
        {
            "date": "Sun, 02 Aug 2026 17:45:01 GMT",
            "anthropic-ratelimit-input-tokens-limit": "10000000",
            "anthropic-ratelimit-input-tokens-remaining": "9000000",
            "anthropic-ratelimit-input-tokens-reset": "2026-08-02T17:45:06Z",
            "anthropic-ratelimit-requests-limit": "10000",
            "anthropic-ratelimit-requests-remaining": "9999",
            "anthropic-ratelimit-requests-reset": "2026-08-02T17:45:00",
        },
        [
            {"unit": "input_tokens", "limit": 10000000, "remaining": 9000000, "reset": 5},
            {"unit": "requests", "limit": 10000, "remaining": 9999, "reset": 0},
        ],
    ),
    "mistral": (
        {
            "x-ratelimit-limit-req-10-second": "60",
            "x-ratelimit-remaining-req-10-second": "58",
            "x-ratelimit-limit-tokens-minute": "20000000",
            "x-ratelimit-limit-tokens-month": "200000000000",
            "x-ratelimit-tokens-query-cost": "21",
        },
        [
            {"unit": "requests", "limit": 60, "remaining": 58, "window": 10},
            {"unit": "tokens", "limit": 20000000, "window": 60},
            {"unit": "tokens", "limit": 200000000000, "window": 2592000},
        ],
    ),
    "cerebras": (
        {"X-RateLimit-Limit-Requests-Day": "14400", "x-ratelimit-remaining-requests-day": "1"},
        [{"unit": "requests", "limit": 14400, "remaining": 1, "window": 86400}],
    ),
    "fireworks": (
        {"x-ratelimit-limit-tokens-prompt": "60000"},
        [{"unit": "tokens_prompt", "limit": 60000}],
    ),
    "replicate": (
        {"ratelimit-remaining": "599", "ratelimit-reset": "1"},
        [{"unit": "requests", "remaining": 599, "reset": 1}],
    ),
    "openrouter": (
        {
            "x-ratelimit-limit": "20",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": "1785692730000",
        },
        [{"unit": "requests", "limit": 20, "remaining": 0, "reset": 30}],
    ),
    "a date in seconds": (
        {"x-ratelimit-limit": "20", "x-ratelimit-reset": "1785692760"},
        [{"unit": "requests", "limit": 20, "reset": 60}],
    ),
    "the draft of the IETF": (
        {"ratelimit-policy": '"burst";q=100;w=60', "ratelimit": '"burst";r=50;t=30'},
        [{"unit": "requests", "limit": 100, "remaining": 50, "reset": 30, "window": 60}],
    ),
    "the draft, of another unit": (
        {"ratelimit-policy": '"day";q=1000;qu="token";w=86400;pk=:YQ==:', "ratelimit": "words"},
        [{"unit": "tokens", "limit": 1000, "window": 86400}],
    ),
    "an older draft": (
        {"ratelimit-limit": "100, 100;w=60", "ratelimit-remaining": "9"},
        [{"unit": "requests", "limit": 100, "remaining": 9}],
    ),
    "nothing": ({"content-type": "application/json", "x-ratelimit-key": "k"}, []),
    "nonsense": (
        {
            "x-ratelimit-limit-tokens": "many",
            "x-ratelimit-remaining-tokens": "-1",
            "x-ratelimit-reset-tokens": "soon",
            "x-ratelimit-limit-requests": "inf",
            "date": "today",
        },
        [],
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_every_service_tells_its_limits_in_its_own_way(name: str) -> None:
    headers, expected = TOLD[name]
    found = read_rate_limits(headers, CAME)
    assert list(found) == [RateLimit(**item) for item in expected]


@given(
    st.dictionaries(
        st.sampled_from(sorted({name for headers, _ in TOLD.values() for name in headers})),
        st.text(st.characters(codec="ascii"), max_size=30),
    )
)
def test_no_header_is_an_error(headers: dict[str, str]) -> None:
    for limit in read_rate_limits(headers, CAME):
        assert limit.limit is not None or limit.remaining is not None


def test_of_several_limits_the_tightest_is_told() -> None:
    month = RateLimit(unit="tokens", limit=1000, remaining=10, window=2592000)
    minute = RateLimit(unit="tokens", limit=100, remaining=50, window=60)
    untold, unlimited = RateLimit(unit="tokens", limit=5), RateLimit(unit="tokens", remaining=0)
    limits = RateLimits((untold, unlimited, minute, month))
    assert limits.tokens is month
    assert RateLimits((untold, unlimited)).tokens is unlimited
    assert limits.requests is None


def test_nothing_is_read_before_somebody_asks() -> None:
    asked = []

    def read() -> tuple[RateLimit, ...]:
        asked.append(1)
        return (RateLimit(unit="requests", limit=5),)

    limits = RateLimits(read)
    assert not asked
    assert limits.requests == RateLimit(unit="requests", limit=5)
    assert limits
    assert asked == [1]


def test_limits_are_values_that_can_be_kept() -> None:
    limits = RateLimits(lambda: (RateLimit(unit="requests", limit=5, reset=0.5),))
    answer = Response(steps=(Step((Candidate(),)),), rate_limits=limits)
    assert fold(unfold(answer)) == answer
    assert from_json(Response, to_json(answer)) == answer
    assert b'"rate_limits":[{"unit":"requests","limit":5.0,"reset":0.5}]' in to_json(answer)
    assert copy.deepcopy(limits) == limits == pickle.loads(pickle.dumps(limits))
    assert hash(limits) == hash(RateLimits(limits.limits))
    assert "unit='requests'" in repr(limits)
    assert limits != RateLimits()
    assert not RateLimits()


class Service(httpx2.AsyncBaseTransport):
    """Tells OpenAI's limits with each of its answers."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        path = request.url.path
        if path.endswith("/embeddings"):
            content: Any = {"data": [{"index": 0, "embedding": [1.0]}], "model": "m"}
        elif path.endswith("/input_tokens"):
            content = {"input_tokens": 7}
        elif "text/event-stream" in request.headers["accept"]:
            headers = {**OPENAI, "content-type": "text/event-stream"}
            stream = body_of(stream_of(response(said("Hi"))))
            return httpx2.Response(200, headers=headers, content=stream)
        elif path.endswith("/responses"):
            content = response(said("Hi"))
        else:
            content = answers.whole({"content": "Hi"})
        return httpx2.Response(200, headers=OPENAI, json=content)


async def test_every_kind_of_answer_tells_them() -> None:
    told: dict[str, RateLimits | None] = {}
    streamed: Any = {"openai": {"api": "responses"}}
    async with (
        httpx2.AsyncClient(transport=Service()) as client,
        Kit(providers={"openai": {"api_key": "sk-any"}}, http_client=client) as kit,
    ):
        told["chat"] = (await kit.generate("Hi", model="openai:m")).rate_limits
        async with kit.stream("Hi", model="openai:m", provider_options=streamed) as stream:
            told["stream"] = (await stream.response()).rate_limits
        told["embed"] = (await kit.embed("Hi", model="openai:m")).rate_limits
        told["count"] = (await kit.count_tokens("Hi", model="openai:m")).rate_limits
    for kind, limits in told.items():
        assert limits is not None, kind
        assert limits.tokens is not None
        assert (limits.tokens.remaining, limits.tokens.reset) == (499735, 360), kind


async def test_an_answer_without_http_tells_none() -> None:
    async with Kit() as kit:
        assert (await kit.generate("Hi", model="fixture:echo")).rate_limits is None
