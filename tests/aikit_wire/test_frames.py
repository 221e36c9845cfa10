"""Streamed bodies become the same frames however the network cuts them."""

import base64
import json
import os
import random
import re
import struct
import time
import tracemalloc
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import UUID
from zlib import crc32

import pytest
from aikit_wire.frames import (
    EventStreamDecoder,
    Frame,
    FrameDecoder,
    FrameError,
    HeaderValue,
    NDJSONDecoder,
    SSEDecoder,
    decoder_for,
)
from hypothesis import given, settings
from hypothesis import strategies as st

BOM = b"\xef\xbb\xbf"

repeatable = settings(derandomize=True, deadline=None)

# A ConverseStream delta and a fault, both accepted by botocore's EventStreamBuffer.
AWS_DELTA = bytes.fromhex(
    "0000009f00000057c37babff0b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d3a63"
    "6f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070005"
    "6576656e747b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b2274657874223a224869"
    "227d2c2270223a2261626364227df2ace5ff"
)
AWS_THROTTLED = bytes.fromhex(
    "00000090000000618e91a9b70f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074"
    "696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74"
    "797065070009657863657074696f6e7b226d657373616765223a22546f6f206d616e79207265717565737473227de6"
    "7f8005"
)


def decode(decoder: FrameDecoder, reads: Iterable[bytes]) -> list[Frame]:
    return [frame for read in reads for frame in decoder.feed(read)] + decoder.close()


def outcome(decoder: FrameDecoder, reads: Iterable[bytes]) -> tuple[list[Frame], str]:
    """The frames of a body and the fault that followed them, if one did."""
    frames: list[Frame] = []
    try:
        for read in reads:
            frames += decoder.feed(read)
        frames += decoder.close()
    except FrameError as fault:
        return frames, str(fault)
    return frames, ""


def cut(body: bytes, borders: Iterable[int]) -> list[bytes]:
    return [body[a:b] for a, b in pairwise([0, *sorted(borders), len(body)])]


def bytewise(body: bytes) -> list[bytes]:
    return cut(body, range(1, len(body)))


def assert_borders_never_show(make: Callable[[], FrameDecoder], body: bytes) -> None:
    whole = outcome(make(), [body])
    assert outcome(make(), bytewise(body)) == whole
    for border in range(len(body) + 1):
        assert outcome(make(), cut(body, [border])) == whole, border


def reference_sse(body: bytes) -> list[Frame]:
    """The interpretation steps of the WHATWG HTML standard, 9.2.6, with our rule for the end."""
    lines = re.split(rb"\r\n|\n|\r", body.removeprefix(BOM))
    if not lines[-1]:
        lines.pop()  # the last line was ended
    frames: list[Frame] = []
    data, event, last_id = b"", "", ""
    for line in [*lines, b""]:
        if line == b"":
            if data:
                frames.append(Frame(data[:-1], event, last_id))
            data, event = b"", ""
            continue
        if line.startswith(b":"):
            continue
        field, value = line, b""
        if b":" in line:
            colon = line.index(b":")
            field, value = line[:colon], line[colon + 1 :]
            if value.startswith(b" "):
                value = value[1:]
        if field == b"data":
            data += value + b"\n"
        elif field == b"event":
            event = str(value, "utf-8", "replace")
        elif field == b"id" and b"\x00" not in value:
            last_id = str(value, "utf-8", "replace")
    return frames


