"""`aikit serve`: the gateway as a process of its own."""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from aicore.errors import BadConfig
from aicore.plugins import COMMANDS, sole
from aikit_asgi import serve as module
from aikit_asgi import tune
from aikit_asgi.auth import hashed
from aikit_asgi.protocol import HTTPProtocol
from aikit_asgi.serve import KEYS, SERVED, auth_from, is_loopback, serve
from click.testing import CliRunner

from ..vendor import Vendor
from .asgi import CHAT, Answer, ask, events

AIKIT = [sys.executable, "-W", "error", "-c", "from aikit.cli import main; main()"]
READY = re.compile(r"Application startup complete")
RUNNING = re.compile(r"running on (http://[\d.]+:\d+)")


def environment(folder: Path, keys: str = "") -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith(("COV", "PATH"))}
    return {**kept, "HOME": str(folder), "OPENAI_API_KEY": "sk-dummy", KEYS: keys}


class Process:
    """A running `aikit serve`; `url` is where."""

    def __init__(self, folder: Path, options: Sequence[str], keys: str) -> None:
        self.running = subprocess.Popen(
            [*AIKIT, "serve", "--port", "0", *options],
            cwd=folder,
            env=environment(folder, keys),
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = ""
        (self.url,) = self.until(RUNNING, 1)

    def until(self, pattern: re.Pattern[str], count: int) -> list[str]:
        """Read the log until it has so many lines of a kind, and return what these name."""
        assert self.running.stderr is not None
        while len(found := pattern.findall(self.log)) < count:
            line = self.running.stderr.readline()
            assert line, self.log
            self.log += line
        return found

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        self.running.send_signal(signal_number)
        return self.end()

    def end(self) -> int:
        _, rest = self.running.communicate(timeout=10)
        self.log += rest
        return self.running.returncode


@contextmanager
def serving(folder: Path, *options: str, keys: str = "", upstream: str = "") -> Iterator[Process]:
    (folder / "aikit.toml").write_text(f'[providers.openai]\nbase_url = "{upstream}"\n')
    process = Process(folder, options, keys)
    try:
        yield process
    finally:
        process.running.kill()
        process.running.wait()
        assert process.running.stderr is not None
        process.running.stderr.close()


def test_it_is_found_as_a_command_of_aikit(tmp_path: Path) -> None:
    assert sole(COMMANDS, "serve").load() is serve
    shown = subprocess.run(
        [*AIKIT, "serve", "--help"], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert "AIKIT_GATEWAY_KEYS" in shown.stdout


def test_it_serves_and_stops_cleanly(tmp_path: Path) -> None:
    with serving(tmp_path) as process:
        with httpx.Client(base_url=process.url, trust_env=False) as client:
            assert client.get("/healthz").json() == {"status": "ok"}
            assert client.post("/generate", json=CHAT).status_code == 200
            assert client.post("/generate/stream", json=CHAT).text.count("event: done") == 1
            assert "server" not in client.get("/healthz").headers
        assert process.stop() == 0
    assert "Traceback" not in process.log


def test_control_c_stops_it_cleanly_too(tmp_path: Path) -> None:
    with serving(tmp_path) as process:
        assert process.stop(signal.SIGINT) == 0
    assert "Traceback" not in process.log


STARTED = re.compile(r"Started server process \[(\d+)\]")


def test_several_processes_answer_and_one_that_dies_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", keys="key-1") as process:
        workers = process.until(STARTED, 2)
        process.until(READY, 2)
        with httpx.Client(base_url=process.url, trust_env=False) as client:
            for _ in range(4):
                assert client.post("/generate", json=CHAT).status_code == 401
                answer = client.post("/generate", json=CHAT, headers={"x-api-key": "key-1"})
                assert answer.status_code == 200
        os.kill(int(workers[0]), signal.SIGKILL)
        assert len({*process.until(STARTED, 3)}) == 3
        process.until(READY, 3)
        assert httpx.get(f"{process.url}/healthz", trust_env=False).status_code == 200
        assert process.stop() == 0
    assert "Traceback" not in process.log


def test_keys_come_from_the_environment_plain_or_hashed(tmp_path: Path) -> None:
    keys = f"plain-key-1, {hashed('other-key-2')}\n"
    with serving(tmp_path, keys=keys) as process:
        with httpx.Client(base_url=process.url, trust_env=False) as client:
            for key, status in (
                ("plain-key-1", 200),
                ("other-key-2", 200),
                (hashed("other-key-2"), 401),
                ("wrong", 401),
            ):
                headers = {"authorization": f"Bearer {key}"}
                assert client.post("/generate", json=CHAT, headers=headers).status_code == status
            assert client.post("/generate", json=CHAT).status_code == 401
            named = {"host": "gateway.example.com", "x-api-key": "plain-key-1"}
            assert client.post("/generate", json=CHAT, headers=named).status_code == 200
        assert process.stop() == 0
    assert "plain-key" not in process.log


def streams() -> list[tuple[str, Any]]:
    question = "Count slowly, please."
    chat = {"model": "openai:m", "messages": [{"role": "user", "content": question}]}
    return [
        ("/generate/stream", {"model": "openai:m", "prompt": question}),
        ("/v1/chat/completions", {**chat, "stream": True}),
    ]


async def stopped_in_the_middle(process: Process) -> list[bytes]:
    """Read two streams, and have the server stop when both have begun."""
    begun = asyncio.Barrier(3)

    async def read(path: str, body: Mapping[str, Any]) -> bytes:
        received = b""
        async with (
            httpx.AsyncClient(base_url=process.url, trust_env=False, timeout=10) as client,
            client.stream("POST", path, json=body) as response,
        ):
            async for piece in response.aiter_bytes():
                if not received:
                    await begun.wait()
                received += piece
        return received

    reading = [asyncio.create_task(read(*stream)) for stream in streams()]
    await begun.wait()
    process.running.send_signal(signal.SIGTERM)
    return await asyncio.gather(*reading)


async def test_open_streams_may_finish_when_it_is_told_to_stop(tmp_path: Path) -> None:
    answers = {"slowly": "one two three four five six seven eight"}
    with (
        Vendor(answers=answers, pace=0.15) as vendor,
        serving(tmp_path, upstream=vendor.url) as process,
    ):
        native, openai = await stopped_in_the_middle(process)
        assert process.end() == 0
    assert events(native)[-1][0] == "done"
    assert events(openai)[-1][1] == "[DONE]"
    assert b"eight" in native
    assert b"eight" in openai


async def test_streams_that_cannot_finish_in_time_are_told_so(tmp_path: Path) -> None:
    answers = {"slowly": "one two three four five six seven eight"}
    with (
        Vendor(answers=answers, pace=0.3) as vendor,
        serving(tmp_path, "--grace", "1", upstream=vendor.url) as process,
    ):
        native, openai = await stopped_in_the_middle(process)
        assert process.end() == 0
    assert events(native)[-1][0] == "error"
    for received in (native, openai):
        assert events(received)[-1][1]["error"]["code"] == "shutting_down"
        assert b"eight" not in received


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.com", ""])
def test_it_does_not_listen_for_everybody_without_keys(tmp_path: Path, host: str) -> None:
    done = subprocess.run(
        [*AIKIT, "serve", "--host", host],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(tmp_path),
        timeout=20,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: refusing to listen on {host!r} without authentication")
    assert f"set {KEYS}" in " ".join(done.stderr.split())
    assert "--allow-unauthenticated" in done.stderr


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("", False),
    ],
)
def test_what_is_reached_from_this_machine_only(host: str, inside: bool) -> None:
    assert is_loopback(host) is inside


def test_keys_are_separated_by_commas_or_white_space() -> None:
    keys = auth_from("one,two\nthree  four,")
    assert keys is not None
    assert [keys.owner({"x-api-key": key}) for key in ("one", "two", "three", "four")].count(
        None
    ) == 0
    assert keys.owner({"x-api-key": "one,two"}) is None
    assert auth_from("") is None
    with pytest.raises(BadConfig, match="holds no key"):
        auth_from(" \n,")


class Run:
    """Stands for `uvicorn.run` and keeps what it was given."""

    def __init__(self) -> None:
        self.app: Any = None
        self.settings: dict[str, Any] = {}

    def __call__(self, app: Any, **settings: Any) -> None:
        self.app, self.settings = app, settings


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    run = Run()
    monkeypatch.setattr(uvicorn, "run", run)
    monkeypatch.delenv(KEYS, raising=False)
    monkeypatch.chdir(tmp_path)
    return run


def start(*arguments: str) -> None:
    before = signal.getsignal(signal.SIGTERM)
    result = CliRunner().invoke(serve, arguments, standalone_mode=False)
    assert signal.getsignal(signal.SIGTERM) is before
    if result.exception:
        raise result.exception


async def host(run: Run, name: str) -> Answer:
    return await ask(run.app, "/healthz", headers={"host": name})


async def test_without_keys_it_answers_only_to_names_of_this_machine(run: Run) -> None:
    start()
    for name in ("localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080"):
        assert (await host(run, name)).status == 200
    strangers = ("attacker.example.com", "localhost.example.com:8080", "www.localhost")
    for name in (*strangers, "localhost:", "a@localhost", ""):
        assert (await host(run, name)).status == 400


async def test_whoever_allows_everybody_is_believed(run: Run) -> None:
    start("--host", "0.0.0.0", "--allow-unauthenticated")
    assert (await host(run, "anything.example.com")).status == 200
    assert run.settings["host"] == "0.0.0.0"


async def test_with_keys_it_listens_anywhere(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEYS, "k1")
    start("--host", "0.0.0.0", "--port", "0")
    assert (await host(run, "anything.example.com")).status == 200
    assert (await ask(run.app, "/generate", CHAT)).status == 401


async def test_options_reach_the_server_and_the_app(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("[providers.fixture]\nfolder = 'answers'\n")
    start(
        *("--root-path", "/ai", "--grace", "7", "--model", "fixture:*", "--include", "native"),
        *("--config", "other.toml", "--allow-unauthenticated"),
    )
    assert run.settings["root_path"] == "/ai"
    assert run.settings["timeout_graceful_shutdown"] == 7
    assert run.settings["port"] == 8080
    assert run.settings["http"] is HTTPProtocol
    assert (await ask(run.app, "/v1/models")).status == 404
    assert (await ask(run.app, "/generate", {**CHAT, "model": "openai:m"})).status == 404
    stored = await ask(run.app, "/generate", {**CHAT, "model": "fixture:stored"})
    assert "no answer for this request" in stored.error["message"]


async def test_limits_are_given_by_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HTTPProtocol, "limit", HTTPProtocol.limit)  # so that it is put back
    limits = "--limit", "body=30", "--limit", "headers=1000", "--limit", "ping=none"
    start("--allow-unauthenticated", *limits)
    assert (await ask(run.app, "/generate", CHAT)).status == 413
    assert HTTPProtocol.limit == 1000


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ("bodies=3", "there is no limit 'bodies'; there are body, headers, request"),
        ("streams=many", "the limit `streams` must be a whole number above 0, not 'many'"),
        ("streams=1.5", "whole number above 0, not 1.5"),
        ("request=-1", "the limit `request` must be a number above 0, not -1"),
        ("body=none", "the limit `body` must be a whole number above 0, not None"),
        ("streams", "the limit `streams` must be a whole number above 0, not ''"),
    ],
)
def test_a_limit_that_cannot_be_is_told(run: Run, limit: str, says: str) -> None:
    with pytest.raises(BadConfig, match=re.escape(says)):
        start("--limit", limit)


