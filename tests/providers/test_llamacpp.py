"""llama.cpp in this process, with hand-made models whose answers are known."""

from __future__ import annotations

import asyncio
import gc
import json
import math
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from aicore.context import CancelToken, Context
from aicore.errors import BadConfig, Cancelled, CutOff, InvalidRequest, NotFound, TooLong
from aicore.events import ArgumentsDelta, TextDelta, UsageReported
from aicore.requests import ChatRequest, EmbedRequest
from aikit import JSONSchema, Kit, Message, SyncKit, Tool, ToolResultPart
from aikit_provider_llamacpp.handover import Handover
from aikit_provider_llamacpp.provider import LlamaProvider
from aikit_testing.tiny_model import GREETING, REPORT

from .llama_server import tiny

WEATHER = Tool(
    "get_weather",
    "The weather in a city",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    },
)
ENDLESS: dict[str, Any] = {"provider_options": {"llamacpp": {"ignore_eos": True}}}


def settings(**more: Any) -> dict[str, Any]:
    return {"models": {"chat": tiny("chat"), "tool": tiny("tool")}, "n_threads": 1, **more}


def new_kit(**more: Any) -> Kit:
    return Kit(providers={"llamacpp": settings(**more)})


@pytest.fixture
async def kit() -> AsyncIterator[Kit]:
    async with new_kit() as kit:
        yield kit


def opened(kit: Kit) -> LlamaProvider:
    provider = kit.provider("llamacpp")
    assert isinstance(provider, LlamaProvider)
    return provider


async def counter(kit: Kit, name: str) -> float:
    return (await opened(kit).metrics("chat"))[name]


async def until_idle(kit: Kit) -> None:
    async with asyncio.timeout(10):
        while await counter(kit, "requests_processing"):
            await asyncio.sleep(0.005)


async def test_text_arrives_token_by_token(kit: Kit) -> None:
    async with kit.stream("Hi", model="llamacpp:chat", max_tokens=500, **ENDLESS) as stream:
        batches = [batch async for batch in stream.batches()]
        response = await stream.response()
    assert len(batches) > 50
    deltas = [event for batch in batches for event in batch if isinstance(event, TextDelta)]
    assert len(deltas) == 500
    assert response.text.startswith(GREETING)
    assert response.finish_reason == "length"


async def test_an_answer_is_the_same_whether_streamed_or_not(kit: Kit) -> None:
    whole = await kit.generate("Hi", model="llamacpp:chat")
    async with kit.stream("Hi", model="llamacpp:chat") as stream:
        streamed = await stream.response()
    assert whole.text == streamed.text == GREETING
    assert whole.finish_reason == streamed.finish_reason == "stop"
    assert whole.model == streamed.model == "chat"
    for response in (whole, streamed):
        assert response.usage is not None
        assert response.usage.input_tokens == len("user\nHi\nassistant\n") + 4  # its markers
        assert response.usage.output_tokens == 8


async def test_usage_is_told_once_at_the_end(kit: Kit) -> None:
    async with kit.stream("Hi", model="llamacpp:chat") as stream:
        events = [event async for event in stream]
    assert [event.usage.output_tokens for event in events if isinstance(event, UsageReported)] == [
        8
    ]


