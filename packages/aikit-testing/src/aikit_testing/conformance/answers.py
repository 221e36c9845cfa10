"""Answers: their events, their parts, and the same answer whichever way it was sent."""

from __future__ import annotations

import asyncio

from aicore.calls import Batch
from aicore.fold import fold, unfold
from aicore.messages import TextPart
from aicore.responses import RerankResponse, Response
from aicore.values import from_json, to_json

from aikit_testing.conformance.author import Author, on_a_loop
from aikit_testing.conformance.bench import TEXT, bytewise, facts, half
from aikit_testing.conformance.cases import both_ways, called, each_text_ability, thought
from aikit_testing.conformance.grammar import broken_rule
from aikit_testing.conformance.scenario import Ability, Reply, Scenario
from aikit_testing.conformance.service import Delivery, Received


class Answers(Author):
    """What every answer keeps."""

    @on_a_loop
    async def test_it_can_do_something(self) -> None:
        assert await self._abilities(), "the provider refuses every ability as unsupported"

    @both_ways
    @each_text_ability
    @on_a_loop
    async def test_text_is_answered(self, ability: Ability, streaming: bool) -> None:
        await self._need(ability, streaming)
        async with self._served(ability) as bench:
            response = await bench.ask(streaming=streaming)
        assert response.text == "".join(TEXT), "the text is not what the service said"
        assert response.finish_reason == "stop", "a regular end is the finish reason 'stop'"
        assert [type(part) for part in response.parts] == [TextPart], "one text is one part"
        assert response.served_by.provider == self.provider

    @both_ways
    @each_text_ability
    @on_a_loop
    async def test_a_length_limit_is_told(self, ability: Ability, streaming: bool) -> None:
        await self._need(ability, streaming)
        cut = Scenario(ability=ability, text=TEXT, finish_reason="length")
        async with self._served(ability, cut) as bench:
            response = await bench.ask(streaming=streaming)
        assert response.finish_reason == "length", "an answer cut by its limit says 'length'"
        assert response.raw_finish_reason, "the service's own word is `raw_finish_reason`"

    @both_ways
    @each_text_ability
    @on_a_loop
    async def test_usage_is_told(self, ability: Ability, streaming: bool) -> None:
        await self._need(ability, streaming)
        async with self._served(ability) as bench:
            usage = (await bench.ask(streaming=streaming)).usage
        assert usage, "the answer has no usage, although the service told it"
        assert (usage.input_tokens, usage.output_tokens) == (11, 7), "these counts were not told"

    @both_ways
    @each_text_ability
    @on_a_loop
    async def test_events_come_in_order(self, ability: Ability, streaming: bool) -> None:
        await self._need(ability, streaming)
        for batches in await self._told(ability, streaming):
            rule = broken_rule(batches)
            assert rule is None, rule

    @both_ways
    @each_text_ability
    @on_a_loop
    async def test_folding_undoes_unfolding(self, ability: Ability, streaming: bool) -> None:
        await self._need(ability, streaming)
        for batches in await self._told(ability, streaming):
            response = fold(event for batch in batches for event in batch)
            again = fold(unfold(response))
            assert again == response, "events hold something that a response cannot hold"
            restored = from_json(Response, to_json(response))
            assert restored == response, "the response is not the same after a trip through JSON"

    @each_text_ability
    @on_a_loop
    async def test_a_stream_comes_to_the_same_as_one_answer(self, ability: Ability) -> None:
        await self._need(ability, True)
        for said in self._scenarios(ability):
            async with self._opened(ability, said) as bench:
                whole = await bench.ask()
                streamed = await bench.ask(streaming=True)
            assert facts(streamed) == facts(whole), "streamed and whole answers differ"

    @each_text_ability
    @on_a_loop
    async def test_text_arrives_while_it_is_written(self, ability: Ability) -> None:
        await self._need(ability, True)
        async with self._served(ability) as bench:
            bench.deliver = lambda reply: Delivery(reply, half(reply), "stall")
            arrived = asyncio.Event()
            reader = asyncio.create_task(bench.read(arrived))
            await bench.until_text(reader, arrived)
            reader.cancel()
            await asyncio.wait([reader])

    @each_text_ability
    @on_a_loop
    async def test_network_reads_do_not_show(self, ability: Ability) -> None:
        await self._need(ability, self.streams)
        async with self._served(ability) as bench:
            expected = facts(await bench.ask(streaming=self.streams))
            for cut in (bytewise, joined):
                bench.deliver = lambda reply, cut=cut: Delivery(cut(reply))  # type: ignore[misc]
                answer = await bench.ask(streaming=self.streams)
                assert facts(answer) == expected, "the answer depends on the borders of the reads"

    @on_a_loop
    async def test_calls_at_once_do_not_mix(self) -> None:
        ability = await self._main()

        def heard(received: Received) -> Scenario:
            number = next(n for n in range(8) if f"number-{n}-4711" in received.everything)
            if ability == "embed":
                return Scenario(ability="embed", vectors=((float(number),),))
            if ability == "rerank":
                return Scenario(ability="rerank", scores=(float(number),) * 3)
            return Scenario(ability=ability, text=(f"answer-{number}",))

        async with self._served(ability, heard) as bench:
            questions = [f"number-{number}-4711" for number in range(8)]
            answers = await asyncio.gather(*map(bench.ask, questions))
        for number, answer in enumerate(answers):
            match answer:
                case Response():
                    went_astray = answer.text != f"answer-{number}"
                case RerankResponse():
                    went_astray = answer.results[0].score != number
                case _:
                    went_astray = answer.vectors != ((float(number),),)
            assert not went_astray, "an answer went astray"

    def _scenarios(self, ability: Ability) -> list[Scenario]:
        """Return an answer of each kind that the provider's models give."""
        said = [Scenario(ability=ability, text=TEXT)]
        if ability == "chat" and self.over_http:
            said += [called()] if self.tools else []
            said += [thought()] if self.reasons else []
        return said

    async def _told(self, ability: Ability, streaming: bool) -> list[list[Batch]]:
        told = []
        for said in self._scenarios(ability):
            async with self._opened(ability, said) as bench:
                told.append(await bench.batches(streaming))
        return told


def joined(reply: Reply) -> Reply:
    """Put a whole reply into one chunk."""
    return Reply(reply.status, reply.headers, [b"".join(reply.chunks)])
