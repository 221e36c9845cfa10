"""The demo shows what it says, and so does the script that writes its models."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *map(str, command)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def demo() -> str:
    done = run(ROOT / "examples" / "demo.py")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_it_says_at_once_that_its_model_is_not_a_real_one(demo: str) -> None:
    assert demo.startswith("The model is not a real one but a hand-made table of 1.2 MB")


def test_it_streams_token_by_token(demo: str) -> None:
    deltas = re.findall(r"text_delta  '(.*)'", demo)
    assert deltas == ["Hello", " from", " a", " tiny", " language", " model", "."]
    assert re.search(r"usage_reported  \d+ tokens in, 8 out", demo)


def test_it_calls_a_tool_and_gives_the_result_back(demo: str) -> None:
    assert 'the model calls  get_weather({"city":"Paris"})' in demo
    assert "the tool says  18 °C and dry in Paris" in demo
    assert "the model says  Your tool has answered!" in demo


def test_it_shows_json_vectors_and_counts(demo: str) -> None:
    assert re.search(r"age  1\n", demo)
    assert re.search(r'languages  \["de"\]', demo)
    same, near, far = re.findall(r"^ +(\d\.\d\d)  ", demo, re.MULTILINE)
    assert float(same) == 1 > float(near) > float(far)
    assert "cost  not known: " in demo
    assert int(re.findall(r"(\d+)  tokens_predicted_total", demo)[0]) > 40


def test_it_serves_and_streams_through_http(demo: str) -> None:
    assert re.search(r"POST  http://127.0.0.1:\d+/v1/chat/completions", demo)
    assert "pieces of text  'Hello' ' from' ' a' ' tiny' ' language' ' model' '.'" in demo


def test_it_goes_on_serving_when_asked_to_and_ends_on_a_signal() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    demo = str(ROOT / "examples" / "demo.py")
    command = [sys.executable, demo, "--serve", "--port", str(port)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        for line in child.stdout:
            if "Ctrl-C ends it" in line:
                break
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models") as answer:
            assert json.load(answer)["data"][0]["id"] == "tiny"
        child.send_signal(signal.SIGINT)
        assert (child.stderr.read(), child.wait(20)) == ("", 0)


def test_it_says_how_to_use_real_models(demo: str) -> None:
    assert ". .venv/bin/activate" in demo
    assert "OPENAI_API_KEY" in demo
    assert "aikit generate " in demo
    assert 'model="openai:' in demo
    assert "--gguf PATH" in demo


def test_all_steps_run_with_a_model_of_the_users_own(tmp_path: Path) -> None:
    model = tmp_path / "mine.gguf"
    written = run(ROOT / "scripts" / "make-tiny-model", model, "--kind", "chat")
    assert written.returncode == 0, written.stderr
    assert written.stdout == f"{model}: {model.stat().st_size:,} bytes\n"
    done = run(ROOT / "examples" / "demo.py", "--gguf", model)
    assert done.returncode == 0, done.stderr
    assert f"The model is {model}, run by llama.cpp inside this process." in done.stdout
    assert "called no tool, but said: 'Hello from a tiny language model.'" in done.stdout


def test_failures_show_in_the_exit_status(tmp_path: Path) -> None:
    done = run(ROOT / "examples" / "demo.py", "--gguf", tmp_path / "none.gguf")
    assert done.returncode == 1
    assert done.stderr.startswith("demo: llamacpp: cannot read a model from ")
    assert run(ROOT / "scripts" / "make-tiny-model", tmp_path / "no" / "x.gguf").returncode == 1