async def test_a_path_is_a_model_id_and_names_are_only_short_for_paths(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiny("chat")
    monkeypatch.setenv("HOME", str(path.parent))
    assert (await kit.generate("Hi", model="llamacpp:~/chat.gguf")).text == GREETING
    assert (await kit.generate("Hi", model=f"llamacpp:{path}")).text == GREETING
    relative = os.path.relpath(path)
    assert (await kit.generate("Hi", model=f"llamacpp:{relative}")).text == GREETING
    assert (await opened(kit).metrics("chat"))["tokens_predicted_total"] == 24


async def test_a_tool_is_called_and_its_result_answered(kit: Kit) -> None:
    async with kit.stream("Weather?", model="llamacpp:tool", tools=[WEATHER]) as stream:
        pieces = [event.text async for event in stream if isinstance(event, ArgumentsDelta)]
        asked = await stream.response()
    assert len(pieces) > 5
    assert asked.finish_reason == "tool-calls"
    [call] = asked.tool_calls
    assert call.name == "get_weather"
    assert json.loads(call.arguments) == {"city": "Paris", "days": 1}
    assert call.id
    conversation = [
        Message.user("Weather?"),
        asked.message,
        Message(role="tool", parts=(ToolResultPart(call.id, (), call.name),)),
    ]
    answered = await kit.generate(conversation, model="llamacpp:tool", tools=[WEATHER])
    assert answered.text == REPORT


async def test_json_follows_the_schema_by_grammar(kit: Kit) -> None:
    schema = {
        "type": "object",
        "properties": {
            "greeting": {"type": "string"},
            "count": {"type": "integer"},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2},
        },
        "required": ["greeting", "count", "tags"],
        "additionalProperties": False,
    }
    response = await kit.generate(
        "Hi", model="llamacpp:chat", response_format=JSONSchema(schema, strict=True)
    )
    assert json.loads(response.text) == {"greeting": GREETING, "count": 1, "tags": ["a", "a"]}
    assert response.warnings == ()
    free = await kit.generate("Hi", model="llamacpp:chat", response_format="json")
    assert isinstance(json.loads(free.text), dict)


async def test_texts_become_vectors_of_unit_length(kit: Kit) -> None:
    result = await kit.embed(["aaa", "aaaab", "zzz"], model="llamacpp:chat")
    assert len(result.vectors) == 3
    first, near, far = result.vectors
    assert [math.hypot(*vector) for vector in result.vectors] == pytest.approx([1, 1, 1], abs=1e-4)
    assert sum(map(float.__mul__, first, near)) > 0.9
    assert sum(map(float.__mul__, first, far)) == pytest.approx(0, abs=1e-4)
    assert result.usage is not None
    assert result.usage.input_tokens == 11
    assert (await kit.generate("Hi", model="llamacpp:chat")).text == GREETING


async def test_a_vector_does_not_depend_on_the_texts_beside_it(kit: Kit) -> None:
    texts = ["a" * (9 * number % 100 + 1) + "b" * (7 * number % 50 + 1) for number in range(20)]
    together = await kit.embed(texts, model="llamacpp:chat")
    apart = await asyncio.gather(*(kit.embed(text, model="llamacpp:chat") for text in texts))
    for text, vector, alone in zip(texts, together.vectors, apart, strict=True):
        counts = text.count("a"), text.count("b")
        expected = [count / math.hypot(*counts) for count in counts]
        for found in (vector, alone.vectors[0]):
            assert [value for value in found if value] == pytest.approx(expected, abs=1e-6)


async def test_the_way_of_pooling_can_be_chosen() -> None:
    async with new_kit(pooling="last") as kit:
        result = await kit.embed(["ab", "cb"], model="llamacpp:chat")
    assert result.vectors[0] == pytest.approx(result.vectors[1])


async def test_completions_continue_a_text_and_stop_where_they_should(kit: Kit) -> None:
    said = await kit.complete('She said: "', model="llamacpp:chat", stop=['"'])
    assert (said.text, said.finish_reason) == (GREETING, "stop")
    cut = await kit.complete('"', model="llamacpp:chat", max_tokens=3)
    assert (cut.text, cut.finish_reason) == ("Hello from a", "length")
    assert cut.usage is not None
    assert (cut.usage.input_tokens, cut.usage.output_tokens) == (1, 3)


async def test_log_probabilities_come_with_chats_and_completions(kit: Kit) -> None:
    chat = await kit.generate(
        "Hi", model="llamacpp:chat", max_tokens=2, logprobs=True, top_logprobs=2
    )
    assert [token.token for token in chat.logprobs] == ["Hello", " from"]
    assert chat.logprobs[0].logprob == pytest.approx(0, abs=1e-6)
    assert [len(token.top) for token in chat.logprobs] == [2, 2]
    text = await kit.complete('"', model="llamacpp:chat", max_tokens=2, logprobs=True)
    assert [token.token for token in text.logprobs] == ["Hello", " from"]


