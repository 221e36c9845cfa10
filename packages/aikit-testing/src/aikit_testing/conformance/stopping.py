"""Whoever stops waiting closes the connection, whichever way and however far the answer was."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from aicore.context import CancelToken, Deadlines
from aicore.errors import Cancelled, FirstTokenTimeout, GapTimeout
from aicore.events import TextDelta

from aikit_testing.conformance.author import Author, not_applicable, on_a_loop
from aikit_testing.conformance.bench import KEY, half
from aikit_testing.conformance.cases import both_ways, each_text_ability
from aikit_testing.conformance.scenario import Ability, Reply
from aikit_testing.conformance.service import Delivery


def silence(reply: Reply) -> Delivery:
    return Delivery(reply, silent=True)


def stalled(reply: Reply) -> Delivery:
    return Delivery(reply, half(reply), "stall")


class Stopping(Author):
    """Nothing goes on after its caller has gone."""

    @each_text_ability
    @on_a_loop
    async def test_leaving_a_stream_closes_the_connection(self, ability: Ability) -> None:
        await self._need(ability, True)
        async with self._opened(ability) as bench:
            bench.deliver = stalled
            tasks = asyncio.all_tasks()
            async with bench.stream() as stream:
                async for event in stream:
                    if isinstance(event, TextDelta):
                        break
            await bench.until_left("its stream was left")
            await bench.until(
                lambda: asyncio.all_tasks() <= tasks, "a task still runs after its stream was left"
            )
            bench.deliver = Delivery
            assert (await bench.ask()).finish_reason, "the next call gets no answer"

    @both_ways
    @on_a_loop
    async def test_cancelling_before_the_answer_closes_the_connection(
        self, streaming: bool
    ) -> None:
        ability = await self._main()
        await self._streaming(ability, streaming)
        async with self._served(ability) as bench:
            bench.deliver = silence
            task = asyncio.create_task(bench.ask(streaming=streaming))
            await bench.until_asked()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert task.cancelled(), "the cancellation was swallowed"
            await bench.until_left("its task was cancelled")

    @each_text_ability
    @on_a_loop
    async def test_cancelling_amid_the_answer_closes_the_connection(self, ability: Ability) -> None:
        await self._need(ability, True)
        async with self._served(ability) as bench:
            bench.deliver = stalled
            arrived = asyncio.Event()
            task = asyncio.create_task(bench.read(arrived))
            await bench.until_text(task, arrived)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert task.cancelled(), "the cancellation was swallowed"
            await bench.until_left("its task was cancelled")

    @both_ways
    @on_a_loop
    async def test_a_cancel_token_closes_the_connection(self, streaming: bool) -> None:
        ability = await self._main()
        await self._streaming(ability, streaming)
        async with self._served(ability) as bench:
            bench.deliver = stalled if streaming else silence
            token, arrived = CancelToken(), asyncio.Event()
            call = bench.read(arrived, cancel=token) if streaming else bench.ask(cancel=token)
            task = asyncio.create_task(call)
            await (bench.until_text(task, arrived) if streaming else bench.until_asked())
            token.cancel()
            with pytest.raises(Cancelled):
                await task
            await bench.until_left("its cancel token was used")

    @both_ways
    @on_a_loop
    async def test_a_deadline_closes_the_connection(self, streaming: bool) -> None:
        ability = await self._main()
        await self._streaming(ability, streaming)
        async with self._served(ability) as bench:
            bench.deliver = stalled if streaming else silence
            if streaming:
                with pytest.raises(GapTimeout):
                    await bench.ask(streaming=True, timeout=Deadlines(gap=0.1))
            else:
                with pytest.raises(FirstTokenTimeout):
                    await bench.ask(timeout=Deadlines(first_token=0.1))
            await bench.until_left("a deadline passed")

    @on_a_loop
    async def test_the_event_loop_stays_free(self) -> None:
        async with self._served(await self._main()) as bench:
            bench.deliver = lambda reply: Delivery(reply, pause=0.5)
            loop, longest = asyncio.get_running_loop(), 0.0
            task, last = asyncio.create_task(bench.ask()), loop.time()
            while not task.done():
                await asyncio.sleep(0.01)
                longest, last = max(longest, loop.time() - last), loop.time()
            await task
        assert longest < 0.4, f"the event loop stood still for {longest:.2f} s"

    @on_a_loop
    async def test_closing_closes_the_connections(self) -> None:
        async with self._served(await self._main()) as bench:
            await bench.ask()
            opened = bench.kit.provider(self.provider)  # held, so that nothing else closes it
            await bench.kit.aclose()
            await bench.until_left("the Kit was closed")
            await opened.aclose()

    def test_one_kit_serves_several_event_loops(self) -> None:
        if not self.over_http:
            not_applicable("the provider asks no service over HTTP")
        ability = asyncio.run(self._main())
        with self._set_up(ability, None, KEY, {}) as bench:
            for _ in range(2):
                asyncio.run(bench.ask())
            asyncio.run(bench.kit.aclose())
