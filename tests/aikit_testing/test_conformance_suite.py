"""The suite itself: what a class may say, what counts as an override, and what a report tells."""

from __future__ import annotations

import asyncio
import json
import socket
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest
from aicore.calls import Batch
from aicore.errors import RateLimited
from aicore.events import (
    CandidateFinished,
    Finished,
    LogprobsAdded,
    PartAdded,
    PartFinished,
    PartStarted,
    Produced,
    Started,
    StepFinished,
    StepStarted,
    TextDelta,
    UsageReported,
    Warned,
)
from aicore.messages import TextPart
from aicore.responses import CallWarning, Embeddings
from aicore.usage import Usage
from aikit_testing.conformance import Conformance, Reply
from aikit_testing.conformance.grammar import broken_rule
from aikit_testing.conformance.service import Delivery, Received, Service
from aikit_testing.conformance.suite import GUARD, all_tests
from aikit_wire.openai.manifest import FIELDS

from .distributions import run_pytest

WARNING = Warned(CallWarning("seed", "dropped", "why"))
START = (WARNING, Started(), StepStarted(0))
PART = (PartStarted(0, 0, "text"), TextDelta(0, 0, "Hi"), PartFinished(0, 0))
END = (CandidateFinished(0, "stop"), StepFinished(0), Finished())
WHOLE = (*START, *PART, UsageReported(0, Usage()), LogprobsAdded(0, ()), *END)
SECOND = PartAdded(0, 1, TextPart("there"), candidate=1)

MINE = """
from aikit_testing.conformance import Conformance
import pytest

class TestFixture(Conformance):
    provider = "fixture"
    model = "echo"
    over_http = False
    expected_failures = {
        "test_it_can_do_something": "it could, but would not",
        "test_folding_undoes_unfolding": "the fold is bent",
    }

    def settings(self, url):
        return {}

    @pytest.mark.xfail(reason="it is not told")
    def test_text_is_answered(self):
        raise AssertionError("never")

    @pytest.mark.xfail(reason="it is told well enough")
    def test_usage_is_told(self):
        pass

    @pytest.fixture(autouse=True)
    def bent(self, monkeypatch):
        from aikit_testing.conformance import answers
        monkeypatch.setattr(answers, "unfold", lambda response: [])
        monkeypatch.setattr(answers, "broken_rule", lambda batches: "no rule holds")

class TestNowhere(Conformance):
    provider = "no-such-provider"

class TestElsewhere:
    def test_of_another_kind(self):
        pass
"""


def test_events_in_their_order_break_no_rule() -> None:
    assert broken_rule([WHOLE]) is None
    assert broken_rule([(event,) for event in WHOLE]) is None
    assert (
        broken_rule([(*START, *PART, SECOND, CandidateFinished(0, "stop", candidate=1), *END)])
        is None
    )
    assert broken_rule([(Produced(Embeddings(vectors=())), Finished())]) is None


@pytest.mark.parametrize(
    ("batches", "rule"),
    [
        ([WHOLE, ()], "never empty"),
        ([WHOLE[:-1]], "ends with Finished"),
        ([(*WHOLE, Finished())], "nothing follows Finished"),
        ([(Started(), *WHOLE)], "Started comes once"),
        ([(StepStarted(0),)], "Started comes before the first step"),
        ([(TextDelta(0, 0, "Hi"),)], "before everything but warnings"),
        ([(*START, StepStarted(1))], "finished before the next one"),
        ([(Started(), StepStarted(1))], "steps count from 0"),
        ([(*START, PartStarted(1, 0, "text"))], "the step that is open"),
        ([(*START, TextDelta(0, 0, "Hi"))], "open part of its kind"),
        ([(*START, PartStarted(0, 0, "reasoning"), TextDelta(0, 0, ""))], "open part of its kind"),
        ([(*START, *PART, PartStarted(0, 0, "text"))], "an index of its own"),
        ([(*START, *PART, PartFinished(0, 0))], "finished once"),
        ([(*START, *PART[:2], *END)], "before their candidate"),
        ([(*START, *PART, END[0], PartStarted(0, 1, "text"))], "before it is finished"),
        ([(*START, *PART, StepFinished(0))], "after its parts and candidates"),
        ([(*START, *PART, END[0], Finished())], "before the call is"),
        ([(Started(), Finished())], "a step or a result"),
    ],
)
def test_a_broken_rule_is_named(batches: list[Batch], rule: str) -> None:
    assert rule in (broken_rule(batches) or "")