async def test_the_usage_of_several_candidates_is_their_sum(kit: Kit) -> None:
    chat = await kit.generate("Hi", model="llamacpp:chat", n=2)
    assert [candidate.text for candidate in chat.candidates] == [GREETING, GREETING]
    text = await kit.complete('"', model="llamacpp:chat", n=2, max_tokens=4)
    for response, written in ((chat, 16), (text, 8)):
        assert response.usage is not None
        assert response.usage.output_tokens == written
        assert response.usage.total_tokens == (response.usage.input_tokens or 0) + written


async def test_settings_that_llama_cpp_cannot_take_are_told(kit: Kit) -> None:
    response = await kit.generate("Hi", model="llamacpp:chat", user="me", top_k=5, seed=1)
    assert [warning.setting for warning in response.warnings] == ["user"]


async def test_models_are_those_of_the_settings(kit: Kit) -> None:
    assert [model.id for model in await kit.models("llamacpp")] == ["chat", "tool"]


async def leave_the_stream(kit: Kit) -> None:
    async with kit.stream("Hi", model="llamacpp:chat", **ENDLESS) as stream:
        async for event in stream:
            if isinstance(event, TextDelta):
                break


async def cancel_the_task(kit: Kit) -> None:
    begun = await counter_after_start(kit)
    task = asyncio.create_task(kit.generate("Hi", model="llamacpp:chat", **ENDLESS))
    async with asyncio.timeout(10):
        while await counter(kit, "n_decode_total") == begun:
            await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def use_the_token(kit: Kit) -> None:
    token = CancelToken()
    begun = await counter_after_start(kit)
    task = asyncio.create_task(kit.generate("Hi", model="llamacpp:chat", cancel=token, **ENDLESS))
    async with asyncio.timeout(10):
        while await counter(kit, "n_decode_total") == begun:
            await asyncio.sleep(0.005)
    token.cancel()
    with pytest.raises(Cancelled):
        await task


async def counter_after_start(kit: Kit) -> float:
    await kit.generate("Hi", model="llamacpp:chat", max_tokens=1)
    return await counter(kit, "n_decode_total")


@pytest.mark.parametrize("stop", [leave_the_stream, cancel_the_task, use_the_token])
async def test_the_model_stops_when_nobody_wants_its_answer(stop: Any) -> None:
    async with new_kit(n_ctx=8192) as kit:
        await stop(kit)
        await until_idle(kit)
        decoded = await counter(kit, "n_decode_total")
        assert decoded < 6000, "an answer to the end of the context takes 8000"
        await asyncio.sleep(0.05)
        assert await counter(kit, "n_decode_total") == decoded


async def test_reading_a_long_prompt_can_be_stopped() -> None:
    async with new_kit(n_ctx=8000, params={"n_batch": 64, "n_ubatch": 64}) as kit:
        async with kit.stream("x" * 7000, model="llamacpp:chat") as stream:
            async for _ in stream:
                break  # the start is told before the prompt has been read
        await until_idle(kit)
        metrics = await opened(kit).metrics("chat")
        assert metrics["tokens_predicted_total"] == 0
        assert metrics["n_decode_total"] < 7000 / 64


async def test_a_request_that_is_cancelled_while_it_waits_is_never_begun() -> None:
    async with new_kit(n_parallel=1) as kit:
        async with kit.stream("Hi", model="llamacpp:chat", **ENDLESS) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    break
            waiting = asyncio.create_task(kit.generate("x" * 2000, model="llamacpp:chat"))
            await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        await kit.generate("Hi", model="llamacpp:chat")
        assert await counter(kit, "prompt_tokens_total") < 100


