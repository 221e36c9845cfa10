"""Any bytes, cut anywhere: an answer or an `AIError`, in time, and nothing left behind."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from aicore.errors import AIError
from aikit_wire.http1.reply import Malformed, ReplyParser
from aikit_wire.transport import Phases
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from hypothesis import given, settings
from hypothesis import strategies as st

from ..damage import mutated
from .conftest import TRANSPORTS
from .server import Peer, Wire
from .test_bodies import CODED, answer
from .test_framing import CASES

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "wire" / "cases"


def recorded() -> Iterator[bytes]:
    """Yield recorded answers as a server sends them, in chunks or with a length."""
    for path in sorted(RECORDED.glob("*.json"))[::40]:
        for exchange in json.loads(path.read_text())["exchanges"][:1]:
            response = exchange["response"]
            fields = "".join(f"{name}: {value}\r\n" for name, value in response["headers"].items())
            head = f"HTTP/1.1 {response['status']} X\r\n{fields}".encode("latin-1")
            if response["stream"] and response["chunk_encoding"] == "text":
                chunks = [chunk.encode() for chunk in response["chunks"][:20]]
                body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks if chunk)
                yield head + b"transfer-encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"
            else:
                body = json.dumps(response["body"]).encode()[:2000]
                yield head + b"content-length: %d\r\n\r\n%b" % (len(body), body)


SEEDS = [
    *(case.said for case in CASES if case.said),
    *(answer(coding, body) for coding, body in CODED.items()),
    answer("gzip", gzip.compress(b"x" * 5000))[:-9],
    *recorded(),
]
TOKENS = [
    *(b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b";", b",", b"0", b"-1", b"ffffffff"),
    *(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"),
    *(b"Content-Encoding: gzip\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"0\r\n\r\n"),
    *(b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.0", b"\x1f\x8b"),
]


MUTATED = mutated(SEEDS, TOKENS)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut data at some places."""
    places = sorted({min(cut, len(data)) for cut in cuts})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True) if a < b]


CUTS = st.lists(st.integers(0, 3000), max_size=12)
Seen = tuple[int, Mapping[str, str], bytes, bool] | str


def read(
    parts: list[bytes], *, ended: bool, bodiless: bool, reply: ReplyParser | None = None
) -> Seen:
    """Parse an answer that comes in parts."""
    reply, body = reply or ReplyParser(), b""
    reply.expect(bodiless=bodiless)
    for part in parts:
        if reply.complete:
            break
        try:
            reply.feed(part)
        except Malformed:
            return "malformed"
        body += b"".join(reply.pieces)
        reply.pieces.clear()
    if not reply.complete and not (ended and reply.end()):
        return "incomplete"
    return reply.status, reply.headers, body, reply.reusable


def check_cuts(data: bytes, cuts: list[int], bodiless: bool) -> None:
    """Tell that an answer is the same wherever it is cut.

    What comes after its end may cost the connection, which is all that a cut may change.
    """
    whole = read(pieces(data, []), ended=True, bodiless=bodiless)
    cut = read(pieces(data, cuts), ended=True, bodiless=bodiless)
    assert whole[:3] == cut[:3]


@given(MUTATED, CUTS, st.booleans())
def test_it_does_not_matter_where_an_answer_is_cut(
    data: bytes, cuts: list[int], bodiless: bool
) -> None:
    check_cuts(data, cuts, bodiless)


@given(st.sampled_from(SEEDS), CUTS)
def test_nor_for_answers_as_they_were_recorded(data: bytes, cuts: list[int]) -> None:
    check_cuts(data, cuts, False)


@pytest.mark.long
@settings(max_examples=10_000)
@given(MUTATED, CUTS, st.booleans())
def test_it_does_not_matter_where_in_many_answers(
    data: bytes, cuts: list[int], bodiless: bool
) -> None:
    check_cuts(data, cuts, bodiless)