def test_the_guard_cannot_be_overridden() -> None:
    with pytest.raises(TypeError, match="which keeps all others"):
        type("TestMine", (Conformance,), {GUARD: None})
    with pytest.raises(TypeError, match="which keeps all others"):
        type("TestMine", (Conformance,), {"expected_failures": {GUARD: "no"}})


def test_only_tests_that_exist_can_be_expected_to_fail() -> None:
    with pytest.raises(TypeError, match="test_that_is_not to fail, but there is no such test"):
        type("TestMine", (Conformance,), {"expected_failures": {"test_that_is_not": "no"}})


def test_a_failure_needs_a_reason_to_be_expected() -> None:
    expecting = {"expected_failures": {"test_usage_is_told": " "}}
    mine: Conformance = type("TestMine", (Conformance,), expecting)()
    with pytest.raises(AssertionError, match="test_usage_is_told is overridden"):
        mine.test_no_test_is_overridden()


@pytest.mark.parametrize(
    "mark",
    [
        pytest.mark.skip(reason="later"),
        pytest.mark.skipif(True, reason="later"),
        pytest.mark.xfail(reason="later", run=False),
        pytest.mark.xfail,
        pytest.mark.long,
    ],
)
def test_no_other_mark_replaces_a_test(mark: pytest.MarkDecorator) -> None:
    @mark
    def test_usage_is_told(self: Conformance) -> None: ...

    mine: Conformance = type(
        "TestMine", (Conformance,), {"test_usage_is_told": test_usage_is_told}
    )()
    with pytest.raises(AssertionError, match="test_usage_is_told is overridden"):
        mine.test_no_test_is_overridden()


def test_the_suite_itself_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.delattr("aikit_testing.conformance.turns.Turns.test_tool_results_go_back")
        with pytest.raises(AssertionError, match="test_tool_results_go_back is overridden"):
            Conformance().test_no_test_is_overridden()
        assert "test_tool_results_go_back" in all_tests()
    with monkeypatch.context() as patch:
        patch.setattr(
            Conformance.test_tool_results_go_back,
            "pytestmark",
            [pytest.mark.skip().mark],
            raising=False,
        )
        with pytest.raises(AssertionError, match="test_tool_results_go_back of the suite itself"):
            Conformance().test_no_test_is_overridden()
    Conformance().test_no_test_is_overridden()


def test_what_a_provider_can_do_is_not_the_classes_to_say() -> None:
    mine: Conformance = type("TestMine", (Writing,), {"_known": ["models"]})()
    mine.test_settings_are_sent_or_warned_about()
    with pytest.raises(pytest.skip.Exception, match="has no 'models'"):
        mine.test_models_are_listed()


def test_what_one_class_expects_is_its_own_affair() -> None:
    expecting = {"expected_failures": {"test_usage_is_told": "the service tells none"}}
    mine: Conformance = type("TestMine", (Conformance,), expecting)()
    mine.test_no_test_is_overridden()
    marks = {mark.name for mark in getattr(Conformance.test_usage_is_told, "pytestmark", ())}
    assert marks == {"parametrize"}


