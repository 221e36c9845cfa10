"""However a caller leaves, the service sees the connection close within 100 ms."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import httpx2
import pytest
from aicore.errors import AIError, Cancelled, FirstTokenTimeout, GapTimeout, TotalTimeout
from aicore.events import has_content
from aikit import CancelToken, Deadlines, Kit, Stream, SyncKit, SyncStream
from aikit_wire.tls import trusted

from .dialects import DIALECTS, FIRST, KEY, MORE, MORE_SETTINGS
from .service import STALL, STREAM, Request, Script, Service, chunk, head, in_thread
from .stalls import stalls

SOON = 0.1
"""Within so many seconds of the act the connection must be closed."""
MOMENT = 0.2
"""So many seconds after the beginning, whoever leaves leaves."""

trusted()  # making the TLS context takes longer than a moment


@pytest.fixture(autouse=True)
def no_garbage_collection() -> Iterator[None]:
    """Keep the collector's pauses out of the times, and its help away from what was dropped."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


Act = Callable[[Kit, str, dict[str, Any]], Awaitable[float]]
"""Makes a call of a model with settings, leaves it, and returns when (in loop time) it left."""


def now() -> float:
    return asyncio.get_running_loop().time()


async def content(stream: Stream) -> None:
    """Read until the first piece of content."""
    async for event in stream:
        if has_content((event,)):
            return


async def leave_the_block(kit: Kit, model: str, settings: dict[str, Any]) -> float:
    async with kit.stream("Hi", model=model, **settings) as stream:
        await content(stream)
        return now()


async def leave_the_block_by_an_error(kit: Kit, model: str, settings: dict[str, Any]) -> float:
    with pytest.raises(ZeroDivisionError):
        async with kit.stream("Hi", model=model, **settings) as stream:
            await content(stream)
            left = now()
            raise ZeroDivisionError
    return left


async def break_and_drop(kit: Kit, model: str, settings: dict[str, Any]) -> float:
    stream = kit.stream("Hi", model=model, **settings)
    async for event in stream:
        if has_content((event,)):
            break
    left = now()
    del stream
    return left


async def break_text_and_drop(kit: Kit, model: str, settings: dict[str, Any]) -> float:
    async for _ in kit.stream("Hi", model=model, **settings).text:
        break
    return now()


async def give_up_waiting(kit: Kit, model: str, settings: dict[str, Any]) -> float:
    left = now() + MOMENT
    async with kit.stream("Hi", model=model, **settings) as stream:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout_at(left):
                await stream.response()
    return left


async def cancel_the_task_of_a_stream(kit: Kit, model: str, settings: dict[str, Any]) -> float:
    return await cancel(drain(kit.stream("Hi", model=model, **settings)))


async def cancel_the_task(kit: Kit, model: str, settings: dict[str, Any]) -> float:
    return await cancel(kit.generate("Hi", model=model, **settings))


async def cancel(call: Any) -> float:
    task = asyncio.create_task(call)
    await asyncio.sleep(MOMENT)
    left = now()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    return left


async def drain(stream: Stream) -> None:
    async for _ in stream:
        pass


async def close_from_another_task(kit: Kit, model: str, settings: dict[str, Any]) -> float:
    stream = kit.stream("Hi", model=model, **settings)
    reader = asyncio.create_task(drain(stream))
    await asyncio.sleep(MOMENT)
    left = now()
    await stream.aclose()
    await reader  # which sees the end of the stream, and no error
    assert not reader.cancelling()
    return left


def failing(error: type[AIError], limits: Deadlines, due: float, *, streaming: bool) -> Act:
    """Make the act that waits until a deadline has passed, `due` seconds after the start."""

    async def wait(kit: Kit, model: str, settings: dict[str, Any]) -> float:
        began = now()
        with pytest.raises(AIError) as caught:
            if streaming:
                await drain(kit.stream("Hi", model=model, timeout=limits, **settings))
            else:
                await kit.generate("Hi", model=model, timeout=limits, **settings)
        assert type(caught.value) is error
        assert (caught.value.provider, caught.value.model) == tuple(model.split(":"))
        return began + due

    return wait


