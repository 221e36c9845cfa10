"""One law: an answer is the same whether it comes whole or as a stream, however that is cut."""

from __future__ import annotations

from typing import Any, TypeAlias

import pytest
from aicore.fold import fold, unfold
from aicore.responses import Response
from aicore.values import from_json, to_json
from aikit_wire.openai.manifest import Manifest
from hypothesis import given
from hypothesis import strategies as st

from .answers import ACME, USAGE, Json, answered, chunk, sse, streamed, whole

Case: TypeAlias = tuple[list[Json | str], Json, Manifest]

MISTRAL = Manifest(name="mistral", reasoning_history="thinking_parts", stream_usage=False)
CALL = {"id": "call_1", "type": "function"}
WEATHER = {**CALL, "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
SIGNED = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
NOTE = {
    "type": "url_citation",
    "url_citation": {"url": "https://a.example", "title": "A", "start_index": 0, "end_index": 2},
}
LOGPROB = {
    "token": "Hi",
    "logprob": -0.25,
    "bytes": [72, 105],
    "top_logprobs": [{"token": "Ho", "logprob": -1.5, "bytes": None}],
}


def more(whole: Json, message: Json, finish: str, index: int) -> Json:
    """Add a candidate to an answer."""
    choice = {"index": index, "message": message, "finish_reason": finish}
    return {**whole, "choices": [*whole["choices"], choice]}


CASES: dict[str, Case] = {
    "text": (
        [
            ": keep-alive",
            chunk({"role": "assistant", "content": ""}),
            chunk({"content": "Hi"}),
            chunk({"content": " there"}),
            chunk({}, "stop"),
        ],
        whole({"content": "Hi there"}),
        ACME,
    ),
    "usage after the end": (
        [
            chunk({"role": "assistant", "content": "Hi"}, usage=None),
            chunk({}, "stop", usage=None),
            chunk(usage=USAGE) | {"choices": []},
        ],
        whole({"content": "Hi"}, usage=USAGE),
        ACME,
    ),
    "usage with the end": (
        [chunk({"content": "Hi"}), chunk({}, "stop", usage=USAGE)],
        whole({"content": "Hi"}, usage=USAGE),
        ACME,
    ),
    "usage in every chunk": (
        [
            chunk({"content": "Hi"}, usage={"prompt_tokens": 9, "completion_tokens": 1}),
            chunk({"content": "!"}, usage={"prompt_tokens": 9, "completion_tokens": 2}),
            chunk({}, "stop", usage=USAGE),
            chunk(usage=USAGE) | {"choices": []},
        ],
        whole({"content": "Hi!"}, usage=USAGE),
        ACME,
    ),
    "Groq's usage": (
        [
            chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_1"}),
            chunk({"content": "Hi"}),
            chunk({}, "stop", x_groq={"usage": USAGE}),
        ],
        whole({"content": "Hi"}, usage=USAGE, x_groq={"id": "req_1"}),
        ACME,
    ),
    "Azure's first chunk": (
        [
            chunk(prompt_filter_results=[{"prompt_index": 0}])
            | {"choices": [], "id": "", "model": "", "created": 0},
            chunk({"role": "assistant", "content": "Hi"}),
            chunk({}, "stop"),
        ],
        whole({"content": "Hi"}, prompt_filter_results=[{"prompt_index": 0}]),
        ACME,
    ),
    "nulls and repeated beginnings": (
        [
            chunk({"role": "assistant", "content": None, "tool_calls": None, "refusal": None}),
            chunk({"role": "assistant", "content": "", "reasoning_content": None}),
            chunk({"role": "assistant", "content": "Hi"}),
            {**chunk(), "choices": [{"index": 0, "delta": None, "finish_reason": None}]},
            {**chunk(), "choices": []},
            {**chunk(), "choices": None},
            chunk({"content": None}, "stop"),
        ],
        whole({"content": "Hi", "refusal": None, "tool_calls": None}),
        ACME,
    ),
    "reasoning_content": (
        [
            chunk({"reasoning_content": "Let", "content": None}),
            chunk({"reasoning_content": " me"}),
            chunk({"content": "Hi", "reasoning_content": None}),
            chunk({}, "stop"),
        ],
        whole({"content": "Hi", "reasoning_content": "Let me"}),
        ACME,
    ),
    "reasoning": (
        [chunk({"reasoning": "Let"}), chunk({"content": "Hi"}), chunk({}, "stop")],
        whole({"content": "Hi", "reasoning": "Let"}),
        ACME,
    ),
    "reasoning under both names": (
        [
            chunk({"reasoning": "Let", "reasoning_content": "Let"}),
            chunk({"content": "Hi"}, "stop"),
        ],
        whole({"content": "Hi", "reasoning": "Let", "reasoning_content": "Let"}),
        ACME,
    ),
    "Mistral's thinking": (
        [
            chunk(
                {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Le"}]}]}
            ),
            chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}]}),
            chunk({"content": [{"type": "thinking", "thinking": [], "signature": "c2ln"}]}),
            chunk({"content": [{"type": "text", "text": ""}]}),
            chunk({"content": [{"type": "text", "text": "Hi"}]}),
            chunk({"content": " you"}),
            chunk({"content": [{"type": "reference", "reference_ids": [1]}]}),
            chunk({"content": ""}, "stop", usage=USAGE),
        ],
        whole(
            {
                "content": [
                    {
                        "type": "thinking",
                        "thinking": [{"type": "text", "text": "Let"}],
                        "signature": "c2ln",
                    },
                    {"type": "text", "text": "Hi you"},
                    {"type": "reference", "reference_ids": [1]},
                ]
            },
            usage=USAGE,
        ),
        MISTRAL,
    ),
    "a tool call": (
        [
            chunk({"role": "assistant", "content": None}),
            chunk(
                {
                    "tool_calls": [
                        {**CALL, "index": 0, "function": {"name": "weather", "arguments": ""}}
                    ]
                }
            ),
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"city"'}}]}),
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": ': "Oslo"}'}}]}),
            chunk({}, "tool_calls"),
        ],
        whole({"tool_calls": [WEATHER]}, "tool_calls"),
        ACME,
    ),
    "a call with the vendor's own data": (
        [
            chunk({"content": "Well"}),
            chunk({"tool_calls": [{**WEATHER, "index": 0, **SIGNED}]}),
            chunk({}, "tool_calls"),
        ],
        whole({"content": "Well", "tool_calls": [{**WEATHER, **SIGNED}]}, "tool_calls"),
        ACME,
    ),
    "calls without ids": (
        [
            chunk({"tool_calls": [{"index": 0, "function": WEATHER["function"]}]}),
            chunk({"tool_calls": [{"index": 1, "id": "", "function": WEATHER["function"]}]}),
            chunk({}, "tool_calls"),
        ],
        whole(
            {
                "tool_calls": [
                    {"function": WEATHER["function"]},
                    {"id": "", "function": WEATHER["function"]},
                ]
            },
            "tool_calls",
        ),
        ACME,
    ),
    "arguments as an object": (
        [
            chunk(
                {
                    "tool_calls": [
                        {"id": "a", "function": {"name": "f", "arguments": {"é": [1, None]}}}
                    ]
                }
            ),
            chunk({}, "tool_calls"),
        ],
        whole(
            {"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {"é": [1, None]}}}]},
            "tool_calls",
        ),
        ACME,
    ),
    "a custom tool": (
        [
            chunk(
                {
                    "tool_calls": [
                        {
                            "index": 0,
                            "id": "c",
                            "type": "custom",
                            "custom": {"name": "sql", "input": ""},
                        }
                    ]
                }
            ),
            chunk({"tool_calls": [{"index": 0, "custom": {"input": "SELECT"}}]}),
            chunk({"tool_calls": [{"index": 0, "custom": {"input": " 1"}}]}),
            chunk({}, "tool_calls"),
        ],
        whole(
            {
                "tool_calls": [
                    {"id": "c", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}
                ]
            },
            "tool_calls",
        ),
        ACME,
    ),
    "the old function call": (
        [
            chunk({"role": "assistant", "function_call": {"name": "f", "arguments": ""}}),
            chunk({"function_call": {"arguments": "{}"}}),
            chunk({}, "function_call"),
        ],
        whole({"function_call": {"name": "f", "arguments": "{}"}}, "function_call"),
        ACME,
    ),
    "a refusal": (
        [chunk({"refusal": "I"}), chunk({"refusal": " won't."}), chunk({}, "stop")],
        whole({"refusal": "I won't."}),
        ACME,
    ),
    "log probabilities": (
        [
            {
                **chunk(),
                "choices": [
                    {
                        "index": 0,
                        "delta": {"content": "Hi"},
                        "logprobs": {"content": [LOGPROB], "refusal": None},
                        "finish_reason": None,
                    }
                ],
            },
            chunk({}, "stop"),
        ],
        {
            **whole({}),
            "choices": [
                {
                    "index": 0,
                    "message": {"content": "Hi"},
                    "logprobs": {"content": [LOGPROB], "refusal": None},
                    "finish_reason": "stop",
                }
            ],
        },
        ACME,
    ),
    "several answers": (
        [
            chunk({"content": "a"}, index=0),
            chunk({"content": "b"}, index=1),
            chunk({"content": "A"}, "stop", index=0),
            chunk({"content": "B"}, "length", index=1),
        ],
        more(whole({"content": "aA"}), {"content": "bB"}, "length", 1),
        ACME,
    ),
    "spoken": (
        [
            chunk({"audio": {"id": "audio_1", "transcript": "Hi"}}),
            chunk({"audio": {"data": "UklG"}}),
            chunk({"audio": {"data": "Rg=="}}),
            chunk({"audio": {"transcript": " you", "expires_at": 1700009999}}),
            chunk({}, "stop"),
        ],
        whole(
            {
                "audio": {
                    "id": "audio_1",
                    "data": "UklGRg==",
                    "transcript": "Hi you",
                    "expires_at": 1700009999,
                }
            }
        ),
        ACME,
    ),
    "citations": (
        [chunk({"content": "Hi"}), chunk({"annotations": [NOTE]}), chunk({}, "stop")],
        whole({"content": "Hi", "annotations": [NOTE]}),
        ACME,
    ),
    "what is not known": (
        [
            chunk({"content": "Hi", "steps": [{"n": 1}]}, mood="good", system_fingerprint="fp"),
            chunk({"steps": [{"n": 2}], "vendor": {"a": 1}}, obfuscation="xyz"),
            {
                **chunk(mood="better"),
                "choices": [
                    {"index": 0, "delta": {}, "finish_reason": "stop", "stop_reason": "END"}
                ],
            },
        ],
        {
            **whole({}, mood="better", system_fingerprint="fp"),
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "content": "Hi",
                        "steps": [{"n": 1}, {"n": 2}],
                        "vendor": {"a": 1},
                        "unset": None,
                    },
                    "finish_reason": "stop",
                    "stop_reason": "END",
                }
            ],
        },
        ACME,
    ),
    "a reason of the vendor's own": (
        [chunk({"content": "Hi"}), chunk({}, "bored")],
        whole({"content": "Hi"}, "bored"),
        ACME,
    ),
    "no reason": (
        [chunk({"content": "Hi"})],
        whole({"content": "Hi"}, None),
        ACME,
    ),
    "no reason but a call": (
        [chunk({"tool_calls": [{**WEATHER, "index": 0}]})],
        whole({"tool_calls": [WEATHER]}, None),
        ACME,
    ),
    "nothing said": ([chunk({"role": "assistant"}), chunk({}, "stop")], whole({}), ACME),
}


