"""One client cannot ask for more than its share."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aicore.errors import BadConfig
from aikit_asgi import Limits, create_app
from aikit_asgi.attend import UNWATCHED
from aikit_asgi.body import VALUES, read_json
from aikit_asgi.http import Gone
from aikit_asgi.statuses import RequestError

from .asgi import CHAT, CLOSING, OPENAI_CHAT, OPENING, STREAMED, ask, exchange, kit_of, said


def arriving(*pieces: bytes | float) -> Any:
    """Receive a body in pieces, with waits of so many seconds between them, and then leave."""
    rest = list(pieces)

    async def receive() -> dict[str, Any]:
        while rest and isinstance(rest[0], float):
            await asyncio.sleep(rest.pop(0))  # type: ignore[arg-type]
        if not rest:
            return {"type": "http.disconnect"}
        piece, more = rest.pop(0), any(isinstance(item, bytes) for item in rest)
        return {"type": "http.request", "body": piece, "more_body": more}

    return receive


async def test_a_body_may_come_in_pieces_up_to_the_limit() -> None:
    assert await read_json(arriving(b'{"a"', b": 1}"), 8) == {"a": 1}
    with pytest.raises(RequestError, match="the body is longer than 7 bytes") as caught:
        await read_json(arriving(b'{"a"', b": 1}"), 7)
    assert caught.value.status == 413


async def test_a_body_is_read_no_further_than_its_limit() -> None:
    receive = arriving(b"12345678", b"left")
    with pytest.raises(RequestError):
        await read_json(receive, 7)
    assert (await receive())["body"] == b"left"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/generate", b'{"model": "fixture:echo", "messages": [%b]}'),
        ("/embed", b'{"model": "fixture:echo", "input": [%b]}'),
        ("/v1/chat/completions", b'{"model": "fixture:echo", "messages": [{"x": [%b]}]}'),
    ],
)
async def test_a_body_of_many_small_values_is_refused_before_they_are_checked(
    path: str, body: bytes
) -> None:
    refused = await ask(create_app(), path, body % b",".join([b"1"] * (VALUES + 1)))
    assert (refused.status, refused.error["code"]) == (413, "invalid_request")
    assert refused.error["message"] == "the body holds more than 100000 values"
    wrong = await ask(create_app(), path, body % b",".join([b"1"] * (VALUES - 10)))
    assert wrong.status == 400
    assert len(wrong.body) < 2000


async def test_a_body_of_one_large_value_is_no_body_of_many() -> None:
    body = {**CHAT, "prompt": "1," * VALUES * 2}
    assert (await ask(create_app(), "/generate", body)).status == 200


async def test_a_client_that_leaves_while_sending_is_not_answered() -> None:
    sent: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def leaving() -> dict[str, Any]:
        return sent.pop(0)

    with pytest.raises(Gone):
        await read_json(leaving, 8)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b"\xff", "the body is not JSON"),
        (b'{"a": NaN}', "the body is not JSON"),
        (b'{"a": Infinity}', "the body is not JSON"),
        (b'{"a": "\\ud800"}', "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "the body is not JSON"),
        (b"[]", "the body must be a JSON object"),
        (b'"text"', "the body must be a JSON object"),
        (b"null", "the body must be a JSON object"),
    ],
)
async def test_what_is_no_json_object_is_refused(body: bytes, message: str) -> None:
    for path in ("/generate", "/generate/stream", "/embed", "/v1/chat/completions"):
        answer = await ask(create_app(), path, body)
        assert answer.status == 400
        assert answer.error["message"].startswith(message)


async def test_a_number_of_any_length_does_no_harm() -> None:
    for number in (b"1" * 5000, b"1e999", b"-1e-999", b"0." + b"1" * 5000):
        body = b'{"model": "fixture:echo", "prompt": "a", "temperature": ' + number + b"}"
        assert (await ask(create_app(), "/generate", body)).status in (200, 400)


@pytest.mark.parametrize("pieces", [(b"{", 5.0, b"}"), (5.0, b"{}")])
async def test_a_body_that_takes_too_long_is_refused(pieces: tuple[bytes | float, ...]) -> None:
    with pytest.raises(RequestError, match=r"longer than 0\.05 s to arrive") as caught:
        await read_json(arriving(*pieces), 100, 0.05)
    assert caught.value.status == 408


@pytest.mark.parametrize("pieces", [(b"{}",), (0.01, b"{", 0.01, b"}")])
async def test_a_body_may_come_from_a_server_whose_receive_is_no_coroutine(
    pieces: tuple[bytes | float, ...],
) -> None:
    receive = arriving(*pieces)
    assert await read_json(lambda: asyncio.ensure_future(receive()), 100, 5.0) == {}


async def test_once_the_body_is_whole_a_client_may_wait_as_long_as_it_likes() -> None:
    receive = arriving(b"{}", 0.06)
    assert await read_json(receive, 100, 0.03) == {}
    assert (await receive())["type"] == "http.disconnect"


async def test_without_a_limit_a_body_may_take_any_time() -> None:
    assert await read_json(arriving(b"{", UNWATCHED * 1.5, b"}"), 100) == {}


@pytest.mark.parametrize("path", ["/generate", "/v1/chat/completions"])
async def test_an_answer_that_takes_too_long_is_an_error(path: str) -> None:
    app = create_app(kit_of(OPENING, 5.0, CLOSING), limits=Limits(request=0.05))
    answer = await ask(app, path, CHAT if path == "/generate" else OPENAI_CHAT)
    assert (answer.status, answer.error["code"]) == (504, "total_timeout")


async def test_a_stream_that_takes_too_long_breaks_off_with_an_error() -> None:
    app = create_app(kit_of(OPENING, 5.0, CLOSING), limits=Limits(stream=0.05))
    native = await ask(app, "/generate/stream", CHAT)
    assert native.status == 200
    assert native.events[-1][0] == "error"
    assert native.events[-1][1]["error"]["code"] == "total_timeout"
    openai = await ask(app, "/v1/chat/completions", STREAMED)
    assert openai.status == 200
    assert openai.events[-1][1]["error"]["code"] == "total_timeout"
    assert b"[DONE]" not in openai.body


@pytest.mark.parametrize(
    ("path", "body"), [("/generate", CHAT), ("/v1/chat/completions", OPENAI_CHAT)]
)
async def test_the_name_of_a_model_is_not_endless(path: str, body: dict[str, Any]) -> None:
    app = create_app(kit_of(OPENING, said("a"), CLOSING))
    answer = await ask(app, path, {**body, "model": "fixture:" + "m" * 992})
    assert answer.status == 200
    answer = await ask(app, path, {**body, "model": "fixture:" + "m" * 993})
    assert answer.status == 400
    assert answer.error["message"] == "`model` is longer than 1000 characters"


async def test_no_more_streams_are_open_than_allowed() -> None:
    app = create_app(kit_of(OPENING, said("a"), 5.0, CLOSING), limits=Limits(streams=2))
    async with (
        exchange(app, "/generate/stream", CHAT) as one,
        exchange(app, "/v1/chat/completions", STREAMED) as other,
    ):
        await one.until(b"data:")
        await other.until(b"data:")
        for path, body in (("/generate/stream", CHAT), ("/v1/chat/completions", STREAMED)):
            refused = await ask(app, path, body)
            assert (refused.status, refused.headers["retry-after"]) == (503, "1")
            assert "x-should-retry" not in refused.headers
            assert refused.error["code"] == "too_many_streams"
        one.leave()
        await one.task
        async with exchange(app, "/generate/stream", CHAT) as next_one:
            await next_one.until(b"data:")


async def test_no_more_answers_in_one_piece_are_under_way_than_allowed() -> None:
    app = create_app(kit_of(OPENING, said("a"), 5.0, CLOSING), limits=Limits(requests=2))
    whole = {**STREAMED, "stream": False}
    async with (
        exchange(app, "/generate", CHAT) as one,
        exchange(app, "/v1/chat/completions", whole) as other,
    ):
        await asyncio.wait([one.task, other.task], timeout=0.05)
        for path, body in (("/generate", CHAT), ("/v1/chat/completions", whole)):
            refused = await ask(app, path, body)
            assert (refused.status, refused.headers["retry-after"]) == (503, "1")
            assert refused.error["code"] == "too_many_requests"
        async with exchange(app, "/generate/stream", CHAT) as streamed:
            await streamed.until(b"data:")  # streams have a limit of their own
        one.leave()
        await one.task
        async with exchange(app, "/generate", CHAT) as next_one:
            await asyncio.wait([next_one.task], timeout=0.05)
            assert not next_one.task.done()


NAMES = ["body", "headers", "request", "requests", "stream", "streams", "ping"]


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_is_above_zero(name: str) -> None:
    values: list[Any] = [0, -1, float("nan"), "1", True]
    for value in values:
        with pytest.raises(BadConfig, match=f"`{name}` must be a .*number above 0, not"):
            Limits(**{name: value})


def test_sizes_and_counts_are_whole_numbers_and_sizes_have_to_be_there() -> None:
    for name, value in (
        ("body", 1.5),
        ("requests", 1.5),
        ("streams", 1.5),
        ("body", None),
        ("headers", None),
    ):
        wrong: Any = {name: value}
        with pytest.raises(BadConfig, match=f"`{name}` must be a whole number above 0"):
            Limits(**wrong)
    assert Limits(request=None, stream=None, streams=None, ping=None).stream is None
