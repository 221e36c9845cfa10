"""The suite: everything that a provider has to keep, in one class to subclass."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getattr_static
from typing import Any

from aikit_testing.conformance.answers import Answers
from aikit_testing.conformance.bench import Author
from aikit_testing.conformance.faults import Faults
from aikit_testing.conformance.keys import Keys
from aikit_testing.conformance.stopping import Stopping
from aikit_testing.conformance.structure import Structure
from aikit_testing.conformance.turns import Turns
from aikit_testing.conformance.wishes import Wishes

GUARD = "test_no_test_is_overridden"


class Conformance(Structure, Answers, Turns, Wishes, Keys, Faults, Stopping):
    """Subclass it, name your provider, and every test here is a test of your provider.

        class TestAcme(Conformance):
            provider = "acme"

    The class says what its provider is like (see `Author`) and, for another dialect than
    OpenAI's, how its service answers (`replies`). A test that a provider cannot pass is marked,
    with the reason: override it with one that calls `super()`, under
    `@pytest.mark.xfail(reason="…")`.
    """

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        if GUARD in vars(cls):
            raise TypeError(f"{cls.__name__} overrides {GUARD}, which keeps all others")

    def test_no_test_is_overridden(self) -> None:
        for name in suite_names():
            mine = getattr_static(type(self), name)
            assert mine is getattr_static(Conformance, name) or is_expected_to_fail(mine), (
                f"{name} is overridden: mark it with @pytest.mark.xfail(reason=…)"
            )


def suite_names() -> Iterator[str]:
    """Yield the names of the suite that are not the author's to set."""
    open_to_authors = {name for name in vars(Author) if not name.startswith("_")}
    for cls in Conformance.__mro__[:-1]:
        for name in vars(cls):
            if name not in open_to_authors and not name.startswith("__") and name != "_known":
                yield name


def is_expected_to_fail(test: Any) -> bool:
    """Tell whether a test is marked as one that fails, and says why."""
    marks = getattr(test, "pytestmark", ())
    return any(mark.name == "xfail" and (mark.kwargs.get("reason") or "").strip() for mark in marks)


def tests() -> list[str]:
    """Return the names of all tests of the suite."""
    return sorted(name for name in dir(Conformance) if name.startswith("test_"))