def test_a_report_tells_every_outcome(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(MINE)
    (fixture, nothing), printed = run_pytest(tmp_path, "-k", "not Nowhere or entry_point")
    assert fixture["provider"] == "fixture"
    assert fixture["distribution"] == "aikit-testing 1.0.0"
    assert fixture["badge"] == "aikit conformance: 11 passed, 1 failed, 3 expected to fail"
    assert f"fixture: {fixture['badge']}" in printed
    assert sum(fixture["counts"].values()) == len(all_tests()) == len(fixture["tests"])
    reasons = {
        "test_events_come_in_order": ("failed", "AssertionError: no rule holds"),
        "test_folding_undoes_unfolding": ("expected to fail", "the fold is bent"),
        "test_text_is_answered": ("expected to fail", "it is not told"),
        "test_usage_is_told": ("expected to fail", "it is told well enough"),
        "test_it_can_do_something": ("passed", ""),
        "test_retry_after_is_read": (
            "not applicable",
            "the provider asks no service over HTTP",
        ),
    }
    for test, (outcome, reason) in reasons.items():
        assert fixture["tests"][test] == outcome
        assert fixture["reasons"].get(test, "").startswith(reason)
    assert nothing["distribution"] is None
    assert nothing["badge"] == "aikit conformance: 0 passed, 1 failed, 52 not run"


def test_what_is_skipped_is_told_apart(tmp_path: Path) -> None:
    skipping = MINE.replace("class TestFixture", "@pytest.mark.skip('later')\nclass TestFixture")
    (tmp_path / "test_mine.py").write_text(skipping)
    (report,), _ = run_pytest(tmp_path, "-k", "Fixture")
    assert report["counts"] == {"skipped": len(all_tests())}
    assert report["reasons"]["test_usage_is_told"] == "later"


def test_without_the_option_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text("def test_nothing(): pass")
    with pytest.raises(AssertionError, match="1 passed"):
        run_pytest(tmp_path, "--aikit-report=")


async def ask(url: str, request: bytes) -> bytes:
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_service_reads_bodies_in_chunks() -> None:
    chunks = b'4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n'
    head = b"POST /x HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Service(lambda received: Delivery(Reply.json(received.body.decode()))) as service:
        answer = await ask(service.url, head + chunks)
    assert service.received[0].body == b'{"a":1}'
    assert json.dumps('{"a":1}').encode() in answer


async def test_a_service_outlives_callers_that_vanish() -> None:
    endless = Reply(200, {}, [b"x" * 65536] * 1000)
    with Service(lambda received: Delivery(endless)) as service:
        host, port = service.url.removeprefix("http://").split(":")
        caller = socket.create_connection((host, int(port)))
        caller.sendall(b"GET / HTTP/1.1\r\n\r\n")
        caller.recv(1)
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        caller.close()
        while service.connected:
            await asyncio.sleep(0.005)
        service.answer = lambda received: Delivery(Reply.json({}))
        with urllib.request.urlopen(service.url) as response:
            assert response.read() == b"{}"


async def test_a_mistake_in_the_replies_is_the_authors_to_see() -> None:
    def mistaken(received: Received) -> Delivery:
        raise KeyError("text")

    with pytest.raises(KeyError), Service(mistaken) as service:
        assert await ask(service.url, b"GET / HTTP/1.1\r\n\r\n") == b""


class Modest(Conformance):
    provider = "openai"
    streams = tools = reasons = False
    key_setting = ""


@pytest.mark.parametrize(
    ("test", "arguments", "reason"),
    [
        ("test_text_is_answered", ("chat", True), "does not stream"),
        ("test_text_arrives_while_it_is_written", ("chat",), "does not stream"),
        ("test_parallel_tool_calls_stay_apart", (False,), "call no tools"),
        ("test_tool_results_go_back", (), "call no tools"),
        ("test_thoughts_are_no_text", (False,), "do not show what they think"),
        ("test_nothing_shows_the_key", (None,), "knows no keys"),
    ],
)
def test_what_a_provider_does_not_do_is_not_asked(
    test: str, arguments: tuple[object, ...], reason: str
) -> None:
    with pytest.raises(pytest.skip.Exception, match=f"not applicable: .*{reason}"):
        getattr(Modest(), test)(*arguments)


class Writing(Conformance):
    """A service that continues texts, and does nothing else."""

    provider = "openai-compatible"

    def settings(self, url: str) -> Mapping[str, object]:
        return {"base_url": url, "abilities": ["complete"], "key_required": True}


def test_a_provider_without_chat_is_tested_by_what_it_has() -> None:
    writing = Writing()
    writing.test_what_was_asked_is_sent()
    writing.test_settings_are_sent_or_warned_about()
    writing.test_calls_at_once_do_not_mix()
    writing.test_error_statuses_name_their_remedy(429, RateLimited)
    with pytest.raises(pytest.skip.Exception, match="has no 'chat'"):
        writing.test_tool_results_go_back()


class Listing(Writing):
    def settings(self, url: str) -> Mapping[str, object]:
        return {"base_url": url, "abilities": ["models"]}


def test_a_list_of_models_alone_is_nothing_to_ask() -> None:
    listing = Listing()
    listing.test_models_are_listed()
    listing.test_it_can_do_something()
    with pytest.raises(pytest.skip.Exception, match="nothing to ask"):
        listing.test_retry_after_is_read()


class Wide(Conformance):
    """A service that takes every setting there is."""

    provider = "openai-compatible"

    def settings(self, url: str) -> Mapping[str, object]:
        fields = {name: name for name in FIELDS}
        return {"base_url": url, "abilities": ["embed"], "fields": fields}


def test_strictness_shows_only_where_something_cannot_be_sent() -> None:
    wide = Wide()
    wide.test_settings_are_sent_or_warned_about()
    with pytest.raises(pytest.skip.Exception, match="every setting can be sent"):
        wide.test_strict_refuses_before_sending()
