"""Parrot keeps what every provider keeps, and does what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from aicore.errors import BadConfig
from aikit import SyncKit
from aikit_testing.conformance import Conformance


class TestParrot(Conformance):
    provider = "parrot"
    over_http = False
    tools = False
    reasons = False

    def settings(self, url: str) -> Mapping[str, Any]:
        return {}


def test_it_says_it_as_often_as_it_is_told() -> None:
    with SyncKit(providers={"parrot": {"times": 2}}) as kit:
        assert kit.generate("hello", model="parrot:grey").text == "hello hello"


def test_a_wrong_setting_is_named() -> None:
    kit = SyncKit(providers={"parrot": {"time": 2}})
    with kit, pytest.raises(BadConfig, match="'time'"):
        kit.generate("hello", model="parrot:grey")
