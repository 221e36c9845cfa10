"""An error tells programs what to do next by its family, and people by its words."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator

import pytest
from aicore import errors
from aicore.errors import AIError, BadInput, RateLimited, TooLong


def family(kind: type[AIError] = AIError) -> Iterator[type[AIError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from family(child)


def test_codes_are_stable_and_each_error_has_its_own() -> None:
    codes = {
        (kind.code, kind.retryable, kind.fallbackable, kind.health_relevant) for kind in family()
    }
    assert len(codes) == len(set(family()))
    assert codes == {
        # code, may be sent again, may go elsewhere, says something about health
        ("error", False, False, False),
        ("setup", False, False, False),
        ("bad_input", False, False, False),
        ("unknown_provider", False, False, False),
        ("missing_key", False, True, False),
        ("unsupported", False, True, False),
        ("bad_config", False, False, False),
        ("plugin_error", False, False, False),
        ("denied", False, True, False),
        ("unauthorized", False, True, False),
        ("forbidden", False, True, False),
        ("quota_spent", False, True, True),
        ("refused", False, False, False),
        ("invalid_request", False, False, False),
        ("not_found", False, True, False),
        ("content_filtered", False, False, False),
        ("too_long", False, True, False),
        ("busy", True, True, True),
        ("rate_limited", True, True, True),
        ("overloaded", True, True, True),
        ("unreachable", True, True, True),
        ("timed_out", True, True, True),
        ("first_token_timeout", True, True, True),
        ("gap_timeout", True, True, True),
        ("total_timeout", False, False, False),
        ("garbled", True, True, True),
        ("bad_reply", True, True, True),
        ("cut_off", True, True, True),
        ("cancelled", False, False, False),
    }


def test_an_error_says_where_it_comes_from() -> None:
    assert str(AIError("no")) == "no"
    assert str(AIError("no", provider="acme")) == "acme: no"
    assert str(AIError("no", provider="acme", status=500)) == "acme 500: no"
    assert str(AIError("no", status=500)) == "500: no"


def test_fields_that_are_known_can_be_sent_on() -> None:
    error = RateLimited(
        "slow down", provider="acme", status=429, retry_after=0.02, details={"x": 1}
    )
    assert error.as_dict() == {
        "code": "rate_limited",
        "message": "slow down",
        "provider": "acme",
        "status": 429,
        "retry_after": 0.02,
    }


def test_one_error_may_know_better_than_its_kind_whether_to_retry() -> None:
    assert not RateLimited("not today", retryable=False).retryable
    assert RateLimited("soon").retryable
    assert RateLimited.retryable


def test_bad_input_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="no"):
        raise BadInput("no")


def test_an_error_survives_a_copy_and_a_pickle() -> None:
    error = TooLong("too long", provider="acme", model="m", status=400, vendor_code="ctx")
    for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(other) is TooLong
        assert other.as_dict() == error.as_dict()
        assert str(other) == str(error)