async def pass_the_gap(kit: Kit, model: str, settings: dict[str, Any]) -> float:
    limits = Deadlines(gap=MOMENT, total=9)
    with pytest.raises(GapTimeout):
        async with kit.stream("Hi", model=model, timeout=limits, **settings) as stream:
            await content(stream)
            last = now()
            await drain(stream)
    return last + MOMENT


def with_a_token(*, streaming: bool) -> Act:
    async def use(kit: Kit, model: str, settings: dict[str, Any]) -> float:
        token, loop, left = CancelToken(), asyncio.get_running_loop(), list[float]()

        def from_a_thread() -> None:
            left.append(loop.time())
            token.cancel()

        timer = threading.Timer(MOMENT, from_a_thread)
        timer.start()
        with pytest.raises(Cancelled) as caught:
            if streaming:
                await drain(kit.stream("Hi", model=model, cancel=token, **settings))
            else:
                await kit.generate("Hi", model=model, cancel=token, **settings)
        timer.join()
        assert caught.value.provider == model.split(":")[0]
        return left[0]

    return use


WAITING: dict[str, Act] = {
    "give up waiting": give_up_waiting,
    "cancel the task": cancel_the_task_of_a_stream,
    "close from another task": close_from_another_task,
    "total": failing(TotalTimeout, Deadlines(total=MOMENT), MOMENT, streaming=True),
    "token": with_a_token(streaming=True),
}
FIRST_TOKEN = {
    "first token": failing(
        FirstTokenTimeout, Deadlines(first_token=MOMENT, gap=9), MOMENT, streaming=True
    )
}
READING: dict[str, Act] = {
    "leave the block": leave_the_block,
    "leave the block by an error": leave_the_block_by_an_error,
    "break and drop": break_and_drop,
    "break the text and drop": break_text_and_drop,
}
GENERATE: dict[str, Act] = {
    "cancel the task": cancel_the_task,
    "total": failing(TotalTimeout, Deadlines(total=MOMENT), MOMENT, streaming=False),
    "first token": failing(
        FirstTokenTimeout, Deadlines(first_token=MOMENT), MOMENT, streaming=False
    ),
    "token": with_a_token(streaming=False),
}
SILENT: Script = (STALL,)
HALF = head() + chunk(b'{"id": "chat-1", "model": ')


@dataclass(frozen=True)
class Case:
    name: str
    act: Act
    script: Script


def cases(dialect: str) -> Iterator[Case]:
    """Yield every way to leave, at every point at which a service can leave a caller waiting."""
    first, more = FIRST[dialect], MORE[dialect]
    trickle: list[bytes | float | str] = [first]
    for _ in range(30):
        trickle += [0.03, more]
    before: dict[str, Script] = {"silent": SILENT, "after the head": (STREAM,)}
    stalled: Script = (first,)
    for point, script in before.items():
        for name, act in {**WAITING, **FIRST_TOKEN}.items():
            yield Case(f"stream, {point}: {name}", act, script)
    for name, act in {**WAITING, **READING, "gap": pass_the_gap}.items():
        yield Case(f"stream, after an event: {name}", act, stalled)
    for name, act in {**WAITING, **READING}.items():
        yield Case(f"stream, trickling: {name}", act, trickle)
    for point, script in {"silent": SILENT, "after the head": (head(),), "half": (HALF,)}.items():
        for name, act in GENERATE.items():
            yield Case(f"generate, {point}: {name}", act, script)


