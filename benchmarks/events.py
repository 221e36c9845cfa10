"""CPU time per streamed event, in process: splitting, decoding, and one layer of middleware.

    python -m benchmarks.events ROUNDS

The floor is what `pydantic_core.from_json` takes for the same chunks in the same round.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Collection
from typing import Any, Final

from aicore.calls import Batch
from aicore.context import Context
from aicore.events import Finished, Started, TextDelta, UsageReported
from aicore.messages import Message
from aicore.requests import ChatRequest
from aicore.usage import Usage
from aikit.observe import accounted
from aikit_wire.frames import SSEDecoder
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.manifest import Manifest
from pydantic_core import from_json

from benchmarks.install import ROOT, environment
from benchmarks.processes import TESTED, on
from benchmarks.rounds import Figures, add

WHAT: Final = "µs per event"
EVENTS = 2000
FLOOR: Final = "from_json of a chunk (floor)"
ONE_READ = 16384


def chunk(text: str, reason: str | None = None) -> bytes:
    """Write a chunk of about the size that OpenAI sends."""
    choice = {"index": 0, "delta": {"content": text}, "logprobs": None, "finish_reason": reason}
    fields = {
        "id": "chatcmpl-0123456789abcdefghijklmnopq",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": "gpt-5.2-2025-12-11",
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
        "choices": [choice],
        "usage": None,
        "obfuscation": "abcdefghij",
    }
    return b"data: " + json.dumps(fields, separators=(",", ":")).encode() + b"\n\n"


PIECES = [chunk(f" word{number % 100}") for number in range(EVENTS)]
END = chunk("", "stop") + b"data: [DONE]\n\n"
BODY = b"".join([*PIECES, END])


def parse() -> None:
    for piece in PIECES:
        from_json(piece[6:-2])


def split_singly() -> None:
    decoder = SSEDecoder()
    for piece in PIECES:
        decoder.feed(piece)


def split_in_reads() -> None:
    decoder = SSEDecoder()
    for start in range(0, len(BODY), ONE_READ):
        decoder.feed(BODY[start : start + ONE_READ])


def decode_in_reads() -> None:
    frames, decoder = SSEDecoder(), ChatDecoder(Manifest(name="vendor"), "gpt-5.2")
    for start in range(0, len(BODY), ONE_READ):
        decoder.read(frames, BODY[start : start + ONE_READ])


DELTAS: Batch = tuple(TextDelta(0, 0, "word") for _ in range(10))
LAST: Batch = (UsageReported(0, Usage(input_tokens=1, output_tokens=1)), Finished())


async def script(request: Any, context: Context) -> AsyncGenerator[Batch, None]:
    yield (Started(),)
    for _ in range(EVENTS // 10):
        yield DELTAS
    yield LAST


async def drain(call: Callable[[Any, Context], AsyncGenerator[Batch, None]]) -> float:
    request, context = ChatRequest(model="m", messages=(Message.user("hi"),)), Context()
    began = time.process_time()
    async for _ in call(request, context):
        pass
    return time.process_time() - began


def layer() -> float:
    """Return what one layer of the Kit adds to a call of batches of ten."""
    return asyncio.run(drain(accounted(script))) - asyncio.run(drain(script))


def timed(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


WORK: dict[str, Callable[[], float]] = {
    FLOOR: lambda: timed(parse),
    "splitting, one event per read": lambda: timed(split_singly),
    "splitting, reads of 16 kB": lambda: timed(split_in_reads),
    "splitting and decoding into events, reads of 16 kB": lambda: timed(decode_in_reads),
    "one middleware, batches of ten": layer,
}


def main(rounds: int) -> None:
    figures: Figures = {}
    for _ in range(rounds):
        for name, seconds in WORK.items():
            add(figures, WHAT, name, seconds() / EVENTS * 1e6)
    print(json.dumps(figures))


def measure(python: str, rounds: int, seconds: float, only: Collection[str] = ()) -> Figures:
    """Measure in a process of the Python that everything else is measured with."""
    command = [environment("ours", python) / "python", "-m", "benchmarks.events", str(rounds * 3)]
    output = subprocess.check_output([*on(TESTED), *map(str, command)], cwd=ROOT, text=True)
    figures: Figures = json.loads(output)
    return figures


if __name__ == "__main__":
    main(int(sys.argv[1]))
