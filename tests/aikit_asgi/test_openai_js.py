"""The official OpenAI client for JavaScript works unchanged against the gateway."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aikit import Kit
from aikit_asgi import APIKeys, create_app
from aikit_testing.fixture import unit_vector
from aikit_testing.tiny_model import GREETING, REPORT

from ..aikit.service import (
    DONE,
    END,
    RESET,
    STALL,
    STREAM,
    Request,
    Script,
    chunk,
    either,
    event,
    said,
    whole,
)
from ..providers.llama_server import tiny
from .behind import behind
from .node_client import run, start
from .server import serve

CLIENT = Path(__file__).with_name("node") / "client.mjs"
SOON = 0.1


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    llama = {"models": {kind: tiny(kind) for kind in ("chat", "tool")}, "n_threads": 1}
    models = ["fixture:echo", "llamacpp:chat", "llamacpp:tool"]
    app = create_app(Kit(providers={"llamacpp": llama}), auth=APIKeys(["sk-gate"]), models=models)
    with serve(app) as address:
        yield f"{address}/v1"


def seen(scenario: str, address: str, model: str) -> Any:
    return json.loads(run(CLIENT, scenario, address, model))


def test_a_model_answers(address: str) -> None:
    told = seen("chat", address, "llamacpp:chat")
    assert told["choice"]["message"]["content"] == GREETING
    assert told["choice"]["finish_reason"] == "stop"
    assert told["usage"]["total_tokens"] > 2
    assert told["requestId"]


def test_a_stream_arrives_piece_by_piece_and_ends_with_usage(address: str) -> None:
    told = seen("stream", address, "llamacpp:chat")
    assert told["text"] == GREETING
    assert told["pieces"] > 3
    assert told["usage"]["completion_tokens"] > 2


def test_the_client_runs_a_tool_and_hears_the_report(address: str) -> None:
    told = seen("tools", address, "llamacpp:tool")
    assert told == {"final": REPORT, "called": [{"city": "Paris", "days": 1}]}


def test_parallel_calls_are_put_together() -> None:
    def call(index: int, **fields: Any) -> bytes:
        delta = {"tool_calls": [{"index": index, **fields}]}
        return event({"id": "c", "choices": [{"index": 0, "delta": delta}]})

    body = b"".join(
        piece
        for index, city in enumerate(["Oslo", "Rome"])
        for piece in (
            call(index, id=city, type="function", function={"name": "get_weather"}),
            call(index, function={"arguments": '{"city":'}),
            call(index, function={"arguments": f'"{city}"}}'}),
        )
    )
    ending = event(said(finish="tool_calls")) + DONE
    with behind((STREAM, chunk(body + ending), END)) as (_, address):
        told = seen("parallel", address, "openai:gpt")
    assert told == [["Oslo", {"city": "Oslo"}], ["Rome", {"city": "Rome"}]]


def test_vectors_are_the_same_as_base64_and_as_numbers(address: str) -> None:
    packed, plain = seen("embeddings", address, "fixture:echo")
    expected = [pytest.approx(unit_vector(text, 4), rel=1e-6) for text in "ab"]
    assert packed == expected
    assert plain == expected


def test_models_are_listed_and_found(address: str) -> None:
    told = seen("models", address, "fixture:echo")
    assert told["one"] == "fixture:echo"
    assert "llamacpp:tool" in told["ids"]


def test_errors_are_of_the_client_s_classes(address: str) -> None:
    told = seen("errors", address, "fixture:echo")
    assert [(item["kind"], item["status"], item["code"], item["param"]) for item in told] == [
        ("AuthenticationError", 401, "invalid_api_key", None),
        ("NotFoundError", 404, "model_not_found", None),
        ("BadRequestError", 400, "invalid_request", "temperature"),
    ]
    assert {item["requestID"] for item in told} == {"string"}


BUSY = whole(
    {"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}},
    "retry-after-ms: 100",
    status="429 Too Many Requests",
)


def test_a_rate_limit_is_an_error_or_waited_for() -> None:
    answers = iter([BUSY, BUSY])

    def script(request: Request) -> Script:
        refused = next(answers, None)
        return either(request) if refused is None else (refused,)

    with behind(script) as (service, address):
        assert seen("limited", address, "openai:gpt")["kind"] == "RateLimitError"
        assert seen("retried", address, "openai:gpt") == "Hello"
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    "ending",
    [(chunk(event({"error": {"message": "out of memory"}})), END), (END,), (RESET,)],
    ids=["error", "end", "reset"],
)
def test_a_stream_that_breaks_never_ends_cleanly(ending: Script) -> None:
    with behind((STREAM, chunk(event(said("Hel"))), 0.02, *ending)) as (_, address):
        told = seen("broken", address, "openai:gpt")
    assert told["text"] == "Hel"
    assert told["error"]["kind"] == "APIError"


@pytest.mark.parametrize(
    ("script", "thrown"),
    [
        ((STALL,), "APIUserAbortError"),
        ((STREAM, chunk(event(said("Hel"))), STALL), None),  # there the client just ends its loop
    ],
    ids=["before the first byte", "after it"],
)
def test_an_abort_closes_the_connection_to_the_service(script: Script, thrown: Any) -> None:
    with (
        behind(script) as (service, address),
        start(CLIENT, "abort", address, "openai:gpt") as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        while not service.requests:
            assert process.poll() is None
            time.sleep(0.002)
        time.sleep(0.1)  # let what the service says arrive
        process.stdin.write("now\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"aborted": True}
        left = time.monotonic()
        while not service.peers[0].gone.done():
            assert time.monotonic() - left < 5
            time.sleep(0.002)
        assert service.peers[0].gone.result() - left <= SOON
        error = json.loads(process.stdout.readline())["error"]  # it may be read already
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0, errors
    assert (error and error["kind"]) == thrown
