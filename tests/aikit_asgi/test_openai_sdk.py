"""The official OpenAI client for Python works unchanged against the gateway."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest
from aicore.messages import (
    AudioPart,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
)
from aicore.responses import Candidate, Response, Step, TokenLogprob, TopLogprob
from aicore.usage import Usage
from aikit import Kit
from aikit_asgi import APIKeys, Limits, create_app
from aikit_asgi.openai.read import read_chat
from aikit_testing.fixture import store, unit_vector
from aikit_testing.tiny_model import GREETING, QUOTED, REPORT
from pydantic import BaseModel

from ..aikit.service import (
    CLOSE,
    DONE,
    END,
    HELLO,
    MODEL,
    RESET,
    STALL,
    STREAM,
    Request,
    Script,
    Service,
    chunk,
    either,
    event,
    said,
    whole,
)
from ..providers.llama_server import tiny
from .behind import behind
from .server import serve

KEY = "sk-gate"
SOON = 0.1
"""Seconds within which a service learns that nobody waits for its answer."""
HI: Any = [{"role": "user", "content": "Hello there"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city", "days"],
            "additionalProperties": False,
        },
    },
}
USAGE: Any = {"include_usage": True}


class Trip(BaseModel):
    city: str
    days: int


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the answers of `fixture:` lie."""
    return tmp_path_factory.mktemp("answers")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    llama = {"models": {kind: tiny(kind) for kind in ("chat", "tool")}, "n_threads": 1}
    kit = Kit(providers={"llamacpp": llama, "fixture": {"folder": str(folder)}})
    models = ["fixture:*", "llamacpp:*", "nobod?:*"]
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OPENAI", "GROQ", "DEEPSEEK", "MISTRAL"):
            patch.delenv(f"{name}_API_KEY", raising=False)
        with serve(create_app(kit, auth=APIKeys([KEY]), models=models)) as address:
            yield f"{address}/v1"


@pytest.fixture
def client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=address, api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
async def async_client(address: str) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=address, api_key=KEY, max_retries=0) as client:
        yield client


@contextmanager
def client_of(
    script: Script | Callable[[Request], Script], **options: Any
) -> Iterator[tuple[Service, openai.OpenAI]]:
    with (
        behind(script) as (service, address),
        openai.OpenAI(base_url=address, api_key="any", **{"max_retries": 0, **options}) as client,
    ):
        yield service, client


# Real answers of llama.cpp


def test_a_model_answers(client: openai.OpenAI) -> None:
    told = client.chat.completions.create(model="llamacpp:chat", messages=HI)
    (choice,) = told.choices
    assert (choice.message.content, choice.finish_reason) == (GREETING, "stop")
    assert (told.object, choice.message.role) == ("chat.completion", "assistant")
    assert told.usage is not None
    assert told.usage.total_tokens == told.usage.prompt_tokens + told.usage.completion_tokens > 2


def test_a_model_s_answer_streams_and_ends_with_usage(client: openai.OpenAI) -> None:
    with client.chat.completions.create(
        model="llamacpp:chat", messages=HI, stream=True, stream_options={"include_usage": True}
    ) as stream:
        *chunks, last = list(stream)
    texts = [chunk.choices[0].delta.content for chunk in chunks]
    assert "".join(text or "" for text in texts) == GREETING
    assert len([text for text in texts if text]) > 3
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [
        *[None] * (len(chunks) - 1),
        "stop",
    ]
    whole = client.chat.completions.create(model="llamacpp:chat", messages=HI)
    assert last.choices == []
    assert last.usage is not None
    assert whole.usage is not None
    assert last.usage.completion_tokens == whole.usage.completion_tokens
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in [*chunks, last]}) == 1


def test_a_limit_cuts_the_answer(client: openai.OpenAI) -> None:
    told = client.chat.completions.create(
        model="llamacpp:chat", messages=HI, max_completion_tokens=2
    )
    assert told.choices[0].finish_reason == "length"
    assert GREETING.startswith(told.choices[0].message.content or "?")


