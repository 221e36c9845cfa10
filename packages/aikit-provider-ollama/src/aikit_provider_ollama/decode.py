"""Decode answers of Ollama's native dialect, lines or whole, into batches of events."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from aicore.errors import BadReply, CutOff
from aicore.messages import ImagePart
from aicore.responses import FinishReason
from aikit_wire.answer import AnswerDecoder
from aikit_wire.frames import Frame
from aikit_wire.openai.logprobs import read_logprobs

from aikit_provider_ollama.messages import DIALECT, Json
from aikit_provider_ollama.usage import COUNTS, read_usage

MESSAGE = frozenset({"role", "content", "thinking", "tool_calls", "images"})
GENERATED = {"response": "content", "thinking": "thinking"}
"""What `/api/generate` says beside `message`, by what chat calls it."""
PIECE = frozenset(
    {"model", "created_at", "message", "image", "logprobs", "done", "done_reason", "error"}
).union(COUNTS, GENERATED)
FINISH: Mapping[str, FinishReason] = {"stop": "stop", "length": "length"}
"""The others, `load` and `unload`, tell what became of a model that was asked nothing."""
NANOSECONDS = re.compile(r"(\.\d{6})\d+")


class OllamaDecoder(AnswerDecoder):
    """Decodes one answer of `/api/chat` or `/api/generate`; its last word is `done: true`."""

    dialect = "Ollama"

    def __init__(self, provider: str, model: str, secrets: Iterable[str] = ()) -> None:
        super().__init__(provider, model, secrets)
        self._begun = False
        self._calls = 0
        self._message: Json = {}
        self._beside: Json = {}

    def _frame(self, frame: Frame) -> None:
        self._piece(self._json(frame.data, "a line of the stream"))

    def _end(self) -> None:
        raise CutOff("the stream ended before the service said that it was done")

    def _whole(self, answer: Any) -> None:
        self._piece(answer)
        if not self.done:
            raise CutOff("the answer does not say that it is done")

    def _piece(self, piece: Any) -> None:
        """Take a line of a stream, or a whole answer, which has the same fields."""
        if not isinstance(piece, dict):
            raise BadReply("a piece of the answer is no JSON object")
        if piece.get("error"):
            raise self._error(json.dumps(piece).encode())
        if not self._begun:
            self._start(piece)
        if (message := piece.get("message")) is not None:
            self._said(message, piece)
        else:
            said = {name: piece.get(field) for field, name in GENERATED.items()}
            self._said(
                {**said, "images": [image] if (image := piece.get("image")) else None}, piece
            )
        if entries := piece.get("logprobs"):
            self._turn.logprobs(read_logprobs({"content": entries}))
        if beside := piece.keys() - PIECE:
            self._beside |= {name: piece[name] for name in beside if piece[name] is not None}
        if piece.get("done"):
            self._finish(piece)

    def _start(self, piece: Json) -> None:
        self._begun = True
        model = piece.get("model")
        created = unix_time(piece.get("created_at"))
        self._turn.start(None, model if isinstance(model, str) else None, created)

    def _said(self, message: Json, piece: Json) -> None:
        if thoughts := text(message.get("thinking")):
            self._turn.reasoning(thoughts)
        if said := text(message.get("content")):
            self._turn.text(said)
        for image in message.get("images") or ():
            self._turn.add(ImagePart(data=base64.b64decode(image, validate=True)))
        for call in message.get("tool_calls") or ():
            self._call(call, piece)
        if more := message.keys() - MESSAGE:
            self._message |= {name: message[name] for name in more if message[name] is not None}

    def _call(self, call: Json, piece: Json) -> None:
        """Take a tool call, which is always whole.

        An id that the server does not give is made from the piece's time, so that it is unique
        in a conversation and the same however the bytes were cut.
        """
        function, key = dict(call["function"]), self._calls
        self._calls += 1
        name, arguments = function.pop("name"), function.pop("arguments", None)
        own = {field: value for field, value in call.items() if field != "function"}
        if function:
            own["function"] = function
        if not isinstance(name, str):
            raise TypeError(f"the name of a tool is text, not {type(name).__name__}")
        made = "".join(filter(str.isalnum, str(piece.get("created_at", ""))))
        id = str(own.get("id") or f"call_{made}_{key}")
        self._turn.tool_call(key, id, name, data={DIALECT: own} if own else None)
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments or {}, ensure_ascii=False)
        self._turn.arguments(key, arguments)

    def _finish(self, piece: Json) -> None:
        self.done = True
        if usage := read_usage(piece):
            self._turn.usage(usage)
        raw = piece.get("done_reason") or None
        reason: FinishReason = FINISH.get(str(raw), "other")
        if self._calls and reason != "length":
            reason = "tool-calls"  # the service says "stop"
        data = {DIALECT: self._message} if self._message else None
        self._turn.reason(reason, None if raw is None else str(raw), data=data)
        self._turn.finish({DIALECT: self._beside} if self._beside else {})


def text(value: Any) -> str:
    if not isinstance(value, str | None):
        raise TypeError(f"expected text, not {type(value).__name__}")
    return value or ""


def unix_time(value: Any) -> int | None:
    """Read a time with nanoseconds, which Python's own reader does not know."""
    try:
        return int(datetime.fromisoformat(NANOSECONDS.sub(r"\1", value)).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None
