"""Tools, thoughts, embeddings and models: what some providers can do."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest
from aicore.errors import AIError, GarbledError
from aicore.messages import Message, ReasoningPart, TextPart, ToolResultPart

from aikit_testing.conformance.author import Author, not_applicable, on_a_loop
from aikit_testing.conformance.bench import EMBEDDED, MODELS, SCORES, TEXT
from aikit_testing.conformance.cases import CALLS, THOUGHTS, WEATHER, both_ways, called, thought
from aikit_testing.conformance.scenario import Scenario
from aikit_testing.conformance.service import Received


class Turns(Author):
    """What a model's turn may hold besides text."""

    @both_ways
    @on_a_loop
    async def test_parallel_tool_calls_stay_apart(self, streaming: bool) -> None:
        await self._need("chat", streaming)
        self._need_tools()
        async with self._served("chat", called()) as bench:
            response = await bench.ask(streaming=streaming, tools=[WEATHER])
        assert response.finish_reason == "tool-calls", "tool calls end with 'tool-calls'"
        found = [(call.name, json.loads(call.arguments)) for call in response.tool_calls]
        expected = [(call.name, json.loads(call.arguments)) for call in CALLS]
        assert found == expected, "the calls are not those that the service made"
        assert len({call.id for call in response.tool_calls}) == 2, "each call has an id of its own"

    @on_a_loop
    async def test_tool_results_go_back(self) -> None:
        await self._need("chat")
        self._need_tools()
        async with self._served("chat", called()) as bench:
            turn = (await bench.ask(tools=[WEATHER])).message
            results = [
                ToolResultPart(call.id, f"result-{number}-4711", name=call.name)
                for number, call in enumerate(turn.tool_calls)
            ]
            bench.said = Scenario(ability="chat", text=TEXT)
            conversation = [Message.user("question-4711"), turn, Message.tool(*results)]
            response = await bench.ask(conversation, tools=[WEATHER])
            assert response.text == "".join(TEXT)
            for text in ("question-4711", "get_weather", "Oslo", "result-0-4711", "result-1-4711"):
                assert text in bench.sent, f"{text!r} of the conversation was not sent"

    @both_ways
    @on_a_loop
    async def test_thoughts_are_no_text(self, streaming: bool) -> None:
        await self._need("chat", streaming)
        self._need_reasons()
        async with self._served("chat", thought()) as bench:
            response = await bench.ask(streaming=streaming)
        kinds = [type(part) for part in response.parts]
        assert kinds == [ReasoningPart, TextPart], "thoughts and text are parts of their own"
        assert response.reasoning == "".join(THOUGHTS)
        assert response.text == "".join(TEXT)

    @on_a_loop
    async def test_embeddings_keep_their_order(self) -> None:
        async with self._served("embed") as bench:
            result = await bench.ask()
            assert result.vectors == tuple(EMBEDDED.values()), "vectors come in the texts' order"
            assert result.usage, "the result has no usage, although the service told it"
            assert result.usage.input_tokens == 11 * len(bench.received)

    @on_a_loop
    async def test_a_missing_vector_is_a_bad_reply(self) -> None:
        some = tuple(EMBEDDED.values())[:-1]
        async with self._served("embed", Scenario(ability="embed", vectors=some)) as bench:
            with pytest.raises(AIError) as raised:
                await bench.ask()
        assert isinstance(raised.value, GarbledError), f"this is {raised.value!r}, not BadReply"

    @on_a_loop
    async def test_many_texts_are_sent_in_several_requests(self) -> None:
        await self._need("embed")
        limit = self.texts_at_once
        if limit is None:
            not_applicable("`texts_at_once` names no limit")
        async with self._served("embed", numbered) as bench:
            result = await bench.ask([f"text-{number}-4711" for number in range(limit + 1)])
            counts = [len(numbers_in(received)) for received in bench.received]
        assert sum(counts) == limit + 1, "each text is sent once"
        assert max(counts) <= limit, f"a request holds {max(counts)} texts, not {limit} at most"
        expected = tuple((float(number),) for number in range(limit + 1))
        assert result.vectors == expected, "vectors come in the texts' order"
        told = result.usage.input_tokens if result.usage else None
        assert told == 11 * len(counts), "usage is that of all requests together"

    @on_a_loop
    async def test_documents_are_ranked(self) -> None:
        async with self._served("rerank") as bench:
            result = await bench.ask()
        ranked = [(item.index, item.score) for item in result.results]
        best_first = sorted(enumerate(SCORES.values()), key=lambda item: -item[1])
        assert ranked == best_first, "documents come with their scores, the best first"

    @on_a_loop
    async def test_a_document_that_is_not_there_is_a_bad_reply(self) -> None:
        more = (*SCORES.values(), 1.0)
        async with self._served("rerank", Scenario(ability="rerank", scores=more)) as bench:
            with pytest.raises(AIError) as raised:
                await bench.ask()
        assert isinstance(raised.value, GarbledError), f"this is {raised.value!r}, not BadReply"

    @on_a_loop
    async def test_models_are_listed(self) -> None:
        async with self._served("models") as bench:
            models = await bench.ask()
        assert tuple(model.id for model in models) == MODELS, "these are not the service's models"
        named = {model.provider for model in models}
        assert named == {self.provider}, "each model names its provider"

    def _need_tools(self) -> None:
        if not self.tools:
            not_applicable("the provider's models call no tools")

    def _need_reasons(self) -> None:
        if not self.reasons:
            not_applicable("the provider's models do not show what they think")


def numbered(received: Received) -> Scenario:
    """Answer with vectors that tell which texts they are for."""
    vectors = tuple((float(number),) for number in numbers_in(received))
    return Scenario(ability="embed", vectors=vectors)


def numbers_in(received: Received) -> Sequence[str]:
    return re.findall(r"text-(\d+)-4711", received.said)
