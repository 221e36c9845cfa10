"""OpenAI's, Mistral's and Groq's own clients read the same bytes and find the same in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx
import pytest
from aicore.responses import Embeddings, Response

from ..corpus import Exchange, exchanges
from ..replay import Outcome, replay
from ..scope import IN_SCOPE
from ..sdk import http, marks, name_of, streams
from .meaning import of_chat

groq = pytest.importorskip("groq", reason="install the dev dependency `groq`")
mistral = pytest.importorskip("mistralai.client", reason="install the dev dependency `mistralai`")
openai = pytest.importorskip("openai", reason="install the dev dependency `openai`")

HI: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def by_openai(exchange: Exchange) -> Iterator[Any]:
    with openai.OpenAI(api_key="sk-none", http_client=http(exchange), max_retries=0) as client:
        yield from asked(client, exchange)


def by_groq(exchange: Exchange) -> Iterator[Any]:
    client = groq.Groq(api_key="sk-none", http_client=http(exchange, httpx), max_retries=0)
    with client:
        yield from asked(client, exchange)


def asked(client: Any, exchange: Exchange) -> Iterator[Any]:
    """Have a client of the form that OpenAI's generator gives it read an answer."""
    streaming = streams(exchange)
    match exchange.api:
        case "openai-completions":
            found = client.completions.create(model="m", prompt="Hi", stream=streaming)
        case "openai-embeddings":
            found = client.embeddings.create(model="m", input="Hi")
        case "openai-models":
            found = client.models.list()
        case _:
            found = client.chat.completions.create(**HI, stream=streaming)
    yield from found if streaming or exchange.api == "openai-models" else [found]


def by_mistral(exchange: Exchange) -> Iterator[Any]:
    with mistral.Mistral(api_key="sk-none", client=http(exchange)) as client:
        if exchange.api == "openai-embeddings":
            yield client.embeddings.create(model="m", inputs=["Hi"])
        elif streams(exchange):
            yield from (event.data for event in client.chat.stream(**HI))
        else:
            yield client.chat.complete(**HI)


OWN: Mapping[str, Callable[[Exchange], Iterator[Any]]] = {
    "groq": by_groq,
    "mistral": by_mistral,
}
"""Vendors' own clients; the others have their users take OpenAI's."""

FAULTS = (openai.APIError, groq.APIError, mistral.errors.MistralError)


def by_sdk(exchange: Exchange) -> Iterator[Any]:
    return OWN.get(exchange.provider, by_openai)(exchange)


RECORDED = [
    item
    for item in exchanges()
    if item.api in ("openai-chat", "openai-completions", "openai-embeddings", "openai-models")
    and item.pair in IN_SCOPE
    and item.pair != ("perplexity", "openai-embeddings")  # bytes, which OpenAI's takes for floats
    and item.expected
]
ANSWERED = [item for item in RECORDED if item.expected and item.expected["kind"] != "error"]
REFUSED = [item for item in RECORDED if item not in ANSWERED]
pytestmark = [*marks(RECORDED)]


def usage_of(answer: Any) -> Any:
    """Return the counts; Groq had them in a place of its own first, and its client knows it."""
    return answer.usage or getattr(getattr(answer, "x_groq", None), "usage", None)


def told(said: Any, name: str) -> Any:
    """Return a field that a client may not know, or know under the name of an option not set."""
    value = getattr(said, name, None)
    return value if isinstance(value, str) else None


def pieces(content: Any, kind: str) -> Iterator[str]:
    """Yield the texts or the thoughts of a content; Mistral's may be a list of parts."""
    if isinstance(content, str) and kind == "text":
        yield content
    for part in content if isinstance(content, list) else ():
        if part.type == kind == "thinking":
            yield from (piece.text for piece in part.thinking)
        elif part.type == kind:
            yield part.text


def facts_of_sdk(exchange: Exchange, answers: list[Any]) -> Iterator[tuple[str, Any]]:
    choices = [choice for answer in answers for choice in answer.choices or ()]
    numbers = sorted({choice.index for choice in choices})
    yield "id", next((answer.id for answer in answers if answer.id), "")
    yield "model", next((answer.model for answer in answers if answer.model), None)
    texts = {number: candidate(choices, number) for number in numbers}
    means = [apart(exchange, answers[0].model, *said) for said in texts.values()] or [("", "")]
    yield "texts", [text for text, _ in means]
    yield "thoughts", means[0][1]
    calls: dict[Any, list[str]] = {}
    for choice in choices:
        if choice.index == numbers[0]:
            gather(calls, said(choice))
    yield "calls", [(call[0], call[1], parsed(call[2])) for call in calls.values()]
    reasons = [c.finish_reason for c in choices if c.finish_reason and c.index == numbers[0]]
    yield "reason", reasons[-1] if reasons else None
    usages = [usage for answer in answers if (usage := usage_of(answer))]
    yield "usage", usages[-1] and counts(usages[-1].model_dump()) if usages else None