def check_next(first: bytes, data: bytes, cuts: list[int], bodiless: bool, after: bool) -> None:
    """Tell that an answer is read the same on a connection that carried another before."""
    reply = ReplyParser()
    before = read(pieces(first, []), ended=False, bodiless=after, reply=reply)
    if isinstance(before, str) or not before[3]:
        return  # the connection would be closed
    parts = pieces(data, cuts)
    assert read(parts, ended=True, bodiless=bodiless, reply=reply) == read(
        parts, ended=True, bodiless=bodiless
    )


@given(st.sampled_from(SEEDS), MUTATED, CUTS, st.booleans(), st.booleans())
def test_nor_what_was_read_before(
    first: bytes, data: bytes, cuts: list[int], bodiless: bool, after: bool
) -> None:
    check_next(first, data, cuts, bodiless, after)


@pytest.mark.long
@settings(max_examples=10_000)
@given(MUTATED, MUTATED, CUTS, st.booleans(), st.booleans())
def test_nor_what_many_were_read_before(
    first: bytes, data: bytes, cuts: list[int], bodiless: bool, after: bool
) -> None:
    check_next(first, data, cuts, bodiless, after)


class Called:
    """What llhttp itself takes for the fields of the first head that is not an interim one."""

    def __init__(self, data: bytes) -> None:
        self.fields: dict[str, list[str]] = {}
        self.final = False
        self.parser = HttpResponseParser(self)
        with suppress(HttpParserError, HttpParserUpgrade):
            self.parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.final:
            values = self.fields.setdefault(name.decode().lower(), [])
            values.append(value.decode("latin-1").strip(" \t"))

    def on_headers_complete(self) -> None:
        if not self.final and self.parser.get_status_code() < 200:
            self.fields.clear()
        else:
            self.final = True


def check_fields(data: bytes, cuts: list[int]) -> None:
    """Tell that the fields of a head are those that the parser sees which let it pass."""
    seen = read(pieces(data, cuts), ended=True, bodiless=False)
    if isinstance(seen, str):
        return
    expected = {name: ", ".join(values) for name, values in Called(data).fields.items()}
    headers = seen[1]
    assert [headers.get(name) for name in expected] == list(expected.values())
    assert headers.get("absent") is None
    assert headers.get("absent", "nothing") == "nothing"
    assert headers == expected
    assert len(headers) == len(expected)
    assert all(name in headers for name in expected)


@given(MUTATED, CUTS)
def test_fields_are_what_the_parser_takes_for_them(data: bytes, cuts: list[int]) -> None:
    check_fields(data, cuts)


@pytest.mark.long
@settings(max_examples=10_000)
@given(MUTATED, CUTS)
def test_fields_of_many_are(data: bytes, cuts: list[int]) -> None:
    check_fields(data, cuts)


HASTY = Phases(connect=2, write=2, read=0.1, pool=2)


async def talk(name: str, parts: list[bytes], close: str, method: str) -> None:
    """Ask twice a server that says something; `Wire` looks for what is left."""

    async def script(peer: Peer) -> None:
        await peer.request()
        for part in parts:
            peer.say(part)
            await asyncio.sleep(0)
        if close:
            getattr(peer, close)()

    errors = list[str]()
    async with Wire(TRANSPORTS[name](), script) as wire, asyncio.timeout(5):
        for _ in range(2):
            try:
                await wire.ask(HASTY, method=method)
            except AIError as error:
                errors.append(str(error))
    assert all(errors)


CONVERSATIONS = given(
    MUTATED, CUTS, st.sampled_from(["", "close", "reset"]), st.sampled_from(["POST", "HEAD"])
)


@pytest.mark.parametrize("which", list(TRANSPORTS))
@settings(max_examples=60)
@CONVERSATIONS
def test_no_answer_breaks_a_transport(
    which: str, data: bytes, cuts: list[int], close: str, method: str
) -> None:
    asyncio.run(talk(which, pieces(data, cuts), close, method))


@pytest.mark.long
@pytest.mark.timeout(480)
@pytest.mark.parametrize("which", list(TRANSPORTS))
@settings(max_examples=1_500)
@CONVERSATIONS
def test_no_answer_of_many_does(
    which: str, data: bytes, cuts: list[int], close: str, method: str
) -> None:
    asyncio.run(talk(which, pieces(data, cuts), close, method))
