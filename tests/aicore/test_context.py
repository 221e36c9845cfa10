"""A context hides its secrets; a cancel token calls each subscriber once, from any thread."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import threading
from dataclasses import replace
from typing import Any

import pytest
from aicore.context import CancelToken, Context, Deadlines
from aicore.errors import BadInput
from aicore.responses import Attempt
from aicore.secrets import secret


def test_keys_headers_and_idempotency_stay_out_of_a_repr() -> None:
    context = Context(
        api_keys={"acme": secret("sk-1")},
        headers={"authorization": "Bearer sk-1"},
        idempotency_key="sk-1",
        span="sk-1",
    )
    assert "sk-1" not in repr(context)


def test_the_random_numbers_of_a_program_stay_what_it_seeded() -> None:
    random.seed(7)
    expected = random.random()
    random.seed(7)
    assert Context().request_id != Context().request_id
    assert random.random() == expected


def test_ids_are_32_hexadecimal_digits_and_no_two_threads_get_the_same() -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend(Context().request_id for _ in range(500)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({*made}) == 2000
    assert all(re.fullmatch("[0-9a-f]{32}", id) for id in made)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_process_and_its_fork_give_out_different_ids() -> None:
    code = (
        "import os; from aicore.context import new_id; first = new_id()\n"
        "child = os.fork()\n"
        "os.write(1, f'{new_id()}\\n'.encode())\n"
        "if child: os.waitpid(child, 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    one, other = ran.stdout.split()
    assert one != other


def test_each_context_has_an_id_and_derived_ones_share_the_attempts() -> None:
    context = Context()
    derived = replace(context, tenant="t")
    derived.attempts.append(Attempt("acme", "m", 1.0))
    assert context.attempts == [Attempt("acme", "m", 1.0)]
    assert derived.request_id == context.request_id != Context().request_id
    assert Context().attempts == []


def test_deadlines_are_true_when_one_is_set() -> None:
    assert not Deadlines()
    assert Deadlines(first_token=1)
    assert Deadlines(gap=1)
    assert Deadlines(total=0.001)


@pytest.mark.parametrize("name", ["first_token", "gap", "total"])
@pytest.mark.parametrize("limit", [0, -1, float("nan")])
def test_a_deadline_that_no_call_could_keep_is_refused(name: str, limit: float) -> None:
    with pytest.raises(BadInput, match=f"the deadline `{name}` must be more than 0 seconds, not "):
        Deadlines(**{name: limit})
    wrong: Any = "5"
    with pytest.raises(BadInput, match=f"`{name}` must be int or float, not str"):
        Deadlines(**{name: wrong})


def test_cancelling_calls_every_subscriber_once() -> None:
    token, calls = CancelToken(), list[str]()
    token.subscribe(lambda: calls.append("a"))
    forget = token.subscribe(lambda: calls.append("b"))
    token.subscribe(lambda: calls.append("c"))
    forget()
    forget()
    told = [token.cancelled]
    token.cancel()
    token.cancel()
    assert [*told, token.cancelled] == [False, True]
    assert calls == ["a", "c"]


def test_one_function_may_subscribe_twice_and_leave_once() -> None:
    token, calls = CancelToken(), list[str]()

    def call() -> None:
        calls.append("called")

    forget = token.subscribe(call)
    token.subscribe(call)
    forget()
    token.cancel()
    assert calls == ["called"]


def test_who_subscribes_after_the_cancellation_is_called_at_once() -> None:
    token, calls = CancelToken(), list[str]()
    token.cancel()
    forget = token.subscribe(lambda: calls.append("late"))
    assert calls == ["late"]
    forget()


def test_a_subscriber_may_leave_or_cancel_again_while_it_is_called() -> None:
    token, calls = CancelToken(), list[str]()

    def again() -> None:
        calls.append("again")
        forget()
        token.cancel()

    forget = token.subscribe(again)
    token.cancel()
    assert calls == ["again"]


def test_no_subscriber_is_lost_between_two_threads() -> None:
    for _ in range(50):
        token, calls = CancelToken(), list[int]()
        start = threading.Barrier(2)

        def subscribe(
            token: CancelToken = token, calls: list[int] = calls, start: threading.Barrier = start
        ) -> None:
            start.wait()
            for number in range(20):
                token.subscribe(lambda number=number: calls.append(number))  # type: ignore[misc]

        thread = threading.Thread(target=subscribe)
        thread.start()
        start.wait()
        token.cancel()
        thread.join()
        assert sorted(calls) == list(range(20))
