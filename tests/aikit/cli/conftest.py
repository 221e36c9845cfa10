"""A service on loopback, a folder with settings for it, and plugins that are not really there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest
from aicore import plugins
from aikit.cli.group import root
from click.testing import CliRunner, Result

from .service import KEY, Service

Run = Callable[..., Result]
"""Runs the command line in this process: `run("generate", "hi", input=...)`."""

Start = Callable[..., "subprocess.Popen[bytes]"]
"""Starts the command line in a process of its own."""


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: Service) -> Path:
    """The current directory, with an `aikit.toml` that names the service `mock`."""
    for variable in [name for name in os.environ if name.endswith("_API_KEY") or "AIKIT" in name]:
        monkeypatch.delenv(variable)
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # would hide that nothing is flushed
    (tmp_path / "aikit.toml").write_text(
        'model = "mock:echo"\n'
        "[providers.mock]\n"
        'use = "openai-compatible"\n'
        f'base_url = "{service.url}"\n'
        f'api_key = "{KEY}"\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    def run(*args: str, input: str | bytes | IO[bytes] | None = None) -> Result:
        return CliRunner().invoke(root, args, input=input, prog_name="aikit")

    return run


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []
    watchdogs: list[threading.Timer] = []

    def start(*args: str, **options: object) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        streams: dict[str, object] = {"stdin": pipe, "stdout": pipe, "stderr": pipe, **options}
        command = [sys.executable, "-W", "error", "-c", "from aikit.cli import main; main()"]
        process = subprocess.Popen([*command, *args], **streams)  # type: ignore[call-overload]
        started.append(process)
        watchdogs.append(threading.Timer(30, process.kill))
        watchdogs[-1].start()
        return process  # type: ignore[no-any-return]

    yield start
    for process, watchdog in zip(started, watchdogs, strict=True):
        watchdog.cancel()
        process.kill()
        process.communicate()


class Install:
    """Pretends that distributions with entry points are installed, and nothing else."""

    def __init__(self, site: Path) -> None:
        self.site = site

    def __call__(self, distribution: str, group: str, name: str, value: str) -> None:
        folder = self.site / f"{distribution.replace('-', '_')}-2.1.dist-info"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.1\n"
        )
        with (folder / "entry_points.txt").open("a") as file:
            file.write(f"[{group}]\n{name} = {value}\n")
        forget()

    def module(self, name: str, source: str) -> None:
        (self.site / f"{name}.py").write_text(source)


@pytest.fixture
def install(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Install]:
    """Only what a test installs is installed, beside the provider `openai-compatible`."""
    from importlib.metadata import distribution, distributions

    site = tmp_path_factory.mktemp("site")
    monkeypatch.syspath_prepend(site)

    def entry_points(*, group: str) -> list[object]:
        real = distribution("aikit-provider-openai-compatible")
        return [
            entry_point
            for found in (*distributions(path=[str(site)]), real)
            for entry_point in found.entry_points
            if entry_point.group == group
        ]

    monkeypatch.setattr(plugins, "entry_points", entry_points)
    forget()
    modules = set(sys.modules)
    yield Install(site)
    forget()
    for name in set(sys.modules) - modules:
        if getattr(sys.modules[name], "__file__", "") and str(site) in str(
            sys.modules[name].__file__
        ):
            del sys.modules[name]


def forget() -> None:
    """Make the next look at the installed plugins a fresh one."""
    plugins.found.cache_clear()
    plugins.load_provider.cache_clear()
