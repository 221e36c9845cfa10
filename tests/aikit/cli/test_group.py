"""The program itself: its help, its commands and its errors."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO

import pytest
from aicore.errors import (
    AIError,
    BusyError,
    Cancelled,
    MissingKey,
    NotFound,
    Unauthorized,
    Unreachable,
)
from aicore.plugins import COMMANDS
from aikit.cli.exits import code_of, explain

from .conftest import Install, Run

BUILT_IN = {"generate", "chat", "rerank", "job", "models", "providers", "doctor"}


def modules_after(*args: str) -> set[str]:
    """Run the program in a process of its own and return what it has imported."""
    code = (
        "import sys\n"
        "from aikit.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", code, *args]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(result.stderr.split())


@pytest.mark.parametrize("args", [(), ("--help",), ("--version",)])
def test_help_imports_no_command_and_nothing_heavy(args: tuple[str, ...]) -> None:
    modules = modules_after(*args)
    assert not {f"aikit.cli.{name}" for name in BUILT_IN} & modules
    assert not {"aikit.kit", "asyncio", "pydantic", "aikit_wire", "httpx2", "ssl"} & modules


def test_a_command_imports_no_other_command() -> None:
    modules = modules_after("providers", "--help")
    assert {f"aikit.cli.{name}" for name in BUILT_IN} & modules == {"aikit.cli.providers"}


def test_help_lists_every_command(run: Run, install: Install) -> None:
    for args in ((), ("--help",)):
        result = run(*args)
        assert result.exit_code == 0
        listed = {
            line.split()[0] for line in result.stdout.partition("Commands:\n")[2].splitlines()
        }
        assert listed == BUILT_IN


@pytest.mark.usefixtures("install")
def test_a_command_of_a_distribution_that_is_not_installed_says_which_brings_it(run: Run) -> None:
    result = run("serve", "--port", "0")
    assert result.exit_code == 2
    assert "'serve' is not installed; `pip install 'aikit-asgi[serve]>=1'`" in result.stderr
    assert "No such command 'nothing'" in run("nothing").stderr


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_command_explains_itself(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"Usage: aikit {name}" in result.stdout


def test_a_plugins_command_is_listed_unimported_and_runs_when_named(
    run: Run, install: Install
) -> None:
    install.module(
        "serving", "import click\nserve = click.Command('serve', callback=lambda: 1 / 0)"
    )
    install("serving", COMMANDS, "serve", "serving:serve")
    result = run("--help")
    assert "serve      Provided by serving." in result.stdout
    assert "serving" not in sys.modules
    assert run("serve", "--help").exit_code == 0


def test_a_plugin_cannot_replace_a_command(run: Run, install: Install) -> None:
    install("shadow", COMMANDS, "providers", "not_there_at_all")
    result = run("providers", "--help")
    assert result.exit_code == 0
    assert run("--help").stdout.count("\n  providers ") == 1


def test_a_broken_command_hurts_only_itself(run: Run, install: Install) -> None:
    install("broken", COMMANDS, "serve", "not_there_at_all")
    assert run("providers").exit_code == 0
    result = run("serve")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: broken 2.1 is broken")


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (("generat",), "`aikit --help`"),
        (("--bogus",), "`aikit --help`"),
        (("generate", "hi", "--bogus"), "`aikit generate --help`"),
        (("generate", "hi", "--seed", "x"), "`aikit generate --help`"),
        (("generate", "hi", "--schema", "missing.json"), "missing.json"),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_help(
    run: Run, args: tuple[str, ...], hint: str
) -> None:
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert hint in result.stderr


def test_what_nobody_foresaw_is_one_line_and_with_debug_a_traceback(
    run: Run, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install.module("falling", "import click\nfall = click.Command('fall', callback=lambda: 1 / 0)")
    install("falling", COMMANDS, "fall", "falling:fall")
    result = run("fall")
    assert result.exit_code == 1
    assert (
        result.stderr
        == "error: ZeroDivisionError: division by zero (set AIKIT_DEBUG=1 to see where)\n"
    )
    monkeypatch.setenv("AIKIT_DEBUG", "1")
    told = run("fall").stderr
    assert "Traceback" in told
    assert told.endswith("\nerror: ZeroDivisionError: division by zero\n")


def test_a_service_that_names_a_time_has_it_passed_on() -> None:
    assert explain(BusyError("slow down", retry_after=20)) == "slow down; try again in 20 s"


def test_an_error_without_advice_stands_alone() -> None:
    assert explain(Cancelled("the call was cancelled")) == "the call was cancelled"


def test_the_exit_code_is_that_of_the_family() -> None:
    assert code_of(Unauthorized("no")) == 3
    assert code_of(AIError("odd")) == 1


def test_ctrl_c_while_it_starts_shows_no_traceback() -> None:
    code = (
        "import sys\n"
        "from aikit.cli import main\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *more):\n"
        "        if name == 'click':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_advice_about_an_error_without_a_provider_still_reads() -> None:
    assert "`aikit models PROVIDER --live`" in explain(NotFound("no such model"))
    assert "base_url or region" in explain(Unreachable("cannot reach bedrock.us-esat-1.example"))
    error = MissingKey("no key", provider="acme", details={"variables": []})
    told = "no API key for 'acme': add `api_key` under [providers.acme] in aikit.toml"
    assert explain(error) == told
    assert explain(MissingKey("set ACME_TOKEN", provider="acme")) == "acme: set ACME_TOKEN"


class Interrupted(BytesIO):
    """A pipe whose reader is interrupted by Ctrl-C."""

    def read(self, size: int | None = -1) -> bytes:
        if size == 0:
            return b""  # click asks for nothing, to learn that it would be bytes
        raise KeyboardInterrupt


def test_ctrl_c_while_a_pipe_is_read_exits_with_130(run: Run) -> None:
    result = run("generate", "hi", input=Interrupted())
    assert result.exit_code == 130
    assert result.output.strip() == ""
