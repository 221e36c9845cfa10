"""The fixture `aikit_tape`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from aikit_testing.pytest_plugin import tape_path
from aikit_testing.tape import read_tape

from ..vendor import Vendor
from .told import KEY

TESTS = """
import pytest
from aikit import Kit

async def greet(aikit_tape, prompt="Hi"):
    async with Kit(providers={"openai": {"base_url": URL}}, http_client=aikit_tape) as kit:
        return (await kit.generate(prompt, model="openai:m")).text

async def test_one(aikit_tape):
    assert await greet(aikit_tape) == "You said: Hi"

class TestMore:
    @pytest.mark.parametrize("prompt", ["a", "b/c"])
    async def test_more(self, aikit_tape, prompt):
        assert await greet(aikit_tape, prompt) == f"You said: {prompt}"
"""
INI = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs pytest on `TESTS`, with the service at an address, and with a key or without one."""
    (tmp_path / "pytest.ini").write_text(INI)
    kept = {name: value for name, value in os.environ.items() if name.startswith(("COV", "PATH"))}

    def run(url: str, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "test_shop.py").write_text(f"URL = {url!r}\n{TESTS}")
        plugins = ["-p", "aikit_testing.pytest_plugin", "-p", "pytest_asyncio.plugin"]
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "pytest", "-q", *plugins, *args],
            cwd=tmp_path,
            env={**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HOME": str(tmp_path), **env},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


NOWHERE = "http://127.0.0.1:9/v1"


def test_tests_are_recorded_once_and_replayed_without_key_and_service(
    run: Run, tmp_path: Path
) -> None:
    missing = run(NOWHERE, "-k", "test_one")
    assert missing.returncode == 1
    assert "record it: pytest --aikit-record 'test_shop.py::test_one'" in missing.stdout
    with Vendor() as vendor:
        recorded = run(vendor.url, "--aikit-record", OPENAI_API_KEY=KEY)
        assert recorded.returncode == 0, recorded.stdout
        count = len(vendor.received)
    assert count == 3
    tapes = sorted((tmp_path / "tapes" / "test_shop").iterdir())
    assert [tape.name for tape in tapes] == [
        "TestMore.test_more-a.jsonl",
        "TestMore.test_more-b_c-73fd60f7.jsonl",
        "test_one.jsonl",
    ]
    assert not any(KEY in tape.read_text() for tape in tapes)
    replayed = run(NOWHERE)
    assert replayed.returncode == 0, replayed.stdout
    assert "3 passed" in replayed.stdout


def test_a_variable_asks_for_a_recording_too(run: Run, tmp_path: Path) -> None:
    with Vendor() as vendor:
        args = ("-k", "test_one")
        assert run(vendor.url, *args, OPENAI_API_KEY=KEY, AIKIT_RECORD="1").returncode == 0
        first = (tmp_path / "tapes/test_shop/test_one.jsonl").read_text()
        assert run(vendor.url, *args, OPENAI_API_KEY=KEY, AIKIT_RECORD="0").returncode == 0
        assert len(vendor.received) == 1, "0 means no"
    assert (tmp_path / "tapes/test_shop/test_one.jsonl").read_text() == first
    (exchange,) = read_tape(tmp_path / "tapes/test_shop/test_one.jsonl")
    assert exchange.asked.provider == "openai"


@pytest.mark.parametrize(
    ("nodeid", "name"),
    [
        ("tests/test_a.py::test_x", "test_x"),
        ("tests/test_a.py::test_x[1-a]", "test_x-1-a"),
        ("tests/test_a.py::TestA::test_x[a/b]", "TestA.test_x-a_b-7da96c89"),
        ("tests/test_a.py::test_x[a:b]", "test_x-a_b-9fafda1f"),
    ],
)
def test_every_test_has_a_tape_of_its_own(nodeid: str, name: str) -> None:
    path = tape_path(Path("tests/test_a.py"), nodeid)
    assert path == Path("tests/tapes/test_a") / f"{name}.jsonl"


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    paths = {tape_path(Path("test_a.py"), f"test_a.py::test_{'x' * 300}{n}") for n in range(2)}
    assert len(paths) == 2
    assert all(len(path.name) < 130 for path in paths)
