"""Answers of Cohere's, streamed or whole, come to responses of ours and go back as they came."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aicore.errors import AIError, BadReply, CutOff, RateLimited
from aicore.events import TextDelta
from aicore.fold import fold, unfold
from aicore.messages import Message, OpaquePart, ReasoningPart, SourcePart, TextPart
from aicore.models import ModelInfo
from aicore.requests import ChatRequest
from aicore.responses import Response, TokenLogprob
from aicore.usage import Usage
from aicore.values import from_json, to_json
from aikit_provider_cohere.embed import decode_embeddings
from aikit_provider_cohere.encode import encode_chat
from aikit_provider_cohere.models import decode_models
from aikit_provider_cohere.v1_decode import ChatV1Decoder, GenerateDecoder
from aikit_wire.frames import NDJSONDecoder
from hypothesis import given
from hypothesis import strategies as st

from .cohere_cases import (
    CASES,
    CITED,
    DOCUMENT,
    GENERATION_STREAM,
    GENERATIONS,
    OLD,
    OLD_STREAM,
    START,
    USAGE,
    Json,
    answered,
    block,
    call,
    end,
    event,
    sse,
    stream_events,
    streamed,
    text,
    whole,
)


@pytest.mark.parametrize("name", CASES)
def test_a_stream_and_a_whole_answer_come_to_equal_responses(name: str) -> None:
    events, answer = CASES[name]
    assert streamed(sse(*events)) == answered(answer)
    assert streamed(sse(*events, done=False)) == answered(answer)


@given(st.sampled_from(sorted(CASES)), st.data())
def test_a_stream_cut_in_many_places_comes_to_the_same(name: str, data: st.DataObject) -> None:
    events, answer = CASES[name]
    body = sse(*events)
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=20))
    assert streamed(body, cuts) == answered(answer)


@pytest.mark.parametrize("name", CASES)
def test_an_answer_survives_a_round_trip(name: str) -> None:
    response = answered(CASES[name][1])
    assert fold(unfold(response)) == response
    assert from_json(Response, to_json(response)) == response


def history(response: Response) -> Any:
    messages = (Message.user("Hi"), response.message, Message.user("Go on"))
    encoded = encode_chat(ChatRequest(model="m", messages=messages), "cohere")
    assert encoded.warnings == ()
    return encoded.body["messages"][1]


@pytest.mark.parametrize("name", CASES)
def test_a_message_goes_back_as_it_came(name: str) -> None:
    message: Json = json.loads(json.dumps(CASES[name][1]["message"]))
    for item in message.get("tool_calls", ()):
        if item["function"]["arguments"] in ("", "null"):
            item["function"]["arguments"] = "{}"  # which says that there are none
    assert history(answered(CASES[name][1])) == message


WORDS = st.text('aB1 \n"🌍é', min_size=1, max_size=8)
BLOCKS = st.lists(st.tuples(st.sampled_from(["text", "thinking"]), WORDS), max_size=4)
CALLS = st.lists(st.tuples(WORDS, st.sampled_from(["{}", '{"a": 1}', "[", "nul"])), max_size=3)


@given(BLOCKS, CALLS, st.none() | WORDS)
def test_any_message_goes_back_as_it_came(
    blocks: list[tuple[str, str]], calls: list[tuple[str, str]], plan: str | None
) -> None:
    message: Json = {"role": "assistant"}
    if blocks:
        message["content"] = [{"type": kind, kind: said} for kind, said in blocks]
    if plan is not None:
        message["tool_plan"] = plan
    if calls:
        named = enumerate(calls)
        message["tool_calls"] = [call(f"c{n}", name, said) for n, (name, said) in named]
    if len(message) == 1:
        return
    assert history(answered(whole(message))) == message


def test_what_is_told_is_found() -> None:
    response = answered(CASES["citations"][1])
    assert (response.id, response.model, response.text) == ("c-1", None, "Oh.The sky is blue.")
    assert response.usage == Usage(
        input_tokens=212,
        output_tokens=9,
        cache_read_tokens=208,
        reasoning_tokens=2,
        billed_input_tokens=12,
        billed_output_tokens=7,
        raw=USAGE,
    )
    document, tool, plan = response.sources
    assert response.text[document.start : document.end] == "sky"
    assert (document.id, document.title, tool.id) == ("doc:0", "facts.txt", "weather_1:0")
    assert (tool.start, tool.end) == (document.start, document.end)
    assert (plan.start, plan.end, plan.id) == (None, None, None)
    source = document.provider_data["cohere"]["source"]
    assert source == {"type": "document", "id": "doc:0", "document": DOCUMENT}
    assert (
        CITED["sources"][1]["tool_output"] == tool.provider_data["cohere"]["source"]["tool_output"]
    )


def test_a_plan_is_reasoning_and_told_apart() -> None:
    response = answered(CASES["thoughts, a plan and a call"][1])
    plan, thought, _ = response.parts
    assert isinstance(plan, ReasoningPart)
    assert isinstance(thought, ReasoningPart)
    assert plan.provider_data == {"cohere": {"tool_plan": True}}
    assert (plan.text, thought.text, dict(thought.provider_data)) == ("Look.", "Hmm", {})


def test_a_call_without_arguments_has_none() -> None:
    calls = answered(CASES["a plan and calls"][1]).tool_calls
    assert [item.arguments for item in calls] == ['{"city": "Oslo"}', "{}", "{}"]


def test_likelihoods_are_told_and_those_of_several_tokens_multiplied() -> None:
    pair = {"text": "Hi!", "token_ids": [5, 6], "logprobs": [-0.5, -0.25]}
    answer = whole({"content": [text("Hi!")]}, logprobs=[pair, {"text": "", "token_ids": []}])
    assert answered(answer).logprobs == (TokenLogprob("Hi!", -0.75),)


def test_what_is_not_known_stays() -> None:
    response = answered(CASES["what is not known"][1])
    sketch = {"type": "sketch", "svg": "<a/>", "n": 1, "m": 2}
    assert response.parts == (OpaquePart("cohere", sketch), TextPart("Hi"))
    assert (response.finish_reason, response.raw_finish_reason) == ("other", "NOVEL")
    assert response.steps[0].provider_data == {"cohere": {"mood": "good"}}
    answer = whole({"content": "Hi", "mood": "good"})
    assert answered(answer).candidates[0].provider_data == {"cohere": {"mood": "good"}}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("COMPLETE", "stop"),
        ("STOP_SEQUENCE", "stop"),
        ("MAX_TOKENS", "length"),
        ("TOOL_CALL", "tool-calls"),
        ("ERROR", "error"),
        ("TIMEOUT", "error"),
        ("ERROR_TOXIC", "content-filter"),
        ("ELSE", "other"),
    ],
)
def test_finish_reasons_are_unified(raw: str, reason: str) -> None:
    response = answered(whole({"content": [text("Hi")]}, raw))
    assert (response.finish_reason, response.raw_finish_reason) == (reason, raw)


def test_pictures_are_counted_among_the_input() -> None:
    tokens = {"input_tokens": 34, "output_tokens": 56, "image_tokens": 259}
    usage = answered({**whole({"content": "Hi"}), "usage": {"tokens": tokens}}).usage
    assert usage
    assert (usage.input_tokens, usage.input_image_tokens, usage.output_tokens) == (293, 259, 56)
    assert usage.billed_input_tokens is None
    billed = {"billed_units": {"input_tokens": 3, "output_tokens": 4, "search_units": 1}}
    usage = answered({**whole({"content": "Hi"}), "usage": billed}).usage
    assert usage
    assert (usage.input_tokens, usage.output_tokens, usage.search_units) == (3, 4, 1)
    nothing: Any
    for nothing in ({}, None):
        assert answered({**whole({"content": "Hi"}), "usage": nothing}).usage is None


@pytest.mark.parametrize("count", [1, 3, 5])
def test_a_stream_that_breaks_off_is_cut_off(count: int) -> None:
    events, _ = CASES["text"]
    with pytest.raises(CutOff):
        streamed(sse(*events[:count], done=False))
    with pytest.raises(CutOff):
        streamed(sse(*events[:count]))


def test_a_stream_is_told_piece_by_piece_and_what_came_before_a_fault_is_kept() -> None:
    fault = {"message": "too many tokens", "code": "rate_limit_exceeded"}
    body = sse(START, *block(0, "text", "Hi", " there")[:-1], fault, done=False)
    told = list[str]()
    with pytest.raises(RateLimited, match="too many tokens"):
        for item in stream_events(body, range(0, len(body), 7)):
            if isinstance(item, TextDelta):
                told.append(item.text)
    assert told == ["Hi", " there"]


def test_an_end_with_an_error_is_that_error() -> None:
    with pytest.raises(AIError, match="the model is gone"):
        streamed(sse(START, end("ERROR", error="the model is gone")))
    assert streamed(sse(START, *block(0, "text", "Hi"), end("ERROR"))).finish_reason == "error"


@pytest.mark.parametrize(
    "events",
    [
        [[]],
        [START, event("content-delta", {}, 0)],
        [START, event("content-delta", {"content": {"text": 1}}, 0)],
        [START, event("tool-call-delta", {"tool_calls": {"function": {"arguments": "x"}}}, 3)],
        [START, event("tool-call-start", {"tool_calls": {"id": "a"}}, 3)],
        [START, event("citation-start", {}, 0), end()],
        [START, {"type": "message-end"}],
    ],
)
def test_an_event_of_another_form_is_a_bad_reply(events: list[Any]) -> None:
    body = b"".join(b"data: " + json.dumps(item).encode() + b"\n\n" for item in events)
    with pytest.raises(BadReply):
        streamed(body)


@pytest.mark.parametrize("answer", [[], "no", {"message": 1}, whole({"content": [1]})])
def test_an_answer_of_another_form_is_a_bad_reply(answer: Any) -> None:
    with pytest.raises(BadReply):
        answered(answer)


def test_an_answer_without_a_reason_is_cut_off() -> None:
    answer = whole({"content": [text("Hi")]})
    with pytest.raises(CutOff):
        answered({**answer, "finish_reason": None})


def test_an_error_in_the_place_of_an_answer_is_that_error() -> None:
    with pytest.raises(AIError, match="no such model"):
        answered({"id": "x", "message": "no such model"})


# Vectors and models


def embedded(embeddings: Any, count: int = 2, meta: Any = None) -> Any:
    answer = {"id": "e", "embeddings": embeddings, "meta": meta}
    return decode_embeddings(json.dumps(answer).encode(), count, "cohere")


def test_vectors_are_read_in_every_type() -> None:
    rows = [[1, 2], [3, 4]]
    floats = ((1.0, 2.0), (3.0, 4.0))
    for found in (rows, {"float": rows}, {"int8": rows}, {"float": [], "ubinary": rows}):
        assert embedded(found).vectors == floats
    assert embedded({"base64": ["AACAPwAAAEA=", "AABAQAAAgEA="]}).vectors == floats
    assert embedded({"int8": ["Af8=", "A/4="]}).vectors == ((1.0, -1.0), (3.0, -2.0))
    both = embedded({"int8": [[9, 9], [9, 9]], "float": rows})
    assert both.vectors == floats
    assert both.raw == {"embeddings": {"int8": [[9, 9], [9, 9]]}}
    assert embedded(rows).raw is None


def test_what_vectors_cost_is_told() -> None:
    billed = {"input_tokens": 3, "image_tokens": 200}
    usage = embedded([[1], [2]], meta={"billed_units": billed}).usage
    assert usage == Usage(input_tokens=203, input_image_tokens=200, raw=billed)
    nothing: Any
    for nothing in (None, {}, {"billed_units": {}}):
        assert embedded([[1], [2]], meta=nothing).usage is None


@pytest.mark.parametrize(
    "embeddings", [None, {}, [[1]], [[1], [1, 2]], [1, 2], {"float": None}, [["a"], ["b"]]]
)
def test_what_are_no_vectors_is_a_bad_reply(embeddings: Any) -> None:
    with pytest.raises(BadReply):
        embedded(embeddings)


def test_models_come_with_what_they_can() -> None:
    entry: Json = {"name": "m", "context_length": 128000.0, "features": ["tools", "strict_tools"]}
    body = json.dumps({"models": [entry, {"name": None}, 1], "next_page_token": "p2"}).encode()
    (model,), token = decode_models(body, "cohere")
    features = {"tools": True}
    expected = ModelInfo(
        id="m", provider="cohere", features=features, context_window=128000, raw=entry
    )
    assert (model, token) == (expected, "p2")
    plain = json.dumps({"models": [{"name": "m"}], "next_page_token": ""}).encode()
    (model,), token = decode_models(plain, "cohere")
    assert (model.context_window, dict(model.features), token) == (None, {}, None)
    for nothing in (b"[]", b"no", b'{"models": {}}'):
        with pytest.raises(BadReply):
            decode_models(nothing, "cohere")
    for read in (decode_models, lambda body, name: decode_embeddings(body, 1, name)):
        with pytest.raises(AIError, match="not today"):
            read(b'{"message": "not today"}', "cohere")


# Version 1


def in_lines(decoder: Any, *events: Any) -> Response:
    frames = NDJSONDecoder()
    body = b"".join(json.dumps(item).encode() + b"\n" for item in events)
    told = [*decoder.frames(frames.feed(body))]
    decoder.check()
    return fold([*told, *decoder.frames(frames.close()), *decoder.close()])


def test_a_chat_of_v1_is_the_same_in_lines_and_whole() -> None:
    response = in_lines(ChatV1Decoder("cohere", "m"), *OLD_STREAM)
    assert response == fold(ChatV1Decoder("cohere", "m").body(json.dumps(OLD).encode()))
    assert response == in_lines(ChatV1Decoder("cohere", "m"), OLD)  # one long line
    assert (response.id, response.text, response.finish_reason) == ("g", "Hi there", "stop")
    assert [(it.id, it.start, it.end) for it in response.sources] == [
        ("doc_0", 0, 2),
        ("doc_1", 0, 2),
    ]
    assert response.usage
    assert (response.usage.input_tokens, response.usage.billed_input_tokens) == (212, 12)
    assert response.steps[0].provider_data == {"cohere": {"response_id": "r"}}
    assert isinstance(response.parts[1], SourcePart)


def test_completions_are_read_in_lines_and_whole() -> None:
    response = fold(GenerateDecoder("cohere", "m").body(json.dumps(GENERATIONS).encode()))
    assert [item.text for item in response.candidates] == [" a time", " there"]
    assert [item.finish_reason for item in response.candidates] == ["stop", "length"]
    assert response.id == "x"
    told = in_lines(GenerateDecoder("cohere", "m"), *GENERATION_STREAM)
    assert [item.text for item in told.candidates] == [" a time", " there"]
    assert [item.finish_reason for item in told.candidates] == ["stop", "length"]
    tokens = [{"token": "Hi"}, {"token": "!", "likelihood": -0.5}]
    likely = {"id": "x", "generations": [{"text": "Hi!", "token_likelihoods": tokens}]}
    response = fold(GenerateDecoder("cohere", "m").body(json.dumps(likely).encode()))
    assert response.logprobs == (TokenLogprob("Hi", 0.0), TokenLogprob("!", -0.5))


@pytest.mark.parametrize("decoder", [ChatV1Decoder, GenerateDecoder])
def test_what_goes_wrong_in_v1_is_told(decoder: Any) -> None:
    with pytest.raises(AIError, match="not today"):
        in_lines(decoder("cohere", "m"), {"message": "not today"})
    with pytest.raises(AIError, match="not today"):
        fold(decoder("cohere", "m").body(b'{"message": "not today"}'))
    failed = {"event_type": "stream-error", "is_finished": True, "err": "it broke"}
    with pytest.raises(AIError, match="it broke"):
        in_lines(decoder("cohere", "m"), failed)
    with pytest.raises(CutOff):
        in_lines(decoder("cohere", "m"), OLD_STREAM[1])
    with pytest.raises(BadReply):
        in_lines(decoder("cohere", "m"), [])
    for answer in ({"is_finished": True}, {"event_type": "stream-end"}, {"text": 1}):
        with pytest.raises(AIError):
            in_lines(decoder("cohere", "m"), answer)
    ended = {"event_type": "stream-end", "is_finished": True, "response": {"text": "a"}}
    with pytest.raises(CutOff):
        in_lines(decoder("cohere", "m"), ended)
