"""A key becomes the headers that carry it, or an error that says how to give one."""

from __future__ import annotations

import pytest
from aicore.errors import BadInput
from aicore.secrets import Secret
from aikit_wire.auth import auth_headers, missing_key


def test_a_bearer_key_stands_after_the_word() -> None:
    assert auth_headers("bearer", "authorization", Secret("k1")) == {"authorization": "Bearer k1"}


def test_a_bare_key_stands_alone_in_its_header() -> None:
    assert auth_headers("header", "api-key", Secret("k1")) == {"api-key": "k1"}


def test_without_auth_a_key_is_not_sent() -> None:
    assert auth_headers("none", "authorization", Secret("k1")) == {}


@pytest.mark.parametrize("key", [None, Secret(""), Secret(" \n")])
def test_no_key_makes_no_header(key: Secret | None) -> None:
    assert auth_headers("bearer", "authorization", key) == {}


def test_white_space_around_a_key_is_not_sent() -> None:
    assert auth_headers("header", "api-key", Secret(" k1\r\n")) == {"api-key": "k1"}


@pytest.mark.parametrize("key", ["k1\nx-evil: 1", "k\r1", "k\x001", "clé", "k1\u2028"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(BadInput, match="copy it again") as caught:
        auth_headers("bearer", "authorization", Secret(key + "z"))
    assert key not in str(caught.value)


def test_a_missing_key_names_every_way_to_give_one() -> None:
    error = missing_key("acme", ("ACME_KEY", "ACME_TOKEN"))
    assert error.message == (
        "no API key for 'acme': set ACME_KEY or ACME_TOKEN, or pass `api_key=`, or add `api_key` "
        "under [providers.acme] in aikit.toml"
    )
    assert error.provider == "acme"


def test_a_provider_without_variables_is_given_its_key_in_the_program() -> None:
    assert "pass `api_key=`" in missing_key("acme", ()).message
    assert "set " not in missing_key("acme", ()).message