async def test_the_event_loop_runs_on_while_the_model_decodes(kit: Kit) -> None:
    await kit.generate("Hi", model="llamacpp:chat", max_tokens=1)
    gaps: list[float] = []

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            gaps.append(time.perf_counter() - before)

    ticker = asyncio.create_task(tick())
    await asyncio.sleep(0)
    started = time.perf_counter()
    await kit.generate("x" * 3000, model="llamacpp:chat", max_tokens=1000, **ENDLESS)
    taken = time.perf_counter() - started
    await asyncio.sleep(0.01)
    ticker.cancel()
    assert taken > 0.2
    assert max(gaps) < taken / 3


async def test_as_many_answers_as_asked_for_are_written_at_the_same_time() -> None:
    async with new_kit(n_parallel=3) as kit:
        answers = [
            kit.generate("Hi", model="llamacpp:chat", max_tokens=1000, **ENDLESS) for _ in range(7)
        ]
        running = asyncio.gather(*answers)
        most = 0.0
        while not running.done():
            metrics = await opened(kit).metrics("chat")
            most = max(most, metrics.get("requests_processing", 0))
            assert metrics.get("requests_deferred", 0) == 0
            workers = [item for item in threading.enumerate() if ".gguf" in item.name]
            assert len(workers) <= 3
            await asyncio.sleep(0.005)
        assert most == 3
        assert len({response.text for response in await running}) == 1