async def leave_in_every_way(
    provider: str,
    client: Any = None,
    dialect: str | None = None,
    model: str = "m",
    **more: Any,
) -> None:
    by_name = {case.name: case for case in cases(dialect or DIALECTS[provider])}
    unsent = list[str]()

    def script(request: Request) -> Script:
        return by_name[request.headers["x-case"]].script

    async with Service(script) as service, stalls() as lost:
        given = {"base_url": service.url, "api_key": KEY, **MORE_SETTINGS.get(provider, {})}
        settings = {provider: {**given, **more}}
        async with Kit(providers=settings, http_client=client) as kit:

            async def run(number: int, case: Case) -> tuple[str, float]:
                await asyncio.sleep(number * 0.02)  # so that they do not wait for each other
                async with asyncio.timeout(9):
                    left = await case.act(
                        kit, f"{provider}:{model}", {"headers": {"x-case": case.name}}
                    )
                    if (peer := service.of(case.name)) is None:
                        unsent.append(case.name)
                        return case.name, 0
                    gone = await peer.gone
                await asyncio.sleep(0.02)
                return case.name, gone - left - lost.between(left, gone)

            took = await asyncio.gather(*map(run, range(99), by_name.values()))
            late = {name: round(seconds, 3) for name, seconds in took if seconds > SOON}
            assert not late
        assert len(unsent) < len(by_name) / 4, "the machine is too slow to tell"


def test_the_providers_of_this_repository_are_tried() -> None:
    assert DIALECTS.keys() >= {
        "deepseek",
        "groq",
        "lmstudio",
        "mistral",
        "openai",
        "openai-compatible",
        "vllm",
    }


@pytest.mark.parametrize("provider", DIALECTS)
async def test_leaving_in_any_way_at_any_point_closes_the_connection(provider: str) -> None:
    await leave_in_every_way(provider)


async def test_leaving_closes_the_connection_of_the_other_dialect_too() -> None:
    await leave_in_every_way("openai", dialect="openai-responses", api="responses")


async def test_leaving_closes_the_connection_of_the_other_family_too() -> None:
    """In a project, whose access token a function gives."""
    place = {"project": "mine", "location": "global", "api_key": "", "auth_token": lambda: KEY}
    await leave_in_every_way(
        "google-vertex", dialect="anthropic-messages", model="claude-next", **place
    )


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_leaving_closes_the_connection_of_a_client_that_was_handed_in(library: Any) -> None:
    async with library.AsyncClient(trust_env=False) as client:
        await leave_in_every_way("openai", client)


def kit_for(service: Service) -> Kit:
    return Kit(providers={"openai": {"base_url": service.url, "api_key": KEY}})


async def test_a_second_closer_waits_for_the_first() -> None:
    async with Service() as service, kit_for(service) as kit:
        stream = kit.stream("Hi", model="openai:m")
        reader = asyncio.create_task(drain(stream))
        await asyncio.sleep(MOMENT)
        left = now()
        await asyncio.gather(stream.aclose(), stream.aclose(), stream.aclose())
        await asyncio.sleep(0)
        assert reader.done()
        await reader
        await stream.aclose()
        assert await service.peers[0].gone - left <= SOON


async def test_closing_the_kit_ends_the_calls_that_are_under_way() -> None:
    def script(request: Request) -> Script:
        return (STALL,) if "silent" in request.headers["x-case"] else (FIRST["openai-chat"],)

    async with Service(script) as service:
        kit = kit_for(service)
        streams = [
            kit.stream("Hi", model="openai:m", headers={"x-case": case})
            for case in ("silent", "talking")
        ]
        readers = [asyncio.create_task(drain(stream)) for stream in streams]
        await asyncio.sleep(MOMENT)
        left = now()
        await kit.aclose()
        async with asyncio.timeout(SOON):
            results = await asyncio.gather(*readers, return_exceptions=True)
        assert [type(result).__name__ for result in results] == ["Unreachable", "CutOff"]
        assert max([await peer.gone for peer in service.peers]) - left <= SOON


# Callers without an event loop


def later(act: Callable[[], object]) -> Callable[[], float]:
    """Do something from another thread in a moment; what is returned tells when it was done."""
    did: list[float] = []

    def run() -> None:
        did.append(time.monotonic())
        act()

    timer = threading.Timer(MOMENT, run)
    timer.start()

    def when() -> float:
        timer.join()
        return did[0]

    return when