def body_of(name: str) -> bytes:
    return sse(*CASES[name][0])


def whole_of(name: str) -> Response:
    _, answer, manifest = CASES[name]
    return answered(answer, manifest)


@pytest.mark.parametrize("name", CASES)
def test_a_stream_and_a_whole_answer_come_to_equal_responses(name: str) -> None:
    assert streamed(body_of(name), CASES[name][2]) == whole_of(name)


@pytest.mark.parametrize("name", CASES)
def test_a_stream_cut_anywhere_comes_to_the_same(name: str) -> None:
    body, manifest = body_of(name), CASES[name][2]
    expected = whole_of(name)
    assert streamed(body, manifest, cuts=range(1, len(body))) == expected
    for cut in range(1, len(body)):
        assert streamed(body, manifest, cuts=[cut]) == expected, body[:cut]


@given(st.sampled_from(sorted(CASES)), st.data())
def test_a_stream_cut_in_many_places_comes_to_the_same(name: str, data: st.DataObject) -> None:
    body, manifest = body_of(name), CASES[name][2]
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=20))
    assert streamed(body, manifest, cuts=cuts) == whole_of(name)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("name", CASES)
def test_line_ends_make_no_difference(name: str, ending: bytes) -> None:
    body = body_of(name).replace(b"\n", ending)
    assert streamed(body, CASES[name][2]) == whole_of(name)


@pytest.mark.parametrize("name", CASES)
def test_every_answer_survives_events_and_json(name: str) -> None:
    response = whole_of(name)
    assert fold(unfold(response)) == response
    assert from_json(Response, to_json(response)) == response


def test_the_cases_say_something_different() -> None:
    said: list[Any] = [whole_of(name) for name in CASES]
    assert len({to_json(response) for response in said}) >= len(CASES) - 2
