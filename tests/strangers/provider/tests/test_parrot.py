"""Parrot keeps what every provider keeps, and does what it says."""

from __future__ import annotations

import pytest
from aicore.errors import BadConfig
from aikit import Kit
from aikit_testing.conformance import Conformance


class TestParrot(Conformance):
    provider = "parrot"
    over_http = False
    tools = False
    reasons = False


async def test_it_says_it_as_often_as_it_is_told() -> None:
    async with Kit(providers={"parrot": {"times": 2}}) as kit:
        assert (await kit.generate("hello", model="parrot:grey")).text == "hello hello"


async def test_a_wrong_setting_is_named() -> None:
    async with Kit(providers={"parrot": {"time": 2}}) as kit:
        with pytest.raises(BadConfig, match="time"):
            await kit.generate("hello", model="parrot:grey")