def test_fields_that_openai_does_not_know_reach_a_model_that_does(client: openai.OpenAI) -> None:
    told = client.chat.completions.create(
        model="llamacpp:chat", messages=HI, max_tokens=20, extra_body={"ignore_eos": True}
    )
    assert told.choices[0].finish_reason == "length"
    assert "warnings" not in (told.model_extra or {})


@pytest.mark.parametrize("streaming", [False, True])
def test_a_tool_is_called_and_its_result_is_heard(client: openai.OpenAI, streaming: bool) -> None:
    def ask(messages: Any) -> Any:
        given: Any = {"model": "llamacpp:tool", "messages": messages, "tools": [WEATHER]}
        if not streaming:
            return client.chat.completions.create(**given)
        with client.chat.completions.stream(**given) as stream:
            return stream.get_final_completion()

    asked = ask(HI)
    assert asked.choices[0].finish_reason == "tool_calls"
    (call,) = asked.choices[0].message.tool_calls
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Paris", "days": 1}
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    told = ask([*HI, asked.choices[0].message, result])
    assert told.choices[0].message.content == REPORT


def test_an_answer_is_parsed_into_a_model_of_pydantic(client: openai.OpenAI) -> None:
    told = client.chat.completions.parse(model="llamacpp:chat", messages=HI, response_format=Trip)
    assert told.choices[0].message.parsed == Trip(city=QUOTED["chat"], days=1)


def test_arguments_are_parsed_while_they_stream(client: openai.OpenAI) -> None:
    tool = openai.pydantic_function_tool(Trip, name="plan")
    with client.chat.completions.stream(model="llamacpp:tool", messages=HI, tools=[tool]) as stream:
        done = [item for item in stream if item.type == "tool_calls.function.arguments.done"]
        final: Any = stream.get_final_completion()
    assert [item.parsed_arguments for item in done] == [Trip(city="Paris", days=1)]
    (call,) = final.choices[0].message.tool_calls
    assert call.function.parsed_arguments == Trip(city="Paris", days=1)


def test_vectors_come_as_base64_unless_numbers_are_asked_for(client: openai.OpenAI) -> None:
    texts = ["a fox", "a dog"]
    packed = client.embeddings.create(model="llamacpp:chat", input=texts)
    plain = client.embeddings.create(model="llamacpp:chat", input=texts, encoding_format="float")
    assert [row.embedding for row in packed.data] == [
        pytest.approx(row.embedding, rel=1e-6) for row in plain.data
    ]
    assert packed.usage.prompt_tokens > 0


# Answers made up for the purpose


def test_vectors_are_the_model_s_to_the_last_bit(client: openai.OpenAI) -> None:
    told = client.embeddings.create(model="fixture:echo", input=["a", "b"], dimensions=5)
    expected = [struct.unpack("<5f", struct.pack("<5f", *unit_vector(it, 5))) for it in "ab"]
    assert [tuple(row.embedding) for row in told.data] == expected
    assert [row.index for row in told.data] == [0, 1]


def test_a_warning_is_told_in_the_body_and_in_a_header(client: openai.OpenAI) -> None:
    asked: Any = {"model": "fixture:echo", "messages": HI, "verbosity": "low"}
    raw = client.chat.completions.with_raw_response.create(**asked)
    (warning,) = (raw.parse().model_extra or {})["warnings"]
    assert (warning["setting"], warning["action"]) == ("verbosity", "dropped")
    assert raw.headers["x-aikit-warnings"].startswith("fixture: verbosity dropped")
    chunks = list(client.chat.completions.create(**asked, stream=True))
    assert {len(item.choices) for item in chunks} == {1}
    assert (chunks[0].model_extra or {})["warnings"] == [warning]
    vectors = client.embeddings.create(
        model="fixture:echo", input="a", extra_body={"truncate": "END"}
    )
    assert [item["setting"] for item in (vectors.model_extra or {})["warnings"]] == ["truncate"]


