"""The benchmark measures right answers: from the mock, by every contestant that is always here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from benchmarks import leaks, serving
from benchmarks.calls import CLIENTS
from benchmarks.gateways import GATEWAYS, SHORT, Gateway, Scene
from benchmarks.gateways import SCENES as LOADS
from benchmarks.install import ROOT, certificate
from benchmarks.processes import load, mock
from benchmarks.question import is_right
from benchmarks.worker import SCENES


def can_compile() -> bool:
    """Tell whether there is a C compiler, with the headers of OpenSSL."""
    source, words = b"#include <openssl/ssl.h>\n", ("cc", "-E", "-x", "c", "-")
    return (
        bool(shutil.which("cc"))
        and not subprocess.run(words, input=source, capture_output=True, check=False).returncode
    )


pytestmark = pytest.mark.skipif(not can_compile(), reason="needs cc and the headers of OpenSSL")

INSTALLED = ("floor", "aikit", "openai")
"""Contestants whose libraries the tests have; the SDK of OpenAI proves the mock's dialect."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with mock() as url:
        yield url


@pytest.fixture(scope="module")
def upstream_tls() -> Iterator[str]:
    with mock(tls=True) as url:
        yield url


def work(client: str, url: str, *lines: str, **env: str) -> list[str]:
    """Run a worker to its end, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker", client, url],
        cwd=ROOT,
        env={**os.environ, **env},
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout.split() if done.returncode == 0 else [done.stderr]


@pytest.mark.parametrize("name", INSTALLED)
def test_a_client_gives_right_answers(name: str, upstream: str) -> None:
    assert work(CLIENTS[name][0], upstream) == ["right"]


@pytest.mark.parametrize("name", ["floor", "aikit"])
def test_a_client_is_measured_in_every_scene(name: str, upstream: str) -> None:
    said, *figures = work(name, upstream, *(f"{scene} 0.01" for scene in SCENES))
    assert said == "right"
    assert len(figures) == len(SCENES)
    assert all(float(figure) > 0 for figure in figures)


@pytest.mark.parametrize("name", ["floor", "aikit"])
def test_a_client_gives_right_answers_over_tls(name: str, upstream_tls: str) -> None:
    trusted = str(certificate()[2])
    assert work(name, upstream_tls, "calls, 32 at once 0.01", SSL_CERT_FILE=trusted)[0] == "right"


def test_a_certificate_that_nobody_trusts_is_no_right_answer(upstream_tls: str) -> None:
    assert "CERTIFICATE_VERIFY_FAILED" in work("floor", upstream_tls)[0]


def test_another_answer_than_was_sent_is_noticed() -> None:
    first, second = "@0000000000000001", "@0000000000000002"
    assert is_right([f"Hello! {first}"])
    assert is_right([first[:5], first[5:] + second], 2)
    for wrong in ([], [second], [first, first], [second, first], [first, second, second]):
        assert not is_right(wrong, 2), wrong


def test_the_mock_speaks_as_anthropic_does(upstream: str) -> None:
    question = {"model": "mock-2", "messages": [], "max_tokens": 1}
    whole = httpx2.post(f"{upstream}/v1/messages", json=question).json()
    assert is_right([whole["content"][0]["text"]])
    body = httpx2.post(f"{upstream}/v1/messages", json={**question, "stream": True}).text
    names = [line[7:] for line in body.splitlines() if line.startswith("event: ")]
    assert names == [
        "message_start",
        "content_block_start",
        "ping",
        *["content_block_delta"] * 2,
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert is_right([body], 2)


def test_the_mock_knows_no_other_path(upstream: str) -> None:
    answer = httpx2.post(f"{upstream}/v1/embeddings", json={"model": "mock-1"})
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_load_counts_only_answers_that_are_right(upstream: str, tmp_path: Path) -> None:
    request, port = tmp_path / "request", int(upstream.rpartition(":")[2])
    request.write_bytes(GATEWAYS["bare ASGI on uvicorn"].request(SHORT))
    for pieces, is_so in ((SHORT.pieces, True), (SHORT.pieces + 1, False)):
        counted = load(port, request, 2, pieces, 0.1, warmup=0)
        assert bool(counted["answers"]) is is_so
        assert bool(counted["wrong"]) is not is_so
    assert counted["first_wrong"] == f"status 200, {SHORT.pieces} pieces"


def test_load_tells_the_lag_of_a_paced_stream(upstream: str, tmp_path: Path) -> None:
    slow = Scene(1, 16, 5)
    request, port = tmp_path / "request", int(upstream.rpartition(":")[2])
    request.write_bytes(GATEWAYS["bare ASGI on uvicorn"].request(slow))
    counted = load(port, request, 2, slow.pieces, 0.5, warmup=0.05, paced=True)
    assert counted["answers"] >= 2
    assert counted["wrong"] == 0
    assert 0 < counted["lag_p50_us"] <= counted["lag_p99_us"] < 1e6


@pytest.mark.parametrize("name", ["bare ASGI on uvicorn", "aikit on uvicorn", "aikit serve"])
def test_a_gateway_gives_right_answers_to_every_scene(
    name: str, upstream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path(sys.executable).parent
    monkeypatch.setattr(serving, "programs", lambda gateway, python: here)
    few = {scene: replace(usual, connections=4) for scene, usual in LOADS.items()}
    monkeypatch.setattr(serving, "SCENES", few)
    monkeypatch.setattr(serving, "SLOW_SECONDS", 0.5)
    with serving.up(GATEWAYS[name], sys.executable, upstream, tmp_path) as gateway:
        for scene in LOADS:
            figures = serving.counted(gateway, scene, 0.5)
            assert figures[f"{scene}: share of wrong answers"] == 0, scene
            assert (figures[f"{scene} per second"] or 0) > 0, scene


def test_a_gateway_that_does_not_start_is_told(upstream: str, tmp_path: Path) -> None:
    broken = Gateway("ours", (sys.executable, "-c", "raise SystemExit('no such app')"))
    with (
        pytest.MonkeyPatch.context() as patch,
        pytest.raises(serving.NotRight, match="no such app"),
    ):
        patch.setattr(serving, "programs", lambda gateway, python: Path())
        with serving.up(broken, sys.executable, upstream, tmp_path):
            raise AssertionError("it is not there")


def test_leaks_are_looked_for(upstream: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.leaks", upstream, "400", "40"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert f'"{leaks.SOCKETS}": 0' in done.stdout
