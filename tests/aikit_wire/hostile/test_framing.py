"""Where an answer begins and ends, and what is refused because two readers could disagree."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest
from aicore.errors import AIError, BadReply, CutOff, TimedOut, Unreachable
from aikit_wire.transport import Phases, Transport

from .server import Answer, Peer, Wire, saying

OK = Answer(200, b"ok")
LENGTH = b"Content-Length: 2\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def head(*lines: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return status + b"\r\n" + b"".join(lines) + b"\r\n"


Outcome: TypeAlias = Answer | type[AIError]
PATIENT = Phases(read=0.5)


@dataclass(frozen=True)
class Case:
    """What a server says, and what becomes of it.

    `kept` tells whether the connection carries another request. After a `surplus` it does not,
    unless that comes so late that nobody can tell it from the next answer. `stock` is what httpx2
    makes of it where that differs, and `why` says why it may.
    """

    name: str
    said: bytes
    outcome: Outcome
    kept: bool = False
    close: bool = False
    method: str = "POST"
    surplus: bool = False
    stock: Outcome | None = None
    why: str = ""


HEAD_FAULT: Any = {
    "stock": Unreachable,
    "why": "httpx2 has one exception for a malformed head and for none",
}
BODY_FAULT: Any = {
    "stock": CutOff,
    "why": "httpx2 has one exception for a malformed body and for one that breaks off",
}
BEGUN: Any = {
    "stock": Unreachable,
    "why": "httpx2 does not tell whether a part of the head has come",
}


def lenient(why: str) -> Any:
    return {"stock": OK, "why": why}


def waits(why: str) -> Any:
    return {"stock": TimedOut, "why": why}


SAME = lenient("h11 takes lengths that are the same for one")
OVERRIDES = lenient(
    "h11 lets chunks override the length; RFC 9112, 6.3, would have it handled so "
    "or as an error, and a client that reuses connections had better refuse"
)
DIGITS = waits("h11 takes 20 digits, and waits for so many bytes")

CASES = [
    Case("length", head(LENGTH) + b"ok", OK, kept=True),
    Case("chunks", head(CHUNKED) + b"1\r\no\r\n1\r\nk\r\n0\r\n\r\n", OK, kept=True),
    Case(
        "chunks in upper-case hex",
        head(CHUNKED) + b"00A\r\n0123456789\r\n0\r\n\r\n",
        Answer(200, b"0123456789"),
        kept=True,
    ),
    Case("chunk extensions", head(CHUNKED) + b'2;a=b;c="d"\r\nok\r\n0;e\r\n\r\n', OK, kept=True),
    Case(
        "trailers", head(CHUNKED) + b"2\r\nok\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n", OK, kept=True
    ),
    Case("until the end", head() + b"ok", OK, close=True),
    Case("HTTP/1.0 until the end", head(status=b"HTTP/1.0 200 OK") + b"ok", OK, close=True),
    Case("HTTP/1.0 with length", head(LENGTH, status=b"HTTP/1.0 200 OK") + b"ok", OK),
    Case("told to close", head(LENGTH, b"Connection: close\r\n") + b"ok", OK),
    Case("nothing", head(b"Content-Length: 0\r\n"), Answer(200, b""), kept=True),
    Case("no reason", head(LENGTH, status=b"HTTP/1.1 200 ") + b"ok", OK, kept=True),
    Case("no reason and no space", head(LENGTH, status=b"HTTP/1.1 200") + b"ok", OK, kept=True),
    Case("204 has no body", head(status=b"HTTP/1.1 204 No Content"), Answer(204, b""), kept=True),
    Case(
        "204 with a length has none either",
        head(LENGTH, status=b"HTTP/1.1 204 No Content"),
        Answer(204, b""),
        kept=True,
    ),
    Case(
        "304 with a length has none",
        head(LENGTH, status=b"HTTP/1.1 304 Not Modified"),
        Answer(304, b""),
        kept=True,
    ),
    Case("the answer to HEAD has none", head(LENGTH), Answer(200, b""), kept=True, method="HEAD"),
    Case("nor with chunks", head(CHUNKED), Answer(200, b""), kept=True, method="HEAD"),
    Case(
        "a body for HEAD is nobody's",
        head(LENGTH) + b"ok",
        Answer(200, b""),
        method="HEAD",
        surplus=True,
    ),
    Case(
        "100 is not the answer",
        head(status=b"HTTP/1.1 100 Continue") + head(LENGTH) + b"ok",
        OK,
        kept=True,
    ),
    Case(
        "nor are 102 and 103",
        head(status=b"HTTP/1.1 102 Processing")
        + head(b"Link: </a>\r\n", status=b"HTTP/1.1 103 Early Hints")
        + head(LENGTH)
        + b"ok",
        OK,
        kept=True,
    ),
    Case(
        "a redirect is not followed",
        head(b"Location: /x\r\n", b"Content-Length: 0\r\n", status=b"HTTP/1.1 302 Found"),
        Answer(302, b""),
        kept=True,
    ),
    Case(
        "an error has a body",
        head(LENGTH, status=b"HTTP/1.1 500 Oh") + b"ok",
        Answer(500, b"ok"),
        kept=True,
    ),
    Case(
        "a status nobody knows",
        head(LENGTH, status=b"HTTP/1.1 299 Fine") + b"ok",
        Answer(299, b"ok"),
        kept=True,
    ),
    Case(
        "lengths that differ",
        head(LENGTH, b"Content-Length: 3\r\n") + b"okk",
        BadReply,
        **HEAD_FAULT,
    ),
    Case("the same length twice", head(LENGTH, LENGTH) + b"ok", BadReply, **SAME),
    Case("a list of lengths", head(b"Content-Length: 2, 2\r\n") + b"ok", BadReply, **SAME),
    Case(
        "a list of lengths that differ",
        head(b"Content-Length: 2, 3\r\n") + b"okk",
        BadReply,
        **HEAD_FAULT,
    ),
    Case("a signed length", head(b"Content-Length: +2\r\n") + b"ok", BadReply, **HEAD_FAULT),
    Case("a negative length", head(b"Content-Length: -2\r\n") + b"ok", BadReply, **HEAD_FAULT),
    Case("a length in hex", head(b"Content-Length: 0x2\r\n") + b"ok", BadReply, **HEAD_FAULT),
    Case("an empty length", head(b"Content-Length: \r\n") + b"ok", BadReply, **HEAD_FAULT),
    Case(
        "a length beyond 64 bits",
        head(b"Content-Length: 99999999999999999999\r\n") + b"ok",
        BadReply,
        **DIGITS,
    ),
    Case(
        "length and chunks", head(LENGTH, CHUNKED) + b"2\r\nok\r\n0\r\n\r\n", BadReply, **OVERRIDES
    ),
    Case(
        "chunks and length", head(CHUNKED, LENGTH) + b"2\r\nok\r\n0\r\n\r\n", BadReply, **OVERRIDES
    ),
    Case("chunked twice", head(CHUNKED, CHUNKED) + b"2\r\nok\r\n0\r\n\r\n", BadReply, **HEAD_FAULT),
    Case(
        "gzip before chunked",
        head(b"Transfer-Encoding: gzip, chunked\r\n") + b"2\r\nok\r\n0\r\n\r\n",
        BadReply,
        **HEAD_FAULT,
    ),
    Case(
        "chunked before gzip",
        head(b"Transfer-Encoding: chunked, gzip\r\n") + b"2\r\nok\r\n0\r\n\r\n",
        BadReply,
        **HEAD_FAULT,
    ),
    Case(
        "identity",
        head(b"Transfer-Encoding: identity\r\n") + b"ok",
        BadReply,
        close=True,
        **HEAD_FAULT,
    ),
    Case(
        "xchunked",
        head(b"Transfer-Encoding: xchunked\r\n") + b"2\r\nok\r\n0\r\n\r\n",
        BadReply,
        **HEAD_FAULT,
    ),
    Case(
        "a vertical tab before chunked",
        head(b"Transfer-Encoding: \x0bchunked\r\n") + b"2\r\nok\r\n0\r\n\r\n",
        BadReply,
        **HEAD_FAULT,
    ),
    Case(
        "a chunk size that is none", head(CHUNKED) + b"z\r\nok\r\n0\r\n\r\n", BadReply, **BODY_FAULT
    ),
    Case("a negative chunk size", head(CHUNKED) + b"-2\r\nok\r\n0\r\n\r\n", BadReply, **BODY_FAULT),
    Case("a chunk size with 0x", head(CHUNKED) + b"0x2\r\nok\r\n0\r\n\r\n", BadReply, **BODY_FAULT),
    Case(
        "a chunk size beyond 64 bits",
        head(CHUNKED) + b"FFFFFFFFFFFFFFFFF\r\nok\r\n0\r\n\r\n",
        BadReply,
        **DIGITS,
    ),
    Case(
        "a chunk longer than its size",
        head(CHUNKED) + b"2\r\nokk\r\n0\r\n\r\n",
        BadReply,
        **BODY_FAULT,
    ),
    Case(
        "chunks with bare line feeds",
        head(CHUNKED) + b"2\nok\n0\n\n",
        BadReply,
        **waits("h11 waits for a CR"),
    ),
    Case(
        "a line feed in a chunk extension",
        head(CHUNKED) + b"2;a\nok\r\n0\r\n\r\n",
        BadReply,
        **BODY_FAULT,
    ),
    Case(
        "a length in the trailer",
        head(CHUNKED) + b"2\r\nok\r\n0\r\nContent-Length: 5\r\n\r\n",
        BadReply,
        **lenient("h11 does not look at trailers"),
    ),
    Case(
        "a folded line",
        head(b"X: a\r\n b\r\n", LENGTH) + b"ok",
        BadReply,
        **lenient("h11 unfolds lines, which RFC 9112, 5.2, allows user agents"),
    ),
    Case("NUL in a value", head(b"X: a\0b\r\n", LENGTH) + b"ok", BadReply, **HEAD_FAULT),
    Case("CR in a value", head(b"X: a\rb\r\n", LENGTH) + b"ok", BadReply, **HEAD_FAULT),
    Case(
        "a control character in a value",
        head(b"X: a\x01b\r\n", LENGTH) + b"ok",
        BadReply,
        **lenient("h11 refuses NUL, CR and LF only"),
    ),
    Case(
        "bare line feeds",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        BadReply,
        **lenient("h11 takes LF for CRLF in heads, which RFC 9112, 2.2, allows"),
    ),
    Case(
        "a space before the colon", head(b"Content-Length : 2\r\n") + b"ok", BadReply, **HEAD_FAULT
    ),
    Case(
        "a space before the first field", head(b" X: y\r\n", LENGTH) + b"ok", BadReply, **HEAD_FAULT
    ),
    Case("a field without a name", head(b": y\r\n", LENGTH) + b"ok", BadReply, **HEAD_FAULT),
    Case("a field without a colon", head(b"X\r\n", LENGTH) + b"ok", BadReply, **HEAD_FAULT),
    Case("a name that is none", head(b"X(y: z\r\n", LENGTH) + b"ok", BadReply, **HEAD_FAULT),
    Case("another protocol", b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", BadReply, close=True, **HEAD_FAULT),
    Case(
        "the HTTP of internet radio",
        head(LENGTH, status=b"ICY 200 OK") + b"ok",
        BadReply,
        **HEAD_FAULT,
    ),
    Case("RTSP", head(LENGTH, status=b"RTSP/1.0 200 OK") + b"ok", BadReply, **HEAD_FAULT),
    Case(
        "HTTP/2.0",
        head(LENGTH, status=b"HTTP/2.0 200 OK") + b"ok",
        BadReply,
        **lenient("h11 does not look at the version"),
    ),
    Case("HTTP/0.9", b"<html>ok</html>", BadReply, close=True, **HEAD_FAULT),
    Case(
        "an HTTP/2 preface",
        b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
        BadReply,
        close=True,
        **HEAD_FAULT,
    ),
    Case("an empty line first", b"\r\n" + head(LENGTH) + b"ok", BadReply, **HEAD_FAULT),
    Case("status 0", head(LENGTH, status=b"HTTP/1.1 000 OK") + b"ok", BadReply, **HEAD_FAULT),
    Case("status 99", head(LENGTH, status=b"HTTP/1.1 99 OK") + b"ok", BadReply, **HEAD_FAULT),
    Case("status 1000", head(LENGTH, status=b"HTTP/1.1 1000 OK") + b"ok", BadReply, **HEAD_FAULT),
    Case(
        "a status in words", head(LENGTH, status=b"HTTP/1.1 OK OK") + b"ok", BadReply, **HEAD_FAULT
    ),
    Case(
        "another protocol than asked for",
        head(
            b"Connection: upgrade\r\n",
            b"Upgrade: ws\r\n",
            status=b"HTTP/1.1 101 Switching Protocols",
        ),
        BadReply,
        **HEAD_FAULT,
    ),
    Case(
        "a body for 100",
        head(LENGTH, status=b"HTTP/1.1 100 Continue") + b"ok" + head(LENGTH) + b"ok",
        BadReply,
        **HEAD_FAULT,
    ),
    Case(
        "an empty line after an interim head",
        head(status=b"HTTP/1.1 100 Continue") + b"\r\n" + head(LENGTH) + b"ok",
        BadReply,
        **HEAD_FAULT,
    ),
    Case(
        "two of them, before another interim head",
        head(status=b"HTTP/1.1 100 Continue")
        + b"\r\n\r\n"
        + head(status=b"HTTP/1.1 102 Processing")
        + head(b"Transfer-Encoding: gzip, chunked\r\n")
        + b"2\r\nok\r\n0\r\n\r\n",
        BadReply,
        **HEAD_FAULT,
    ),
    Case("nothing at all", b"", Unreachable, close=True),
    Case("half a status line", b"HTTP/1.1 2", CutOff, close=True, **BEGUN),
    Case("half a head", b"HTTP/1.1 200 OK\r\nContent-", CutOff, close=True, **BEGUN),
    Case(
        "only an interim head", head(status=b"HTTP/1.1 100 Continue"), CutOff, close=True, **BEGUN
    ),
    Case("half a body", head(LENGTH) + b"o", CutOff, close=True),
    Case("no body", head(LENGTH), CutOff, close=True),
    Case("half a chunk", head(CHUNKED) + b"5\r\nok", CutOff, close=True),
    Case("half a chunk size", head(CHUNKED) + b"5", CutOff, close=True),
    Case("no last chunk", head(CHUNKED) + b"2\r\nok\r\n", CutOff, close=True),
    Case("half a last chunk", head(CHUNKED) + b"2\r\nok\r\n0\r\n", CutOff, close=True),
    Case("half a trailer", head(CHUNKED) + b"2\r\nok\r\n0\r\nX: y\r\n", CutOff, close=True),
    Case("more than the answer", head(LENGTH) + b"okmore", OK, surplus=True),
    Case("another answer", (head(LENGTH) + b"ok") * 2, OK, surplus=True),
    Case("more than chunks", head(CHUNKED) + b"2\r\nok\r\n0\r\n\r\nmore", OK, surplus=True),
    Case("more than an end", head(LENGTH, b"Connection: close\r\n") + b"okmore", OK, surplus=True),
    Case(
        "more than nothing",
        head(status=b"HTTP/1.1 204 No Content") + b"more",
        Answer(204, b""),
        surplus=True,
    ),
]


async def outcome(wire: Wire, method: str = "POST") -> Outcome:
    try:
        return await wire.ask(PATIENT, method=method)
    except AIError as error:
        return type(error)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("split", [0, 1], ids=["at once", "byte by byte"])
async def test_an_answer(name: str, transport: Transport, case: Case, split: int) -> None:
    answers = [case.said] if case.close else [case.said, head(LENGTH) + b"ok"]
    expected, kept = case.outcome, case.kept
    if name == "httpx2" and case.stock is not None:
        assert case.why
        expected, kept = case.stock, isinstance(case.stock, Answer)
    async with Wire(transport, saying(*answers, close=case.close, split=split)) as wire:
        assert await outcome(wire, case.method) == expected
        if kept:
            assert await outcome(wire) == OK
            assert len(wire.peers) == 1
        elif case.surplus and (split or name == "httpx2"):
            pass  # httpx2 uses the connection again, and reads the surplus as the next answer
        elif not case.close:
            assert await outcome(wire, case.method) == expected
            assert len(wire.peers) == 2, "the connection was used again"


async def test_what_comes_after_an_answer_is_no_answer_to_the_next_request(
    transport: Transport,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.say(head(LENGTH) + b"ok")
        await asyncio.sleep(0.02)
        peer.say(head(LENGTH) + b"no")
        await peer.request()
        peer.say(head(LENGTH) + b"ok")

    async with Wire(transport, script) as wire:
        assert await wire.ask() == OK
        await asyncio.sleep(0.05)
        assert await wire.ask() == OK
        assert len(wire.peers) == 2


# Limits


@pytest.mark.parametrize("split", [0, 4000])
async def test_a_head_of_90_kb_is_read(transport: Transport, split: int) -> None:
    fields = b"".join(b"X-%d: %b\r\n" % (number, b"x" * 900) for number in range(100))
    async with Wire(transport, saying(head(LENGTH, fields) + b"ok", split=split)) as wire:
        answer = await wire.ask()
        assert answer == OK
        assert len(answer.headers) == 101


ENDLESS = {
    "fields": (head()[:-2], b"X: y\r\n"),
    "a value": (head()[:-2] + b"X: ", b"y" * 100),
    "a name": (head()[:-2] + b"X", b"y" * 100),
    "a reason": (b"HTTP/1.1 200 ", b"y" * 100),
    "interim heads": (b"", head(status=b"HTTP/1.1 102 Processing")),
    "a trailer": (head(CHUNKED) + b"2\r\nok\r\n0\r\n", b"X: y\r\n"),
    "a chunk extension": (head(CHUNKED) + b"2;", b"x" * 100),
}
UNLIMITED = {
    "interim heads": "h11 counts each head for itself",
    "a chunk extension": "h11 has no such limit",
}


@pytest.mark.parametrize("what", ENDLESS)
async def test_what_does_not_end_is_refused(name: str, transport: Transport, what: str) -> None:
    begin, more = ENDLESS[what]
    if name == "httpx2" and what in UNLIMITED:
        pytest.skip(UNLIMITED[what])
    said = 0

    async def script(peer: Peer) -> None:
        nonlocal said
        await peer.request()
        peer.say(begin)
        while not peer.gone.done() and said < 20_000_000:
            await peer.writable.wait()
            peer.say(more * 100)
            said += len(more) * 100
            await asyncio.sleep(0)

    async with Wire(transport, script) as wire:
        with pytest.raises(AIError) as caught:
            await wire.ask()
    if name == "aikit":
        assert isinstance(caught.value, BadReply)
    assert said < 20_000_000


@pytest.mark.parametrize("field", [b"X: y\r\n", b"X-%d: y\r\n"], ids=["same", "other"])
async def test_an_answer_has_at_most_256_fields(
    name: str, transport: Transport, field: bytes
) -> None:
    if name == "httpx2":
        pytest.skip("h11 limits the length of a head only")
    for number, reads in ((250, True), (300, False)):
        fields = [field % one if b"%" in field else field for one in range(number)]
        async with Wire(transport, saying(head(LENGTH, *fields) + b"ok")) as wire:
            assert (await outcome(wire) == OK) is reads


async def test_fields_of_one_name_are_joined_and_names_are_lower_case(
    transport: Transport,
) -> None:
    interim = head(b"X-D: four\r\n", status=b"HTTP/1.1 103 Early Hints")
    lines = (b"X-A:  one \t\r\n", b"x-a:two\r\n", b"X-B: \xe9\xff\r\n", b"X-C:\r\n", LENGTH)
    async with Wire(transport, saying(interim + head(*lines) + b"ok")) as wire:
        headers = (await wire.ask()).headers
        assert headers["x-a"] == headers.get("x-a") == "one, two"
        assert headers["x-b"] == "\xe9\xff"
        assert headers["x-c"] == ""
        assert headers.get("x-d") is None