async def test_workers_serve_what_their_parent_was_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVED, "")  # so that it is put back
    (tmp_path / "other.toml").write_text("[providers.fixture]\nfolder = 'answers'\n")
    start(
        *("--workers", "3", "--model", "fixture:*", "--include", "native"),
        *("--config", "other.toml"),
    )
    assert (run.app, run.settings["factory"]) == ("aikit_asgi.serve:worker", True)
    assert run.settings["workers"] == 3
    with tune.tuned():  # which a worker does for good
        run.app = module.worker()
    assert (await host(run, "localhost")).status == 200
    assert (await host(run, "attacker.example.com")).status == 400
    named = {"host": "localhost"}
    assert (await ask(run.app, "/v1/models", headers=named)).status == 404
    other = await ask(run.app, "/generate", {**CHAT, "model": "openai:m"}, headers=named)
    assert other.status == 404
    stored = await ask(run.app, "/generate", {**CHAT, "model": "fixture:stored"}, headers=named)
    assert "no answer for this request" in stored.error["message"]


def test_what_is_wrong_is_told_before_there_are_workers(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text("[providers")
    with pytest.raises(BadConfig):
        start("--workers", "2", "--config", "wrong.toml")
    with pytest.raises(BadConfig, match="refusing to listen"):
        start("--workers", "2", "--host", "0.0.0.0")
    assert run.app is None


def test_garbage_is_collected_less_while_it_serves(run: Run) -> None:
    before = gc.get_threshold()
    assert before < tune.THRESHOLDS
    with tune.tuned():
        assert gc.get_threshold() == tune.THRESHOLDS
        assert gc.get_freeze_count()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is about glibc")
def test_memory_that_comes_and_goes_is_not_given_back_meanwhile() -> None:
    faults = """if True:
        from resource import RUSAGE_SELF, getrusage
        from aikit_asgi import tune_process
        def faults():
            before = getrusage(RUSAGE_SELF).ru_minflt
            for _ in range(100):
                blocks = [b"." * 100_000 for _ in range(6)]
                del blocks
            return getrusage(RUSAGE_SELF).ru_minflt - before
        first = faults()
        tune_process()
        faults()
        print(first, faults())
    """
    done = subprocess.run([sys.executable, "-c", faults], capture_output=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after < before / 10


def test_without_uvicorn_it_tells_how_to_get_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(BadConfig, match=r"pip install 'aikit-asgi\[serve\]>=1'"):
        start()


def test_a_signal_ends_the_process_without_an_error() -> None:
    with module.exits_cleanly(), pytest.raises(SystemExit) as caught:
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 0
