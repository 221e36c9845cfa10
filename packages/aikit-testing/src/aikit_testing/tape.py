"""The file format of a tape: recorded exchanges as lines of JSON, for people to read and to diff.

`docs/record-and-replay.md` describes the format, which stays as it is for all versions 1.x. A
reader skips fields that it does not know, so fields may be added; a change that an older reader
would misread gets a new number in the first line.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import aicore.errors
from aicore.errors import AIError, BadConfig, BusyError, GarbledError

FORMAT = 1
FAILURES: Mapping[str, type[AIError]] = {
    kind.code: kind
    for kind in vars(aicore.errors).values()
    if isinstance(kind, type) and issubclass(kind, BusyError | GarbledError)
}
"""The errors that can end an exchange, by code."""

How: TypeAlias = Literal["complete", "left", "error"]
"""The service ended the answer, the client left before its end, or the connection failed."""


class TapeError(BadConfig):
    """A tape that cannot be read, written or played; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, scrubbed; `path` is without the host and with what may be kept of the query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    provider: str = ""
    ability: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The beginning of an answer, `after` seconds."""

    after: float
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The bytes of one arrival, `after` seconds since the one before."""

    after: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """How an exchange ended; an error has its stable code and its message."""

    after: float
    how: How = "complete"
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it; without `answered`, nothing came."""

    asked: Asked
    answered: Answered | None
    chunks: tuple[Chunk, ...]
    ended: Ended

    @property
    def body(self) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks)

    @property
    def seconds(self) -> float:
        first = self.answered.after if self.answered else 0.0
        return first + sum(chunk.after for chunk in self.chunks) + self.ended.after


def read_tape(path: str | Path) -> tuple[Exchange, ...]:
    """Read all exchanges of a tape.

    Raises:
        TapeError: the file cannot be read, or its format is not known; the message names the line.
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TapeError(f"cannot read the tape {path}: {error}") from None
    return loads(text, str(path))


def write_tape(path: str | Path, exchanges: Iterable[Exchange]) -> None:
    """Write a tape of these exchanges as they are; nothing is scrubbed here."""
    Path(path).write_text(dumps(exchanges), "utf-8", newline="\n")


def dumps(exchanges: Iterable[Exchange]) -> str:
    """Write the text of a tape."""
    return head() + "".join(map(written, exchanges))


def head() -> str:
    """Write the first line of every tape."""
    return line({"aikit-tape": FORMAT})


def written(exchange: Exchange) -> str:
    """Write the lines of one exchange."""
    return "".join(map(line, lines(exchange)))


def line(value: Any) -> str:
    """Write one line in which every character shows, line separators and the like as escapes."""
    text = json.dumps(value, ensure_ascii=False)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    return f"{text}\n"


def lines(exchange: Exchange) -> Iterator[dict[str, Any]]:
    asked, answered, ended = exchange.asked, exchange.answered, exchange.ended
    known = {"provider": asked.provider, "ability": asked.ability, "headers": dict(asked.headers)}
    yield {
        "request": f"{asked.method} {asked.path}",
        **{name: value for name, value in known.items() if value},
        **({} if asked.body is None else as_json(asked.body) or as_text(asked.body)),
    }
    if answered:
        begun = {"after": answered.after, "response": answered.status}
        yield {**begun, "headers": dict(answered.headers)} if answered.headers else begun
    for chunk in exchange.chunks:
        yield {"after": chunk.after, **as_text(chunk.data)}
    over = {"after": ended.after, "end": ended.how}
    yield {**over, "code": ended.code, "message": ended.message} if ended.code else over


def as_json(body: bytes) -> dict[str, Any] | None:
    """Show a body as JSON, if that brings back every byte."""
    try:
        value = json.loads(body)
        return {"json": value} if compact(value) == body else None
    except (ValueError, RecursionError):
        return None


def as_text(data: bytes) -> dict[str, Any]:
    """Show bytes as text, or as base64 where they are none, as in the middle of a character."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def loads(text: str, name: str = "the tape") -> tuple[Exchange, ...]:
    """Read the text of a tape; errors call it `name`.

    Raises:
        TapeError: the format is not known; the message names the line.
    """
    reading, exchanges, number = Reading(), list[Exchange](), 0
    try:
        for item in text.removesuffix("\n").split("\n"):
            number += 1
            if number == 1:
                check_format(json.loads(item))
            else:
                exchanges += reading.line(json.loads(item))
        if reading.asked:
            raise ValueError("the last exchange has no end; record the tape again")
    except (ValueError, RecursionError) as error:
        raise TapeError(f"{name}, line {number}: {error}") from None
    return tuple(exchanges)


def check_format(first: Any) -> None:
    match first:
        case {"aikit-tape": int(number)} if number > FORMAT:
            raise ValueError(f"format {number} is newer than this reader: update aikit-testing")
        case {"aikit-tape": 1}:
            return
    raise ValueError('this is no tape: its first line must be {"aikit-tape": 1}')


class Reading:
    """Puts lines together; each belongs to the request before it."""

    def __init__(self) -> None:
        self.asked: Asked | None = None
        self.answered: Answered | None = None
        self.chunks: list[Chunk] = []

    def line(self, item: Any) -> Iterable[Exchange]:
        """Take the next line, and return the exchange that it ends.

        Raises:
            ValueError: it does not belong here.
        """
        match item:
            case {"request": str(what)} if not self.asked and what.count(" ") == 1:
                method, _, path = what.partition(" ")
                body = data(item) if item.keys() & {"json", "text", "base64"} else None
                names = (texts(item, name) for name in ("provider", "ability"))
                self.asked = Asked(method, path, headers(item), body, *names)
            case {"response": int(status)} if self.asked and not self.answered:
                self.answered = Answered(after(item), status, headers(item))
            case {"text": _} | {"base64": _} if self.answered:
                self.chunks.append(Chunk(after(item), data(item)))
            case {"end": "complete" | "left" | "error" as how} if self.asked and (
                self.answered or how != "complete"
            ):
                code, message = texts(item, "code"), texts(item, "message")
                if (how == "error") != (code in FAILURES):
                    raise ValueError(f"the error code {code!r} is not known")
                ended = Ended(after(item), how, code, message)
                exchange = Exchange(self.asked, self.answered, tuple(self.chunks), ended)
                self.asked, self.answered, self.chunks = None, None, []
                return (exchange,)
            case _:
                raise ValueError("this line does not belong here")
        return ()


def after(item: Mapping[str, Any]) -> float:
    match item.get("after"):
        case float() | int() as seconds if 0 <= seconds < float("inf"):
            return seconds
        case other:
            raise ValueError(f"`after` must be seconds, not {other!r}")


def texts(item: Mapping[str, Any], name: str) -> str:
    if not isinstance(value := item.get(name, ""), str):
        raise ValueError(f"`{name}` must be text")
    return value


def headers(item: Mapping[str, Any]) -> Mapping[str, str]:
    found = item.get("headers", {})
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ValueError("`headers` must be texts by name")
    return found


def data(item: Mapping[str, Any]) -> bytes:
    if "json" in item:
        return compact(item["json"])
    if "text" in item:
        return texts(item, "text").encode()
    return base64.b64decode(texts(item, "base64"), validate=True)