def test_models_are_listed_and_found(client: openai.OpenAI) -> None:
    listed = {model.id: model for model in client.models.list()}
    assert listed.keys() == {"fixture:echo", "llamacpp:chat", "llamacpp:tool"}
    assert listed["fixture:echo"].owned_by == "fixture"
    assert client.models.retrieve("llamacpp:/a/path.gguf").id == "llamacpp:/a/path.gguf"


def everything(parts: Sequence[Any], reason: Any) -> Candidate:
    token = TokenLogprob("Hi", -0.25, (72, 105), (TopLogprob("Ho", -2.0),))
    return Candidate(tuple(parts), reason, logprobs=(token,))


SAID = everything(
    [
        ReasoningPart("Let me think."),
        TextPart("Hi there"),
        SourcePart(url="https://a.test", title="A", start=0, end=2),
        ToolCallPart("call_1", "get_weather", '{"city": "Oslo", "days": 2}'),
        ToolCallPart("call_2", "get_weather", '{"city": "Rome", "days": 3}'),
        AudioPart(data=b"RIFF", transcript="Hi", provider_data={"openai-chat": {"id": "au-1"}}),
    ],
    "tool-calls",
)
REFUSED = everything([RefusalPart("I would rather not.")], "stop")
TOLD = Usage(input_tokens=9, output_tokens=4, cache_read_tokens=5, reasoning_tokens=3)


@pytest.mark.parametrize("streaming", [False, True])
def test_all_that_an_answer_can_hold_arrives(
    client: openai.OpenAI, folder: Path, streaming: bool
) -> None:
    asked: Any = {"model": "fixture:canned", "messages": HI, "n": 2, "tools": [WEATHER]}
    response = Response(id="r-1", model="canned-1", created=7, steps=(Step((SAID, REFUSED), TOLD),))
    store(folder, replace(read_chat(asked)[0], model="canned"), response)
    told: Any
    if streaming:
        with client.chat.completions.stream(**asked, stream_options=USAGE) as stream:
            told = stream.get_final_completion()
    else:
        told = client.chat.completions.create(**asked)
    assert (told.id, told.model, told.created) == ("r-1", "canned-1", 7)
    first, second = told.choices
    assert (first.index, second.index) == (0, 1)
    assert (first.finish_reason, second.finish_reason) == ("tool_calls", "stop")
    assert first.message.content == "Hi there"
    assert (first.message.model_extra or {})["reasoning_content"] == "Let me think."
    calls = first.message.tool_calls
    assert [(call.id, json.loads(call.function.arguments)["city"]) for call in calls] == [
        ("call_1", "Oslo"),
        ("call_2", "Rome"),
    ]
    (note,) = first.message.annotations
    cited = note["url_citation"] if isinstance(note, dict) else note.url_citation.model_dump()
    assert (cited["url"], cited["end_index"]) == ("https://a.test", 2)
    audio = first.message.audio
    heard = audio if isinstance(audio, dict) else audio.model_dump()
    assert (heard["id"], heard["data"], heard["transcript"]) == ("au-1", "UklGRg==", "Hi")
    assert second.message.refusal == "I would rather not."
    for choice in told.choices:
        (token,) = choice.logprobs.content
        assert (token.token, token.top_logprobs[0].logprob) == ("Hi", -2.0)
    assert (told.usage.prompt_tokens, told.usage.completion_tokens) == (9, 4)
    assert told.usage.prompt_tokens_details.cached_tokens == 5
    assert told.usage.completion_tokens_details.reasoning_tokens == 3


def delta(**fields: Any) -> bytes:
    choice = {"index": 0, "delta": fields, "finish_reason": None}
    return event({"id": "c", "model": MODEL, "choices": [choice]})


