"""Answers in OpenAI's words, whole or as chunks, say what the response says."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from aicore import errors
from aicore.calls import Batch
from aicore.errors import AIError
from aicore.events import (
    ArgumentsDelta,
    CandidateFinished,
    Event,
    Finished,
    PartFinished,
    PartStarted,
    ReasoningDelta,
    Started,
    StepFinished,
    StepStarted,
    TextDelta,
    UsageReported,
    Warned,
)
from aicore.fold import fold, unfold
from aicore.messages import (
    AudioPart,
    ImagePart,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
)
from aicore.responses import (
    CallWarning,
    Candidate,
    Embeddings,
    Response,
    Step,
    TokenLogprob,
    TopLogprob,
)
from aicore.usage import COUNTS, Usage
from aikit_asgi.openai.chunks import ChunkWriter
from aikit_asgi.openai.read import Form
from aikit_asgi.openai.write import (
    REASONS,
    write_embeddings,
    write_error,
    write_model,
    write_response,
)
from aikit_asgi.statuses import RequestError, retry_headers, status_of
from aikit_testing.fixture import told
from aikit_wire.frames import SSEDecoder
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.manifest import Manifest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import to_json

from ..aicore.strategies import logprobs, some, text, usages

USAGE = Usage(input_tokens=3, output_tokens=2)
WITH_USAGE = Form(include_usage=True)
WARNING = CallWarning("top_k", "dropped", "no such setting", "openai")
LATER = {"openai-chat": {"extra_content": {"google": {"thought_signature": "s"}}}}


def answer(*parts: Part, **fields: Any) -> Response:
    """Make a response with one candidate; fields go to where they belong."""
    own = {name: fields.pop(name) for name in ("usage", "warnings") if name in fields}
    candidate = Candidate(parts, **{"finish_reason": "stop", **fields})
    step = Step((candidate,), own.get("usage"))
    warnings = own.get("warnings", ())
    return Response(id="r-1", model="m-1", created=7, steps=(step,), warnings=warnings)


def whole(response: Response, form: Form | None = None) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(to_json(write_response(response, "m", "i", form or Form())))
    return body


def message(*parts: Part, form: Form | None = None, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = whole(answer(*parts, **fields), form)["choices"][0]["message"]
    return found


def streamed(batches: Sequence[Batch], form: Form = WITH_USAGE) -> bytes:
    writer = ChunkWriter("m", "i", form)
    return b"".join(map(writer.batch, batches))


def chunks(events: Response | Sequence[Event], form: Form = WITH_USAGE) -> list[dict[str, Any]]:
    """Return the chunks of an answer that is whole."""
    if isinstance(events, Response):
        events = tuple(unfold(events))
    *frames, done, rest = streamed([tuple(events)], form).split(b"\n\n")
    assert (done, rest) == (b"data: [DONE]", b"")
    return [json.loads(frame.removeprefix(b"data: ")) for frame in frames]


def deltas(events: Response | Sequence[Event], form: Form = WITH_USAGE) -> list[dict[str, Any]]:
    return [
        choice["delta"]
        for chunk in chunks(events, form)
        for choice in chunk["choices"]
        if choice["delta"]
    ]


def test_a_completion_has_what_openai_s_has() -> None:
    assert whole(answer(TextPart("Hi"), usage=USAGE)) == {
        "id": "r-1",
        "object": "chat.completion",
        "created": 7,
        "model": "m-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def test_what_the_service_does_not_tell_is_the_gateway_s() -> None:
    bare = Response(steps=(Step((Candidate((TextPart("Hi"),)),)),))
    body = whole(bare)
    assert (body["id"], body["model"]) == ("i", "m")
    assert body["created"] > 1_700_000_000
    assert "usage" not in body
    (first, *_) = chunks(bare)
    assert (first["id"], first["model"]) == ("i", "m")
    assert first["created"] > 1_700_000_000


def test_a_stream_begins_with_the_role_and_ends_with_reason_and_usage() -> None:
    head = {"id": "r-1", "object": "chat.completion.chunk", "created": 7, "model": "m-1"}

    def chunk(delta: Any, reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return {**head, "choices": [choice], "usage": None}

    assert chunks(answer(TextPart("Hi"), usage=USAGE)) == [
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Hi"}),
        chunk({}, "stop"),
        {**head, "choices": [], "usage": whole(answer(usage=USAGE))["usage"]},
    ]


def test_usage_is_streamed_only_to_who_asks() -> None:
    assert all("usage" not in chunk for chunk in chunks(answer(usage=USAGE), Form()))
    assert [chunk["usage"] for chunk in chunks(answer())] == [None, None]


def test_usage_of_all_steps_is_one() -> None:
    step = Step((Candidate((), "stop"),), USAGE)
    body = whole(Response(steps=(step, step)))
    assert body["usage"]["total_tokens"] == 10
    assert chunks(Response(steps=(step, step)))[-1]["usage"] == body["usage"]


def test_usage_tells_only_the_details_that_are_known() -> None:
    counts: dict[str, Any] = dict.fromkeys(COUNTS, 4)
    known = Usage(**counts)
    assert whole(answer(usage=known))["usage"] == {
        "prompt_tokens": 4,
        "completion_tokens": 4,
        "total_tokens": 8,
        "billed_input_tokens": 4,
        "billed_output_tokens": 4,
        "search_units": 4,
        "prompt_tokens_details": {
            "cached_tokens": 4,
            "cache_write_tokens": 4,
            "cache_write_1h_tokens": 4,
            "audio_tokens": 4,
            "image_tokens": 4,
        },
        "completion_tokens_details": {"reasoning_tokens": 4, "audio_tokens": 4},
    }
    nothing = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    assert whole(answer(usage=Usage()))["usage"] == nothing


@given(st.lists(st.tuples(st.sampled_from([0, 1]), text), max_size=6))
@example([(0, "a\x7f"), (0, "b")])
@example([(0, ""), (0, '"'), (1, "\\"), (1, "\n")])
def test_a_batch_says_what_its_events_say_one_by_one(pieces: list[tuple[int, str]]) -> None:
    begun = (PartStarted(0, 0, "text"), PartStarted(0, 1, "reasoning"))
    kinds = (TextDelta, ReasoningDelta)
    batch = (*begun, *(kinds[part](0, part, piece) for part, piece in pieces))
    together, singly = (ChunkWriter("m", "id", Form()) for _ in range(2))
    assert together.batch(batch) == b"".join([singly.batch((event,)) for event in batch])


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (ReasoningPart("hm"), {"reasoning_content": "hm"}),
        (RefusalPart("no"), {"refusal": "no", "content": None}),
        (
            ToolCallPart("1", "f", "{}"),
            {
                "content": None,
                "tool_calls": [
                    {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                ],
            },
        ),
        (
            ToolCallPart("1", "sh", "ls", provider_data={"openai-chat": {"type": "custom"}}),
            {
                "content": None,
                "tool_calls": [
                    {"id": "1", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
                ],
            },
        ),
        (
            AudioPart(
                data=b"RIFF",
                transcript="Hi",
                provider_data={"openai-chat": {"id": "audio_1", "expires_at": 9}},
            ),
            {
                "audio": {"id": "audio_1", "data": "UklGRg==", "transcript": "Hi", "expires_at": 9},
            },
        ),
        (
            AudioPart(file_id="file-1", provider_data={"openai-chat": {"expires_at": 9}}),
            {"audio": {"id": "file-1", "data": "", "transcript": "", "expires_at": 9}},
        ),
        (
            ImagePart(data=b"\x89PNG\r\n\x1a\n"),
            {
                "images": [
                    {
                        "type": "image_url",
                        "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="},
                    }
                ]
            },
        ),
        (
            ImagePart(url="https://a.test/x"),
            {"images": [{"type": "image_url", "image_url": {"url": "https://a.test/x"}}]},
        ),
        (
            SourcePart(url="https://a.test", title="A", start=1, end=2),
            {
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {
                            "url": "https://a.test",
                            "title": "A",
                            "start_index": 1,
                            "end_index": 2,
                        },
                    }
                ]
            },
        ),
        (
            SourcePart(id="f", provider_data={"openai-chat": {"type": "file_citation", "x": 1}}),
            {"annotations": [{"type": "file_citation", "x": 1}]},
        ),
        (OpaquePart("x", {}), {}),
    ],
)
def test_every_kind_of_part_is_told(part: Part, told: dict[str, Any]) -> None:
    empty = {"role": "assistant", "content": "", "refusal": None}
    assert message(part) == {**empty, **told}
    joined: dict[str, Any] = {}
    for delta in deltas(answer(part), Form(custom=frozenset({"sh"}))):
        merge(joined, delta)
    for call in joined.get("tool_calls", ()):
        call.pop("index")
    assert joined == {"role": "assistant", **told, "content": ""}


def merge(into: dict[str, Any], delta: dict[str, Any]) -> None:
    """Add up deltas as clients do: text grows, items of lists are found by index."""
    for name, value in delta.items():
        before = into.get(name)
        if isinstance(value, str) and isinstance(before, str) and name not in ("type", "id"):
            into[name] = before + value
        elif isinstance(value, dict) and isinstance(before, dict):
            merge(before, value)
        elif isinstance(value, list):
            for item in value:
                known = [old for old in before or () if old.get("index", 0) == item.get("index")]
                if known:
                    merge(known[0], item)
                else:
                    into[name] = [*(into.get(name) or ()), item]
        else:
            into[name] = value


def test_parallel_calls_keep_their_index_while_their_arguments_interleave() -> None:
    events: list[Event] = [
        Started("r-1", "m-1", 7),
        StepStarted(),
        PartStarted(0, 0, "tool_call", id="a", name="f"),
        PartStarted(0, 1, "tool_call", id="b", name="g"),
        ArgumentsDelta(0, 1, "{"),
        ArgumentsDelta(0, 0, "["),
        ArgumentsDelta(0, 1, "}"),
        ArgumentsDelta(0, 0, "]"),
        PartFinished(0, 0),
        PartFinished(0, 1, LATER),
        CandidateFinished(0, "tool-calls"),
        StepFinished(),
        Finished(),
    ]
    joined: dict[str, Any] = {}
    for delta in deltas(events):
        merge(joined, delta)
    assert joined["tool_calls"] == [
        {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "[]"}},
        {
            "index": 1,
            "id": "b",
            "type": "function",
            "function": {"name": "g", "arguments": "{}"},
            **LATER["openai-chat"],
        },
    ]
    assert chunks(events)[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_who_offered_functions_is_told_of_one_call_as_a_function_call() -> None:
    old = Form(functions=True)
    calls = ToolCallPart("1", "f", '{"a":1}'), ToolCallPart("2", "g", "{}")
    body = whole(answer(*calls, finish_reason="tool-calls"), old)
    (choice,) = body["choices"]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"] == {"name": "f", "arguments": '{"a":1}'}
    assert "tool_calls" not in choice["message"]
    response, joined = answer(*calls, finish_reason="tool-calls"), dict[str, Any]()
    for delta in deltas(response, old):
        merge(joined, delta)
    assert joined == {
        "role": "assistant",
        "content": "",
        "function_call": {"name": "f", "arguments": '{"a":1}'},
    }
    assert chunks(response, old)[-1]["choices"][0]["finish_reason"] == "function_call"


@pytest.mark.parametrize(
    ("reason", "raw", "told"),
    [
        ("stop", "stop", "stop"),
        ("length", "model_length", "length"),
        ("tool-calls", "function_call", "tool_calls"),
        ("content-filter", None, "content_filter"),
        ("error", "error", "error"),
        ("other", None, "stop"),
        ("other", "eos_token", "stop"),
        ("other", "content_filter", "content_filter"),
    ],
)
def test_reasons_are_in_openai_s_words(reason: Any, raw: str | None, told: str) -> None:
    response = answer(TextPart("x"), finish_reason=reason, raw_finish_reason=raw)
    assert whole(response)["choices"][0]["finish_reason"] == told
    assert chunks(response)[-1]["choices"][0]["finish_reason"] == told


def test_speech_that_tells_no_end_can_be_asked_for_no_more() -> None:
    audio = message(AudioPart(data=b"RIFF"))["audio"]
    assert audio == {"id": "audio", "data": "UklGRg==", "transcript": "", "expires_at": 7}


def test_log_probabilities_are_told_and_stay_json() -> None:
    token = TokenLogprob("a", -0.5, (97,), (TopLogprob("b", float("-inf")),))
    told = {
        "content": [
            {
                "token": "a",
                "logprob": -0.5,
                "bytes": [97],
                "top_logprobs": [{"token": "b", "logprob": -9999.0, "bytes": None}],
            }
        ],
        "refusal": None,
    }
    response = answer(TextPart("a"), logprobs=(token,))
    assert whole(response)["choices"][0]["logprobs"] == told
    assert [choice["logprobs"] for choice in choices(response) if "logprobs" in choice] == [told]


def choices(response: Response) -> list[dict[str, Any]]:
    return [choice for chunk in chunks(response) for choice in chunk["choices"]]


def test_several_answers_have_each_their_index() -> None:
    three = tuple(Candidate((TextPart(word),), "stop") for word in "abc")
    response = Response(steps=(Step(three),))
    body = whole(response)
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert [choice["message"]["content"] for choice in body["choices"]] == ["a", "b", "c"]
    texts = ["", "", ""]
    for choice in choices(response):
        texts[choice["index"]] += choice["delta"].get("content", "")
    assert texts == ["a", "b", "c"]


def test_what_a_service_of_this_dialect_says_beside_goes_along() -> None:
    candidate = Candidate(
        (TextPart("x"),),
        "stop",
        provider_data={
            "openai-chat": {"reasoning_details": [1], "role": "robot"},
            "openai-choice": {"content_filter_results": {}, "index": 9},
        },
    )
    beside = {"openai-chat": {"system_fingerprint": "fp", "id": "no"}}
    response = Response(id="r-1", steps=(Step((candidate,), USAGE, provider_data=beside),))
    body = whole(response)
    (choice,) = body["choices"]
    assert (body["id"], body["system_fingerprint"]) == ("r-1", "fp")
    assert (choice["index"], choice["content_filter_results"]) == (0, {})
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["reasoning_details"] == [1]
    *_, ending, usage = chunks(response)
    assert ending["choices"][0]["delta"]["reasoning_details"] == [1]
    assert ending["choices"][0]["content_filter_results"] == {}
    assert ending["choices"][0]["index"] == 0
    assert (usage["id"], usage["system_fingerprint"]) == ("r-1", "fp")


def test_warnings_are_told_in_a_chunk_that_has_a_choice() -> None:
    told = [
        {
            "setting": "top_k",
            "action": "dropped",
            "reason": "no such setting",
            "provider": "openai",
        }
    ]
    response = answer(TextPart("x"), warnings=(WARNING,))
    assert whole(response)["warnings"] == told
    first, *others = chunks(response)
    assert (first["warnings"], len(first["choices"])) == (told, 1)
    assert not any("warnings" in chunk for chunk in others)


def test_a_late_warning_is_told_with_the_reason_or_the_usage() -> None:
    *before, reason, step, finished = unfold(answer(TextPart("x"), usage=USAGE))
    late = Warned(WARNING)
    assert chunks([*before, late, reason, step, finished])[-2]["warnings"]
    assert chunks([*before, reason, step, late, finished])[-1]["warnings"]


def test_warnings_of_the_first_batch_are_also_in_a_header() -> None:
    writer = ChunkWriter("m", "i", Form())
    headers = writer.headers((Warned(WARNING), Started()))
    assert headers == {"x-aikit-warnings": "openai: top_k dropped: no such setting"}


@pytest.mark.parametrize(
    ("error", "status", "kind", "code"),
    [
        (RequestError("x", param="n"), 400, "invalid_request_error", "invalid_request"),
        (RequestError("x", 405), 405, "invalid_request_error", "invalid_request"),
        (RequestError("x", 413), 413, "invalid_request_error", "invalid_request"),
        (errors.UnknownProvider("x"), 404, "invalid_request_error", "model_not_found"),
        (errors.NotFound("x"), 404, "invalid_request_error", "model_not_found"),
        (errors.InvalidRequest("x"), 400, "invalid_request_error", "invalid_request"),
        (errors.Unsupported("x"), 400, "invalid_request_error", "unsupported"),
        (errors.TooLong("x"), 400, "invalid_request_error", "context_length_exceeded"),
        (errors.ContentFiltered("x"), 400, "invalid_request_error", "content_filter"),
        (errors.RateLimited("x"), 429, "rate_limit_error", "rate_limit_exceeded"),
        (errors.QuotaSpent("x"), 429, "insufficient_quota", "insufficient_quota"),
        (errors.Unauthorized("x"), 502, "server_error", "unauthorized"),
        (errors.MissingKey("x"), 500, "server_error", "missing_key"),
        (errors.PluginError("x"), 500, "server_error", "plugin_error"),
        (errors.Overloaded("x"), 503, "server_error", "overloaded"),
        (errors.Unreachable("x"), 502, "server_error", "unreachable"),
        (errors.GapTimeout("x"), 504, "server_error", "gap_timeout"),
        (errors.CutOff("x"), 502, "server_error", "cut_off"),
        (errors.Cancelled("x"), 499, "invalid_request_error", "cancelled"),
        (AIError("x"), 500, "server_error", "error"),
    ],
)
def test_an_error_has_openai_s_shape(error: AIError, status: int, kind: str, code: str) -> None:
    told = write_error(error)["error"]
    assert (status_of(error), told["type"], told["code"]) == (status, kind, code)
    assert told["param"] == getattr(error, "param", None)
    frame = ChunkWriter("m", "i", Form()).error(error)
    assert json.loads(frame.removeprefix(b"data: ")) == {"error": told}


def test_what_the_gateway_s_account_was_denied_is_not_told() -> None:
    secretive = (
        errors.Unauthorized("key sk-1 is wrong", provider="openai"),
        errors.MissingKey("set OPENAI_API_KEY", provider="openai"),
        errors.BadConfig("/etc/aikit.toml", provider="openai"),
    )
    for error in secretive:
        told = write_error(error)["error"]["message"]
        assert told == f"the gateway cannot use provider 'openai' now ({error.code})"
    plugin = write_error(errors.PluginError("/usr/lib/x.py"))["error"]["message"]
    assert plugin == "the gateway is not set up for this (plugin_error)"


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (
            errors.RateLimited("x", retry_after=1.2),
            {"retry-after": "2", "retry-after-ms": "1200"},
        ),
        (
            errors.QuotaSpent("x", retry_after=-1),
            {"retry-after": "0", "retry-after-ms": "0", "x-should-retry": "false"},
        ),
        (errors.Overloaded("x"), {}),
        (errors.TotalTimeout("x"), {"x-should-retry": "false"}),
    ],
)
def test_headers_tell_whether_and_when_to_try_again(
    error: AIError, headers: dict[str, str]
) -> None:
    assert retry_headers(error) == headers


def test_vectors_are_numbers_or_little_endian_floats() -> None:
    result = Embeddings(
        model="e-1", vectors=((0.5, -1.0), (2.0, 0.0)), usage=USAGE, warnings=(WARNING,)
    )
    told = json.loads(to_json(write_embeddings(result, "m", False, (WARNING,))))
    assert [row["embedding"] for row in told["data"]] == [[0.5, -1.0], [2.0, 0.0]]
    assert [row["index"] for row in told["data"]] == [0, 1]
    assert (told["model"], told["usage"]) == ("e-1", {"prompt_tokens": 3, "total_tokens": 3})
    assert len(told["warnings"]) == 2
    packed = write_embeddings(replace(result, model=None, usage=None), "m", True)
    rows = [base64.b64decode(row["embedding"]) for row in packed["data"]]
    assert rows == [struct.pack("<2f", 0.5, -1.0), struct.pack("<2f", 2.0, 0.0)]
    assert (packed["model"], packed["usage"]["total_tokens"]) == ("m", 0)


def test_a_model_is_owned_by_its_provider() -> None:
    assert write_model("groq:llama", 5) == {
        "id": "groq:llama",
        "object": "model",
        "created": 5,
        "owned_by": "groq",
    }


# The law: what our own client reads of what our gateway writes is what went in.

word = st.text(min_size=1, max_size=8)
calls = st.builds(ToolCallPart, st.uuids().map(str), word, text)
sources = st.builds(
    SourcePart, url=word, title=text, start=st.integers(0, 9), end=st.integers(0, 9)
)
said = st.one_of(
    st.builds(TextPart, text), st.builds(ReasoningPart, word), st.builds(RefusalPart, word), calls
)
spoken = st.builds(AudioPart, data=st.binary(max_size=12), transcript=text)
reasons = st.sampled_from(sorted(REASONS.keys() - {"other"}))
candidates = st.builds(
    lambda parts, found, audio, reason, tokens: Candidate(
        (*parts, *found, *audio), reason, REASONS[reason], tokens
    ),
    some(said, most=5),
    some(sources),
    some(spoken, most=1),
    reasons,
    some(logprobs),
)


def consistent(usage: Usage) -> Usage:
    """Let subsets be no more than the whole: a reader takes what is more for something beside."""
    cached, thought = usage.cache_read_tokens, usage.reasoning_tokens
    return replace(
        usage,
        cache_read_tokens=cached and min(cached, usage.input_tokens or 0),
        reasoning_tokens=thought and min(thought, usage.output_tokens or 0),
    )


told_usages = st.none() | usages.map(consistent)
answers = st.builds(
    Response,
    id=word,
    model=word,
    created=st.integers(1, 2**40),
    steps=st.tuples(st.builds(Step, some(candidates, least=1, most=3), told_usages)),
)
manifest = Manifest(name="gateway", base_url="http://127.0.0.1")


def gist(response: Response) -> Iterator[Any]:
    """Yield what must survive, in the form that the wire has for it."""
    yield response.id, response.model, response.created
    if response.usage is not None:
        known = {name: getattr(response.usage, name) for name in COUNTS}
        yield known | {name: known[name] or 0 for name in ("input_tokens", "output_tokens")}
    for candidate in response.candidates:
        yield candidate.text, candidate.reasoning, candidate.refusal, candidate.finish_reason
        yield [(call.id, call.name, call.arguments) for call in candidate.tool_calls]
        yield [(it.url, it.title, it.start, it.end) for it in candidate.sources]
        yield [(it.data, it.transcript) for it in candidate.parts if isinstance(it, AudioPart)]
        yield [finite(token) for token in candidate.logprobs]


def finite(token: TokenLogprob) -> tuple[Any, ...]:
    tops = [(top.token, max(-9999.0, top.logprob), top.bytes) for top in token.top]
    return token.token, max(-9999.0, token.logprob), token.bytes, tops


@given(answers)
def test_a_whole_answer_survives(response: Response) -> None:
    decoder = ChatDecoder(manifest, "m")
    body = to_json(write_response(response, "m", "i", Form()))
    assert list(gist(fold(decoder.body(body)))) == list(gist(response))


@given(answers, st.data())
def test_a_streamed_answer_survives_however_it_is_cut(response: Response, data: Any) -> None:
    wire = streamed(list(told(response, streaming=True)))
    frames, decoder, events = SSEDecoder(), ChatDecoder(manifest, "m"), list[Event]()
    cut = data.draw(st.integers(0, len(wire)))
    for piece in (wire[:cut], wire[cut:]):
        events += decoder.frames(list(frames.feed(piece)))
    assert decoder.done
    assert list(gist(fold(events))) == list(gist(response))


@given(answers)
def test_a_stream_and_a_body_tell_the_same(response: Response) -> None:
    decoder = ChatDecoder(manifest, "m")
    frames = SSEDecoder().feed(streamed([tuple(unfold(response))]))
    as_stream = fold(decoder.frames(list(frames)))
    as_body = fold(
        ChatDecoder(manifest, "m").body(to_json(write_response(response, "m", "i", Form())))
    )
    assert list(gist(as_stream)) == list(gist(as_body))


def test_every_event_is_written_or_passed_over() -> None:
    events: list[Event] = [
        Started("r-1", "m-1", 7),
        StepStarted(),
        PartStarted(0, 0, "text"),
        TextDelta(0, 0, "a"),
        UsageReported(0, Usage(input_tokens=1, output_tokens=1)),
        UsageReported(0, USAGE),
        PartFinished(0, 0, {"openai-chat": {"type": "text", "x": 1}}),
        CandidateFinished(0, "stop"),
        StepFinished(),
        Finished(),
    ]
    told = chunks(events)
    assert [chunk["usage"] and chunk["usage"]["total_tokens"] for chunk in told] == [*[None] * 3, 5]
