"""What a model said is read in every form in which services tell it."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.events import Started, TextDelta
from aicore.messages import (
    AudioPart,
    OpaquePart,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
)
from aicore.responses import TokenLogprob, TopLogprob
from aikit_wire.openai.candidate import BESIDE
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.manifest import DIALECT, Manifest

from .answers import ACME, Json, answered, chunk, sse, stream_events, streamed, whole


def test_an_answer_tells_who_and_when() -> None:
    response = answered(whole({"content": "Hi"}))
    assert (response.id, response.model, response.created) == ("chat-1", "m1-2026", 1700000000)
    assert (response.text, response.finish_reason) == ("Hi", "stop")
    assert response.message.role == "assistant"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": None, "model": None, "created": None}, ("", None, None)),
        ({"id": 5, "model": [], "created": "now"}, ("", None, None)),
        ({"created": 1700000000.75}, ("chat-1", "m1-2026", 1700000000)),
    ],
)
def test_an_answer_that_does_not_tell_is_still_one(fields: Json, expected: Any) -> None:
    response = answered(whole({"content": "Hi"}, **fields))
    assert (response.id, response.model, response.created) == expected
    assert response.text == "Hi"


def test_the_answer_begins_with_the_first_chunk_that_has_an_id() -> None:
    events = list(
        stream_events(sse(chunk({"content": "Hi"}), chunk({}, "stop")), ChatDecoder(ACME, "m1"))
    )
    assert events[0] == Started("chat-1", "m1-2026", 1700000000)
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["Hi"]


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_comes_before_the_text_and_apart_from_it(name: str) -> None:
    response = answered(whole({name: "Let me see", "content": "Hi"}))
    assert response.parts == (ReasoningPart("Let me see"), TextPart("Hi"))


def test_the_manifest_says_where_reasoning_stands() -> None:
    manifest = Manifest(name="acme", reasoning_fields=("thoughts",))
    message = {"thoughts": "a", "reasoning": "b", "content": "Hi"}
    response = answered(whole(message), manifest)
    assert response.reasoning == "a"
    assert response.candidates[0].provider_data == {DIALECT: {"reasoning": "b"}}


@pytest.mark.parametrize("thought", [None, "", [], {"text": "a"}, 5])
def test_reasoning_that_is_no_text_is_none(thought: Any) -> None:
    assert answered(whole({"reasoning": thought, "content": "Hi"})).parts == (TextPart("Hi"),)


def test_thoughts_between_texts_stay_in_their_places() -> None:
    names = ("content", "reasoning") * 2
    body = sse(
        *(chunk({name: text}) for name, text in zip(names, "abcd", strict=True)),
        chunk({}, "stop"),
    )
    assert streamed(body).parts == (
        TextPart("a"),
        ReasoningPart("b"),
        TextPart("c"),
        ReasoningPart("d"),
    )


def test_mistral_sends_its_parts_as_a_list() -> None:
    content = [
        {
            "type": "thinking",
            "thinking": [{"type": "text", "text": "Let"}, " me", {"type": "reference"}],
            "closed": True,
            "signature": "c2ln",
            "unset": None,
        },
        {"type": "text", "text": "Hi"},
        "!",
        {"type": "reference", "reference_ids": [1]},
        {"type": "thinking", "thinking": "plain"},
        {"type": "refusal", "refusal": "No."},
        {"type": "thinking", "thinking": None},
    ]
    assert answered(whole({"content": content})).parts == (
        ReasoningPart("Let me", provider_data={DIALECT: {"closed": True, "signature": "c2ln"}}),
        TextPart("Hi!"),
        OpaquePart(DIALECT, {"type": "reference", "reference_ids": [1]}),
        ReasoningPart("plain"),
        RefusalPart("No."),
    )


def test_a_refusal_is_told_apart_from_text() -> None:
    response = answered(whole({"refusal": "I can't help with that."}))
    assert (response.refusal, response.text) == ("I can't help with that.", "")


def test_speech_is_kept_with_what_names_it() -> None:
    audio = {"id": "audio_1", "data": "UklGRgAA", "transcript": "Hi", "expires_at": 17}
    assert answered(whole({"audio": audio})).parts == (
        AudioPart(
            data=b"RIFF\0\0",
            transcript="Hi",
            provider_data={DIALECT: {"id": "audio_1", "expires_at": 17}},
        ),
    )


@pytest.mark.parametrize(
    "pieces",
    [["UklGRgAA"], ["U", "klGRg", "AA"], ["UklG", "RgAA"], ["UklGRg==", "AAA="]],
)
def test_speech_comes_in_pieces_of_any_length(pieces: list[str]) -> None:
    body = sse(*(chunk({"audio": {"data": piece}}) for piece in pieces), chunk({}, "stop"))
    (part,) = streamed(body).parts
    assert isinstance(part, AudioPart)
    assert part.data == b"RIFF\0\0"
    assert part.transcript is None
    assert part.provider_data == {}


def test_speech_need_not_be_padded_at_its_end() -> None:
    (part,) = answered(whole({"audio": {"data": "UklGRg"}})).parts
    assert isinstance(part, AudioPart)
    assert part.data == b"RIFF"


ANNOTATIONS: list[tuple[Json, SourcePart]] = [
    (
        {
            "type": "url_citation",
            "url_citation": {
                "url": "https://a.example",
                "title": "A",
                "start_index": 3,
                "end_index": 9,
            },
        },
        SourcePart(url="https://a.example", title="A", start=3, end=9),
    ),
    ({"type": "url_citation", "url": "https://b.example"}, SourcePart(url="https://b.example")),
    (
        {"type": "file_citation", "file_citation": {"file_id": "file-1", "quote": "so"}},
        SourcePart(id="file-1", quote="so"),
    ),
    ({"type": "url_citation", "url_citation": {"url": 5, "start_index": "x"}}, SourcePart()),
    ({"type": "novel", "thing": 1}, SourcePart()),
    ({"kind": 5}, SourcePart()),
]


@pytest.mark.parametrize(("note", "part"), ANNOTATIONS)
def test_an_annotation_is_a_source(note: Json, part: SourcePart) -> None:
    (found,) = answered(whole({"content": "Hi", "annotations": [note]})).sources
    assert found == SourcePart(
        url=part.url,
        title=part.title,
        id=part.id,
        quote=part.quote,
        start=part.start,
        end=part.end,
        provider_data={DIALECT: note},
    )


def test_log_probabilities_of_text_and_refusal_are_read() -> None:
    top = [{"token": "Ho", "logprob": -2, "bytes": [72, 111]}]
    logprobs = {
        "content": [{"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": top}],
        "refusal": [{"token": "No", "logprob": -1}],
    }
    answer = whole({"content": "Hi"})
    answer["choices"][0]["logprobs"] = logprobs
    assert answered(answer).logprobs == (
        TokenLogprob("Hi", -0.5, (72, 105), (TopLogprob("Ho", -2.0, (72, 111)),)),
        TokenLogprob("No", -1.0),
    )


@pytest.mark.parametrize("logprobs", [None, {}, {"content": None}, {"content": []}])
def test_no_log_probabilities_are_none(logprobs: Any) -> None:
    answer = whole({"content": "Hi"})
    answer["choices"][0]["logprobs"] = logprobs
    assert answered(answer).logprobs == ()


def test_several_answers_come_in_the_order_of_their_indexes() -> None:
    answer = whole({"content": "a"})
    call = {"id": "c", "function": {"name": "f", "arguments": "{}"}}
    answer["choices"] = [
        {"index": 1, "message": {"tool_calls": [call]}, "finish_reason": None},
        {"index": 0, "message": {"content": "b"}, "finish_reason": None},
    ]
    first, second = answered(answer).candidates
    assert (first.text, first.finish_reason) == ("b", "other")
    assert (second.tool_calls[0].id, second.finish_reason) == ("c", "tool-calls")


def test_what_has_no_place_of_its_own_is_kept() -> None:
    answer = whole({"content": "Hi", "executed_tools": [1], "nothing": None}, fingerprint="fp")
    answer["choices"][0] |= {"content_filter_results": {"hate": False}, "empty": None}
    response = answered(answer)
    assert response.steps[0].provider_data == {DIALECT: {"fingerprint": "fp"}}
    assert response.candidates[0].provider_data == {
        DIALECT: {"executed_tools": [1]},
        BESIDE: {"content_filter_results": {"hate": False}},
    }
    assert DIALECT in response.message.provider_data


def test_lists_that_have_no_place_of_their_own_come_in_pieces() -> None:
    chunks = [chunk({"details": [{"n": number}]}) for number in range(3)]
    kept = streamed(sse(*chunks, chunk({"details": None}, "stop"))).candidates[0].provider_data
    assert kept == {DIALECT: {"details": [{"n": 0}, {"n": 1}, {"n": 2}]}}


def test_a_server_that_repeats_the_whole_message_beside_each_delta_is_heard_once() -> None:
    chunks = [chunk({"content": "a"}), chunk({"content": "b"}), chunk({}, "stop")]
    for item, so_far in zip(chunks, ("a", "ab", "ab"), strict=True):
        item["choices"][0]["message"] = {"role": "assistant", "content": so_far}
    assert streamed(sse(*chunks)).text == "ab"


def test_a_stream_of_one_whole_message_is_read() -> None:
    assert streamed(sse(whole({"content": "Hi"}))).text == "Hi"


def test_a_whole_answer_that_says_delta_is_read() -> None:
    assert answered(chunk({"content": "Hi"}, "stop")).text == "Hi"


def test_empty_forms_that_a_service_fills_in_say_nothing() -> None:
    call = {"id": "c1", "type": "function", "custom": {"name": "", "input": ""}}
    message = {
        "content": "",
        "refusal": "",
        "audio": {"id": "", "data": "", "expires_at": 0, "transcript": ""},
        "function_call": {"name": "", "arguments": ""},
        "tool_calls": [{**call, "function": {"name": "f", "arguments": "{}"}}],
    }
    assert answered(whole(message, finish="")).parts == (ToolCallPart("c1", "f", "{}"),)


def test_usage_inside_a_choice_is_found() -> None:
    counts = {"prompt_tokens": 9, "completion_tokens": 12}
    last = chunk({}, "stop")
    last["choices"][0]["usage"] = counts
    response = streamed(sse(chunk({"content": "Hi"}), last))
    assert response.usage is not None
    assert response.usage.total_tokens == 21
