"""Answers of the Messages dialect, decoded."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.errors import (
    AIError,
    BadReply,
    CutOff,
    Forbidden,
    InvalidRequest,
    NotFound,
    Overloaded,
    QuotaSpent,
    RateLimited,
    TimedOut,
    TooLong,
    Unauthorized,
)
from aicore.events import Event, PartStarted, ReasoningDelta, TextDelta, UsageReported
from aicore.messages import OpaquePart, ReasoningPart, SourcePart, TextPart, ToolCallPart
from aicore.usage import Usage
from aikit_wire.anthropic.usage import read_usage, service_tier
from aikit_wire.errors import read_error

from .answers import (
    HEAD,
    USAGE,
    Json,
    answered,
    begin,
    block,
    end,
    given,
    said,
    sse,
    stream_events,
    streamed,
    whole,
)

DIALECT = "anthropic-messages"
TEXT: Json = {"type": "text", "text": ""}


def test_blocks_become_parts_in_their_order() -> None:
    response = answered(
        whole(
            {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
            {"type": "redacted_thinking", "data": "eA=="},
            {"type": "text", "text": "One."},
            {"type": "text", "text": "Two."},
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"q": "x"}},
            {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": "é"}, "caller": {"x": 1}},
            stop="tool_use",
        )
    )
    assert response.parts == (
        ReasoningPart("Hm", provider_data={"claude": {"signature": "c2ln"}}),
        ReasoningPart("", provider_data={"claude": {"redacted_data": "eA=="}}),
        TextPart("One."),
        TextPart("Two."),
        OpaquePart(
            DIALECT,
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"q": "x"}},
        ),
        ToolCallPart("t1", "f", '{"a": "é"}', provider_data={DIALECT: {"caller": {"x": 1}}}),
    )
    assert (response.id, response.model) == ("msg_1", "claude-1-20260101")
    assert response.finish_reason == "tool-calls"


def test_an_unsigned_thought_has_no_data() -> None:
    response = answered(whole({"type": "thinking", "thinking": "Hm", "signature": ""}))
    assert response.parts == (ReasoningPart("Hm"),)


def test_a_thought_that_is_not_shown_keeps_its_signature() -> None:
    start = {"type": "thinking", "thinking": "", "signature": ""}
    deltas = ({"type": "signature_delta", "signature": "c2ln"},)
    response = streamed(sse(begin(), *block(0, start, *deltas), *end()))
    assert response.parts == (ReasoningPart("", provider_data={"claude": {"signature": "c2ln"}}),)


def test_citations_follow_their_text_and_say_where_it_stands() -> None:
    web = {
        "type": "web_search_result_location",
        "url": "https://a.example",
        "title": "A",
        "cited_text": "It is so.",
        "encrypted_index": "e",
    }
    page = {"type": "page_location", "cited_text": "So.", "document_title": "B", "file_id": "f1"}
    found = {"type": "search_result_location", "source": "https://c.example", "title": None}
    response = answered(
        whole(
            {"type": "text", "text": "Well, "},
            {"type": "text", "text": "so it is", "citations": [web, page]},
            {"type": "text", "text": ".", "citations": [found]},
        )
    )
    assert response.text == "Well, so it is."
    assert response.sources == (
        SourcePart(
            url="https://a.example",
            title="A",
            quote="It is so.",
            start=6,
            end=14,
            provider_data={DIALECT: web},
        ),
        SourcePart(title="B", id="f1", quote="So.", start=6, end=14, provider_data={DIALECT: page}),
        SourcePart(url="https://c.example", start=14, end=15, provider_data={DIALECT: found}),
    )


def test_arguments_come_piece_by_piece_and_may_be_nothing() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
    pieces = given("", '{"city": ', '"Łódź"}')
    body = sse(begin(), *block(0, call, *pieces), *block(1, {**call, "id": "t2"}), *end("tool_use"))
    assert [item.arguments for item in streamed(body).tool_calls] == ['{"city": "Łódź"}', "{}"]


def test_arguments_that_come_at_once_in_a_stream_are_kept() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}
    response = streamed(sse(begin(), *block(0, call), *end("tool_use")))
    assert response.tool_calls[0].arguments == '{"a": 1}'


def test_an_answer_by_the_tool_for_answers_is_text() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "answer_in_json", "input": {"a": 1}}
    tool: Any = {"answer_tool": "answer_in_json"}
    whole_one = answered(whole(call, stop="tool_use"), **tool)
    assert (whole_one.text, whole_one.tool_calls) == ('{"a": 1}', ())
    assert (whole_one.finish_reason, whole_one.raw_finish_reason) == ("stop", "tool_use")
    pieces = given('{"a"', ": 1}")
    body = sse(begin(), *block(0, {**call, "input": {}}, *pieces), *end("tool_use"))
    assert streamed(body, **tool) == whole_one
    texts = [event.text for event in stream_events(body) if isinstance(event, TextDelta)]
    assert texts == []
    other = {"type": "tool_use", "id": "t2", "name": "f", "input": {}}
    both = answered(whole(call, other, stop="tool_use"), **tool)
    assert both.finish_reason == "tool-calls"


@pytest.mark.parametrize(
    ("stop", "unified"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("tool_use", "tool-calls"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content-filter"),
        ("compaction", "other"),
        ("bored", "other"),
    ],
)
def test_stop_reasons_are_unified_with_the_services_word_beside(stop: str, unified: str) -> None:
    response = answered(whole({**TEXT, "text": "Hi"}, stop=stop))
    assert (response.finish_reason, response.raw_finish_reason) == (unified, stop)


def test_an_answer_that_says_no_reason_has_ended_all_the_same() -> None:
    assert answered(whole({**TEXT, "text": "Hi"}, stop=None)).finish_reason == "other"
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
    assert answered(whole(call, stop=None)).finish_reason == "tool-calls"


def test_what_has_no_other_place_is_the_steps_own_data() -> None:
    details = {"category": "cyber"}
    container = {"id": "container_1"}
    response = answered(
        whole(
            stop="refusal",
            stop_sequence="END",
            stop_details=details,
            container=container,
            context_management={"applied_edits": []},
            usage={**USAGE, "service_tier": "priority"},
        )
    )
    kept = response.steps[0].provider_data[DIALECT]
    assert kept == {
        "stop_sequence": "END",
        "stop_details": details,
        "container": container,
        "context_management": {"applied_edits": []},
        "service_tier": "priority",
    }
    last = end("refusal", stop_details=details, container=container)
    last[0]["context_management"] = {"applied_edits": []}
    last[0]["delta"]["stop_sequence"] = "END"
    body = sse(begin(usage={**USAGE, "service_tier": "priority"}), *last)
    assert streamed(body).steps[0].provider_data[DIALECT] == kept


def test_items_of_the_service_come_whole_however_they_come() -> None:
    search = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"q": "x"}}
    results = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"url": "u"}]}
    compaction = {"type": "compaction", "content": "A summary."}
    new = {"type": "hologram", "beams": "ab", "size": 2}
    body = sse(
        begin(),
        *block(0, {**search, "input": {}}, *given("", '{"q": ', '"x"}')),
        *block(1, results),
        *block(
            2,
            {"type": "compaction", "content": None},
            {"type": "compaction_delta", "content": "A "},
            {"type": "compaction_delta", "content": "summary."},
        ),
        *block(3, {"type": "hologram", "beams": "a"}, {"type": "h", "beams": "b", "size": 2}),
        *end(),
    )
    assert streamed(body) == answered(whole(search, results, compaction, new))


def test_an_answer_may_stand_in_its_beginning() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}
    body = sse(begin(content=[call], stop_reason="tool_use", usage=USAGE), {"type": "message_stop"})
    assert streamed(body) == answered(whole(call, stop="tool_use"))


def test_what_is_not_known_is_passed_over() -> None:
    body = sse(
        begin(),
        {"type": "ping"},
        begin(id="msg_2", usage={"input_tokens": 99}),
        *block(0, TEXT, *said("Hi"), {"type": "sparkle_delta", "sparkle": "!"}),
        {"type": "fanfare", "loud": True},
        *block(1, {"type": "thinking", "thinking": ""}, {"type": "glow_delta", "glow": 1}),
        *end(),
    )
    response = streamed(body)
    assert (response.id, response.text, response.finish_reason) == ("msg_1", "Hi", "stop")
    assert response.usage is not None
    assert response.usage.input_tokens == 9


def test_a_stream_ends_with_its_reason_or_is_cut_off() -> None:
    started = [begin(), *block(0, TEXT, *said("Hi"))]
    assert streamed(sse(*started, end()[0])).text == "Hi"
    unended = [begin(), *block(0, TEXT, *said("Hi"))[:-1], *end()]
    assert streamed(sse(*unended)) == streamed(sse(*started, *end()))
    for events in ([], started, started[:-1], [{"type": "message_stop"}]):
        with pytest.raises(CutOff):
            streamed(sse(*events))


def test_a_stream_may_end_as_others_do() -> None:
    body = sse(begin(), *block(0, TEXT, *said("Hi")), end()[0]) + b"data: [DONE]\n\n\n\n"
    assert streamed(body).text == "Hi"


def test_events_are_known_by_the_name_of_their_frame_too() -> None:
    body = sse(begin(), *block(0, TEXT, *said("Hi")), *end())
    nameless = body.replace(b'"type": "message_stop"', b'"x": 1').replace(b'"ping"', b'"p"')
    assert streamed(nameless) == streamed(body)


def test_pieces_that_only_add_text_count_for_the_place_of_a_citation() -> None:
    cited = {"type": "citations_delta", "citation": {"type": "char_location"}}
    body = sse(
        begin(),
        *block(0, TEXT, *said("One ", "two ", "three ", "four ")),
        *block(1, TEXT, cited, *said("five", "six")),
        *end(),
    )
    response = streamed(body)
    assert response.text == "One two three four fivesix"
    [source] = response.sources
    assert (source.start, source.end) == (19, 26)


ERRORS = [
    (400, "invalid_request_error", InvalidRequest),
    (401, "authentication_error", Unauthorized),
    (402, "billing_error", QuotaSpent),
    (403, "permission_error", Forbidden),
    (404, "not_found_error", NotFound),
    (409, "conflict_error", Overloaded),
    (413, "request_too_large", TooLong),
    (429, "rate_limit_error", RateLimited),
    (500, "api_error", Overloaded),
    (504, "timeout_error", TimedOut),
    (529, "overloaded_error", Overloaded),
]


@pytest.mark.parametrize(("status", "kind", "family"), ERRORS)
def test_errors_are_named_by_their_remedy(status: int, kind: str, family: type[AIError]) -> None:
    body = b'{"type":"error","error":{"type":"%b","message":"No."},"request_id":"req_1"}'
    error = read_error(status, {}, body % kind.encode(), provider="anthropic")
    assert type(error) is family
    assert (error.vendor_code, error.request_id, error.message) == (kind, "req_1", "No.")
    told = read_error(status, {"request-id": "req_2"}, body % kind.encode(), provider="anthropic")
    assert told.request_id == "req_2"


def test_an_error_inside_a_stream_comes_after_what_was_said() -> None:
    error = {"type": "overloaded_error", "message": "Busy."}
    body = sse(begin(), *block(0, TEXT, *said("Hi"))[:2], {"type": "error", "error": error})
    seen = list[Event]()
    with pytest.raises(Overloaded, match="Busy") as raised:
        seen.extend(stream_events(body))
    assert [event.text for event in seen if isinstance(event, TextDelta)] == ["Hi"]
    assert raised.value.vendor_code == "overloaded_error"


def test_an_error_in_the_body_of_a_success_is_an_error() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy."}}
    with pytest.raises(Overloaded, match="Busy"):
        answered(error)


@pytest.mark.parametrize(
    "answer",
    [
        b"no json",
        b"[]",
        b"{}",
        {**HEAD, "content": "Hi"},
        {**HEAD, "content": [{"text": "no type"}]},
        {**HEAD, "content": [3]},
        whole({"type": "tool_use", "id": "t1"}),
        whole({"type": "text", "text": 3}),
        whole({"type": "text", "text": "a", "citations": [3]}),
        whole(usage=3),
    ],
)
def test_what_is_no_answer_is_a_bad_reply(answer: Any) -> None:
    with pytest.raises(BadReply):
        answered(answer)


@pytest.mark.parametrize(
    "events",
    [
        [begin(), {"type": "content_block_delta", "index": 3, "delta": said("a")[0]}],
        [begin(), {"type": "content_block_stop", "index": 0}],
        [begin(), {"type": "content_block_start", "index": 0}],
        [begin(), {"type": "message_delta"}],
        [{"type": "message_start"}],
        [begin(), *block(0, TEXT, {"type": "text_delta"})],
        [begin(), *block(0, TEXT, {"type": "text_delta", "text": ["a"]})],
        [begin(), *block(0, {"type": "thinking"}, {"type": "thinking_delta", "thinking": 3})],
        [begin(), *block(0, {"type": "tool_use", "id": 3, "name": "f"})],
    ],
)
def test_a_broken_stream_is_a_bad_reply(events: list[Json]) -> None:
    seen = list[Event]()
    with pytest.raises(BadReply):
        seen.extend(stream_events(sse(*events, *end())))
    texts = [event.text for event in seen if isinstance(event, TextDelta | ReasoningDelta)]
    assert all(isinstance(text, str) for text in texts)


def test_usage_is_told_as_it_grows() -> None:
    last = {"output_tokens": 12, "output_tokens_details": {"thinking_tokens": 4}, "cache": None}
    body = sse(begin(), *block(0, TEXT, *said("Hi")), *end(usage=last))
    first, second = (e.usage for e in stream_events(body) if isinstance(e, UsageReported))
    assert (first.input_tokens, first.output_tokens) == (9, 1)
    assert (second.input_tokens, second.output_tokens, second.reasoning_tokens) == (9, 12, 4)
    assert second.raw == {
        "input_tokens": 9,
        "output_tokens": 12,
        "output_tokens_details": {"thinking_tokens": 4},
    }


def test_input_is_what_was_read_anew_and_what_a_cache_had_a_part_in() -> None:
    raw = {
        "input_tokens": 5,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 30,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 3},
    }
    assert read_usage(raw) == Usage(
        input_tokens=135,
        output_tokens=7,
        cache_read_tokens=100,
        cache_write_tokens=30,
        cache_write_1h_tokens=20,
        reasoning_tokens=3,
        raw=raw,
    )


def test_unknown_counts_stay_unknown() -> None:
    raw = {"input_tokens": None, "output_tokens": True, "iterations": "many"}
    assert read_usage(raw) == Usage(raw=raw)


def test_compactions_are_added_and_an_advisor_is_another_model() -> None:
    message = {"type": "message", "input_tokens": 3, "output_tokens": 4}
    compaction = {"type": "compaction", "input_tokens": 50, "output_tokens": 6}
    advice = {"type": "advisor_message", "input_tokens": 9, "output_tokens": 9}
    usage = read_usage({**message, "iterations": [compaction, message]})
    assert (usage.input_tokens, usage.output_tokens, usage.lower_bound) == (53, 10, False)
    usage = read_usage({**message, "iterations": [message, advice]})
    assert (usage.input_tokens, usage.output_tokens, usage.lower_bound) == (3, 4, True)


@pytest.mark.parametrize(
    ("raw", "tier"),
    [
        ({}, None),
        ({"service_tier": "standard", "inference_geo": "global"}, "standard"),
        ({"service_tier": "standard", "inference_geo": "us"}, "standard in us"),
        ({"service_tier": "standard", "speed": "fast"}, "fast"),
        ({"service_tier": "batch", "speed": "standard"}, "batch"),
    ],
)
def test_the_tier_says_what_changes_the_price(raw: Json, tier: str | None) -> None:
    assert service_tier(raw) == tier


def test_a_part_starts_when_its_block_does() -> None:
    body = sse(begin(), block(0, TEXT)[0])
    seen = list[Event]()
    with pytest.raises(CutOff):
        seen.extend(stream_events(body))
    assert any(isinstance(event, PartStarted) for event in seen)