def interrupt() -> None:
    """Do what control-C does."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


def first_content(stream: SyncStream) -> None:
    next(event for event in stream if has_content((event,)))


SyncAct = Callable[[SyncKit], float]


def sync_block(kit: SyncKit) -> float:
    with kit.stream("Hi") as stream:
        first_content(stream)
        return time.monotonic()


def sync_block_error(kit: SyncKit) -> float:
    with pytest.raises(ZeroDivisionError), kit.stream("Hi") as stream:
        first_content(stream)
        left = time.monotonic()
        raise ZeroDivisionError
    return left


def sync_drop(kit: SyncKit) -> float:
    for _ in kit.stream("Hi").text:
        break
    return time.monotonic()


def sync_close_from_a_thread(kit: SyncKit) -> float:
    stream = kit.stream("Hi")
    when = later(stream.close)
    list(stream)  # which ends without an error
    return when()


def sync_interrupted(call: Callable[[SyncKit], object]) -> SyncAct:
    def act(kit: SyncKit) -> float:
        when = later(interrupt)
        with pytest.raises(KeyboardInterrupt):
            call(kit)
        return when()

    return act


def read_in_a_block(kit: SyncKit) -> None:
    with kit.stream("Hi") as stream:
        list(stream)


def sync_total(call: Callable[..., object]) -> SyncAct:
    def act(kit: SyncKit) -> float:
        began = time.monotonic()
        with pytest.raises(TotalTimeout):
            call(kit, timeout=MOMENT)
        return began + MOMENT

    return act


def sync_token(call: Callable[..., object]) -> SyncAct:
    def act(kit: SyncKit) -> float:
        token = CancelToken()
        when = later(token.cancel)
        with pytest.raises(Cancelled):
            call(kit, cancel=token)
        return when()

    return act


def sync_generate(kit: SyncKit, **settings: Any) -> None:
    kit.generate("Hi", **settings)


def sync_read(kit: SyncKit, **settings: Any) -> None:
    list(kit.stream("Hi", **settings))


@dataclass(frozen=True)
class SyncCase:
    name: str
    act: SyncAct
    script: Script


def sync_cases() -> Iterator[SyncCase]:
    first, silent = (FIRST["openai-chat"],), SILENT
    waiting: dict[str, SyncAct] = {
        "close from a thread": sync_close_from_a_thread,
        "interrupt": sync_interrupted(sync_read),
        "interrupt in a block": sync_interrupted(read_in_a_block),
        "total": sync_total(sync_read),
        "token": sync_token(sync_read),
    }
    reading = {"block": sync_block, "error": sync_block_error, "drop": sync_drop}
    generate = {
        "interrupt": sync_interrupted(sync_generate),
        "total": sync_total(sync_generate),
        "token": sync_token(sync_generate),
    }
    for name, act in waiting.items():
        yield SyncCase(f"stream, silent: {name}", act, silent)
    for name, act in {**waiting, **reading}.items():
        yield SyncCase(f"stream, after an event: {name}", act, first)
    for name, act in generate.items():
        yield SyncCase(f"generate, silent: {name}", act, silent)
        yield SyncCase(f"generate, half: {name}", act, (HALF,))


@pytest.mark.parametrize("case", [*sync_cases()], ids=lambda case: case.name)
def test_leaving_a_synchronous_call_closes_the_connection(case: SyncCase) -> None:
    with in_thread(case.script) as service:
        settings = {"openai": {"base_url": service.url, "api_key": KEY}}
        with SyncKit(model="openai:m", providers=settings) as kit:
            left: float = case.act(kit)
            deadline = time.monotonic() + 1
            while not service.peers[0].gone.done() and time.monotonic() < deadline:
                time.sleep(0.002)
            assert service.peers[0].gone.result() - left <= SOON
    assert not [thread for thread in threading.enumerate() if thread.name == "aikit-portal"]


@pytest.mark.parametrize("script", [SILENT, (FIRST["openai-chat"],), (HALF,)])
def test_closing_a_synchronous_kit_ends_the_calls_of_other_threads(script: Script) -> None:
    with in_thread(script) as service:
        settings = {"openai": {"base_url": service.url, "api_key": KEY}}
        kit = SyncKit(model="openai:m", providers=settings)
        when = later(kit.close)
        with pytest.raises(AIError):
            kit.generate("Hi")
        assert when()
