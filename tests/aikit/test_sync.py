"""The synchronous Kit does what the Kit does, from any thread, with or without a loop."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import AIError, BadConfig, Cancelled, Overloaded
from aicore.events import Finished, Produced, TextDelta
from aicore.models import ModelInfo
from aicore.responses import Embeddings, RankedDocument, RerankResponse, TokenCount
from aikit import Kit, Stream, SyncKit, SyncStream
from aikit.jobs import Jobs
from aikit.sync import Portal
from aikit.sync_jobs import SyncJobs

from .dialects import KEY
from .plugins import Installer, echo, provider, spoken
from .service import (
    DONE,
    END,
    STREAM,
    Script,
    chunk,
    either,
    event,
    in_thread,
    said,
)

pytestmark = pytest.mark.usefixtures("nowhere")


def portals() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "aikit-portal"]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    assert not portals()
    yield
    gc.collect()
    until(lambda: not portals())


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 2
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.002)


async def embed(request: Any, context: Context) -> Batches:
    vectors = tuple((float(len(text)),) for text in request.inputs)
    yield (Produced(Embeddings(model="e", vectors=vectors)), Finished())


async def rerank(request: Any, context: Context) -> Batches:
    results = (RankedDocument(len(request.documents) - 1, 0.5),)
    yield (Produced(RerankResponse(results=results)), Finished())


async def count_tokens(request: Any, context: Context) -> Batches:
    yield (Produced(TokenCount(tokens=len(request.messages))), Finished())


async def models(context: Context) -> list[ModelInfo]:
    return [ModelInfo(id="echo-1", provider="echo")]


async def hang(request: Any, context: Context) -> Batches:
    yield spoken("one ")[0]
    await asyncio.Event().wait()


async def fail(request: Any, context: Context) -> Batches:
    yield spoken("one ")[0]
    raise Overloaded("busy")


@pytest.fixture
def kit(install: Installer) -> Iterator[SyncKit]:
    install(
        providers=[
            provider(
                "echo",
                chat=echo,
                complete=echo,
                embed=embed,
                rerank=rerank,
                models=models,
                count_tokens=count_tokens,
            ),
            provider("hang", chat=hang),
            provider("fail", chat=fail),
        ]
    )
    with SyncKit(model="echo:m") as kit:
        yield kit


def test_it_has_the_methods_and_arguments_of_the_kit() -> None:
    assert inspect.signature(SyncKit) == inspect.signature(Kit)
    theirs = {name for name in dir(Kit()) if not name.startswith("_")}
    ours = {name for name in dir(SyncKit()) if not name.startswith("_")}
    assert ours - {"close"} == theirs - {"aclose", "answer", "call"}  # the last two need a loop
    for name in ours - {"close", "broken_plugins", "jobs"}:
        one, other = (inspect.signature(getattr(kind, name)) for kind in (SyncKit, Kit))
        assert one.parameters == other.parameters, name
    for name in ("submit", "poll", "wait", "follow", "cancel"):
        one, other = (inspect.signature(getattr(kind, name)) for kind in (SyncJobs, Jobs))
        assert one.parameters == other.parameters, name
    for name in ("text", "usage", "partial", "response"):
        assert hasattr(SyncStream, name)
        assert hasattr(Stream, name)


def test_every_ability_answers(kit: SyncKit) -> None:
    assert kit.generate("good morning").text == "goodmorning"
    assert kit.complete("once upon").text == "onceupon"
    assert kit.embed(["a", "bcd"]).vectors == ((1.0,), (3.0,))
    assert [item.index for item in kit.rerank("which?", ["a", "b"]).results] == [1]
    assert kit.count_tokens("Hi").tokens == 1
    assert [model.id for model in kit.models("echo")] == ["echo-1"]


def test_what_the_kit_knows_is_known_without_a_loop(kit: SyncKit) -> None:
    assert "echo" in kit.providers()
    assert kit.split("echo:a/b") == ("echo", "a/b")
    assert kit.dialect("echo:m") == ("echo", None)
    assert kit.find_model("echo", "m") is None
    assert {model.provider for model in kit.known_models("openai")} == {"openai"}
    assert kit.stack() == ()
    assert kit.provider("echo") is kit.provider("echo")
    assert list(kit.broken_plugins) == []
    assert not portals()


def test_errors_are_those_of_the_kit(kit: SyncKit) -> None:
    with pytest.raises(Overloaded):
        kit.generate("Hi", model="fail:m")
    with pytest.raises(BadConfig):
        SyncKit(config="missing.toml")


def test_a_stream_is_read_as_events_text_and_answer(kit: SyncKit) -> None:
    with kit.stream("good morning") as stream:
        assert list(stream.text) == ["good", "morning"]
        assert list(stream) == []
        assert stream.response().text == "goodmorning"
        assert stream.usage
    stream = kit.stream("good morning")
    assert isinstance(list(stream)[-1], Finished)
    assert kit.stream("good morning").response().text == "goodmorning"


def test_an_error_comes_after_the_events_before_it(kit: SyncKit) -> None:
    stream, seen = kit.stream("Hi", model="fail:m"), list[str]()
    with pytest.raises(Overloaded):
        seen += stream.text
        for event in stream:
            seen.append(str(event))
    assert stream.partial().text == "one "
    with pytest.raises(Overloaded):
        stream.response()


def test_a_stream_that_was_left_keeps_what_came(kit: SyncKit) -> None:
    with kit.stream("Hi", model="hang:m") as stream:
        assert next(stream.text) == "one "
    assert stream.partial().text == "one "
    assert list(stream) == []
    stream.close()
    with pytest.raises(Cancelled, match="the stream was left before its end"):
        stream.response()


def test_a_stream_that_was_not_read_was_not_asked_for(kit: SyncKit) -> None:
    with kit.stream("Hi") as stream:
        pass
    with pytest.raises(Cancelled, match="the stream was left before its end"):
        stream.response()
    assert not portals()


def test_a_kit_that_did_nothing_has_no_thread_to_close() -> None:
    kit = SyncKit()
    kit.close()
    with kit:
        assert not portals()


def test_a_closed_kit_opens_again(kit: SyncKit) -> None:
    for _ in range(3):
        assert kit.generate("Hi").text == "Hi"
        assert len(portals()) == 1
        kit.close()
        kit.close()
        assert not portals()


def test_streams_that_are_open_when_the_kit_closes_are_closed(kit: SyncKit) -> None:
    streams = [kit.stream("Hi", model="hang:m") for _ in range(3)]
    for stream in streams:
        next(stream)
    kit.close()
    assert not portals()
    for stream in streams:
        stream.close()
        assert list(stream) == []
    assert not portals()


def test_a_stream_that_goes_on_after_the_kit_was_closed_is_told(kit: SyncKit) -> None:
    stream = kit.stream("Hi", model="hang:m")
    next(stream)
    kit.close()
    with pytest.raises(Cancelled, match="the kit was closed"):
        list(stream)
    kit.close()


def test_a_stream_of_before_the_close_can_be_closed_when_the_kit_is_in_use_again(
    kit: SyncKit,
) -> None:
    stream = kit.stream("Hi", model="hang:m")
    next(stream)
    kit.close()
    assert kit.generate("Hi").text == "Hi"
    stream.close()
    assert stream.partial().text == "one "


def test_a_call_from_inside_a_call_is_refused_and_does_not_hang(install: Installer) -> None:
    outer = SyncKit()

    async def nested(request: Any, context: Context) -> Batches:
        with pytest.raises(RuntimeError, match="cannot be used from inside its own calls"):
            outer.generate("Hi", model="echo:m")
        for batch in spoken("refused"):
            yield batch

    install(providers=[provider("echo", chat=echo), provider("nested", chat=nested)])
    with outer:
        assert outer.generate("Hi", model="nested:m").text == "refused"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_kit_that_was_used_before_a_fork_works_after_it() -> None:
    code = (
        "import os; from aikit import SyncKit; kit = SyncKit(model='fixture:echo');"
        "kit.generate('before'); child = os.fork(); print(kit.generate('after').text, flush=True);"
        "child or os._exit(0); os.waitpid(child, 0); kit.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "after\nafter\n"


def test_a_call_under_way_when_the_kit_closes_is_told(kit: SyncKit) -> None:
    errors = list[AIError]()

    def call() -> None:
        try:
            kit.generate("Hi", model="hang:m")
        except AIError as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    until(lambda: bool(portals()))
    time.sleep(0.02)
    kit.close()
    thread.join()
    assert [type(error) for error in errors] == [Cancelled]


def test_a_middleware_that_fails_to_close_does_not_keep_the_thread(install: Installer) -> None:
    class Sticky:
        name, layer, before, after = "sticky", 1, (), ()

        def wrap(self, call: Any) -> Any:
            return call

        async def aclose(self) -> None:
            raise ZeroDivisionError

    install(providers=[provider()])
    kit = SyncKit(model="echo:m", middleware=[Sticky()])  # type: ignore[list-item]
    kit.generate("Hi")
    with pytest.raises(ZeroDivisionError):
        kit.close()
    assert not portals()


def test_a_kit_that_is_dropped_ends_its_thread(install: Installer) -> None:
    install(providers=[provider(), provider("hang", chat=hang)])
    kit = SyncKit(model="echo:m")
    kit.generate("Hi")
    stream = kit.stream("Hi", model="hang:m")
    next(stream)
    del kit, stream
    until(lambda: not portals())


def test_many_threads_share_one_kit(kit: SyncKit) -> None:
    answers, start = list[str](), threading.Barrier(8)

    def work(number: int) -> None:
        start.wait()
        for turn in range(10):
            answers.append(kit.generate(f"{number}.{turn}").text)
            answers.append("".join(kit.stream(f"{number}.{turn} x").text))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(portals()) == 1
    both = {
        f"{number}.{turn}{end}" for number in range(8) for turn in range(10) for end in ("", "x")
    }
    assert sorted(answers) == sorted(both)


async def test_it_works_where_a_loop_is_running_already(kit: SyncKit) -> None:
    assert kit.generate("good morning").text == "goodmorning"
    assert list(kit.stream("good morning").text) == ["good", "morning"]
    assert (await Kit(model="echo:m").generate("Hi")).text == "Hi"


def test_one_change_of_threads_brings_a_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    hops = list[object]()
    run = Portal.run

    def counted(self: Portal, coroutine: Any) -> Any:
        hops.append(coroutine)
        return run(self, coroutine)

    monkeypatch.setattr(Portal, "run", counted)
    words = [f"{number} " for number in range(50)]
    script: Script = (
        STREAM + chunk(b"".join(event(said(word)) for word in words[:30])),
        0.02,
        chunk(b"".join(event(said(word)) for word in words[30:])),
        0.02,
        chunk(event(said(finish="stop")) + DONE) + END,
    )
    with in_thread(script) as service:
        settings = {"openai": {"base_url": service.url, "api_key": KEY}}
        with SyncKit(model="openai:m", providers=settings) as kit:
            with kit.stream("Hi") as stream:
                pieces = [event.text for event in stream if isinstance(event, TextDelta)]
                assert pieces == words
                assert len(hops) == 4  # three reads of the network, and the end
                assert stream.response().text == "".join(words)
                assert len(hops) == 5  # the end again
            assert len(hops) == 6  # the close


def test_a_slow_reader_is_waited_for(kit: SyncKit) -> None:
    with kit.stream(" ".join(map(str, range(100)))) as stream:
        next(stream)
        time.sleep(0.02)
        assert len(stream.partial().text) < 20
        list(stream)
    assert stream.response().text == "".join(map(str, range(100)))


def test_connections_are_kept_between_calls_and_closed_with_the_kit() -> None:
    with in_thread(either) as service:
        settings = {"openai": {"base_url": service.url, "api_key": KEY}}
        with SyncKit(model="openai:m", providers=settings) as kit:
            for _ in range(3):
                assert kit.generate("Hi").text == "Hello"
                assert "".join(kit.stream("Hi").text) == "Hello"
            assert len(service.peers) == 1
        until(lambda: service.peers[0].gone.done())


def test_a_kit_that_is_dropped_closes_its_connections() -> None:
    with in_thread(either) as service:
        settings = {"openai": {"base_url": service.url, "api_key": KEY}}
        kit = SyncKit(model="openai:m", providers=settings)
        kit.generate("Hi")
        del kit
        until(lambda: service.peers[0].gone.done())
