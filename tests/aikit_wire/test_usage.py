"""Token counts are read under every name that vendors have for them."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.usage import Usage
from aikit_wire.openai.usage import read_usage

OPENAI = {
    "prompt_tokens": 100,
    "completion_tokens": 40,
    "total_tokens": 140,
    "prompt_tokens_details": {
        "cached_tokens": 60,
        "cache_write_tokens": 10,
        "audio_tokens": 5,
        "image_tokens": 7,
    },
    "completion_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 3},
}


def test_openai_tells_every_subset() -> None:
    assert read_usage(OPENAI) == Usage(
        input_tokens=100,
        output_tokens=40,
        cache_read_tokens=60,
        cache_write_tokens=10,
        reasoning_tokens=30,
        input_audio_tokens=5,
        output_audio_tokens=3,
        input_image_tokens=7,
        raw=OPENAI,
    )


@pytest.mark.parametrize(
    "raw",
    [
        {"prompt_tokens_details": {"cached_tokens": 60}},  # OpenAI
        {"prompt_token_details": {"cached_tokens": 60}},  # Mistral, sic
        {"num_cached_tokens": 60},  # Mistral
        {"cached_tokens": 60},  # Moonshot
        {"prompt_cache_hit_tokens": 60, "prompt_cache_miss_tokens": 40},  # DeepSeek
        {"prompt_tokens_details": None, "cached_tokens": 60},
        {"prompt_tokens_details": {"cached_tokens": None}, "cached_tokens": 60},
    ],
)
def test_cached_tokens_are_found(raw: dict[str, Any]) -> None:
    usage = read_usage({"prompt_tokens": 100, "completion_tokens": 1, **raw})
    assert (usage.input_tokens, usage.cache_read_tokens) == (100, 60)


def test_reasoning_beside_the_output_is_added_to_it() -> None:
    raw = {"completion_tokens": 40, "completion_tokens_details": {"reasoning_tokens": 30}}
    beside = read_usage(raw, reasoning_beside_output=True)
    assert (beside.output_tokens, beside.reasoning_tokens) == (70, 30)
    among = read_usage(raw)
    assert (among.output_tokens, among.reasoning_tokens) == (40, 30)


def test_a_service_that_tells_no_reasoning_beside_its_output_has_none_to_add() -> None:
    assert read_usage({"completion_tokens": 4}, reasoning_beside_output=True).output_tokens == 4
    unknown = read_usage({"reasoning_tokens": 4}, reasoning_beside_output=True)
    assert (unknown.output_tokens, unknown.reasoning_tokens) == (None, 4)


def test_nothing_told_is_unknown_and_not_zero() -> None:
    assert read_usage({}) == Usage(raw={})
    assert read_usage({"prompt_tokens": 0}).input_tokens == 0


@pytest.mark.parametrize(
    "value", [None, "7", True, [7], {}, float("nan"), float("inf"), float("-inf")]
)
def test_what_is_no_count_is_unknown(value: Any) -> None:
    usage = read_usage({"prompt_tokens": value, "prompt_tokens_details": value})
    assert usage.input_tokens is usage.cache_read_tokens is None


def test_a_count_written_as_a_float_is_a_count() -> None:
    assert read_usage({"prompt_tokens": 7.0}).input_tokens == 7
    assert read_usage({"prompt_tokens": 10**400}).input_tokens == 10**400


@pytest.mark.parametrize(
    ("completion", "total", "output"),
    [(2, 334, 322), (322, 334, 322), (2, None, 322), (2, 14, 322)],
)
def test_reasoning_is_added_where_the_numbers_show_that_it_stands_beside(
    completion: int, total: int | None, output: int
) -> None:
    raw: dict[str, Any] = {
        "prompt_tokens": 12,
        "completion_tokens": completion,
        "completion_tokens_details": {"reasoning_tokens": 320},
    }
    usage = read_usage(raw if total is None else raw | {"total_tokens": total})
    assert (usage.output_tokens, usage.reasoning_tokens) == (output, 320)


def test_reasoning_without_a_total_is_taken_for_a_part_of_the_output() -> None:
    raw = {"completion_tokens": 400, "completion_tokens_details": {"reasoning_tokens": 320}}
    assert read_usage(raw).output_tokens == 400


def test_more_cached_tokens_than_there_are_stand_beside_the_input() -> None:
    raw = {"prompt_tokens": 7, "prompt_tokens_details": {"cached_tokens": 163}}
    usage = read_usage(raw)
    assert (usage.input_tokens, usage.cache_read_tokens) == (170, 163)


def test_qwen_tells_what_it_wrote_to_its_cache() -> None:
    raw = {"prompt_tokens": 9, "prompt_tokens_details": {"cache_creation_input_tokens": 8}}
    assert read_usage(raw).cache_write_tokens == 8