NASTY_SSE = {
    "plain": b"data: a\n\ndata: b\n\ndata: [DONE]\n\n",
    "plain then named": b"data: a\n\ndata: b\n\nevent: e\ndata: c\n\ndata: d\n\n",
    "plain with an id inside": b"data: a\n\ndata: b\nid: 7\n\ndata: c\n\n",
    "crlf": b"event: e\r\ndata: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n",
    "cr": b"data: a\rdata: b\r\rdata: c\r\r",
    "cr within, lf at the end": b"data: a\rdata: b\n\ndata: c\rid: 1\n\n",
    "cr, then plain, then lf": b"data: a\r\rdata: b\n\n\ndata: c\n\n",
    "mixed line ends": b"data: a\r\n\ndata: b\r\r\ndata: c\n\r\ndata: d\r\n\r\n\r\n",
    "byte order mark": BOM + b"data: a\n\n" + BOM + b"data: b\n\ndata: " + BOM + b"c\n\n",
    "two byte order marks": BOM + BOM + b"data: a\n\ndata: b\n\n",
    "only part of a mark": b"\xef\xbb",
    "only a mark": BOM,
    "empty": b"",
    "blank lines only": b"\n\r\n\r\r\n",
    "spaces and colons": b"data:a\n\ndata:  b\n\ndata::c\n\ndata : d\n\n data: e\n\n",
    "empty data": b"data\n\ndata:\n\ndata: \n\ndata\ndata\n\n",
    "events without data": b"event: lost\n\nid: 1\n\ndata: a\n\nevent: x\nevent\ndata: b\n\n",
    "ids": b"id: 1\ndata: a\n\ndata: b\n\nid: 2\x00\ndata: c\n\nid\ndata: d\n\n",
    "comments": b": hi\n\n:\ndata: a\n: between\ndata: b\n\n: keep-alive\n\n",
    "not line ends": b"data: a\xe2\x80\xa8b\xe2\x80\xa9c\xc2\x85d\x0be\x0cf\x1cg\x1dh\x1ei\x00\n\n",
    "text cut anywhere": "event: é\ndata: 🙂 häß\nid: ✓\n\n".encode(),
    "not utf-8": b"event: \xff\nid: \xc3\ndata: \xff\xfe\n\n",
    "unknown fields": b"datum: a\nDATA: b\nretry: x\nfoo\ndata: c\n\n",
    "no blank line at the end": b"data: a\n\nevent: e\ndata: b\n",
    "no line end at the end": b"data: a\n\ndata: b\r\ndata: [DONE]",
}


@pytest.mark.parametrize("body", NASTY_SSE.values(), ids=NASTY_SSE)
def test_sse_borders_never_show_and_the_frames_are_the_standards(body: bytes) -> None:
    assert decode(SSEDecoder(), [body]) == reference_sse(body)
    assert_borders_never_show(SSEDecoder, body)
    # … nor after another event, when the short lanes are open, nor when they meet each event.
    first = b"data: first\n\n"
    expected = reference_sse(first + body)
    assert decode(SSEDecoder(), [first, body]) == expected
    assert decode(SSEDecoder(), [first, *bytewise(body)]) == expected
    assert decode(SSEDecoder(), [first, *re.split(rb"(?<=\n\n)", body)]) == expected


SOUP = [
    *(b"\n", b"\n", b"\n\n", b"\r", b"\r\n", b":", b" ", b": ", b"data", b"data: ", b"data: x\n\n"),
    *(b"event", b"event: ", b"id", b"id: ", b"retry", b"12", b"x", b"\x00", b"\xff", b"\xe2\x80"),
    *(b"\xe2\x80\xa8", b"\xc2\x85", b"\x0b", BOM, b"{", b"data: y\r\n\r\n", b"data: z\r\r"),
]
soups = st.lists(st.sampled_from(SOUP), max_size=40).map(b"".join)


@settings(repeatable, max_examples=400)
@given(soups, st.data())
def test_sse_agrees_with_the_standard_on_byte_soup(body: bytes, data: st.DataObject) -> None:
    borders = data.draw(st.lists(st.integers(0, len(body)), max_size=12))
    expected = reference_sse(body)
    assert decode(SSEDecoder(), [body]) == expected
    assert decode(SSEDecoder(), cut(body, borders)) == expected
    assert decode(SSEDecoder(), bytewise(body)) == expected


