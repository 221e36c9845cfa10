"""A secret shows only when asked by name."""

from __future__ import annotations

import pytest
from aicore.secrets import Secret, secret
from pydantic import SecretStr


@pytest.mark.parametrize("show", [repr, str, "{}".format, "%s".__mod__, lambda key: repr([key])])
def test_a_secret_does_not_show(show: object) -> None:
    assert callable(show)
    assert "sk-1" not in show(Secret("sk-1"))
    assert Secret("sk-1").get_secret_value() == "sk-1"


def test_secrets_compare_by_what_they_hide() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_a_string_is_hidden_and_a_secret_left_as_it_is() -> None:
    theirs = SecretStr("sk-1")
    assert secret("sk-1") == Secret("sk-1")
    assert secret(theirs) is theirs
