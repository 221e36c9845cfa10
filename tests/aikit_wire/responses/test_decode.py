"""What answers of the Responses dialect come to."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from aicore.errors import (
    AIError,
    BadReply,
    ContentFiltered,
    CutOff,
    InvalidRequest,
    Overloaded,
    RateLimited,
    TimedOut,
)
from aicore.events import ArgumentsDelta, Event, PartStarted, ReasoningDelta, TextDelta
from aicore.fold import fold
from aicore.messages import (
    ImagePart,
    OpaquePart,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
)

from ..answers import Json, stream_events
from .answers import (
    HEAD,
    USAGE,
    answered,
    body_of,
    call,
    decoder,
    event,
    said,
    stream_of,
    streamed,
    thought,
    whole,
)

DIALECT = "openai-responses"


def test_an_answer_is_told_with_its_usage_and_its_end() -> None:
    response = answered(whole(thought("Hm", encrypted_content="c2VjcmV0"), said("Hi"), call()))
    assert [type(part) for part in response.parts] == [ReasoningPart, TextPart, ToolCallPart]
    assert (response.id, response.model, response.created) == ("resp_1", "m1", 1700000000)
    assert (response.reasoning, response.text) == ("Hm", "Hi")
    assert (response.finish_reason, response.raw_finish_reason) == ("tool-calls", "completed")
    (call_part,) = response.tool_calls
    assert (call_part.id, call_part.name, call_part.arguments) == ("call_1", "f", '{"a": 1}')
    assert call_part.provider_data == {DIALECT: {"id": "fc_1", "status": "completed"}}
    usage = response.usage
    assert usage is not None
    assert (usage.input_tokens, usage.cache_read_tokens) == (9, 4)
    assert (usage.output_tokens, usage.reasoning_tokens, usage.raw) == (12, 7, USAGE)


def test_every_piece_is_told_as_it_comes() -> None:
    answer = whole(thought("Let me see"), said("Hi there"), call())
    events = list(stream_events(body_of(stream_of(answer)), decoder()))
    kinds = (ReasoningDelta, TextDelta, ArgumentsDelta)
    pieces = [event.text for event in events if isinstance(event, kinds)]
    assert pieces == ["Let m", "e see", "Hi t", "here", '{"a"', ": 1}"]
    starts = [event for event in events if isinstance(event, PartStarted)]
    assert [(event.kind, event.id, event.name) for event in starts] == [
        ("reasoning", None, None),
        ("text", None, None),
        ("tool_call", "call_1", "f"),
    ]


def test_the_parts_of_a_summary_are_paragraphs_of_one_thought() -> None:
    item = thought("First.", "Second.", encrypted_content="c2VjcmV0")
    response = streamed(body_of(stream_of(whole(item, said("Hi")))))
    (part, _) = response.parts
    assert isinstance(part, ReasoningPart)
    assert part.text == "First.\n\nSecond."
    assert part.provider_data[DIALECT]["summary"] == item["summary"]


def test_a_thought_that_is_shown_is_kept_as_it_came() -> None:
    shown = {"type": "reasoning_text", "text": "We need four."}
    response = streamed(body_of(stream_of(whole(thought(content=[shown]), said("4")))))
    part = response.parts[0]
    assert response.reasoning == "We need four."
    assert part.provider_data == {DIALECT: {"id": "rs_1", "content": [shown], "summary": []}}


def test_a_thought_of_which_nothing_is_shown_is_still_a_part() -> None:
    response = answered(whole(thought(encrypted_content="c2VjcmV0"), said("Hi")))
    part = response.parts[0]
    assert isinstance(part, ReasoningPart)
    assert (part.text, part.provider_data[DIALECT]["encrypted_content"]) == ("", "c2VjcmV0")


def note(start: int, end: int, **fields: Any) -> Json:
    return {
        "type": "url_citation",
        "url": "https://a.example",
        "title": "A",
        "start_index": start,
        "end_index": end,
        **fields,
    }


def test_citations_follow_their_text_and_count_from_the_start_of_the_answer() -> None:
    first, second = said("See A.", "msg_1"), said("And B.", "msg_2")
    second["content"][0]["annotations"] = [note(4, 5)]
    response = streamed(body_of(stream_of(whole(first, second))))
    (source,) = response.sources
    assert (source.url, source.title, source.start, source.end) == (
        "https://a.example",
        "A",
        10,
        11,
    )
    assert response.text[source.start : source.end] == "B"
    assert [part.type for part in response.parts] == ["text", "text", "source"]


def test_a_citation_of_a_file_has_its_name_and_id() -> None:
    item = said("Look.")
    item["content"][0]["annotations"] = [
        {"type": "file_citation", "file_id": "file_1", "filename": "a.pdf", "index": 3},
        {"type": "of_the_stars", "star": "Vega"},
    ]
    cited, unknown = answered(whole(item)).sources
    assert (cited.id, cited.title, cited.start) == ("file_1", "a.pdf", None)
    assert unknown == SourcePart(provider_data={DIALECT: {"type": "of_the_stars", "star": "Vega"}})


def test_a_message_may_hold_several_pieces_and_a_refusal() -> None:
    pieces = [
        {"type": "output_text", "text": "One.", "annotations": [note(0, 3)]},
        {"type": "refusal", "refusal": "No more."},
    ]
    item = said("", phase="final_answer")
    response = streamed(body_of(stream_of(whole({**item, "content": pieces}))))
    text, source, refusal = response.parts
    assert isinstance(text, TextPart)
    assert isinstance(source, SourcePart)
    assert isinstance(refusal, RefusalPart)
    assert text.provider_data == {DIALECT: {"item": {"id": "msg_1"}}}
    fields = {"id": "msg_1", "status": "completed", "phase": "final_answer"}
    assert refusal.provider_data == {DIALECT: {"item": fields}}


def test_log_probabilities_are_told_once() -> None:
    item = said("Hi")
    item["content"][0]["logprobs"] = [
        {"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []}
    ]
    response = streamed(body_of(stream_of(whole(item))))
    assert [(entry.token, entry.logprob) for entry in response.logprobs] == [("Hi", -0.5)]
    assert "logprobs" not in str(response.parts[0].provider_data)


def test_a_custom_tools_call_has_its_text_as_arguments() -> None:
    item = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "sql"}
    response = streamed(body_of(stream_of(whole({**item, "input": "SELECT 1"}))))
    (part,) = response.tool_calls
    assert (part.name, part.arguments) == ("sql", "SELECT 1")
    assert part.provider_data == {DIALECT: {"id": "ctc_1", "type": "custom_tool_call"}}
    assert response.finish_reason == "tool-calls"


def test_what_the_services_own_tools_did_stands_in_its_place() -> None:
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"q": "a"}}
    response = streamed(body_of(stream_of(whole(search, said("Hi")))))
    assert response.parts[0] == OpaquePart(DIALECT, search)
    assert response.finish_reason == "stop"


def test_a_picture_that_was_made_is_a_picture() -> None:
    item = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "size": "1x1"}
    response = answered(whole({**item, "result": "iVBORw0KGgo="}, {**item, "result": None}))
    picture, nothing = response.parts
    assert isinstance(picture, ImagePart)
    assert (picture.data, picture.media_type) == (b"\x89PNG\r\n\x1a\n", "image/png")
    assert picture.provider_data == {DIALECT: item}
    assert nothing == OpaquePart(DIALECT, {**item, "result": None})


def test_previews_of_pictures_and_other_events_are_passed_over() -> None:
    answer = whole(said("Hi"))
    first, *others = stream_of(answer)
    strange = [
        {"type": f"response.{kind}", "output_index": 0, "item_id": "x", "partial_image_b64": "AA=="}
        for kind in (
            "image_generation_call.partial_image",
            "web_search_call.searching",
            "code_interpreter_call_code.delta",
            "mcp_call_arguments.delta",
            "reasoning_summary_part.added",
            "something.quite.new",
        )
    ]
    more = [{"type": "keepalive"}, {}]
    assert streamed(body_of([first, *strange, *more, *others])) == answered(answer)


ENDINGS: list[tuple[Json, str, str]] = [
    ({}, "stop", "completed"),
    ({"status": None}, "stop", "completed"),
    (
        {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
        "length",
        "max_output_tokens",
    ),
    (
        {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
        "content-filter",
        "content_filter",
    ),
    ({"status": "incomplete", "incomplete_details": {"reason": "steered"}}, "other", "steered"),
    ({"status": "incomplete"}, "other", "incomplete"),
    ({"status": "failed"}, "error", "failed"),
    ({"status": "cancelled"}, "other", "cancelled"),
    ({"status": "queued"}, "other", "queued"),
    ({"status": "in_progress"}, "other", "in_progress"),
]


@pytest.mark.parametrize(("fields", "reason", "raw"), ENDINGS)
def test_why_an_answer_ended(fields: Json, reason: str, raw: str) -> None:
    response = answered(whole(said("Hi"), **fields))
    assert (response.finish_reason, response.raw_finish_reason) == (reason, raw)


@pytest.mark.parametrize("kind", ["completed", "incomplete", "failed", "cancelled", "done"])
def test_every_last_event_ends_a_stream(kind: str) -> None:
    *events, last = stream_of(whole(said("Hi")))
    del last["response"]["status"]
    response = streamed(body_of([*events, {**last, "type": f"response.{kind}"}]))
    assert response.text == "Hi"
    assert response.raw_finish_reason == {"done": "completed"}.get(kind, kind)


def test_what_comes_after_the_last_event_is_not_read() -> None:
    stream = body_of([*stream_of(whole(said("Hi"))), "data: [DONE]", "data: {{"])
    assert streamed(stream).text == "Hi"


def test_what_an_answer_says_of_itself_is_kept_and_what_it_repeats_is_not() -> None:
    answer = whole(said("Hi"), service_tier="flex", tools=[{"type": "x"}], temperature=1.0)
    response = answered(answer)
    assert response.steps[0].provider_data == {
        DIALECT: {"status": "completed", "service_tier": "flex"}
    }
    assert response.message.provider_data == {
        DIALECT: {"provider": "acme", "response_id": "resp_1"}
    }


def test_an_item_that_never_came_by_itself_is_told_at_the_end() -> None:
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    answer = whole(said("Hi"), search)
    stream = [item for item in stream_of(answer) if item.get("output_index") != 1]
    assert streamed(body_of(stream)) == answered(answer)


def test_an_item_that_never_ended_is_ended_by_the_list_of_all() -> None:
    answer = whole(call(), said("Hi", phase="commentary"))
    stream = [item for item in stream_of(answer) if item["type"] != "response.output_item.done"]
    assert streamed(body_of(stream)) == answered(answer)


def test_a_message_that_never_ended_keeps_what_was_known_when_the_next_began() -> None:
    answer = whole(said("Hi", phase="commentary"), call())
    stream = [item for item in stream_of(answer) if item["type"] != "response.output_item.done"]
    response = streamed(body_of(stream))
    assert [part.type for part in response.parts] == ["text", "tool_call"]
    known = {"id": "msg_1", "phase": "commentary"}
    assert response.parts[0].provider_data == {DIALECT: {"item": known}}


def test_an_item_that_never_began_is_begun_by_its_first_piece() -> None:
    answer = whole(thought("Hm"), said("Hi"), call())
    stream = [item for item in stream_of(answer) if not item["type"].endswith(".added")]
    assert streamed(body_of(stream)) == answered(answer)


def test_items_may_be_found_by_their_ids_alone() -> None:
    answer = whole(thought("Hm"), said("Hi"), call())
    stream = [
        {name: value for name, value in item.items() if name != "output_index"}
        for item in stream_of(answer)
    ]
    assert streamed(body_of(stream)) == answered(answer)


def test_an_item_that_is_told_twice_is_one() -> None:
    answer = whole(thought("Hm"), said("Hi"), call())
    stream = [
        item
        for told in stream_of(answer)
        for item in ([told, told] if "output_item" in told["type"] else [told])
    ]
    assert streamed(body_of(stream)) == answered(answer)


def test_items_that_come_in_turns_do_not_mix() -> None:
    one, two = said("abcd", "msg_1"), said("wxyz", "msg_2")
    first, second = ([*item] for item in (stream_of(whole(one)), stream_of(whole(two))))
    moved = [
        {**item, "output_index": 1} if "output_index" in item else item for item in second[1:-1]
    ]
    middle = [item for pair in zip(first[1:-1], moved, strict=True) for item in pair]
    last = {"type": "response.completed", "response": whole(one, two)}
    response = streamed(body_of([first[0], *middle, last]))
    texts = [part.text for part in response.parts if isinstance(part, TextPart)]
    assert "".join(texts) == "abwxcdyz"
    assert not any({"a", "w"} <= {*text} for text in texts)


def test_a_call_without_a_name_at_its_beginning_waits_for_its_end() -> None:
    answer = whole(call())
    stream = stream_of(answer)
    for item in stream:
        if item["type"] == "response.output_item.added":
            item["item"] = {"type": "function_call", "id": "fc_1"}
    assert streamed(body_of(stream)) == answered(answer)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("server_error", Overloaded),
        ("rate_limit_exceeded", RateLimited),
        ("invalid_prompt", InvalidRequest),
        ("invalid_image_url", InvalidRequest),
        ("image_content_policy_violation", ContentFiltered),
        ("vector_store_timeout", TimedOut),
        ("of_a_new_kind", BadReply),
    ],
)
def test_an_answer_that_failed_is_an_error(code: str, kind: type[AIError]) -> None:
    failed = whole(status="failed", error={"code": code, "message": "No luck."})
    with pytest.raises(kind, match="No luck") as caught:
        answered(failed)
    assert caught.value.vendor_code == code
    *events, _ = stream_of(whole(said("Hi")))
    last = {"type": "response.failed", "response": failed}
    told = list[Event]()
    with pytest.raises(kind, match="No luck"):
        told.extend(stream_events(body_of([*events, last]), decoder()))
    assert [item.text for item in told if isinstance(item, TextDelta)] == ["H", "i"]


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "error", "code": "rate_limit_exceeded", "message": "Slow down.", "param": None},
        {"type": "error", "error": {"code": "rate_limit_exceeded", "message": "Slow down."}},
        {"error": {"code": "rate_limit_exceeded", "message": "Slow down."}},
    ],
)
def test_an_error_in_a_stream_is_named_in_each_of_its_forms(frame: Json) -> None:
    with pytest.raises(RateLimited, match="Slow down") as caught:
        streamed(body_of([stream_of(whole())[0], frame]))
    assert caught.value.vendor_code == "rate_limit_exceeded"


def test_an_error_without_a_code_has_none() -> None:
    with pytest.raises(BadReply, match="Oh no") as caught:
        streamed(body_of([{"type": "error", "message": "Oh no.", "code": None}]))
    assert caught.value.vendor_code is None


def test_a_stream_that_breaks_off_is_cut() -> None:
    *events, _ = stream_of(whole(said("Hi")))
    for end in ([], ["data: [DONE]"]):
        with pytest.raises(CutOff, match="before the service said that it was finished"):
            streamed(body_of([*events, *end]))


@pytest.mark.parametrize("answer", [{}, [], None, {"output": {}}, {"id": "resp_1"}, 5])
def test_what_holds_no_output_is_no_answer(answer: Any) -> None:
    with pytest.raises(BadReply):
        answered(json.dumps(answer).encode())


def test_an_error_where_an_answer_should_be_is_named() -> None:
    with pytest.raises(RateLimited, match="Slow"):
        answered({"error": {"code": "rate_limit_exceeded", "message": "Slow."}})


def test_a_stream_with_nothing_in_its_frames_is_no_trouble() -> None:
    stream = body_of(["data:", ": wait", *stream_of(whole(said("Hi")))])
    assert streamed(stream).text == "Hi"


def test_an_answer_without_an_id_has_none() -> None:
    answer = {name: value for name, value in whole(said("Hi")).items() if name not in HEAD}
    response = answered(answer)
    assert (response.id, response.model, response.created) == (None, None, None)
    assert response.message.provider_data == {DIALECT: {"provider": "acme"}}


def test_citations_that_come_in_a_stream_alone_are_kept() -> None:
    answer = whole(said("See A."))
    stream = stream_of(answer)
    item = answer["output"][0]
    cited = event("output_text.annotation.added", 0, item, annotation=note(4, 5), content_index=0)
    stream.insert(-2, cited)
    assert [source.url for source in fold(stream_events(body_of(stream), decoder())).sources] == [
        "https://a.example"
    ]


def test_calls_that_are_counted_in_each_answer_get_its_id() -> None:
    counted = decoder(counted_call_ids=True)
    items = (call(call_id="call_0"), call(call_id="call_7f", id="fc_2"))
    answer = whole(*items)
    ids = ["resp_1:call_0", "call_7f"]
    assert [it.id for it in fold(counted.body(json.dumps(answer).encode())).tool_calls] == ids
    counted = decoder(counted_call_ids=True)
    streamed_calls = fold(stream_events(body_of(stream_of(answer)), counted)).tool_calls
    assert [it.id for it in streamed_calls] == ids
    assert [it.id for it in answered(answer).tool_calls] == ["call_0", "call_7f"]


def test_what_an_answer_cost_is_told_where_the_service_tells_it() -> None:
    told = whole(said("Hi"), usage={**USAGE, "cost_in_usd_ticks": 5_000_000})
    body = json.dumps(told).encode()
    cost = fold(decoder("xai", cost="cost_in_usd_ticks").body(body)).cost
    assert cost is not None
    assert (cost.usd, cost.source) == (Decimal("0.0005"), "told by xai")
    assert answered(told).cost is None