@settings(repeatable, max_examples=400)
@given(soups, st.integers(2, 30), st.data())
def test_sse_limits_strike_at_the_same_frame_for_every_cut(
    body: bytes, limit: int, data: st.DataObject
) -> None:
    borders = data.draw(st.lists(st.integers(0, len(body)), max_size=12))
    whole = outcome(SSEDecoder(max_bytes=limit), [body])
    assert outcome(SSEDecoder(max_bytes=limit), cut(body, borders)) == whole
    assert outcome(SSEDecoder(max_bytes=limit), bytewise(body)) == whole
    if not whole[1]:
        assert whole[0] == reference_sse(body)


sse_values = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))


@repeatable
@given(
    st.lists(
        st.tuples(sse_values, sse_values, st.lists(sse_values, min_size=1, max_size=3)), max_size=6
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.data(),
)
def test_sse_events_survive_writing_and_reading(
    events: list[tuple[str, str, list[str]]], end: str, data: st.DataObject
) -> None:
    body = "".join(
        end.join([f"event: {event}", f"id: {id}", *(f"data: {line}" for line in lines), "", ""])
        for event, id, lines in events
    ).encode()
    expected = [Frame("\n".join(lines).encode(), event, id) for event, id, lines in events]
    borders = data.draw(st.lists(st.integers(0, len(body)), max_size=12))
    assert decode(SSEDecoder(), cut(body, borders)) == expected


def test_sse_events_come_out_of_the_very_read_that_ends_them() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"data: a\r\n\r") == [Frame(b"a")]  # without waiting for the LF
    assert decoder.feed(b"\ndata: b\n\nda") == [Frame(b"b")]
    assert decoder.feed(b"ta: c\n") == []
    assert decoder.feed(b"\n") == [Frame(b"c")]
    assert decoder.feed(b"data: d\n\n") == [Frame(b"d")]
    assert decoder.close() == []


def test_sse_an_event_that_the_server_left_open_is_dispatched_once() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"event: e\nid: 1\ndata: a\ndata: b") == []
    assert decoder.close() == [Frame(b"a\nb", "e", "1")]
    assert decoder.close() == []


@pytest.mark.parametrize(
    ("body", "retry_ms"),
    [
        (b"retry: 1500\n", 1500),
        (b"retry:0\n\n", 0),
        (b"retry: 20\nretry: 1.5\nretry: -3\nretry\nretry: \xd9\xa1\n", 20),
        (b"retry: " + b"9" * 5000 + b"\n", None),
        (b"data: a\n\n", None),
    ],
)
def test_sse_remembers_the_reconnection_time(body: bytes, retry_ms: int | None) -> None:
    decoder = SSEDecoder()
    decode(decoder, bytewise(body))
    assert decoder.retry_ms == retry_ms


NASTY_NDJSON = {
    "lf": (b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}']),
    "crlf": (b"1\r\n2\r\n", [b"1", b"2"]),
    "blank lines": (b"\n\r\n1\n \t\r\n\n2\n\n", [b"1", b"2"]),
    "no line end at the end": (b"1\n2", [b"1", b"2"]),
    "a carriage return at the end": (b"1\n2\r", [b"1", b"2"]),
    "a carriage return inside": (b"[1,\r2]\r\n", [b"[1,\r2]"]),
    "byte order mark": (BOM + b"1\n" + BOM + b"2\n", [b"1", BOM + b"2"]),
    "part of a mark": (b"\xef\xbb", [b"\xef\xbb"]),
    "not line ends": (b'"\xe2\x80\xa8\xc2\x85\x0b\x0c"\n', [b'"\xe2\x80\xa8\xc2\x85\x0b\x0c"']),
    "empty": (b"", []),
}


@pytest.mark.parametrize(("body", "lines"), NASTY_NDJSON.values(), ids=NASTY_NDJSON)
def test_ndjson_gives_a_frame_per_line_wherever_it_is_cut(body: bytes, lines: list[bytes]) -> None:
    assert decode(NDJSONDecoder(), [body]) == [Frame(line) for line in lines]
    assert_borders_never_show(NDJSONDecoder, body)


