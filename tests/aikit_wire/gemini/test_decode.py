"""What the service says becomes parts, reasons and counts; what it says wrong becomes an error."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from aicore.errors import AIError, BadReply, CutOff, GarbledError, Overloaded, RateLimited
from aicore.events import ArgumentsDelta, TextDelta
from aicore.fold import Folder, fold
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    OpaquePart,
    ReasoningPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    VideoPart,
)
from aicore.responses import FinishReason, TokenLogprob, TopLogprob
from hypothesis import given
from hypothesis import strategies as st

from .sample import Json, answered, decoder, events, piece, sse, streamed

SIGNED = {"gemini": {"thoughtSignature": "c2ln"}}
THOUGHT = {"gemini": {"thought": True}}


def parts(*wire: Json) -> tuple[Any, ...]:
    return answered(piece(*wire, finish="STOP")).parts


def test_an_answer_says_who_gave_it_and_when() -> None:
    found = answered(
        {**piece({"text": "Hi"}, finish="STOP"), "createTime": "2026-05-04T20:01:02.264968Z"}
    )
    assert (found.id, found.model, found.created) == ("answer-1", "m1-2026", 1777924862)
    odd = answered({**piece({"text": "Hi"}, finish="STOP"), "createTime": "yesterday"})
    assert odd.created is None


@pytest.mark.parametrize(
    ("raw", "unified"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content-filter"),
        ("RECITATION", "content-filter"),
        ("LANGUAGE", "content-filter"),
        ("BLOCKLIST", "content-filter"),
        ("PROHIBITED_CONTENT", "content-filter"),
        ("SPII", "content-filter"),
        ("IMAGE_SAFETY", "content-filter"),
        ("IMAGE_PROHIBITED_CONTENT", "content-filter"),
        ("IMAGE_RECITATION", "content-filter"),
        ("MODEL_ARMOR", "content-filter"),
        ("MALFORMED_FUNCTION_CALL", "error"),
        ("MALFORMED_RESPONSE", "error"),
        ("UNEXPECTED_TOOL_CALL", "error"),
        ("MISSING_THOUGHT_SIGNATURE", "error"),
        ("OTHER", "other"),
        ("NO_IMAGE", "other"),
        ("TOO_MANY_TOOL_CALLS", "other"),
        ("SOMETHING_NEW", "other"),
    ],
)
def test_every_reason_has_a_name_that_all_share(raw: str, unified: FinishReason) -> None:
    found = answered(piece({"text": "Hi"}, finish=raw))
    assert (found.finish_reason, found.raw_finish_reason) == (unified, raw)


def test_an_answer_that_calls_functions_ended_for_that() -> None:
    call = {"functionCall": {"name": "f", "args": {}}}
    assert answered(piece(call, finish="STOP")).finish_reason == "tool-calls"
    assert answered(piece(call)).finish_reason == "tool-calls"
    assert answered(piece(call, finish="MAX_TOKENS")).finish_reason == "length"
    assert answered(piece({"text": "Hi"})).finish_reason == "other"


def test_thoughts_are_no_text() -> None:
    assert parts(
        {"text": "Hm. ", "thought": True},
        {"text": "Yes.", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "Hi"},
    ) == (
        ReasoningPart("Hm. ", provider_data=THOUGHT),
        ReasoningPart(
            "Yes.", provider_data={"gemini": {"thought": True, "thoughtSignature": "c2ln"}}
        ),
        TextPart("Hi"),
    )


def test_a_signature_without_text_belongs_to_the_part_before_it() -> None:
    empty = {"text": "", "thoughtSignature": "c2ln"}
    assert parts({"text": "H"}, {"text": "i"}, empty) == (TextPart("Hi", provider_data=SIGNED),)
    call = {"functionCall": {"id": "a", "name": "f", "args": {}}}
    assert parts(call, empty) == (ToolCallPart("a", "f", "{}"), TextPart("", provider_data=SIGNED))


def test_a_part_that_is_signed_is_one_by_itself() -> None:
    signed = {"text": "b", "thoughtSignature": "c2ln"}
    other = {"text": "c", "thoughtSignature": "b3Ro"}
    found = parts({"text": "a"}, signed, other, {"text": "d"}, {"text": "e"})
    assert [part.text for part in found] == ["a", "b", "c", "de"]
    assert [part.provider_data.get("gemini") for part in found] == [
        None,
        {"thoughtSignature": "c2ln"},
        {"thoughtSignature": "b3Ro"},
        None,
    ]


def test_two_signatures_without_text_are_two_parts() -> None:
    found = parts(
        {"text": "a", "thoughtSignature": "eA=="}, {"text": "", "thoughtSignature": "eQ=="}
    )
    assert [part.provider_data["gemini"]["thoughtSignature"] for part in found] == ["eA==", "eQ=="]


def test_text_that_is_empty_is_no_part() -> None:
    code = {"executableCode": {"code": "1", "language": "PYTHON"}}
    assert parts(code, {"text": ""}) == (OpaquePart("gemini", code),)
    assert parts({"text": ""}) == ()


def test_items_of_the_service_keep_their_place() -> None:
    search = {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "s1"}, "thoughtSignature": "YQ=="}
    draft = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}, "thought": True}
    found = parts({"text": "a"}, search, {"text": "b"}, draft)
    assert found == (
        TextPart("a"),
        OpaquePart("gemini", search),
        TextPart("b"),
        OpaquePart("gemini", draft),
    )


def test_calls_without_ids_get_some_that_tell_them_apart() -> None:
    call = {"functionCall": {"name": "f", "args": {"a": "é"}}}
    own = {"functionCall": {"id": "x1", "name": "f"}, "thoughtSignature": "c2ln"}
    first, second, third = parts(call, call, own)
    made = {"gemini": {"functionCall": {"id": ""}}}
    assert first == ToolCallPart("call_answer-1_0_0", "f", '{"a": "é"}', provider_data=made)
    assert second.id == "call_answer-1_0_1"
    assert third == ToolCallPart("x1", "f", "{}", provider_data=SIGNED)


def test_an_id_that_is_no_text_becomes_one() -> None:
    [call] = parts({"functionCall": {"name": "f", "id": [7]}})
    assert call == ToolCallPart("[7]", "f", "{}")


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("image/png", ImagePart),
        ("audio/wav", AudioPart),
        ("video/mp4", VideoPart),
        ("application/pdf", FilePart),
    ],
)
def test_media_are_parts_of_their_kind(kind: str, part: Any) -> None:
    data = base64.urlsafe_b64encode(b"\xff\xfe\xfd?>").decode().rstrip("=")
    inline = {"inlineData": {"mimeType": kind, "data": data}, "thoughtSignature": "c2ln"}
    assert parts(inline) == (part(data=b"\xff\xfe\xfd?>", media_type=kind, provider_data=SIGNED),)
    far = {"fileData": {"mimeType": kind, "fileUri": "https://a.example/b"}}
    assert parts(far) == (part(url="https://a.example/b", media_type=kind),)


def test_the_pieces_of_a_sound_are_one() -> None:
    def sound(data: str, kind: str = "audio/L16;rate=24000") -> Json:
        return {"inlineData": {"mimeType": kind, "data": data}}

    found = parts(
        sound("AAA="), sound("AQEB"), {"text": "Hm"}, sound("AgI="), sound("AA==", "audio/wav")
    )
    assert [(getattr(part, "data", None), getattr(part, "text", None)) for part in found] == [
        (b"\0\0\1\1\1", None),
        (None, "Hm"),
        (b"\2\2", None),
        (b"\0", None),
    ]
    assert found[0].media_type == "audio/L16;rate=24000"


def test_arguments_may_come_in_pieces() -> None:
    def call(*pieces: Json, **more: Any) -> Json:
        return piece({"functionCall": {"partialArgs": list(pieces), **more}})

    body = sse(
        piece({"functionCall": {"name": "cook", "willContinue": True}, "thoughtSignature": "c2ln"}),
        call(
            {"jsonPath": "$.steps[1].text", "stringValue": "St", "willContinue": True},
            willContinue=True,
        ),
        call({"jsonPath": "$.steps[1].text", "stringValue": "ir"}, willContinue=True),
        call({"jsonPath": "$['how many']", "numberValue": 2}, willContinue=True),
        call(
            {"jsonPath": "$.hot", "boolValue": True},
            {"jsonPath": "$.cold", "nullValue": "NULL_VALUE"},
        ),
        piece({"functionCall": {"name": "wait"}}),
        piece({"functionCall": {}}, finish="STOP"),
    )
    told = list(events(body))
    cook, wait = fold(told).tool_calls
    assert json.loads(cook.arguments) == {
        "steps": [None, {"text": "Stir"}],
        "how many": 2,
        "hot": True,
        "cold": None,
    }
    assert cook.provider_data["gemini"]["thoughtSignature"] == "c2ln"
    assert (wait.name, wait.arguments) == ("wait", "{}")
    assert sum(isinstance(event, ArgumentsDelta) for event in told) == 2


@pytest.mark.parametrize("path", ["", "$", "steps", "$.a..b", "$[x]", "$.a[99999999]", "$[0]"])
def test_arguments_that_lead_nowhere_are_a_bad_reply(path: str) -> None:
    call = {"functionCall": {"name": "f", "partialArgs": [{"jsonPath": path, "stringValue": "x"}]}}
    with pytest.raises(BadReply):
        parts(call)


def test_a_signature_after_a_call_is_the_calls() -> None:
    found = streamed(
        piece({"functionCall": {"id": "a", "name": "f", "willContinue": True}}),
        piece({"functionCall": {}, "thoughtSignature": "c2ln"}, finish="STOP"),
    )
    assert found.parts == (ToolCallPart("a", "f", "{}", provider_data=SIGNED),)
    assert parts({"functionCall": {}}) == ()


def test_counts_are_read_with_all_their_subsets() -> None:
    usage = {
        "promptTokenCount": 40,
        "cachedContentTokenCount": 30,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 7,
        "toolUsePromptTokenCount": 100,
        "totalTokenCount": 152,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 10},
            {"modality": "AUDIO", "tokenCount": 12},
            {"modality": "IMAGE", "tokenCount": 18},
        ],
        "toolUsePromptTokensDetails": [{"modality": "IMAGE", "tokenCount": 1}],
        "candidatesTokensDetails": [{"modality": "AUDIO"}],
    }
    found = answered({**piece({"text": "Hi"}, finish="STOP"), "usageMetadata": usage}).usage
    assert found is not None
    assert (found.input_tokens, found.output_tokens, found.total_tokens) == (140, 12, 152)
    assert (found.cache_read_tokens, found.reasoning_tokens) == (30, 7)
    assert (found.input_audio_tokens, found.input_image_tokens) == (12, 19)
    assert (found.output_audio_tokens, found.raw) == (0, usage)


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"promptTokenCount": 4, "totalTokenCount": 4}, (4, 0)),
        ({"trafficType": "ON_DEMAND"}, (None, None)),
        ({"promptTokenCount": 4}, (4, None)),
    ],
)
def test_what_is_zero_is_left_out_beside_a_total(usage: Json, counts: Any) -> None:
    found = answered({**piece(finish="SAFETY"), "usageMetadata": usage}).usage
    assert found is not None
    assert (found.input_tokens, found.output_tokens) == counts


def test_of_the_counts_in_a_stream_the_last_ones_hold() -> None:
    def counted(output: int, **more: Any) -> Json:
        count = {
            "promptTokenCount": 3,
            "candidatesTokenCount": output,
            "totalTokenCount": 3 + output,
        }
        return {**piece({"text": "a"}, **more), "usageMetadata": count}

    usage = streamed(counted(1), counted(2), counted(3, finish="STOP")).usage
    assert usage is not None
    assert usage.output_tokens == 3


def test_log_probabilities_are_read() -> None:
    result = {
        "chosenCandidates": [{"token": "Hi", "tokenId": 5, "logProbability": -0.5}, {"token": "!"}],
        "topCandidates": [
            {
                "candidates": [
                    {"token": "Hi", "logProbability": -0.5},
                    {"token": "Ho", "logProbability": -1},
                ]
            },
            {},
            {"candidates": []},
        ],
    }
    found = answered(
        piece({"text": "Hi!"}, finish="STOP", logprobsResult=result, avgLogprobs=-0.25)
    )
    assert found.logprobs == (
        TokenLogprob("Hi", -0.5, top=(TopLogprob("Hi", -0.5), TopLogprob("Ho", -1.0))),
        TokenLogprob("!", 0.0),
    )
    assert found.candidates[0].provider_data == {"gemini-candidate": {"avgLogprobs": -0.25}}


def test_several_answers_are_told_apart() -> None:
    found = streamed(
        piece({"text": "a"}, index=0),
        piece({"text": "b"}, {"functionCall": {"name": "f"}}, index=1),
        piece({"text": "A"}, index=0, finish="STOP"),
        piece(index=1, finish="STOP"),
    )
    assert [(item.text, item.finish_reason) for item in found.candidates] == [
        ("aA", "stop"),
        ("b", "tool-calls"),
    ]
    assert found.candidates[1].tool_calls[0].id == "call_answer-1_1_0"


def test_a_blocked_prompt_comes_to_an_answer_that_says_so() -> None:
    feedback = {"blockReason": "PROHIBITED_CONTENT", "safetyRatings": []}
    blocked = {
        "promptFeedback": feedback,
        "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9},
        "modelVersion": "m1-2026",
        "responseId": "answer-1",
    }
    for found in (answered(blocked), streamed(blocked)):
        assert found.parts == ()
        assert (found.finish_reason, found.raw_finish_reason) == (
            "content-filter",
            "PROHIBITED_CONTENT",
        )
        assert found.usage is not None
        assert found.usage.total_tokens == 9
        assert found.steps[0].provider_data == {"gemini": {"promptFeedback": feedback}}
    cut = streamed(piece({"text": "Hi"}), blocked)
    assert (cut.text, cut.finish_reason) == ("Hi", "content-filter")


def test_what_has_no_place_of_its_own_is_kept() -> None:
    found = streamed(
        piece({"text": "Hi"}, safetyRatings=[1], groundingMetadata={"webSearchQueries": ["a"]}),
        {
            **piece(finish="STOP", finishMessage="Done.", groundingMetadata={"x": 1}),
            "modelStatus": 2,
        },
    )
    assert found.candidates[0].provider_data["gemini-candidate"] == {
        "safetyRatings": [1],
        "finishMessage": "Done.",
        "groundingMetadata": {"webSearchQueries": ["a"], "x": 1},
    }
    assert found.steps[0].provider_data == {"gemini": {"modelStatus": 2}}
    answer = piece({"text": "Hi"}, finish="STOP")
    answer["candidates"][0]["content"]["mood"] = "good"
    assert answered(answer).message.provider_data == {"gemini": {"mood": "good"}}


TEXT = "Grüße aus Oslo. It rains."
PAGE = {"web": {"uri": "https://a.example", "title": "A"}}
DOCUMENT = {"retrievedContext": {"text": "Rain.", "title": "D", "fileSearchStore": "stores/1"}}
PLACE = {"maps": {"uri": "https://maps.example", "title": "Oslo", "placeId": "p1"}}


def sources(beside: Json) -> list[SourcePart]:
    found = answered(piece({"text": TEXT}, finish="STOP", **beside))
    assert found.text == TEXT
    return [part for part in found.parts if isinstance(part, SourcePart)]


def test_grounding_becomes_sources_with_the_places_they_stand_for() -> None:
    grounding = {
        "groundingChunks": [PAGE, DOCUMENT, PLACE],
        "groundingSupports": [
            {
                "segment": {"startIndex": 8, "endIndex": 17, "text": "aus Oslo."},
                "groundingChunkIndices": [0, 1, 7],
            },
            {"segment": {"endIndex": 7, "text": "Grüße"}, "groundingChunkIndices": [0]},
        ],
    }
    found = sources({"groundingMetadata": grounding})
    assert [(item.url, item.title, item.id, item.quote) for item in found] == [
        ("https://a.example", "A", None, None),
        (None, "D", "stores/1", "Rain."),
        ("https://a.example", "A", None, None),
        ("https://maps.example", "Oslo", "p1", None),
    ]
    spans = [(item.start, item.end) for item in found]
    assert spans == [(6, 15), (6, 15), (0, 5), (None, None)]
    assert TEXT[6:15] == "aus Oslo."
    assert found[0].provider_data == {"gemini-candidate": PAGE}


@pytest.mark.parametrize(
    ("segment", "span"),
    [
        ({"startIndex": 0, "endIndex": 9, "text": "It rains."}, (16, 25)),
        ({"startIndex": 0, "endIndex": 9, "text": "It snows."}, (None, None)),
        ({"endIndex": 999}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_the_words_of_a_segment_decide_where_it_stands(segment: Json, span: Any) -> None:
    support = {"segment": segment, "groundingChunkIndices": [0]}
    grounding = {"groundingChunks": [PAGE], "groundingSupports": [support]}
    (found,) = sources({"groundingMetadata": grounding})
    assert (found.start, found.end) == span


def test_what_a_model_recites_is_cited() -> None:
    citations = [{"startIndex": 8, "endIndex": 17, "uri": "https://b.example", "title": "B"}, {}]
    for name in ("citations", "citationSources"):
        cited, nameless = sources({"citationMetadata": {name: citations}})
        assert (cited.url, cited.title, cited.start, cited.end) == ("https://b.example", "B", 6, 15)
        assert (nameless.url, nameless.start) == (None, None)


def test_sources_come_after_all_that_was_said() -> None:
    found = streamed(
        piece({"text": "It "}, groundingMetadata={"groundingChunks": [PAGE]}),
        piece({"text": "rains."}, finish="STOP"),
    )
    assert [type(part) for part in found.parts] == [TextPart, SourcePart]


ERROR = {"error": {"code": 503, "message": "Too many.", "status": "UNAVAILABLE"}}


def test_an_error_inside_an_answer_is_raised_after_what_came_before_it() -> None:
    folder = Folder()
    with pytest.raises(Overloaded) as raised:
        for event in events(sse(piece({"text": "Hel"}), ERROR)):
            folder.add(event)
    assert folder.partial().text == "Hel"
    error = raised.value
    assert (error.status, error.vendor_code, error.message) == (503, "UNAVAILABLE", "Too many.")
    for body in (ERROR, [ERROR]):
        with pytest.raises(Overloaded):
            answered(body)


def test_an_error_tells_how_long_to_wait() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "12s"}]
    error = {"code": 429, "message": "Slow.", "status": "RESOURCE_EXHAUSTED", "details": details}
    with pytest.raises(RateLimited) as raised:
        answered({"error": error})
    assert raised.value.retry_after == 12


@pytest.mark.parametrize("body", [sse(), sse(piece({"text": "Hi"})), sse({"responseId": "a"})])
def test_a_stream_that_does_not_say_why_it_ended_is_cut_off(body: bytes) -> None:
    with pytest.raises(CutOff):
        list(events(body))


def test_of_several_answers_none_may_be_cut_off() -> None:
    with pytest.raises(CutOff):
        streamed(piece({"text": "a"}, finish="STOP"), piece({"text": "b"}, index=1))


@pytest.mark.parametrize(
    "answer",
    [{}, [], None, 5, "x", {"candidates": []}, {"candidates": 5}, {"candidates": [5]}, [5]],
)
def test_what_is_no_answer_is_a_bad_reply(answer: Any) -> None:
    with pytest.raises(BadReply):
        answered(answer)
    if answer is not None and answer != []:
        with pytest.raises(GarbledError):
            streamed(answer)


@pytest.mark.parametrize("body", [{"responseId": "a"}, {"usageMetadata": {"promptTokenCount": 3}}])
def test_an_answer_without_candidates_is_cut_off(body: Json) -> None:
    with pytest.raises(CutOff):
        answered(body)


def test_a_stream_may_come_as_a_list() -> None:
    pieces = [piece({"text": "H"}), piece({"text": "i"}, finish="STOP")]
    assert answered(pieces) == streamed(*pieces)
    with pytest.raises(CutOff):
        answered(pieces[:1])


def test_text_is_told_as_it_comes() -> None:
    told = list(events(sse(piece({"text": "H"}), piece({"text": "i"}, finish="STOP"))))
    assert [event.text for event in told if isinstance(event, TextDelta)] == ["H", "i"]


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
NAMES = st.sampled_from(
    [
        *("text", "thought", "thoughtSignature", "functionCall", "inlineData", "fileData"),
        *("name", "args", "partialArgs", "jsonPath", "data", "mimeType", "fileUri"),
        *("content", "parts", "willContinue"),
    ]
)
TREES: st.SearchStrategy[Any] = st.recursive(
    JSON,
    lambda inner: st.dictionaries(NAMES, inner, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=12,
)


@given(st.lists(TREES, max_size=4), TREES)
def test_no_answer_brings_another_error_than_ours(parts: list[Any], grounding: Any) -> None:
    answer = piece(*parts, finish="STOP", groundingMetadata=grounding, logprobsResult=grounding)
    for data in (json.dumps(answer).encode(), json.dumps([answer, grounding]).encode()):
        with contextlib.suppress(AIError):
            fold(decoder().body(data))
    with contextlib.suppress(AIError):
        list(events(sse(answer)))
