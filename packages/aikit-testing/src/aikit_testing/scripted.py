"""The provider `scripted:` answers from a list, as slowly and as badly as the list says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from aicore.calls import Batch
from aicore.context import Context
from aicore.errors import AIError, BadConfig
from aicore.events import Event, Finished, Produced
from aicore.hookspecs import hookimpl
from aicore.providers import Host, Spec
from aicore.requests import Request
from aicore.responses import Embeddings, RerankResponse, Response

from aikit_testing.fixture import echoed, told

Says: TypeAlias = str | Response | Embeddings | RerankResponse | Sequence[Event]
Fault: TypeAlias = AIError | Literal["cut", "stall"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One answer and its course.

    `says` is a text, a whole response, embeddings, a ranking, or events as they are. `latency` is
    the wait before the first event and `pace` the wait before each later batch, in seconds; None
    takes the script's. After `after` events comes the `fault`, if there is one: an error, `cut`
    (the events end without the end of the answer), or `stall` (nothing more comes).
    """

    says: Says = ""
    latency: float | None = None
    pace: float | None = None
    fault: Fault | None = None
    after: int = 0


Line: TypeAlias = Scene | Says | AIError
"""What stands in a script; an error stands for a scene that begins with it."""


class Script:
    """What `scripted:` answers, call by call, whatever is asked.

        script = Script("Hello.", RateLimited("wait", retry_after=7), latency=0.2)
        kit = Kit(providers={"scripted": {"script": script}})

    A function instead of a list is called with each request and returns its line. `requests` are
    those that arrived, in their order; `open` counts the calls that are still running.
    """

    def __init__(
        self,
        *lines: Line | Callable[[Request], Line],
        latency: float = 0.0,
        pace: float = 0.0,
    ) -> None:
        self.latency = latency
        self.pace = pace
        self.requests: list[Request] = []
        self.open = 0
        self._lines = lines

    def scene(self, request: Request) -> Scene:
        """Note a request and return what happens to it.

        Raises:
            BadConfig: the script is over.
        """
        self.requests.append(request)
        number, length = len(self.requests), len(self._lines)
        if number <= length:
            line = self._lines[number - 1]
        elif length == 1 and callable(self._lines[0]):
            line = self._lines[0]
        else:
            raise BadConfig(
                f"the script has {length} lines, but this is call {number}; add what it shall say"
            )
        return as_scene(line(request) if callable(line) else line)


def as_scene(line: Line) -> Scene:
    match line:
        case Scene():
            return line
        case AIError():
            return Scene(fault=line)
        case _:
            return Scene(says=line)


def batches(says: Says, streaming: bool) -> Iterator[Batch]:
    """Tell what is said: word by word in a stream, at once otherwise."""
    match says:
        case str():
            yield from told(replace(echoed(says, 0), model=None), streaming)
        case Response():
            yield from told(says, streaming)
        case Embeddings() | RerankResponse():
            yield Produced(says), Finished()
        case _:
            yield from ((event,) for event in says)


class Scripted:
    """Plays the script that its setting `script` holds."""

    name = "scripted"

    def __init__(self, host: Host) -> None:
        self._script = script_of(host.name, host.settings)

    async def aclose(self) -> None:
        """Do nothing: nothing is open."""

    async def answer(self, request: Request, context: Context) -> AsyncGenerator[Batch, None]:
        """Play the next scene, whichever ability was asked for."""
        script = self._script
        scene = script.scene(request)
        script.open += 1
        try:
            playing = played(scene, request.streaming, script.latency, script.pace)
            async with aclosing(playing):
                async for batch in playing:
                    yield batch
        finally:
            script.open -= 1

    chat = complete = embed = rerank = answer


async def played(
    scene: Scene, streaming: bool, latency: float, pace: float
) -> AsyncGenerator[Batch, None]:
    """Play a scene on the clock of the running loop.

    Raises:
        AIError: the fault of the scene.
    """
    latency = latency if scene.latency is None else scene.latency
    pace = pace if scene.pace is None else scene.pace
    left = None if scene.fault is None else scene.after
    await asyncio.sleep(latency)
    for number, batch in enumerate(batches(scene.says, streaming)):
        if left is not None:
            batch, left = batch[:left], left - len(batch)
        if batch:
            await asyncio.sleep(pace if number else 0)
            yield batch
        if left is not None and left <= 0:
            break
    match scene.fault:
        case AIError():
            raise scene.fault
        case "stall":
            await asyncio.Event().wait()


def script_of(provider: str, settings: Mapping[str, Any]) -> Script:
    """Read the settings.

    Raises:
        BadConfig: there is no script among them, or something else.
    """
    unknown = sorted(settings.keys() - {"script"})
    if unknown:
        raise BadConfig(f"provider {provider!r} has no setting {unknown[0]!r}; known: script")
    script = settings.get("script")
    if not isinstance(script, Script):
        raise BadConfig(
            f"provider {provider!r} needs a script: "
            f"Kit(providers={{{provider!r}: {{'script': Script('Hello.')}}}})"
        )
    return script


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [Scripted]