json_values = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


@repeatable
@given(st.lists(json_values, max_size=8), st.sampled_from([b"\n", b"\r\n", b"\n\n"]), st.data())
def test_ndjson_values_survive_writing_and_reading(
    values: list[object], end: bytes, data: st.DataObject
) -> None:
    body = end.join(json.dumps(value, ensure_ascii=False).encode() for value in values)
    reads = cut(body, data.draw(st.lists(st.integers(0, len(body)), max_size=12)))
    assert [json.loads(frame.data) for frame in decode(NDJSONDecoder(), reads)] == values


def aws_message(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return message + struct.pack(">I", crc32(message))


def aws_header(name: str, kind: int, value: bytes = b"") -> bytes:
    return bytes([len(name.encode())]) + name.encode() + bytes([kind]) + value


def aws_text(name: str, value: str) -> bytes:
    return aws_header(name, 7, struct.pack(">H", len(value.encode())) + value.encode())


def test_aws_messages_of_another_implementation_are_understood() -> None:
    delta, throttled = decode(EventStreamDecoder(), bytewise(AWS_DELTA + AWS_THROTTLED))
    assert delta.event == "contentBlockDelta"
    assert delta.headers == {
        ":event-type": "contentBlockDelta",
        ":content-type": "application/json",
        ":message-type": "event",
    }
    assert json.loads(delta.data)["delta"] == {"text": "Hi"}
    assert throttled.event == "throttlingException"
    assert throttled.headers is not None
    assert throttled.headers[":message-type"] == "exception"
    assert throttled.data == b'{"message":"Too many requests"}'


def test_aws_all_ten_header_types_are_decoded() -> None:
    headers = b"".join(
        [
            aws_header("true", 0),
            aws_header("false", 1),
            aws_header("byte", 2, struct.pack(">b", -128)),
            aws_header("short", 3, struct.pack(">h", -2)),
            aws_header("integer", 4, struct.pack(">i", -(2**31))),
            aws_header("long", 5, struct.pack(">q", 2**63 - 1)),
            aws_header("bytes", 6, struct.pack(">H", 40_000) + b"\xff" * 40_000),
            aws_text("string", "naïve 🙂"),
            aws_header("timestamp", 8, struct.pack(">q", 1_763_600_000_123)),
            aws_header("uuid", 9, bytes(range(16))),
        ]
    )
    (frame,) = decode(EventStreamDecoder(), [aws_message(headers, b"")])
    expected: Mapping[str, HeaderValue] = {
        "true": True,
        "false": False,
        "byte": -128,
        "short": -2,
        "integer": -(2**31),
        "long": 2**63 - 1,
        "bytes": b"\xff" * 40_000,
        "string": "naïve 🙂",
        "timestamp": datetime(2025, 11, 20, 0, 53, 20, 123_000, tzinfo=UTC),
        "uuid": UUID("00010203-0405-0607-0809-0a0b0c0d0e0f"),
    }
    assert frame.headers == expected
    assert list(map(type, frame.headers.values())) == list(map(type, expected.values()))
    assert (frame.data, frame.event) == (b"", "")


@pytest.mark.parametrize(
    ("headers", "event"),
    [
        (
            aws_text(":error-code", "InternalError") + aws_text(":error-message", "m"),
            "InternalError",
        ),
        (aws_text(":exception-type", "x") + aws_text(":event-type", "e"), "e"),
        (aws_header(":event-type", 0), ""),
        (b"", ""),
    ],
)
def test_aws_frames_are_named_after_event_exception_or_error(headers: bytes, event: str) -> None:
    (frame,) = decode(EventStreamDecoder(), [aws_message(headers, b"{}")])
    assert frame.event == event


aws_events = st.lists(
    st.tuples(st.dictionaries(st.text(max_size=20), st.text(max_size=40)), st.binary(max_size=60)),
    max_size=5,
)


@repeatable
@given(aws_events, st.data())
def test_aws_messages_survive_writing_and_reading(
    events: list[tuple[dict[str, str], bytes]], data: st.DataObject
) -> None:
    body = b"".join(
        aws_message(b"".join(aws_text(*header) for header in headers.items()), payload)
        for headers, payload in events
    )
    reads = cut(body, data.draw(st.lists(st.integers(0, len(body)), max_size=12)))
    for frames in (
        decode(EventStreamDecoder(), reads),
        decode(EventStreamDecoder(), bytewise(body)),
    ):
        assert [(frame.headers, frame.data) for frame in frames] == events


@repeatable
@given(st.binary(max_size=80))
def test_aws_headers_of_any_bytes_are_decoded_or_a_fault(headers: bytes) -> None:
    body = aws_message(headers, b"{}")
    frames, fault = outcome(EventStreamDecoder(), [body])
    assert bool(frames) != bool(fault)
    assert outcome(EventStreamDecoder(), bytewise(body)) == (frames, fault)


def test_aws_no_flipped_bit_goes_unnoticed() -> None:
    before = aws_message(b"", b"fine")
    for bit in range(len(AWS_DELTA) * 8):
        flipped = bytearray(AWS_DELTA)
        flipped[bit // 8] ^= 1 << bit % 8
        frames, fault = outcome(EventStreamDecoder(), [before + flipped])
        assert frames == [Frame(b"fine", headers={})]
        assert "fails its checksum" in fault
        assert ("prelude" in fault) == (bit < 12 * 8)


def test_aws_a_stream_cut_off_inside_a_message_is_a_fault() -> None:
    for length in range(1, len(AWS_DELTA)):
        decoder = EventStreamDecoder()
        assert len(decoder.feed(AWS_DELTA + AWS_DELTA[:length])) == 1
        with pytest.raises(FrameError, match=f"cut off, {length} bytes into a message"):
            decoder.close()


def aws_prelude(total: int, headers: int) -> bytes:
    prelude = struct.pack(">II", total, headers)
    return prelude + struct.pack(">I", crc32(prelude))


BROKEN_AWS = {
    "shorter than its overhead": (aws_prelude(15, 0), "cannot hold 0 of headers"),
    "headers that do not fit": (aws_prelude(20, 5), "cannot hold 5 of headers"),
    "longer than the limit": (aws_prelude(2**24 + 1, 0), "longer than 16777216 bytes"),
    "an unknown type": (aws_message(aws_header("n", 10), b""), "unknown type 10"),
    "a name past the end": (aws_message(b"\x05ab", b""), "passes the end"),
    "no type": (aws_message(b"\x02ab", b""), "passes the end"),
    "a value past the end": (aws_message(aws_header("n", 7, b"\0\5ab"), b"x"), "passes the end"),
    "a name twice": (aws_message(aws_header("n", 0) * 2, b""), "repeats its header 'n'"),
    "text not utf-8": (aws_message(aws_header("n", 7, b"\0\1\xff"), b""), "no valid value"),
    "a name not utf-8": (aws_message(b"\x01\xff\x00", b""), "no valid value"),
    "no such time": (aws_message(aws_header("n", 8, b"\x7f" * 8), b""), "no valid value"),
    "not an event stream": (b'{"message":"nope"}', "prelude of an AWS message fails"),
}


@pytest.mark.parametrize(("body", "fault"), BROKEN_AWS.values(), ids=BROKEN_AWS)
def test_aws_a_broken_message_is_a_fault_that_says_why(body: bytes, fault: str) -> None:
    with pytest.raises(FrameError, match=re.escape(fault)):
        EventStreamDecoder().feed(body)
    assert_borders_never_show(EventStreamDecoder, AWS_DELTA + body)


LIMITED = {
    "sse line": (SSEDecoder, b"data: a\n\n", b"data: 3456789012\n\n", b"data: 34567890123\n\n"),
    "sse comment": (SSEDecoder, b"data: a\n\n", b": 34567890123456\n", b": 345678901234567\n"),
    "sse event": (
        SSEDecoder,
        b"data: a\n\n",
        b"data: 1234567\ndata: 90123456\n\n",
        b"data: 1234567\ndata: 90123\ndata: 678\n\n",
    ),
    "sse open event": (SSEDecoder, b"data: a\n\n", b"data: 1234567\ndata: 90123456", None),
    "ndjson": (NDJSONDecoder, b"1\n", b'"34567890123456"\n', b'"345678901234567"\n'),
    "aws": (EventStreamDecoder, aws_message(b"", b""), aws_message(b"", b""), AWS_DELTA),
}


@pytest.mark.parametrize(("new", "before", "fits", "too_long"), LIMITED.values(), ids=LIMITED)
def test_the_limit_is_exact_named_and_the_same_for_every_cut(
    new: type[SSEDecoder | NDJSONDecoder | EventStreamDecoder],
    before: bytes,
    fits: bytes,
    too_long: bytes | None,
) -> None:
    def make() -> FrameDecoder:
        return new(max_bytes=16)

    decode(make(), [before + fits])
    assert_borders_never_show(make, before + fits)
    for body in [too_long, too_long and too_long.rstrip(b"\n")]:
        if body:
            frames, fault = outcome(make(), [before + body + before])
            assert frames == decode(make(), [before])
            assert "longer than 16 bytes" in fault
            assert "max_bytes" in fault
            assert_borders_never_show(make, before + body)
            assert_borders_never_show(make, before + body + before)


@pytest.mark.parametrize(
    ("decoder", "body", "frames"),
    [
        (SSEDecoder(max_bytes=16), b"data: a\n\n" * 9, 9),
        (SSEDecoder(max_bytes=16), b": still here\n" * 9 + b"data: a\n\n", 1),
        (SSEDecoder(max_bytes=16), b"data: 12345\ndata: 67890\n\n" * 9, 9),
        (NDJSONDecoder(max_bytes=16), b'{"a":1}\n' * 9, 9),
        (EventStreamDecoder(max_bytes=16), aws_message(b"", b"") * 9, 9),
    ],
    ids=["sse", "comments", "sse lines", "ndjson", "aws"],
)
def test_the_limit_is_of_one_unit_not_of_a_read(
    decoder: FrameDecoder, body: bytes, frames: int
) -> None:
    assert len(decoder.feed(body)) == frames


def test_a_fault_waits_for_the_frames_before_it_and_then_stays() -> None:
    decoder = EventStreamDecoder()
    assert len(decoder.feed(AWS_DELTA + AWS_DELTA + b"\0" * 12)) == 2
    for _ in range(2):
        with pytest.raises(FrameError, match="checksum"):
            decoder.feed(AWS_DELTA)
        with pytest.raises(FrameError, match="checksum"):
            decoder.close()


PENDING = {
    "sse line": (SSEDecoder, b"data: ", b"x"),
    "sse event": (SSEDecoder, b"", b"data: xxxxxxxx\n"),
    "ndjson line": (NDJSONDecoder, b"", b"x"),
    "aws message": (EventStreamDecoder, aws_prelude(2**24, 0), b"x"),
}


@pytest.mark.parametrize(("new", "start", "unit"), PENDING.values(), ids=PENDING)
def test_a_read_costs_the_same_however_much_is_pending(
    new: type[SSEDecoder | NDJSONDecoder | EventStreamDecoder], start: bytes, unit: bytes
) -> None:
    """Else a long line that comes in small reads would cost its length squared."""
    reads = 500

    def cost(pending: int) -> tuple[float, int]:
        """Processor seconds and bytes allocated by `reads` small reads upon `pending` bytes."""
        decoder = new()
        assert decoder.feed(start + unit * (pending // len(unit))) == []
        rounds = []
        for _ in range(5):
            began = time.thread_time()
            for _ in range(reads):
                decoder.feed(unit)
            rounds.append(time.thread_time() - began)
        allocated = 0
        tracemalloc.start()
        try:
            for _ in range(reads):
                tracemalloc.reset_peak()
                held, _ = tracemalloc.get_traced_memory()
                decoder.feed(unit)
                allocated += tracemalloc.get_traced_memory()[1] - held
        finally:
            tracemalloc.stop()
        return min(rounds), allocated

    little, _ = cost(1_000)
    much, allocated = cost(4_000_000)
    # Reading or copying what is pending would take 500 to 4,000 times as long …
    assert much < 30 * little
    # … and 2 GB; a buffer that grows may move once.
    assert allocated < 2 * 4_000_000


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("text/event-stream", SSEDecoder),
        ("Text/Event-Stream ; charset=utf-8", SSEDecoder),
        ("application/x-ndjson", NDJSONDecoder),
        ("application/jsonl; charset=utf-8", NDJSONDecoder),
        ("application/stream+json", NDJSONDecoder),
        ("application/vnd.amazon.eventstream", EventStreamDecoder),
        ("application/json", None),
        ("text/event-stream-not", None),
        ("", None),
    ],
)
def test_the_media_type_chooses_the_decoder(content_type: str, kind: type | None) -> None:
    decoder = decoder_for(content_type)
    assert decoder is None if kind is None else type(decoder) is kind


def test_the_chosen_decoder_keeps_the_limit() -> None:
    for content_type in ("text/event-stream", "application/jsonl"):
        decoder = decoder_for(content_type, max_bytes=4)
        assert decoder is not None
        with pytest.raises(FrameError, match="longer than 4 bytes"):
            decoder.feed(b"12345")


WIRE = Path(
    os.environ.get("AIKIT_WIRE_DIR") or Path(__file__).parents[2].parent / "shared" / "wire"
)
FORMATS: Mapping[str, Callable[[], FrameDecoder]] = {
    "sse": SSEDecoder,
    "ndjson": NDJSONDecoder,
    "aws-eventstream": EventStreamDecoder,
}


def recorded_streams() -> Iterable[tuple[str, str, list[bytes]]]:
    """Case, stream format and units of every recorded streamed response."""
    index = json.loads((WIRE / "index.json").read_bytes())
    for case in index["cases"]:
        if not case["streamed"]:
            continue
        for exchange in json.loads((WIRE / case["file"]).read_bytes())["exchanges"]:
            response = exchange["response"]
            if response["stream"]:
                plain = response["chunk_encoding"] == "text"
                yield (
                    case["id"],
                    response["stream_format"],
                    [c.encode() if plain else base64.b64decode(c) for c in response["chunks"]],
                )


def test_recorded_streams_give_the_same_frames_for_every_cut() -> None:
    if not (WIRE / "index.json").exists():
        reason = f"no recorded traffic in {WIRE}: set AIKIT_WIRE_DIR to where it lies"
        assert os.environ.get("AIKIT_REQUIRE_WIRE") != "1", reason
        pytest.skip(reason)
    dice = random.Random(20)
    seen = dict.fromkeys(FORMATS, 0)
    for case, stream_format, units in recorded_streams():
        new, body = FORMATS[stream_format], b"".join(units)
        frames = decode(new(), [body])
        assert frames, case
        assert decode(new(), units) == frames, case
        borders = [dice.randrange(len(body)) for _ in range(1 + len(body) // 200)]
        assert decode(new(), cut(body, borders)) == frames, case
        if len(body) < 8_000:
            assert decode(new(), bytewise(body)) == frames, case
        for frame in frames:
            if frame.data != b"[DONE]":
                json.loads(frame.data)
        if stream_format == "sse":
            assert frames == reference_sse(body), case
        if stream_format == "aws-eventstream":
            assert len(frames) == len(units), case
        seen[stream_format] += 1
    assert all(seen.values()), seen
