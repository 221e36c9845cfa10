"""Keys do not show in anything that people read."""

from __future__ import annotations

import pytest
from aikit_wire.redact import MASK, redacted, redacted_json

LONG = "Ab3dEf6hIj9kLm2nOp5q"


@pytest.mark.parametrize(
    "key",
    [
        f"sk-{LONG}",
        f"sk-proj-{LONG}_{LONG}",
        f"sk-ant-api03-{LONG}",
        f"pk_{LONG}",
        f"rk-{LONG}",
        f"gsk_{LONG}",
        f"xai-{LONG}",
        f"hf_{LONG}",
        f"r8_{LONG}",
        f"pplx-{LONG}",
        f"csk-{LONG}",
        f"fw_{LONG}",
        f"tgp_v1_{LONG}",
        f"nvapi-{LONG}",
        f"key-{LONG}",
        f"AIzaSy{LONG}",
    ],
)
def test_what_looks_like_a_vendors_key_is_masked(key: str) -> None:
    assert redacted(f"Incorrect API key provided: {key}.") == (
        f"Incorrect API key provided: {MASK}."
    )


def test_what_follows_bearer_is_masked() -> None:
    assert redacted('{"authorization": "Bearer abc.def-12345=="}') == (
        '{"authorization": "Bearer ' + MASK + '"}'
    )


@pytest.mark.parametrize(
    "text",
    [
        "Bearer authentication is required",
        "the risk-assessment-of-the-century failed",
        "tasks-are-many-and-long-winded",
        "sk-short",
        'WWW-Authenticate: Bearer realm="api"',
    ],
)
def test_prose_stays_as_it_is(text: str) -> None:
    assert redacted(text) == text


def test_given_secrets_are_masked_wherever_they_stand() -> None:
    assert redacted("a hunter22 b hunter22", ["hunter22"]) == f"a {MASK} b {MASK}"


def test_a_secret_is_found_as_it_is_sent_without_white_space_around() -> None:
    assert redacted("is hunter22 right?", ["hunter22\n"]) == f"is {MASK} right?"


def test_a_secret_too_short_to_be_one_masks_nothing() -> None:
    assert redacted("a b c", ["a", "", " "]) == "a b c"


def test_every_text_of_a_json_value_is_masked_and_the_rest_kept() -> None:
    value = {"a": ["hunter22", 1, None, {"b": "x hunter22"}], "hunter22": True}
    assert redacted_json(value, iter(["hunter22"])) == {
        "a": [MASK, 1, None, {"b": f"x {MASK}"}],
        "hunter22": True,
    }
