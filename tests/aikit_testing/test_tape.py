"""The file format of tapes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aikit_testing.tape import (
    FAILURES,
    Answered,
    Asked,
    Chunk,
    Ended,
    Exchange,
    TapeError,
    dumps,
    loads,
    read_tape,
    write_tape,
)
from hypothesis import given
from hypothesis import strategies as st

from ..docs.pages import page

SAMPLE = Path(__file__).with_name("tapes") / "sample.jsonl"
HEAD = '{"aikit-tape": 1}\n'
ASKED = '{"request": "GET /v1/models"}\n'
ANSWERED = '{"after": 0.1, "response": 200}\n'
END = '{"after": 0, "end": "complete"}\n'

word = st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), min_size=1)
seconds = st.floats(0, 1e6)
body = (
    st.binary()
    | st.text().map(str.encode)
    | st.from_regex(r'\{"a":\s?(1e-7|"é"|2)\}').map(str.encode)
)
asked = st.builds(
    Asked,
    word,
    word,
    st.dictionaries(word, st.text(st.characters(codec="utf-8"))),
    st.none() | body,
    word,
)
answered = st.builds(Answered, seconds, st.integers(100, 599), st.dictionaries(word, word))
chunks = st.lists(st.builds(Chunk, seconds, body)).map(tuple)
failed = st.builds(Ended, seconds, st.just("error"), st.sampled_from(sorted(FAILURES)), word)
exchange = st.builds(
    Exchange,
    asked,
    answered,
    chunks,
    failed | st.builds(Ended, seconds, st.sampled_from(["complete", "left"])),
) | st.builds(Exchange, asked, st.none(), st.just(()), failed)


def test_a_tape_of_format_1_loads_for_ever_and_is_written_as_it_was() -> None:
    assert dumps(read_tape(SAMPLE)) == SAMPLE.read_text("utf-8")


def test_a_tape_of_format_1_means_what_it_meant() -> None:
    first, limited, left, unreachable, cut, _ = read_tape(SAMPLE)
    assert first.asked.provider == "openai"
    assert first.asked.ability == "chat"
    assert first.asked.headers["accept"] == "text/event-stream"
    assert first.asked.body == (
        '{"model":"gpt-5","messages":[{"role":"user","content":"Wie heißt du?"}],'
        '"temperature":0.5,"stream":true}'.encode()
    )
    assert [len(chunk.data) for chunk in first.chunks] == [101, 1, 1, 127, 14]
    assert "Ich heiße" in first.body.decode()
    assert first.seconds == pytest.approx(0.352)
    assert limited.asked.path == "/v1/embeddings?api-version=1"
    assert limited.asked.body == b'{"model": "small", "input": ["a"]}'
    assert limited.answered == Answered(
        1, 429, {"content-type": "application/json", "retry-after": "7"}
    )
    assert left == Exchange(Asked("POST", "/v1/audio", {}, b"\0\xff"), None, (), Ended(0.3, "left"))
    assert unreachable.ended == Ended(
        10.0, "error", "unreachable", "cannot reach the service: ConnectTimeout"
    )
    assert cut.chunks == (Chunk(0.1, b"data: {"),)
    assert (cut.ended.how, cut.ended.code) == ("error", "cut_off")


def test_the_tape_that_the_page_shows_is_one() -> None:
    (shown,) = (
        block.text
        for block in page("docs/record-and-replay.md").blocks("")
        if "aikit-tape" in block.text
    )
    assert dumps(loads(shown)) == shown


@given(st.lists(exchange, max_size=3))
def test_every_byte_and_border_comes_back(exchanges: list[Exchange]) -> None:
    assert loads(dumps(exchanges)) == tuple(exchanges)


@given(exchange)
def test_every_character_of_a_file_shows_and_every_chunk_has_a_line(exchange: Exchange) -> None:
    text = dumps([exchange])
    assert all(line.isprintable() for line in text.split("\n"))
    beside = 3 if exchange.answered else 2
    assert text.count("\n") == len(text.splitlines()) == 1 + beside + len(exchange.chunks)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"a":1,"b":["\xc3\xa9"]}', "json"),
        (b'{"a": 1}', "text"),
        (b'{"a":1,"a":1}', "text"),
        (b'{"a":1e-7}', "text"),
        (rb'{"a":"\ud800"}', "text"),
        (b"[" * 100_000, "text"),
        (b"\xff", "base64"),
    ],
    ids=["compact", "spaces", "twice", "number", "surrogate", "deep", "binary"],
)
def test_a_body_is_shown_as_json_where_that_keeps_its_bytes(body: bytes, field: str) -> None:
    text = dumps([Exchange(Asked("POST", "/", {}, body), None, (), Ended(0, "left"))])
    assert json.loads(text.split("\n")[1]).keys() == {"request", field}
    assert loads(text)[0].asked.body == body


def test_a_file_is_written_and_read_with_any_line_ends(tmp_path: Path) -> None:
    exchanges = read_tape(SAMPLE)
    write_tape(tmp_path / "tape.jsonl", exchanges)
    raw = (tmp_path / "tape.jsonl").read_bytes()
    assert raw == SAMPLE.read_bytes()
    (tmp_path / "windows.jsonl").write_bytes(raw.replace(b"\n", b"\r\n"))
    assert read_tape(tmp_path / "windows.jsonl") == exchanges


def test_fields_of_a_later_version_are_skipped() -> None:
    text = (HEAD + ASKED + ANSWERED + END).replace("}\n", ', "later": {"x": 1}}\n')
    (exchange,) = loads(text)
    assert exchange.answered == Answered(0.1, 200)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: Expecting value"),
        ("[]\n", "line 1: this is no tape: its first line must be"),
        ('{"aikit-tape": "1"}\n', "line 1: this is no tape"),
        ('{"aikit-tape": 0}\n', "line 1: this is no tape"),
        ('{"aikit-tape": 2}\n', "line 1: format 2 is newer than this reader: update"),
        (HEAD + "{", "line 2: Expecting property name"),
        (HEAD + "[" * 100_000, "line 2: maximum recursion depth"),
        (HEAD + "[]\n", "line 2: this line does not belong here"),
        (HEAD + ANSWERED, "line 2: this line does not belong here"),
        (HEAD + END, "line 2: this line does not belong here"),
        (HEAD + '{"request": "GET"}\n', "line 2: this line does not belong here"),
        (HEAD + '{"request": "GET / 1"}\n', "line 2: this line does not belong here"),
        (HEAD + '{"request": "GET /", "provider": 1}\n', "line 2: `provider` must be text"),
        (HEAD + '{"request": "GET /", "headers": []}\n', "line 2: `headers` must be texts"),
        (HEAD + '{"request": "GET /", "headers": {"a": 1}}\n', "line 2: `headers` must be"),
        (HEAD + '{"request": "GET /", "base64": "?"}\n', "line 2: Only base64 data is allowed"),
        (HEAD + '{"request": "GET /", "json": "\\ud800"}\n', "line 2: .*surrogates not allowed"),
        (HEAD + ASKED, "line 2: the last exchange has no end; record the tape again"),
        (HEAD + ASKED + ASKED, "line 3: this line does not belong here"),
        (HEAD + ASKED + END, "line 3: this line does not belong here"),
        (HEAD + ASKED + '{"after": 0, "text": ""}\n', "line 3: this line does not belong"),
        (HEAD + ASKED + '{"response": 200}\n', "line 3: `after` must be seconds, not None"),
        (HEAD + ASKED + '{"after": -1, "response": 200}\n', "line 3: `after` must be seconds"),
        (HEAD + ASKED + '{"after": NaN, "response": 200}\n', "line 3: `after` must be seconds"),
        (HEAD + ASKED + ANSWERED + ANSWERED, "line 4: this line does not belong here"),
        (HEAD + ASKED + ANSWERED + '{"after": 0, "text": 1}\n', "line 4: `text` must be text"),
        (HEAD + ASKED + ANSWERED + '{"after": 0, "end": "x"}\n', "line 4: this line does not"),
        (
            HEAD + ASKED + '{"after": 0, "end": "error", "code": "new"}\n',
            "line 3: the error code 'new' is not known",
        ),
        (
            HEAD + ASKED + ANSWERED + '{"after": 0, "end": "left", "code": "cut_off"}\n',
            "line 4: the error code 'cut_off' is not known",
        ),
    ],
)
def test_a_file_that_is_no_tape_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(TapeError, match=f"^the tape, {message}"):
        loads(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match=r"cannot read the tape .*missing\.jsonl"):
        read_tape(tmp_path / "missing.jsonl")
    (tmp_path / "binary.jsonl").write_bytes(b"\xff")
    with pytest.raises(TapeError, match=r"cannot read the tape .*binary\.jsonl"):
        read_tape(tmp_path / "binary.jsonl")
