"""Providers and plugins that live in a test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from aicore.calls import Batch, Batches, Call, Layer
from aicore.context import Context
from aicore.hookspecs import hookimpl
from aicore.providers import Host
from aicore.turn import Turn
from aicore.usage import Usage
from aikit.host import KitHost

NUMBERS = count()


@dataclass
class Made:
    """An unopened provider with the given abilities; it keeps the hosts it was opened with."""

    name: str
    abilities: dict[str, Any]
    hosts: list[KitHost] = field(default_factory=list)
    closed: int = 0

    def __call__(self, host: Host) -> Any:
        assert isinstance(host, KitHost)
        self.hosts.append(host)
        return SimpleNamespace(aclose=self.aclose, **self.abilities)

    async def aclose(self) -> None:
        self.closed += 1


def provider(name: str = "echo", **abilities: Any) -> Made:
    return Made(name, abilities or {"chat": echo})


def spoken(*texts: str, model: str = "echo-1") -> list[Batch]:
    """Return the batches of an answer, one for each text and one for the end."""
    turn, batches = Turn(), list[Batch]()
    turn.start("answer-1", model)
    for text in texts:
        turn.text(text)
        batches.append(turn.take())
    turn.usage(Usage(input_tokens=10, output_tokens=len(texts)))
    turn.reason("stop", "stop")
    turn.finish()
    return [*batches, turn.take()]


async def echo(request: Any, context: Context) -> Batches:
    """Answer with the words of the question, one batch each."""
    said = request.prompt if hasattr(request, "prompt") else request.messages[-1].text
    for batch in spoken(*said.split(" ")):
        yield batch


@dataclass
class Noting:
    """A middleware that notes when calls pass it."""

    name: str
    layer: Layer
    notes: list[str]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    closed: int = 0

    def wrap(self, call: Call) -> Call:
        async def noted(request: Any, context: Context) -> Batches:
            self.notes.append(f"{self.name} in")
            async for batch in call(request, context):
                yield batch
            self.notes.append(f"{self.name} out")

        return noted

    async def aclose(self) -> None:
        self.closed += 1


@dataclass
class Installer:
    """Installs plugins as distributions of a folder that is on the path."""

    folder: Path

    def __call__(
        self,
        distribution: str = "aikit-provider-echo",
        *,
        providers: Sequence[Made] = (),
        group: str = "aikit.plugins",
        entry: str | None = None,
        **hooks: Callable[..., Any],
    ) -> None:
        """Install a distribution with providers, or with a plugin that has the given hooks.

        `entry` is the entry point's value, when it is not a module with those hooks.
        """
        module = ModuleType(f"plugin_for_tests_{next(NUMBERS)}")
        sys.modules[module.__name__] = module
        lines = []
        if providers:
            hooks["aikit_providers"] = lambda: providers
            lines += ["[aikit.providers]"]
            lines += [f"{item.name} = {entry or module.__name__}" for item in providers]
        else:
            lines += [f"[{group}]", f"{distribution} = {entry or module.__name__}"]
        for name, hook in hooks.items():
            setattr(module, name, hookimpl(hook))
        info = self.folder / f"{distribution.replace('-', '_')}-1.2.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n"
        (info / "METADATA").write_text(metadata)
        (info / "entry_points.txt").write_text("\n".join(lines))
