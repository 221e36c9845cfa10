"""Answers of Ollama's, in lines or whole, come to responses of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from aicore.errors import AIError, BadReply, CutOff
from aicore.fold import fold, unfold
from aicore.messages import ImagePart, ReasoningPart, TextPart, ToolCallPart
from aicore.requests import ChatRequest
from aicore.responses import Response, TokenLogprob, TopLogprob
from aicore.usage import Usage
from aicore.values import from_json, to_json
from aikit_provider_ollama.encode import Defaults, encode_chat
from aikit_provider_ollama.listed import decode_embeddings, decode_models
from hypothesis import given
from hypothesis import strategies as st

from .ollama_cases import (
    CASES,
    DONE,
    HEAD,
    OSLO,
    Json,
    answered,
    lines,
    piece,
    stream_events,
    streamed,
    whole,
)


@pytest.mark.parametrize("name", CASES)
def test_lines_and_a_whole_answer_come_to_equal_responses(name: str) -> None:
    pieces, answer = CASES[name]
    assert streamed(lines(*pieces)) == answered(answer)


@pytest.mark.parametrize("name", CASES)
def test_a_stream_cut_anywhere_comes_to_the_same(name: str) -> None:
    pieces, answer = CASES[name]
    body, expected = lines(*pieces), answered(answer)
    for cut in range(1, len(body)):
        assert streamed(body, [cut]) == expected
    assert streamed(body, range(1, len(body))) == expected


@given(st.sampled_from(sorted(CASES)), st.data())
def test_a_stream_cut_in_many_places_comes_to_the_same(name: str, data: st.DataObject) -> None:
    pieces, answer = CASES[name]
    body = lines(*pieces)
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=20))
    assert streamed(body, cuts) == answered(answer)


@pytest.mark.parametrize("name", CASES)
def test_every_answer_survives_events_and_json(name: str) -> None:
    response = answered(CASES[name][1])
    assert fold(unfold(response)) == response
    assert from_json(Response, to_json(response)) == response


@pytest.mark.parametrize("name", [name for name in CASES if "message" in CASES[name][1]])
def test_an_answer_goes_back_as_the_server_said_it(name: str) -> None:
    answer = CASES[name][1]
    assert sent_back(answered(answer)) == known(answer["message"])


def known(message: Json) -> Json:
    """Leave out what says nothing."""
    message = {"content": ""} | {key: value for key, value in message.items() if value is not None}
    return {key: value for key, value in message.items() if value or key == "content"}


def sent_back(response: Response) -> Json:
    again = from_json(Response, to_json(response)).message
    request = ChatRequest(model="m", messages=(again,))
    encoded = encode_chat(request, "ollama", Defaults())
    assert encoded.warnings == ()
    (sent,) = encoded.body["messages"]
    found: Json = sent
    return found


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
plain: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
calls = st.fixed_dictionaries(
    {
        "function": st.fixed_dictionaries(
            {"name": texts, "arguments": st.dictionaries(texts, plain, max_size=3)},
            optional={"index": st.integers(0, 9)},
        )
    },
    optional={"id": st.text("abc_", min_size=1, max_size=8), "kept": plain.filter(bool)},
)
turns = st.lists(
    st.fixed_dictionaries(
        {"content": texts},
        optional={"thinking": texts, "tool_calls": st.lists(calls, max_size=2)},
    ),
    max_size=6,
)


@given(turns, st.sets(st.integers(0, 400), max_size=6))
def test_any_turn_survives_json_and_goes_back_as_it_was_said(
    said: list[Json], cuts: set[int]
) -> None:
    pieces = [piece(**item) for item in said]
    body = lines(*pieces, {**piece(content=""), **DONE})
    back = sent_back(streamed(body, [cut for cut in cuts if cut < len(body)]))
    assert back["content"] == "".join(item["content"] for item in said)
    assert back.get("thinking", "") == "".join(item.get("thinking", "") for item in said)
    expected = [call for item in said for call in item.get("tool_calls", ())]
    assert back.get("tool_calls", []) == expected


def test_the_answer_tells_model_time_counts_and_durations() -> None:
    response = answered(CASES["text"][1])
    assert (response.model, response.created, response.id) == ("qwen3:8b", 1795168800, None)
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", "stop")
    counts = {"prompt_eval_count": 26, "eval_count": 298}
    assert response.usage == Usage(input_tokens=26, output_tokens=298, raw=counts)
    kept = response.steps[0].provider_data["ollama"]
    assert kept == {name: value for name, value in DONE.items() if name.endswith("duration")}


def test_parts_are_what_the_answer_holds() -> None:
    thoughts, calls = answered(CASES["thoughts"][1]), answered(CASES["calls"][1])
    assert thoughts.parts == (ReasoningPart("Let me"), TextPart("Hi"))
    text, first, second = calls.parts
    assert text == TextPart("Well")
    assert isinstance(first, ToolCallPart)
    assert first.arguments == '{"city": "Łódź", "days": [1, 2.5]}'
    own = {"ollama": {"id": "call_x", "function": {"index": 0}}}
    assert second == ToolCallPart("call_x", "now", "{}", provider_data=own)
    (image,) = answered(CASES["a generated picture"][1]).parts
    assert image == ImagePart(data=b"\x89PNG\r\n\x1a\n")


def test_calls_without_ids_get_some_that_a_conversation_has_once() -> None:
    once = answered(whole({"content": "", "tool_calls": [OSLO, OSLO]}))
    later = answered(
        whole({"content": "", "tool_calls": [OSLO]}, created_at="2026-11-20T10:00:01Z")
    )
    ids = [call.id for response in (once, later) for call in response.tool_calls]
    assert len(set(ids)) == 3
    assert all(id.replace("_", "").isalnum() for id in ids)


@pytest.mark.parametrize(
    ("name", "reason", "raw"),
    [
        ("calls", "tool-calls", "stop"),
        ("cut by its limit", "length", "length"),
        ("a model that was loaded", "other", "load"),
        ("an old server", "other", None),
    ],
)
def test_why_an_answer_ended(name: str, reason: str, raw: str | None) -> None:
    response = answered(CASES[name][1])
    assert (response.finish_reason, response.raw_finish_reason) == (reason, raw)


def test_counts_that_are_missing_are_unknown() -> None:
    usage = answered(CASES["a prompt that was cached"][1]).usage
    assert usage == Usage(output_tokens=298, raw={"eval_count": 298})
    assert answered(CASES["an old server"][1]).usage is None


def test_log_probabilities_are_read() -> None:
    top = TopLogprob("Ho", -1.5, (72, 111))
    expected = (TokenLogprob("Hi", -0.25, (72, 105), top=(top,)),)
    assert answered(CASES["log probabilities"][1]).logprobs == expected


@pytest.mark.parametrize("created", [None, 7, "yesterday", "2026-11-20T10:00:00.1Z"])
def test_a_time_that_cannot_be_read_is_unknown(created: Any) -> None:
    response = answered(whole({"content": "Hi"}, created_at=created, model=None))
    assert response.created == (1795168800 if str(created).endswith("Z") else None)
    assert response.model is None


# Faults


def test_an_error_in_a_stream_is_raised_after_what_came_before() -> None:
    said = []
    with pytest.raises(AIError, match="an error was encountered") as caught:
        for event in stream_events(
            lines(piece(content="Hi"), {"error": "an error was encountered", "status_code": 500})
        ):
            said += [event.type]
    assert said[-1] == "text_delta"
    assert (caught.value.status, caught.value.provider) == (500, "ollama")


def test_an_error_instead_of_an_answer_is_raised() -> None:
    with pytest.raises(AIError, match="no such thing"):
        answered({"error": "no such thing"})


@pytest.mark.parametrize("pieces", [[piece(content="Hi")], [], [{"model": "m"}]])
def test_a_stream_that_never_says_done_is_cut_off(pieces: list[Json]) -> None:
    with pytest.raises(CutOff):
        list(stream_events(lines(*pieces)))


def test_an_answer_that_does_not_say_done_is_cut_off() -> None:
    with pytest.raises(CutOff):
        answered(piece(content="Hi"))


def test_what_comes_after_done_is_not_read() -> None:
    body = lines(whole({"content": "Hi"})) + b"garbage\n"
    assert streamed(body).text == "Hi"


@pytest.mark.parametrize(
    "answer",
    [
        [],
        None,
        "text",
        whole({"content": 1}),
        whole({"content": "", "thinking": []}),
        whole({"content": "", "tool_calls": [{}]}),
        whole({"content": "", "tool_calls": [{"function": {"name": 1}}]}),
        whole({"content": "", "images": ["?"]}),
        whole({"content": ""}, logprobs=[{}]),
        {**HEAD, **DONE, "message": "text"},
    ],
)
def test_an_answer_of_another_structure_is_a_bad_reply(answer: Any) -> None:
    with pytest.raises(BadReply):
        answered(answer)


# Answers in one piece


def listed(answer: Mapping[str, Any] | bytes) -> bytes:
    return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


def test_embeddings_keep_their_order_and_what_was_told_beside_them() -> None:
    answer = {"model": "m", "embeddings": [[1, 0.5], [0, 2]], "load_duration": 9}
    result = decode_embeddings(listed({**answer, "prompt_eval_count": 8}), 2, "ollama")
    assert result.vectors == ((1.0, 0.5), (0.0, 2.0))
    assert (result.model, result.raw) == ("m", {"load_duration": 9})
    assert result.usage == Usage(input_tokens=8, raw={"prompt_eval_count": 8})
    assert decode_embeddings(listed({"embeddings": [[1]]}), 1, "ollama").usage is None


BAD_VECTORS: Iterable[Any] = (b"no", {}, {"embeddings": None}, {"embeddings": [["x"]]})


@pytest.mark.parametrize("answer", [*BAD_VECTORS, {"embeddings": []}, {"embeddings": [[1], [2]]}])
def test_other_embeddings_than_asked_for_are_a_bad_reply(answer: Any) -> None:
    with pytest.raises(BadReply):
        decode_embeddings(listed(answer), 1, "ollama")


def test_vectors_of_several_lengths_are_a_bad_reply() -> None:
    with pytest.raises(BadReply, match="of one length"):
        decode_embeddings(listed({"embeddings": [[1], [1, 2]]}), 2, "ollama")


def test_models_are_listed_with_family_and_time() -> None:
    named = {"name": "a:7b", "modified_at": "2026-11-20T11:00:00.123456789+01:00"}
    items = [{**named, "model": "a:7b", "details": {"family": "a"}}, {"name": "b"}, {}, 7]
    first, second = decode_models(listed({"models": items}), "box")
    assert (first.id, first.provider, first.family, first.created) == (
        "a:7b",
        "box",
        "a",
        1795168800,
    )
    assert first.raw == items[0]
    assert (second.id, second.family, second.created) == ("b", None, None)


@pytest.mark.parametrize("answer", [b"no", {}, {"models": {}}])
def test_no_list_of_models_is_a_bad_reply(answer: Any) -> None:
    with pytest.raises(BadReply):
        decode_models(listed(answer), "ollama")


def test_an_error_instead_of_a_list_is_raised() -> None:
    for decode in (
        lambda body: decode_embeddings(body, 1, "ollama"),
        lambda body: decode_models(body, "o"),
    ):
        with pytest.raises(AIError, match="no room"):
            decode(listed({"error": "no room"}))
