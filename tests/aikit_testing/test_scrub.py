"""What of an exchange is kept: what the lists name, and no secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

import pytest
from aikit_testing.scrub import Scrubber
from aikit_testing.tape import Answered, Chunk, Ended, Exchange, TapeError, dumps
from aikit_wire.transport import HTTPRequest

from .told import KEY, asking

MASK = "*" * 10


def scrubbed(
    request: HTTPRequest,
    *pieces: bytes,
    headers: dict[str, str] | None = None,
    message: str = "",
    secrets: Sequence[str] = (),
) -> Exchange:
    scrubber = Scrubber(secrets)
    scrubber.learn(request)
    chunks = tuple(Chunk(0.0, piece) for piece in pieces)
    ended = Ended(0.0, "error", "cut_off", message) if message else Ended(0.0)
    answered = Answered(0.0, 200, headers or {})
    return scrubber.exchange(Exchange(scrubber.asked(request), answered, chunks, ended))


def test_only_listed_headers_are_kept() -> None:
    request = asking(
        {},
        x_api_key="another-key-1",
        cookie="session=abcdef",
        user_agent="aikit/1",
        openai_organization="org-1",
        Accept="text/event-stream",
        content_type="application/json",
        anthropic_version="2023-06-01",
    )
    headers = {
        "content-type": "text/event-stream",
        "set-cookie": "session=abcdef",
        "x-ratelimit-reset-tokens": "6m0s",
        "x-request-id": "req_1",
        "retry-after": "7",
        "server": "cloud",
        "date": "now",
    }
    kept = scrubbed(request, headers=headers)
    assert kept.asked.headers == {
        "accept": "text/event-stream",
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
    }
    assert kept.answered is not None
    assert [*kept.answered.headers] == [
        "content-type",
        "retry-after",
        "x-ratelimit-reset-tokens",
        "x-request-id",
    ]


def test_the_host_is_not_kept_and_of_the_query_only_what_is_listed() -> None:
    url = "https://me:password-1@my.host.test:8000/v1/x%20y?key=AIzaSecret1&api-version=2024+1&x="
    kept = scrubbed(asking({}, url)).asked
    assert kept.path == "/v1/x%20y?api-version=2024+1"
    assert scrubbed(asking({}, "https://my.host.test")).asked.path == "/"


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        f"Bearer {KEY}",
        "key-of-the-header",
        "in-the-query",
        "password-1",
        "basic-user-and-password",
        "an-organization-id-1",
        "told",
    ],
)
def test_a_secret_is_masked_wherever_it_is_repeated(secret: str) -> None:
    url = f"https://me:password-1@host.test/{secret.replace(' ', '%20')}/x?alt={secret}"
    request = asking(
        {"a": [f"say {secret}!"]},
        f"{url}&token=in-the-query",
        x_api_key="key-of-the-header",
        proxy_authorization="Basic basic-user-and-password",
        x_organization=" an-organization-id-1 ",
        accept=secret,
    )
    kept = scrubbed(
        request,
        f"data: {secret}\n\n".encode(),
        headers={"x-request-id": secret},
        message=f"{secret} is wrong",
        secrets=["told"],
    )
    assert secret not in dumps([kept])
    assert secret.replace(" ", "%20") not in dumps([kept])
    assert kept.asked.body == json.dumps({"a": [f"say {MASK}!"]}, separators=(",", ":")).encode()
    assert kept.asked.headers["accept"] == MASK
    assert kept.asked.path.startswith(f"/{MASK}/x?alt=")
    assert kept.ended.message == f"{MASK} is wrong"
    assert kept.body == f"data: {'*' * len(secret)}\n\n".encode()


@pytest.mark.parametrize("cut", range(1, len(KEY) + 6))
def test_a_secret_across_a_border_is_masked_and_the_border_stays(cut: int) -> None:
    body = f"data: {KEY}\n\n".encode()
    kept = scrubbed(asking(), body[:cut], body[cut:])
    assert [len(chunk.data) for chunk in kept.chunks] == [cut, len(body) - cut]
    assert kept.body == body.replace(KEY.encode(), b"*" * len(KEY))


def test_a_secret_is_masked_in_the_spellings_of_urls_and_of_json() -> None:
    secret = 'p+ss/"wörd"'
    said = f"{quote(secret, safe='')} {json.dumps(secret)} {secret}"
    kept = scrubbed(asking(), said.encode(), secrets=[secret])
    assert set(kept.body.decode()) == {"*", " ", '"'}


@pytest.mark.parametrize(
    "said",
    [
        KEY.replace("l", r"\u006c"),
        KEY.replace("l", r"\\u006C"),
        KEY.replace("-", r"\-"),
        KEY.replace("l", "%6c"),
    ],
)
def test_an_exchange_with_a_secret_that_cannot_be_masked_is_refused(said: str) -> None:
    with pytest.raises(TapeError, match=r"POST /v1/ask holds a secret .* not written") as caught:
        scrubbed(asking(), f'{{"error":"{said}"}}'.encode())
    assert KEY not in str(caught.value)
    with pytest.raises(TapeError, match="holds a secret"):
        scrubbed(asking(f'"{said}"'.encode()))


@pytest.mark.parametrize(
    "foreign", ["sk-proj-0123456789abcdef0123", "hf_0123456789abcdefghij", "gsk_0123456789abcdefgh"]
)
def test_what_looks_like_a_key_of_a_vendor_is_masked_whoever_owns_it(foreign: str) -> None:
    said = f"Grüße: {foreign}, “{foreign}”\n{foreign}"
    request = asking({"tools": [{"authorization": foreign}], "prompt": said})
    pieces = said.encode()[:20], said.encode()[20:]
    kept = scrubbed(request, *pieces, headers={"x-request-id": foreign})
    assert foreign not in dumps([kept])
    assert kept.body.decode() == said.replace(foreign, "*" * len(foreign))
    assert [len(chunk.data) for chunk in kept.chunks] == [*map(len, pieces)]
    assert kept.asked == Scrubber().asked(request)


def test_what_is_too_short_or_prose_is_left_in_the_words_of_an_answer() -> None:
    request = asking(
        {"a": "test"}, x_api_key="test", x_title="My test of a program", x_mode="a-mode"
    )
    said = b"This is a test of a-mode: My test of a program, aikit/1"
    assert scrubbed(request, said).body == said


def test_a_header_is_found_whatever_its_case() -> None:
    request = HTTPRequest(
        "GET", "http://host.test/", {"X-API-Key": KEY, "User-Agent": "agent-name-of-mine"}
    )
    kept = scrubbed(request, f"{KEY} agent-name-of-mine".encode())
    assert kept.body == f"{'*' * len(KEY)} agent-name-of-mine".encode()
    assert kept.asked.body is None


def test_what_was_a_secret_once_stays_one() -> None:
    scrubber = Scrubber()
    assert scrubber.learn(asking())
    assert not scrubber.learn(asking())
    other = HTTPRequest("POST", "http://host.test/", {}, KEY.encode())
    assert not scrubber.learn(other)
    assert scrubber.asked(other).body == MASK.encode()