def apart(exchange: Exchange, model: str, text: str, thoughts: str) -> tuple[str, str]:
    """Tell thoughts from text where a model is known to write them into it."""
    said = {"model": model, "text": text, "reasoning": thoughts}
    means = of_chat(replace(exchange, expected=said)) or said
    return means["text"], means["reasoning"]


def said(choice: Any) -> Any:
    """Return where a choice says something; that of a text completion does itself.

    Perplexity's whole answers have an empty `delta` beside the message.
    """
    return getattr(choice, "message", None) or getattr(choice, "delta", None) or choice


def candidate(choices: Iterable[Any], number: int) -> tuple[str, str]:
    """Return the text and the thoughts of one candidate."""
    text, thoughts = "", ""
    for choice in choices:
        if choice.index == number:
            item = said(choice)
            content = getattr(item, "content", None) or getattr(item, "text", None)
            text += "".join(pieces(content, "text"))
            thoughts += told(item, "reasoning_content") or told(item, "reasoning") or ""
            thoughts += "".join(pieces(content, "thinking"))
    return text, thoughts


def gather(calls: dict[Any, list[str]], item: Any) -> None:
    """Add what a piece says of tool calls: their ids, their names and their arguments."""
    for number, call in enumerate(getattr(item, "tool_calls", None) or ()):
        index = getattr(call, "index", None)
        add(calls.setdefault(number if index is None else index, ["", "", ""]), call.function)
        known = calls[number if index is None else index]
        known[0] = known[0] or call.id  # Mistral's client has "null" for none
    if (old := getattr(item, "function_call", None)) and (old.name or old.arguments):
        add(calls.setdefault("old", ["", "", ""]), old)


def add(known: list[str], function: Any) -> None:
    known[1] = function.name or known[1]
    arguments = function.arguments
    known[2] += arguments if isinstance(arguments, str) else json.dumps(arguments or {})


def parsed(arguments: str) -> Any:
    with suppress(ValueError):
        return json.loads(arguments or "{}")
    return arguments


def counts(usage: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(usage.get(name) for name in ("prompt_tokens", "completion_tokens", "total_tokens"))


def facts_of_ours(response: Response) -> Iterator[tuple[str, Any]]:
    yield "id", response.id or ""
    yield "model", response.model
    yield "texts", [item.text for item in response.candidates]
    yield "thoughts", response.reasoning
    calls = response.tool_calls
    old = response.raw_finish_reason == "function_call"  # OpenAI's first form, without ids
    ids = ["" if old else call.id for call in calls]
    named = [(call.name, parsed(call.arguments)) for call in calls]
    yield "calls", [(id, *call) for id, call in zip(ids, named, strict=True)]
    yield "reason", response.raw_finish_reason
    yield "usage", response.usage and counts(response.usage.raw or {})


async def whole(exchange: Exchange) -> Outcome:
    return (await replay(exchange))[0]["whole"]


@pytest.mark.parametrize("exchange", ANSWERED, ids=name_of)
async def test_the_sdk_finds_the_same_in_an_answer(exchange: Exchange) -> None:
    outcome = await whole(exchange)
    if outcome.error is not None:
        with pytest.raises(FAULTS) as raised:
            list(by_sdk(exchange))
        assert getattr(raised.value, "message", "") in outcome.error.message
        return
    answers = list(by_sdk(exchange))
    match outcome.result:
        case Response() as response:
            assert dict(facts_of_ours(response)) == dict(facts_of_sdk(exchange, answers))
        case Embeddings() as found:
            assert found.vectors == tuple(tuple(row.embedding) for row in answers[0].data)
        case tuple() as models:
            assert [model.id for model in models] == [model.id for model in answers]
        case other:
            raise AssertionError(other)


@pytest.mark.parametrize("exchange", REFUSED, ids=name_of)
async def test_the_sdk_finds_the_same_fault(exchange: Exchange) -> None:
    error = (await whole(exchange)).error
    assert error is not None
    with pytest.raises(FAULTS) as raised:
        list(by_sdk(exchange))
    assert getattr(raised.value, "status_code", None) == error.status