def test_one_kit_serves_two_event_loops_at_once() -> None:
    kit = new_kit()
    answers: list[str] = []

    async def ask() -> None:
        for _ in range(5):
            async with kit.stream("Hi", model="llamacpp:chat") as stream:
                answers.append((await stream.response()).text)

    threads = [threading.Thread(target=lambda: asyncio.run(ask())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(kit.aclose())
    assert answers == [GREETING] * 10


def test_the_synchronous_kit_streams_it_too() -> None:
    with (
        SyncKit(providers={"llamacpp": settings()}) as kit,
        kit.stream("Hi", model="llamacpp:chat") as stream,
    ):
        assert "".join(stream.text) == GREETING


def test_a_thread_that_outlives_the_event_loop_is_told_to_stop() -> None:
    async def wait() -> tuple[Handover, asyncio.Task[list[bytes]]]:
        handover = Handover()
        task = asyncio.create_task(handover.take())
        await asyncio.sleep(0)
        return handover, task

    loop = asyncio.new_event_loop()
    handover, task = loop.run_until_complete(wait())
    loop.close()
    told: list[bool] = []
    handover.run(lambda put: told.append(put(b"a piece")))
    assert told == [True]
    assert not task.done()


async def native_threads() -> int:
    """Count the threads of the process, once those that are ending have gone; 0 if unknown."""
    tasks = Path("/proc/self/task")
    if not tasks.exists():
        return 0
    counts = [0, 1, 2]
    while len(set(counts[-3:])) > 1:
        await asyncio.sleep(0.03)
        counts.append(len(list(tasks.iterdir())))
    return counts[-1]


async def test_closing_leaves_no_thread_and_opens_again_at_need() -> None:
    async with new_kit() as kit:  # llama.cpp keeps one thread for its log, for ever
        await kit.generate("Hi", model="llamacpp:chat")
    threads, native = threading.enumerate(), await native_threads()
    kit = new_kit()
    await kit.generate("Hi", model="llamacpp:chat")
    await kit.embed("Hi", model="llamacpp:chat")
    assert native == 0 or await native_threads() > native
    await kit.aclose()
    assert threading.enumerate() == threads
    assert await native_threads() == native
    assert (await kit.generate("Hi", model="llamacpp:chat")).text == GREETING
    await kit.aclose()


async def test_a_model_that_was_opened_and_refused_everything_can_be_closed() -> None:
    for _ in range(20):
        async with new_kit() as kit:
            with pytest.raises(InvalidRequest):
                await kit.generate("Hi", model="llamacpp:chat", n=3)


async def test_closing_cuts_off_what_is_being_written_and_what_waits() -> None:
    kit = new_kit(n_parallel=1, n_ctx=8192)
    stream = kit.stream("Hi", model="llamacpp:chat", **ENDLESS)
    async for event in stream:
        if isinstance(event, TextDelta):
            break
    waiting = asyncio.create_task(kit.generate("Hi", model="llamacpp:chat"))
    await asyncio.sleep(0)
    started = time.perf_counter()
    await opened(kit).aclose()
    assert time.perf_counter() - started < 3, "to the end of the context takes 6 s"
    with pytest.raises(CutOff):
        await stream.response()
    with pytest.raises(CutOff):
        await waiting


async def test_a_kit_that_is_dropped_frees_its_model() -> None:
    kit = new_kit()
    await kit.generate("Hi", model="llamacpp:chat")
    dropped = weakref.ref(opened(kit))
    del kit
    gc.collect()
    assert dropped() is None


@pytest.mark.parametrize("ending", ["", "raise SystemExit(3)"])
def test_a_program_that_closes_nothing_still_ends_at_once(ending: str) -> None:
    program = f"""
import asyncio, time
from aikit import Kit
kit = Kit(providers={{"llamacpp": {{"n_ctx": 8192, "n_threads": 1}}}})
async def main():
    call = kit.stream("Hi", model={str(tiny("chat"))!r}, provider_options={{
        "llamacpp": {{"ignore_eos": True}}}})
    async for event in call:
        if event.type == "text_delta":
            break
    return call
loop = asyncio.new_event_loop()
call = loop.run_until_complete(main())
print(time.monotonic())
{ending}
""".replace("model='", "model='llamacpp:")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    lasted = time.monotonic() - float(done.stdout)
    assert done.returncode == (3 if ending else 0), done.stderr
    assert "Abort" not in done.stderr
    assert lasted < 2, "to the end of the context takes 6 s"


def test_nothing_of_llama_cpp_is_imported_before_a_model_is_asked_something() -> None:
    program = """
import asyncio, sys
from aikit import Kit
async def main():
    async with Kit(providers={"llamacpp": {"models": {"tiny": "/x.gguf"}}}) as kit:
        print([model.id for model in await kit.models("llamacpp")])
asyncio.run(main())
import aikit_provider_llamacpp.engine
print("xllamacpp" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split("\n")[:2] == ["['tiny']", "False"]


def test_llama_cpp_writes_nothing_to_the_terminal() -> None:
    program = f"""
import asyncio
from aikit import Kit
async def main():
    async with Kit() as kit:
        await kit.generate("Hi", model="llamacpp:{tiny("chat")}")
        await kit.embed("Hi", model="llamacpp:{tiny("chat")}")
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


async def test_a_missing_file_is_not_found_and_the_error_says_how_to_give_one(kit: Kit) -> None:
    with pytest.raises(NotFound) as caught:
        await kit.generate("Hi", model="llamacpp:/nowhere/x.gguf")
    assert "/nowhere/x.gguf" in str(caught.value)
    assert "'models': {'tiny': '/path/to/model.gguf'}" in str(caught.value)
    with pytest.raises(NotFound, match="no model is named 'chta' \\(named are: chat, tool\\)"):
        await kit.generate("Hi", model="llamacpp:chta")


async def test_a_file_that_is_no_model_is_refused(kit: Kit, tmp_path: Path) -> None:
    text = tmp_path / "text.gguf"
    text.write_text("not a model")
    with pytest.raises(BadConfig, match=r"text\.gguf is not a GGUF file"):
        await kit.generate("Hi", model=f"llamacpp:{text}")
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(tiny("chat").read_bytes()[:600_000])
    with pytest.raises(BadConfig, match=r"cannot load .*cut\.gguf"):
        await kit.generate("Hi", model=f"llamacpp:{cut}")


async def test_what_does_not_fit_the_context_is_too_long(kit: Kit) -> None:
    with pytest.raises(TooLong, match="exceeds the available context") as caught:
        await kit.generate("x" * 5000, model="llamacpp:chat")
    assert (caught.value.status, caught.value.vendor_code) == (400, "exceed_context_size_error")
    with pytest.raises(TooLong):
        async with kit.stream("x" * 5000, model="llamacpp:chat") as stream:
            await stream.response()
    with pytest.raises(TooLong):
        await kit.embed("x" * 5000, model="llamacpp:chat")


@pytest.mark.parametrize(
    "wrong",
    [
        {"response_format": JSONSchema({"type": "no such type"})},
        {"provider_options": {"llamacpp": {"temperature": "hot"}}},
        {"n": 3},
    ],
)
async def test_what_llama_cpp_refuses_is_an_invalid_request(kit: Kit, wrong: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await kit.generate("Hi", model="llamacpp:chat", **wrong)
    assert caught.value.status == 400
    assert not caught.value.retryable


async def test_an_empty_text_to_embed_is_an_invalid_request(kit: Kit) -> None:
    with pytest.raises(InvalidRequest, match="empty"):
        await kit.embed("", model="llamacpp:chat")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"n_ctx": 0}, "n_ctx"),
        ({"n_parallel": True}, "n_parallel"),
        ({"n_gpu_layers": "all"}, "n_gpu_layers"),
        ({"pooling": "max"}, "mean, cls, last"),
        ({"models": ["x.gguf"]}, "models"),
        ({"models": {"tiny": 3}}, "models"),
        ({"params": 3}, "params"),
        ({"base_url": "http://127.0.0.1:1"}, "openai-compatible"),
        ({"n_context": 3}, "n_ctx"),
    ],
)
async def test_wrong_settings_are_named(wrong: Mapping[str, Any], named: str) -> None:
    async with Kit(providers={"llamacpp": wrong}) as kit:
        with pytest.raises(BadConfig, match=named):
            await kit.generate("Hi", model="llamacpp:chat")


