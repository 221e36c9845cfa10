"""Usage adds up without inventing what was not told."""

from __future__ import annotations

from dataclasses import replace

from aicore.usage import COUNTS, Usage, sum_of
from hypothesis import given

from .strategies import usages


def test_the_total_is_unknown_when_a_side_is() -> None:
    assert Usage(input_tokens=2, output_tokens=3).total_tokens == 5
    assert Usage(input_tokens=2).total_tokens is None
    assert Usage(output_tokens=2).total_tokens is None
    assert Usage(input_tokens=0, output_tokens=0).total_tokens == 0


def test_a_sum_with_an_unknown_part_is_a_lower_bound() -> None:
    both = Usage(input_tokens=1, output_tokens=1, reasoning_tokens=1)
    one = Usage(input_tokens=1, output_tokens=1)
    assert both + both == Usage(input_tokens=2, output_tokens=2, reasoning_tokens=2)
    assert both + one == Usage(
        input_tokens=2, output_tokens=2, reasoning_tokens=1, lower_bound=True
    )
    assert one + one == Usage(input_tokens=2, output_tokens=2)


def test_an_estimate_makes_the_sum_an_estimate() -> None:
    told, guessed = Usage(input_tokens=1), Usage(input_tokens=1, estimated=True)
    assert (told + guessed).estimated
    assert not (told + told).estimated


@given(usages, usages, usages)
def test_the_order_of_adding_does_not_matter(one: Usage, two: Usage, three: Usage) -> None:
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)


@given(usages, usages)
def test_a_sum_is_never_less_than_its_parts(one: Usage, two: Usage) -> None:
    for name in COUNTS:
        known = [count for part in (one, two) if (count := getattr(part, name)) is not None]
        assert getattr(one + two, name) == (sum(known) if known else None)
    assert (one + two).raw is None


def test_a_turn_that_told_nothing_makes_the_sum_a_lower_bound() -> None:
    told = Usage(input_tokens=1, output_tokens=1)
    assert sum_of([]) is None
    assert sum_of([None]) is None
    assert sum_of([told]) == told
    assert sum_of([told, None]) == replace(told, lower_bound=True)
    assert sum_of([told, told]) == told + told
