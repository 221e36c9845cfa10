"""Decode what a base model writes, streamed or whole, into batches of events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from aicore.errors import BadReply, CutOff
from aicore.responses import FinishReason
from aicore.usage import Usage
from aikit_wire.answer import AnswerDecoder
from aikit_wire.counts import count
from aikit_wire.errors import message_of
from aikit_wire.frames import Frame

DIALECT = "watsonx-generation"
"""The key of `provider_data` for what an answer says of itself."""

FINISH: Mapping[str, FinishReason] = {
    "eos_token": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "token_limit": "length",
    "time_limit": "length",
    "error": "error",
}
"""What the service's words mean; `cancelled` is another."""

GOES_ON = "not_finished"


class GenerationDecoder(AnswerDecoder):
    """Decodes one answer. Of a stream each frame has the same fields as a whole answer.

    Each tells how many tokens were generated so far, and the first one how many were put in.
    """

    dialect = "watsonx.ai text generation"

    def __init__(self, provider: str, model: str, secrets: Iterable[str] = ()) -> None:
        super().__init__(provider, model, secrets)
        self._counts: dict[str, int] = {}
        self._beside: dict[str, Any] = {}

    def _frame(self, frame: Frame) -> None:
        if frame.event == "error":
            raise self._error(frame.data)
        if data := frame.data.strip():
            self._piece(self._json(data, "a piece of the stream"))

    def _end(self) -> None:
        raise CutOff("the stream ended before the service said that it was finished")

    def _whole(self, answer: Any) -> None:
        self._piece(answer)
        if not self.done:
            raise CutOff("the answer does not say that it is finished")

    def _piece(self, piece: Any) -> None:
        if not isinstance(piece, dict) or not piece.get("results"):
            if message_of(piece):
                raise self._error(json.dumps(piece).encode())
            raise BadReply("the answer holds no results")
        self._turn.start(None, words(piece.get("model_id")), unix_time(piece.get("created_at")))
        self._beside |= {
            name: value
            for name, value in piece.items()
            if name not in ("model_id", "created_at", "results") and value is not None
        }
        result: Mapping[str, Any] = piece["results"][0]
        if text := words(result.get("generated_text")):
            self._turn.text(text)
        for name in ("input_token_count", "generated_token_count"):
            self._counts[name] = max(self._counts.get(name, 0), count(result, name) or 0)
        reason = str(result.get("stop_reason") or GOES_ON).lower()
        if reason != GOES_ON:
            self._finish(str(result["stop_reason"]), FINISH.get(reason, "other"))

    def _finish(self, raw: str, reason: FinishReason) -> None:
        self.done = True
        read, written = self._counts["input_token_count"], self._counts["generated_token_count"]
        self._turn.usage(Usage(input_tokens=read, output_tokens=written, raw=dict(self._counts)))
        self._turn.reason(reason, raw)
        self._turn.finish({DIALECT: self._beside} if self._beside else {})


def words(value: Any) -> str | None:
    if not isinstance(value, str | None):
        raise TypeError(f"expected text, not {type(value).__name__}")
    return value


def unix_time(value: Any) -> int | None:
    with suppress(TypeError, ValueError):
        return int(datetime.fromisoformat(value).timestamp())
    return None