def test_parallel_calls_of_a_service_stay_apart() -> None:
    def piece(index: int, text: str, **more: Any) -> bytes:
        return delta(tool_calls=[{"index": index, "function": {"arguments": text}, **more}])

    def begin(index: int, id: str) -> bytes:
        function = {"name": "get_weather", "arguments": ""}
        return delta(
            tool_calls=[{"index": index, "id": id, "type": "function", "function": function}]
        )

    body = [
        begin(0, "a"),
        piece(0, '{"city": "Aa'),
        piece(0, 'chen", "days": 2}'),
        begin(1, "b"),
        piece(1, '{"city": "Bo'),
        piece(1, 'nn", "days": 1}'),
        event(said(finish="tool_calls")),
    ]
    script = (STREAM, chunk(b"".join(body) + DONE), END)
    with (
        client_of(script) as (_, client),
        client.chat.completions.stream(model="openai:gpt", messages=HI, tools=[WEATHER]) as stream,
    ):
        final: Any = stream.get_final_completion()
    calls = final.choices[0].message.tool_calls
    assert [(call.id, json.loads(call.function.arguments)) for call in calls] == [
        ("a", {"city": "Aachen", "days": 2}),
        ("b", {"city": "Bonn", "days": 1}),
    ]


def test_a_custom_tool_streams_text() -> None:
    call = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "shell", "input": ""}}
    body = [
        delta(tool_calls=[call]),
        delta(tool_calls=[{"index": 0, "custom": {"input": "ls "}}]),
        delta(tool_calls=[{"index": 0, "custom": {"input": "-l"}}]),
        event(said(finish="tool_calls")),
    ]
    shell: Any = {"type": "custom", "custom": {"name": "shell"}}
    with client_of((STREAM, chunk(b"".join(body) + DONE), END)) as (service, client):
        stream = client.chat.completions.create(
            model="openai:gpt", messages=HI, tools=[shell], stream=True
        )
        pieces = [
            (call.model_extra or {})["custom"]
            for item in stream
            for call in item.choices[0].delta.tool_calls or ()
        ]
    assert service.requests[0].json["tools"] == [shell]
    assert pieces[0]["name"] == "shell"
    assert "".join(piece["input"] for piece in pieces) == "ls -l"