async def test_params_reach_llama_cpp_and_unknown_ones_are_named() -> None:
    async with new_kit(params={"n_predict": 2}, n_gpu_layers=0) as kit:
        assert (await kit.generate("Hi", model="llamacpp:chat")).text == "Hello from"
    async with new_kit(params={"n_prediction": 2}) as kit:
        with pytest.raises(BadConfig, match="n_prediction"):
            await kit.generate("Hi", model="llamacpp:chat")


async def test_a_model_that_was_not_asked_has_no_counters(kit: Kit) -> None:
    assert await opened(kit).metrics("chat") == {}


class TinyHost:
    """The least that a provider needs of its host."""

    name = "local"
    http_client = None

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings

    def secret(self, setting: str, *variables: str) -> None:
        return None

    def model(self, id: str) -> None:
        return None

    def store(self, name: str) -> Any:
        raise AssertionError("no store is needed")


async def test_without_a_kit_it_can_be_opened_under_another_name() -> None:
    provider = LlamaProvider(TinyHost(settings()))
    options = {"local": {"n_predict": 1}}
    request = ChatRequest(model="chat", messages="Hi", provider_options=options)  # type: ignore[arg-type]
    async with aclosing(provider.chat(request, Context())) as batches:
        events = [event async for batch in batches for event in batch]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["Hello"]
    with pytest.raises(NotFound, match="'local:/path/to"):
        embed = provider.embed(EmbedRequest(model="nothing", inputs=("a",)), Context())
        await anext(embed)
    await provider.aclose()


async def test_a_request_from_the_network_cannot_open_files_by_path(kit: Kit) -> None:
    remote = Context(remote=True)
    path = f"llamacpp:{tiny('chat')}"
    assert (await kit.generate("Hi", model="llamacpp:chat", context=remote)).text == GREETING
    assert (await kit.generate("Hi", model=path)).text == GREETING
    with pytest.raises(NotFound, match="no model is named"):
        await kit.generate("Hi", model=path, context=remote)
    with pytest.raises(NotFound, match="no model is named"):
        await kit.complete("Hi", model=path, context=remote)
    with pytest.raises(NotFound, match="no model is named"):
        await kit.embed("Hi", model=path, context=remote)
