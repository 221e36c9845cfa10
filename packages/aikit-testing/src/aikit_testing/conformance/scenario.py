"""What a service shall say, and how its answer looks on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from aicore.responses import FinishReason

Ability: TypeAlias = Literal["chat", "complete", "embed", "rerank", "models"]


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call; `pieces` are its arguments as a stream brings them."""

    id: str
    name: str
    pieces: tuple[str, ...]

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One answer of a service, told without any dialect.

    `text` and `reasoning` come in the pieces that a stream brings. `status` other than 200 asks
    for an error that says `message`. `vectors` are for the texts of one request, and `scores` for
    its documents, in their order. `sent` is the body of the request that is answered.
    """

    ability: Ability
    text: tuple[str, ...] = ()
    reasoning: tuple[str, ...] = ()
    calls: tuple[Called, ...] = ()
    finish_reason: FinishReason = "stop"
    input_tokens: int = 11
    output_tokens: int = 7
    vectors: tuple[tuple[float, ...], ...] = ()
    scores: tuple[float, ...] = ()
    models: tuple[str, ...] = ()
    status: int = 200
    message: str = ""
    sent: bytes = b""

    @property
    def whole_text(self) -> str:
        return "".join(self.text)

    @property
    def whole_reasoning(self) -> str:
        return "".join(self.reasoning)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on the wire; each chunk is one write, so a stream has one for each event."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: Sequence[bytes] = ()

    @classmethod
    def json(cls, value: Any, status: int = 200) -> Reply:
        """Answer with one JSON document."""
        return cls(status, {"content-type": "application/json"}, [json.dumps(value).encode()])

    @classmethod
    def sse(cls, values: Iterable[Any], end: str | None = None) -> Reply:
        """Stream JSON values as server-sent events; `end` is the data of a last one."""
        texts = [*map(json.dumps, values), *filter(None, [end])]
        chunks = [f"data: {text}\n\n".encode() for text in texts]
        return cls(200, {"content-type": "text/event-stream"}, chunks)

    @classmethod
    def lines(cls, values: Iterable[Any]) -> Reply:
        """Stream JSON values as lines."""
        chunks = [json.dumps(value).encode() + b"\n" for value in values]
        return cls(200, {"content-type": "application/x-ndjson"}, chunks)
