"""The suite: everything that a provider has to keep, in one class to subclass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from inspect import getattr_static
from typing import Any

import pytest

from aikit_testing.conformance.answers import Answers
from aikit_testing.conformance.author import Author
from aikit_testing.conformance.faults import Faults
from aikit_testing.conformance.keys import Keys
from aikit_testing.conformance.stopping import Stopping
from aikit_testing.conformance.structure import Structure
from aikit_testing.conformance.taping import Taping
from aikit_testing.conformance.turns import Turns
from aikit_testing.conformance.wishes import Wishes

GUARD = "test_no_test_is_overridden"


class Conformance(Structure, Answers, Turns, Wishes, Keys, Faults, Stopping, Taping):
    """Subclass it, name your provider, and every test here is a test of your provider.

        class TestAcme(Conformance):
            provider = "acme"

    The class says what its provider is like (see `Author`) and, for another dialect than
    OpenAI's, how its service answers (`replies`). Tests are not overridden: one that a provider
    cannot pass goes into `expected_failures`, or is marked with `@pytest.mark.xfail(reason=…)`.

    Raises:
        TypeError: on subclassing, when `expected_failures` names a test that does not exist, or
            the test that keeps the others is overridden.
    """

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        if GUARD in {*vars(cls), *cls.expected_failures}:
            raise TypeError(f"{cls.__name__} overrides {GUARD}, which keeps all others")
        for name, reason in cls.expected_failures.items():
            if name not in all_tests():
                raise TypeError(f"{cls.__name__} expects {name} to fail, but there is no such test")
            setattr(cls, name, expected_to_fail(getattr(Conformance, name), reason))

    def test_no_test_is_overridden(self) -> None:
        for name, (its_own, marks) in SUITE.items():
            mine = getattr_static(type(self), name, None)
            if mine is its_own:
                assert marks_of(mine) == marks, (
                    f"{name} of the suite itself was marked, for all its providers: "
                    "say in `expected_failures` why this one cannot pass"
                )
            else:
                assert is_expected_to_fail(mine), (
                    f"{name} is overridden: say in `expected_failures` why it cannot pass"
                )


def suite_names() -> Iterator[str]:
    """Yield the names of the suite that are not the author's to set."""
    open_to_authors = {name for name in vars(Author) if not name.startswith("_")}
    for cls in Conformance.__mro__[:-1]:
        for name in vars(cls):
            if name not in open_to_authors and not name.startswith("__"):
                yield name


def expected_to_fail(test: Callable[..., None], reason: str) -> Callable[..., None]:
    """Return a copy of a test, marked as one that may fail."""

    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        test(*args, **kwargs)

    marked: Callable[..., None] = pytest.mark.xfail(reason=reason)(run)
    return marked


def marks_of(test: Any) -> tuple[pytest.Mark, ...]:
    return tuple(getattr(test, "pytestmark", ()))


def is_expected_to_fail(test: Any) -> bool:
    """Tell whether a test is marked as one that fails, says why, and is run all the same."""
    marks = {mark.name: mark for mark in marks_of(test)}
    if marks.keys() & {"skip", "skipif"} or "xfail" not in marks:
        return False
    expected = marks["xfail"].kwargs
    return bool((expected.get("reason") or "").strip()) and expected.get("run", True)


def is_run_by(function: Any, name: str) -> bool:
    """Tell whether a function runs the suite's own test of this name."""
    its_own = SUITE[name][0] if name in SUITE else None
    return its_own in (function, getattr(function, "__wrapped__", None))


def all_tests() -> list[str]:
    """Return the names of all tests of the suite."""
    return sorted(name for name in SUITE if name.startswith("test_"))


SUITE = {
    name: (found := getattr_static(Conformance, name), marks_of(found)) for name in suite_names()
}
"""What the suite is made of, with its marks, so that nothing can be taken out or added unseen."""
