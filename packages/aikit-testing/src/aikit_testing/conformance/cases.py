"""The answers that the suite asks services for, and the ways in which it asks."""

from __future__ import annotations

import pytest
from aicore.requests import Tool

from aikit_testing.conformance.bench import CALL_IDS, TEXT
from aikit_testing.conformance.scenario import Called, Scenario

CALLS = (
    Called(CALL_IDS[0], "get_weather", ('{"city":', ' "Oslo",', ' "days": 1}')),
    Called(CALL_IDS[1], "get_weather", ('{"ci', 'ty": "São Paulo",', ' "days"', ": 2}")),
)
THOUGHTS = ("The question ", "is simple.")
WEATHER = Tool(
    "get_weather",
    "The weather of the next days",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    },
)

each_text_ability = pytest.mark.parametrize("ability", ["chat", "complete"])
both_ways = pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])


def called() -> Scenario:
    return Scenario(ability="chat", calls=CALLS, finish_reason="tool-calls")


def thought() -> Scenario:
    return Scenario(ability="chat", reasoning=THOUGHTS, text=TEXT)
