"""How an answer ends is told: why, at what cost, or with which fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aicore.errors import (
    AIError,
    BadReply,
    CutOff,
    InvalidRequest,
    NotFound,
    Overloaded,
    QuotaSpent,
    RateLimited,
    Unauthorized,
)
from aicore.events import Event, TextDelta, UsageReported
from aicore.fold import fold
from aikit_wire.frames import Frame
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.manifest import Manifest

from .answers import ACME, USAGE, Json, answered, chunk, sse, stream_events, streamed, whole

KEY = "hunter22-hunter22"


def until_fault(body: bytes, **fields: Any) -> tuple[list[Event], AIError]:
    """Return the events of a stream and the error that it ends in."""
    decoder = ChatDecoder(Manifest(name="acme", **fields), "m1", secrets=[KEY])
    events: list[Event] = []
    with pytest.raises(AIError) as caught:
        for event in stream_events(body, decoder):
            events.append(event)  # noqa: PERF402  # what came before the error counts
    return events, caught.value


@pytest.mark.parametrize(
    ("raw", "unified"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("tool_calls", "tool-calls"),
        ("function_call", "tool-calls"),
        ("content_filter", "content-filter"),
        ("eos", "stop"),
        ("model_length", "length"),
        ("error", "error"),
        ("insufficient_system_resource", "error"),
        ("network_error", "error"),
        ("sensitive", "content-filter"),
        ("bored", "other"),
    ],
)
def test_finish_reasons_are_unified_and_the_raw_one_kept(raw: str, unified: str) -> None:
    response = streamed(sse(chunk({"content": "Hi"}), chunk({}, raw)))
    assert (response.finish_reason, response.raw_finish_reason) == (unified, raw)


def test_a_manifest_may_name_finish_reasons() -> None:
    manifest = Manifest(name="acme", finish_reasons={"bored": "stop"})
    assert answered(whole({"content": "Hi"}, "bored"), manifest).finish_reason == "stop"


def test_a_finish_reason_that_is_no_text_becomes_one() -> None:
    answer = whole({"content": "Hi"})
    answer["choices"][0]["finish_reason"] = 7
    assert answered(answer).raw_finish_reason == "7"


def test_a_stream_may_end_without_the_last_word() -> None:
    assert streamed(sse(chunk({"content": "Hi"}, "stop"), done=False)).text == "Hi"


def test_a_stream_that_says_it_is_done_but_not_why_has_finished() -> None:
    assert streamed(sse(chunk({"content": "Hi"}))).finish_reason == "other"


def test_a_stream_that_ends_without_saying_so_is_cut_off() -> None:
    events, error = until_fault(sse(chunk({"content": "Hi"}), done=False))
    assert isinstance(error, CutOff)
    assert any(isinstance(event, TextDelta) for event in events)


@pytest.mark.parametrize("done", [True, False])
def test_a_stream_without_any_answer_is_cut_off(done: bool) -> None:
    for body in (sse(done=done), sse(chunk() | {"choices": []}, done=done)):
        _, error = until_fault(body)
        assert isinstance(error, CutOff)


def test_one_of_several_answers_without_an_end_is_cut_off() -> None:
    body = sse(chunk({"content": "a"}, "stop"), chunk({"content": "b"}, index=1), done=False)
    assert isinstance(until_fault(body)[1], CutOff)


@pytest.mark.parametrize("last", ["data: [DONE]", "data:[DONE]", "data:  [DONE] ", "data: [DONE]x"])
def test_the_last_word_is_understood(last: str) -> None:
    assert streamed(sse(chunk({"content": "Hi"}), last, done=False)).text == "Hi"


def test_nothing_is_read_after_the_last_word() -> None:
    decoder = ChatDecoder(ACME, "m1")
    body = sse(chunk({"content": "Hi"}, "stop")) + b"data: not json\n\n"
    events = list(stream_events(body, decoder))
    assert decoder.done
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["Hi"]


def test_usage_is_told_once_for_each_time_it_changes() -> None:
    later = {**USAGE, "completion_tokens": 13}
    body = sse(
        chunk({"content": "Hi"}, usage=USAGE),
        chunk({}, usage=USAGE),
        chunk({}, "stop", usage=later),
        chunk(usage=later) | {"choices": []},
    )
    told = [
        event.usage.output_tokens
        for event in stream_events(body, ChatDecoder(ACME, "m1"))
        if isinstance(event, UsageReported)
    ]
    assert told == [12, 13]


@pytest.mark.parametrize("usage", [None, {}, [], "many", 5])
def test_usage_that_is_none_costs_no_answer(usage: Any) -> None:
    response = answered(whole({"content": "Hi"}, usage=usage))
    assert (response.text, response.usage) == ("Hi", None)


def test_reasoning_may_be_counted_beside_the_output() -> None:
    usage = {**USAGE, "completion_tokens_details": {"reasoning_tokens": 30}}
    manifest = Manifest(name="acme", reasoning_beside_output=True)
    response = answered(whole({"content": "Hi"}, usage=usage), manifest)
    assert response.usage is not None
    assert response.usage.output_tokens == 42


@pytest.mark.parametrize(
    "line",
    [
        ": keep-alive",
        ": OPENROUTER PROCESSING",
        "event: ping",
        "data:",
        "data: ",
        "data: null",
        "data: []",
        "data: {}",
        "event: ping\ndata: {}",
        "retry: 10",
    ],
)
def test_lines_that_say_nothing_are_passed_over(line: str) -> None:
    body = sse(
        line, chunk({"content": "H"}), line, chunk({"content": "i"}), line, chunk({}, "stop")
    )
    assert streamed(body).text == "Hi"


ERRORS: list[tuple[Json | str, type[AIError], str | None]] = [
    ({"error": {"message": "m", "type": "server_error"}}, Overloaded, "server_error"),
    ({"error": {"message": "m", "code": "insufficient_quota"}}, QuotaSpent, "insufficient_quota"),
    ({"error": {"message": "m", "code": 402}}, QuotaSpent, "402"),
    (
        {"error": {"message": "m", "code": 502}, "choices": [{"finish_reason": "error"}]},
        Overloaded,
        "502",
    ),
    ({"error": "m", "code": "invalid_api_key"}, Unauthorized, "invalid_api_key"),
    ({"error": "m"}, BadReply, None),
    ({"object": "error", "message": "m", "type": "api_error"}, Overloaded, "api_error"),
    ({"type": "error", "message": "m", "code": 404}, NotFound, "404"),
    ({"id": "x", "choices": [], "x_groq": {"error": "m"}}, BadReply, None),
    ({"choices": [{"index": 0, "error": {"message": "m", "code": 429}}]}, RateLimited, "429"),
    ('event: error\ndata: {"message": "m", "code": 500}', Overloaded, "500"),
    ('event: error\ndata: {"error": {"message": "m", "code": 400}}', InvalidRequest, "400"),
    ("event: error\ndata: m", BadReply, None),
]


@pytest.mark.parametrize(("frame", "kind", "code"), ERRORS)
def test_an_error_before_any_content_is_raised(
    frame: Json | str, kind: type[AIError], code: str | None
) -> None:
    events, error = until_fault(sse(frame))
    assert not any(isinstance(event, TextDelta) for event in events)
    assert type(error) is kind
    assert (error.message, error.vendor_code) == ("m", code)
    assert (error.provider, error.model) == ("acme", "m1")


@pytest.mark.parametrize(("frame", "kind", "code"), ERRORS)
def test_an_error_after_content_leaves_what_came_before(
    frame: Json | str, kind: type[AIError], code: str | None
) -> None:
    events, error = until_fault(sse(chunk({"content": "Hi"}), frame))
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["Hi"]
    assert type(error) is kind


def test_a_fault_is_raised_again_by_every_later_call() -> None:
    decoder = ChatDecoder(ACME, "m1")
    assert decoder.frames([Frame(json.dumps(chunk({"content": "Hi"})).encode()), Frame(b"{")])
    for again in (decoder.check, decoder.close, lambda: decoder.frames([])):
        with pytest.raises(BadReply, match="not JSON"):
            again()


def test_an_error_is_told_without_the_key() -> None:
    frames: list[Json | str] = [
        {"error": {"message": f"bad key {KEY}"}},
        f"event: error\ndata: {KEY}",
    ]
    for frame in frames:
        error = until_fault(sse(frame))[1]
        assert KEY not in f"{error} {error.details}"
    assert KEY not in str(until_fault(f"data: {KEY}\n\n".encode())[1])


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ({"error": {"message": "m", "type": "server_error"}}, Overloaded, "m"),
        ({"code": "unavailable", "error": "m"}, Overloaded, "m"),
        ({"object": "error", "message": "m", "code": 422}, InvalidRequest, "m"),
        ({"detail": "m"}, BadReply, "m"),
        ([{"error": {"message": "m", "code": 429}}], RateLimited, "m"),
        ({"choices": None}, BadReply, "the answer holds no choices"),
        ({"choices": []}, BadReply, "the answer holds no choices"),
        ({}, BadReply, "the answer holds no choices"),
        ([], BadReply, "the answer holds no choices"),
        (None, BadReply, "the answer holds no choices"),
        (b"", BadReply, "the answer is not JSON: ''"),
        (b"[" * 5000, BadReply, f"the answer is not JSON: '{'[' * 200}'"),
        (b"<html>", BadReply, "the answer is not JSON: '<html>'"),
        (b'{"choices": [', BadReply, "the answer is not JSON: '{\"choices\": ['"),
    ],
)
def test_a_body_that_is_no_answer_says_what_it_is(
    body: Any, kind: type[AIError], message: str
) -> None:
    with pytest.raises(AIError) as caught:
        answered(body)
    assert type(caught.value) is kind
    assert caught.value.message == message


def test_an_answer_that_cannot_be_read_does_not_show_the_key_that_it_repeats() -> None:
    decoder = ChatDecoder(Manifest(name="acme"), "m1", secrets=[KEY])
    answer = whole({"content": "Hi"}, created={KEY: 1}, choices=[{"index": KEY}])
    with pytest.raises(BadReply) as caught:
        decoder.body(json.dumps(answer).encode())
    assert KEY not in str(caught.value)


def test_an_error_beside_an_answer_is_an_error() -> None:
    with pytest.raises(Overloaded):
        answered(whole({"content": "Hi"}, error={"message": "m", "type": "server_error"}))


@pytest.mark.parametrize("empty", [None, "", {}, []])
def test_an_error_that_is_empty_is_none(empty: Any) -> None:
    assert answered(whole({"content": "Hi"}, error=empty)).text == "Hi"


MALFORMED: list[Any] = [
    {"choices": "text"},
    {"choices": {"0": {}}},
    {"choices": 5},
    {"choices": ["text"]},
    {"choices": [None]},
    {"choices": [{"index": "x", "message": {"content": "Hi"}}]},
    {"choices": [{"index": [1], "message": {"content": "Hi"}}]},
    {"choices": [{"message": "text"}]},
    {"choices": [{"message": {"content": 5}}]},
    {"choices": [{"message": {"content": {"a": "b"}}}]},
    {"choices": [{"message": {"content": [5]}}]},
    {"choices": [{"message": {"content": [{"type": "thinking", "thinking": 5}]}}]},
    {"choices": [{"message": {"content": [{"type": "thinking", "thinking": [{"text": 5}]}]}}]},
    {"choices": [{"message": {"refusal": ["no"]}}]},
    {"choices": [{"message": {"tool_calls": {"id": "a"}}}]},
    {"choices": [{"message": {"function_call": "f"}}]},
    {"choices": [{"message": {"annotations": {"a": 1}}}]},
    {"choices": [{"message": {"annotations": ["text"]}}]},
    {"choices": [{"message": {"audio": "text"}}]},
    {"choices": [{"message": {"audio": {"data": 5}}}]},
    {"choices": [{"message": {"audio": {"data": "AAAAA"}}}]},
    {"choices": [{"message": {"audio": {"transcript": 5}}}]},
    {"choices": [{"logprobs": "text"}]},
    {"choices": [{"logprobs": {"content": [{"logprob": -1}]}}]},
    {"choices": [{"logprobs": {"content": [{"token": "a"}]}}]},
    {"choices": [{"logprobs": {"content": [{"token": 5, "logprob": -1}]}}]},
    {"choices": [{"logprobs": {"content": [{"token": "a", "logprob": 10**400}]}}]},
    {"choices": [{"logprobs": {"content": [{"token": "a", "logprob": -1, "bytes": "x"}]}}]},
    {"choices": [{"logprobs": {"tokens": ["a"], "token_logprobs": []}}]},
]


@pytest.mark.parametrize("answer", MALFORMED, ids=[json.dumps(it)[:60] for it in MALFORMED])
def test_json_of_another_structure_is_a_bad_reply(answer: Any) -> None:
    with pytest.raises(BadReply, match="not in the OpenAI dialect"):
        answered(answer)
    in_stream = json.loads(json.dumps(answer).replace('"message":', '"delta":'))
    _, error = until_fault(sse(in_stream))
    assert type(error) is BadReply
    assert "not in the OpenAI dialect" in error.message


def test_a_character_cut_in_two_by_the_service_is_whole_again() -> None:
    decoder = ChatDecoder(Manifest(name="acme"), "m")
    chunks = [b'"\\ud83d"', b'"\\ude00!"']
    frames = [Frame(b'{"id":"a","choices":[{"delta":{"content":%b}}]}' % text) for text in chunks]
    events = decoder.frames([*frames, Frame(b"[DONE]")])
    assert fold(events).text == "😀!"