def test_functions_of_old_are_still_served() -> None:
    function: Any = {"name": "f", "arguments": "{}"}
    call = {"id": "1", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    with client_of((whole({"id": "c", "choices": [choice]}),)) as (service, client):
        told = client.chat.completions.create(
            model="openai:gpt",
            messages=HI,
            functions=[{"name": "f", "parameters": {"type": "object", "properties": {}}}],
            function_call={"name": "f"},
        )
    assert told.choices[0].message.function_call is not None
    assert told.choices[0].message.function_call.model_dump() == function
    assert told.choices[0].finish_reason == "function_call"
    asked = service.requests[0].json
    assert asked["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert "functions" not in asked


# Errors


def test_a_wrong_key_is_an_authentication_error(address: str) -> None:
    with (
        openai.OpenAI(base_url=address, api_key="sk-wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        client.chat.completions.create(model="fixture:echo", messages=HI)
    assert caught.value.code == "invalid_api_key"


@pytest.mark.parametrize("model", ["nobody:x", "openai:gpt-5"])
def test_a_model_that_is_not_served_is_not_found(client: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model=model, messages=HI)
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve(model)


def test_an_option_cannot_put_another_model_in_place(client: openai.OpenAI) -> None:
    options = {"provider_options": {"llamacpp": {"model": "tool"}}}
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="llamacpp:chat", messages=HI, extra_body=options)
    assert caught.value.param == "provider_options"


@pytest.mark.parametrize("streaming", [False, True])
def test_a_request_that_makes_no_sense_is_a_bad_request(
    client: openai.OpenAI, streaming: bool
) -> None:
    wrong: Any = "hot"
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model="fixture:echo", messages=HI, temperature=wrong, stream=streaming
        )
    assert (caught.value.param, caught.value.type) == ("temperature", "invalid_request_error")


def test_what_the_model_refuses_is_a_bad_request(client: openai.OpenAI) -> None:
    long: Any = [{"role": "user", "content": "x" * 9000}]
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="llamacpp:chat", messages=long)
    assert caught.value.code == "context_length_exceeded"


def failing(times: int, failure: Sequence[bytes]) -> Callable[[Request], Script]:
    left = iter(range(times))
    return lambda request: failure if next(left, None) is not None else either(request)


def refusal(code: str, *headers: str) -> tuple[bytes]:
    error = {"message": "Rate limit reached.", "type": "requests", "param": None, "code": code}
    return (whole({"error": error}, *headers, status="429 Too Many Requests"),)


@pytest.mark.parametrize("streaming", [False, True])
def test_the_client_waits_as_long_as_the_service_says_and_succeeds(streaming: bool) -> None:
    script = failing(1, refusal("rate_limit_exceeded", "retry-after-ms: 700"))
    with client_of(script, max_retries=2) as (service, client):
        begun = time.monotonic()
        told: Any = client.chat.completions.create(
            model="openai:gpt", messages=HI, stream=streaming
        )
        if streaming:
            text = "".join(item.choices[0].delta.content or "" for item in told)
        else:
            text = told.choices[0].message.content
        waited = time.monotonic() - begun
    assert text == "Hello"
    assert len(service.requests) == 2
    assert 0.7 <= waited < 2.5, "without being told it waits for at most 0.5 s"


def test_a_rate_limit_that_lasts_is_a_rate_limit_error() -> None:
    with (
        client_of(refusal("rate_limit_exceeded", "retry-after: 7")) as (_, client),
        pytest.raises(openai.RateLimitError) as caught,
    ):
        client.chat.completions.create(model="openai:gpt", messages=HI)
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.response.headers["retry-after"] == "7"


def test_a_quota_that_is_spent_is_not_asked_for_again() -> None:
    with (
        client_of(refusal("insufficient_quota"), max_retries=3) as (service, client),
        pytest.raises(openai.RateLimitError) as caught,
    ):
        client.chat.completions.create(model="openai:gpt", messages=HI)
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert caught.value.code == "insufficient_quota"
    assert len(service.requests) == 1


def test_the_gateway_s_own_key_is_not_the_client_s_concern() -> None:
    error = {"error": {"message": "Incorrect API key: sk-up", "code": "invalid_api_key"}}
    with (
        client_of((whole(error, status="401 Unauthorized"),)) as (service, client),
        pytest.raises(openai.InternalServerError) as caught,
    ):
        client.with_options(max_retries=3).chat.completions.create(model="openai:gpt", messages=HI)
    assert caught.value.status_code == 502
    assert "sk-up" not in str(caught.value)
    assert len(service.requests) == 1


BEGUN = chunk(event(said("Hel")))


@pytest.mark.parametrize(
    "ending",
    [
        (chunk(event({"error": {"message": "out of memory", "code": "server_error"}})), END),
        (END,),
        (CLOSE,),
        (RESET,),
        (chunk(b"data: {"), END),
    ],
    ids=["error", "end", "close", "reset", "half an event"],
)
def test_a_stream_that_breaks_never_ends_cleanly(ending: Script) -> None:
    with client_of((STREAM, BEGUN, 0.02, *ending)) as (_, client):
        stream = client.chat.completions.create(model="openai:gpt", messages=HI, stream=True)
        heard = ""
        with pytest.raises(openai.APIError) as caught:
            for item in stream:
                heard += item.choices[0].delta.content or ""
    assert heard == "Hel"
    assert caught.value.message


def test_a_stream_that_takes_too_long_breaks_with_an_error() -> None:
    limits = Limits(stream=0.2)
    with (
        behind((STREAM, BEGUN, STALL), limits) as (_, address),
        openai.OpenAI(base_url=address, api_key="any", max_retries=0) as client,
    ):
        stream = client.chat.completions.create(model="openai:gpt", messages=HI, stream=True)
        with pytest.raises(openai.APIError) as caught:
            list(stream)
    assert caught.value.code == "total_timeout"


# Leaving


SILENT: Script = (STALL,)
HEAD: Script = (STREAM, STALL)
TALKING: Script = (STREAM, BEGUN, STALL)


def until(condition: Callable[[], Any], seconds: float = 5.0) -> None:
    due = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < due, "it never came to that"
        time.sleep(0.002)


def seconds_until_gone(service: Service, left: float) -> float:
    """Return how long the service waited for the connection to close; both count one clock."""
    until(service.peers[0].gone.done)
    return service.peers[0].gone.result() - left


def test_closing_a_stream_closes_the_connection_to_the_service() -> None:
    with client_of(TALKING) as (service, client):
        stream = client.chat.completions.create(model="openai:gpt", messages=HI, stream=True)
        for item in stream:
            if item.choices[0].delta.content:
                break
        left = time.monotonic()
        stream.close()
        assert seconds_until_gone(service, left) <= SOON


@pytest.mark.parametrize("script", [SILENT, HEAD, TALKING], ids=["silent", "head", "talking"])
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
async def test_a_cancelled_call_closes_the_connection_to_the_service(
    script: Script, streaming: bool
) -> None:
    heard = asyncio.Event()
    with behind(script) as (service, address):
        async with openai.AsyncOpenAI(base_url=address, api_key="any", max_retries=0) as client:

            async def call() -> None:
                told: Any = await client.chat.completions.create(
                    model="openai:gpt", messages=HI, stream=streaming
                )
                async for item in told:
                    if item.choices[0].delta.content:
                        heard.set()

            task = asyncio.create_task(call())
            while not service.requests:
                await asyncio.sleep(0.002)
            if streaming and script is TALKING:
                await heard.wait()
            else:
                await asyncio.sleep(0.05)  # let what the service says arrive
            left = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(seconds_until_gone, service, left) <= SOON


def test_a_client_that_waits_no_longer_closes_the_connection_to_the_service() -> None:
    with client_of(SILENT, timeout=0.3) as (service, client):
        with pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(model="openai:gpt", messages=HI)
        assert seconds_until_gone(service, time.monotonic()) <= SOON


# The asynchronous client


async def test_the_asynchronous_client_is_answered_too(async_client: openai.AsyncOpenAI) -> None:
    told = await async_client.chat.completions.create(model="fixture:echo", messages=HI)
    assert told.choices[0].message.content == "Hello there"
    stream = await async_client.chat.completions.create(
        model="fixture:echo", messages=HI, stream=True
    )
    texts = [item.choices[0].delta.content or "" async for item in stream]
    assert "".join(texts) == "Hello there"
    vectors = await async_client.embeddings.create(model="fixture:echo", input="a")
    assert len(vectors.data[0].embedding) == 8
    with pytest.raises(openai.NotFoundError):
        await async_client.models.retrieve("nobody:x")


async def test_many_calls_at_once_are_kept_apart(async_client: openai.AsyncOpenAI) -> None:
    async def ask(word: str) -> str:
        messages: Any = [{"role": "user", "content": word}]
        stream = await async_client.chat.completions.create(
            model="fixture:echo", messages=messages, stream=True
        )
        return "".join([item.choices[0].delta.content or "" async for item in stream])

    words = [f"word {number} of many" for number in range(40)]
    assert await asyncio.gather(*map(ask, words)) == words


async def test_two_reads_of_a_service_are_two_of_the_client() -> None:
    with behind((HELLO[0], 0.1, *HELLO[1:])) as (_, address):
        async with openai.AsyncOpenAI(base_url=address, api_key="any", max_retries=0) as client:
            stream = await client.chat.completions.create(
                model="openai:gpt", messages=HI, stream=True
            )
            times = [time.monotonic() async for item in stream if item.choices[0].delta.content]
    assert times[1] - times[0] > 0.05
