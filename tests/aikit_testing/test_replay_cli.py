"""`aikit replay`."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from aicore import plugins
from aikit import Kit, Tool
from aikit.cli.group import root
from aikit_testing.record import Recorder
from aikit_testing.tape import Answered, Asked, Chunk, Ended, Exchange, read_tape, write_tape
from click.testing import CliRunner, Result

from ..aikit.service import event, said
from ..docs.pages import ROOT
from ..vendor import Vendor
from .told import KEY

SAMPLE = Path(__file__).with_name("tapes") / "sample.jsonl"
LISTED = """\
#  request                            model         status  chunks  seconds  ended
1  POST /v1/chat/completions          openai:gpt-5  200     5       0.35
2  POST /v1/embeddings?api-version=1  openai:small  429     1       1.50
3  POST /v1/audio                                   none    0       0.30     the client left
4  GET /v1/models                     openai        none    0       10.00    the connection failed
5  POST /v1/chat/completions          openai:gpt-5  200     1       0.70     the connection failed
6  POST /v1/chat/completions                        200     1       2.30     the client left
"""
Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs `aikit replay`, as the project declares it."""
    project = tomllib.loads((ROOT / "packages/aikit-testing/pyproject.toml").read_text())
    declared = project["project"]["entry-points"]["aikit.commands"]
    commands = [EntryPoint(name, value, plugins.COMMANDS) for name, value in declared.items()]

    def points(*, group: str) -> Any:
        return commands if group == plugins.COMMANDS else entry_points(group=group)

    monkeypatch.setattr(plugins, "entry_points", points)
    plugins.found.cache_clear()
    yield lambda *args: CliRunner().invoke(root, ["replay", *map(str, args)], prog_name="aikit")
    plugins.found.cache_clear()


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tape of every ability, with two candidates in the first answer."""
    path = tmp_path_factory.mktemp("tapes") / "tape.jsonl"
    tool = Tool(
        "weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}}
    )

    async def record(url: str) -> None:
        settings = {
            name: {"use": "openai-compatible", "base_url": url, "api_key": KEY}
            for name in ("openai", "acme")
        }
        async with Recorder(path) as recorder:
            kit = Kit(providers=settings, http_client=recorder)
            async with kit.stream("Hi", model="openai:m-reason", n=2) as stream:
                await stream.response()
            await kit.generate("Weather?", model="openai:m", tools=[tool])
            await kit.complete("Once", model="openai:m")
            await kit.embed(["a", "b"], model="openai:m", dimensions=3)
            await kit.models("openai")
            await kit.generate("Hi", model="acme:m")

    with Vendor(values={"city": "Oslo"}) as vendor:
        asyncio.run(record(vendor.url))
    return path


def test_the_exchanges_are_listed(run: Run) -> None:
    result = run(SAMPLE, "--list")
    assert result.exit_code == 0
    assert result.stdout == LISTED


@pytest.mark.parametrize(
    ("index", "shown"),
    [
        (1, "You said: Hi\n"),
        (2, 'tool call: weather {"city": "Oslo"}\n'),
        (3, "You said: Once\n"),
        (4, "2 vectors of 3 numbers\n"),
    ],
)
def test_an_exchange_is_read_by_the_provider_that_recorded_it(
    run: Run, tape: Path, index: int, shown: str
) -> None:
    result = run(tape, "--index", index, "--speed", 0)
    assert (result.stdout, result.stderr, result.exit_code) == (shown, "", 0)


def test_an_exchange_that_has_no_events_is_written_as_it_came(run: Run, tape: Path) -> None:
    result = run(tape, "--index", 5, "--speed", 0)
    assert result.stdout_bytes == read_tape(tape)[4].body
    assert json.loads(result.stdout)["data"][0]["id"] == "any-model"


def test_events_are_lines_of_json(run: Run, tape: Path) -> None:
    events = [json.loads(line) for line in run(tape, "--events", "--speed", 0).stdout.splitlines()]
    text = [item["text"] for item in events if item["type"] == "text_delta"]
    assert "".join(text) == "You said: Hi" * 2
    assert events[-1]["type"] == "finished"


def test_the_body_can_be_written_as_it_came(run: Run, tmp_path: Path) -> None:
    result = run(SAMPLE, "--raw", "--speed", 0)
    assert result.stdout_bytes == read_tape(SAMPLE)[0].body
    asked = Asked("GET", "/v1/sound")
    sound = Exchange(asked, Answered(0.0, 200), (Chunk(0.0, b"\xff\0"),), Ended(0.0))
    write_tape(tmp_path / "tape.jsonl", [sound])
    assert run(tmp_path / "tape.jsonl").stdout_bytes == b"\xff\0"


def test_another_provider_can_read_it(run: Run, tape: Path) -> None:
    unknown = run(tape, "--index", 6)
    assert unknown.exit_code == 2
    assert "no installed plugin provides 'acme'" in unknown.stderr
    assert run(tape, "--index", 6, "--provider", "openai").stdout == "You said: Hi\n"
    assert run(tape, "--index", 6, "--provider", "openai-compatible").stdout == "You said: Hi\n"


def test_a_service_s_error_is_told_as_when_it_was_recorded(run: Run) -> None:
    result = run(SAMPLE, "--index", 2, "--speed", 0)
    assert result.exit_code == 5
    assert result.stderr == "error: openai 429: slow down; try again in 7 s\n"


def test_the_text_before_a_cut_ends_its_line(run: Run, tmp_path: Path) -> None:
    cut = replaced(event(said("Hel")), Ended(0.0, "error", "cut_off", "gone"))
    write_tape(tmp_path / "tape.jsonl", [cut])
    result = run(tmp_path / "tape.jsonl")
    assert result.stdout == "Hel\n"
    assert result.exit_code == 6
    assert "gone" in result.stderr


def test_where_the_client_left_is_noted(run: Run, tmp_path: Path) -> None:
    left = replaced(event(said("Hello.\n", "stop")) + b"data: [DONE]\n\n", Ended(0.0, "left"))
    write_tape(tmp_path / "tape.jsonl", [left])
    result = run(tmp_path / "tape.jsonl")
    assert result.stdout == "Hello.\n"
    assert result.stderr == "note: here the client left when it was recorded\n"


def replaced(body: bytes, ended: Ended) -> Exchange:
    asked = Asked("POST", "/v1/x", {}, b"no JSON", "openai", "chat")
    return Exchange(asked, Answered(0.0, 200), (Chunk(0.0, body),), ended)


def test_a_terminal_is_not_given_what_would_move_its_cursor(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aikit_testing.cli.tty", lambda: True)
    text = "a\x1b[2Jb\x9bc\tü"
    data = event(said(text, "stop")) + b"data: [DONE]\n\n"
    middle = data.index(b"\\u00fc")
    data = data.replace(b"\\u00fc", "ü".encode())
    pieces = (Chunk(0.0, data[: middle + 1]), Chunk(0.0, data[middle + 1 :]))
    asked = Asked("POST", "/v1/\x1b[2J", {}, None, "openai", "chat")
    write_tape(tmp_path / "t", [Exchange(asked, Answered(0.0, 200), pieces, Ended(0.0))])
    assert (
        run(tmp_path / "t").stdout
        == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c\tü\n"
    )
    assert "\x1b" not in run(tmp_path / "t", "--list").stdout
    raw = run(tmp_path / "t", "--raw").stdout
    assert "ü" in raw
    assert raw.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--index", "9"], "the tape has 6 exchanges"),
        (["--index", "0"], "0 is not in the range"),
        (["--speed", "-1"], "-1.0 is not in the range"),
    ],
)
def test_a_wrong_option_is_named(run: Run, args: list[str], message: str) -> None:
    result = run(SAMPLE, *args)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_file_that_is_no_tape_is_an_error(run: Run) -> None:
    result = run(__file__)
    assert result.exit_code == 2
    assert "line 1" in result.stderr


def test_the_answer_takes_its_time(run: Run, tmp_path: Path) -> None:
    body = event(said("Hi", "stop")) + b"data: [DONE]\n\n"
    asked = Asked("POST", "/v1/x", {}, None, "openai", "chat")
    slow = Exchange(asked, Answered(0.2, 200), (Chunk(0.2, body),), Ended(0.0))
    write_tape(tmp_path / "t", [slow])
    times = []
    for args in ([], ["--raw"], ["--speed", "0"]):
        started = monotonic()
        run(tmp_path / "t", *args)
        times.append(monotonic() - started)
    assert times[0] >= 0.4
    assert times[1] >= 0.4
    assert times[2] < times[0]
