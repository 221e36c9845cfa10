"""Decode answers of Cohere's older API, v1, in lines or whole, into batches of events."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from aicore.errors import BadReply, CutOff
from aicore.messages import SourcePart
from aicore.responses import TokenLogprob
from aikit_wire.answer import AnswerDecoder
from aikit_wire.frames import Frame, FrameDecoder
from aikit_wire.framing import lines_or_whole, sse_or_whole

from aikit_provider_cohere.decode import FINISH
from aikit_provider_cohere.sources import DIALECT, Json, span, string, text
from aikit_provider_cohere.usage import read_usage

CHAT = frozenset({"text", "finish_reason", "meta", "citations", "chat_history", "generation_id"})
GENERATION = frozenset({"id", "text", "index", "finish_reason", "token_likelihoods"})


def framing(start: bytes, content_type: str) -> FrameDecoder | None:
    """Tell lines from a whole answer, and from server-sent events, in which v1 can answer too."""
    return sse_or_whole(start, content_type) or lines_or_whole(start, content_type)


class V1Decoder(AnswerDecoder):
    """What the answers of v1 share: events that say what they are, and a last one."""

    dialect = "Cohere v1"

    def _frame(self, frame: Frame) -> None:
        event = self._json(frame.data, "an event of the stream")
        if not isinstance(event, dict):
            raise BadReply("an event of the stream is no JSON object")
        if event.get("event_type") == "stream-error" or event.get("err"):
            raise self._error(json.dumps({"message": event.get("err")}).encode())
        if "event_type" in event or "is_finished" in event:
            self._event(event)
        else:
            self._whole(event)  # one long line, or an error

    @abstractmethod
    def _event(self, event: Json) -> None:
        """Tell the turn what an event says."""

    def _end(self) -> None:
        raise CutOff("the stream ended before the service said that it was finished")

    def _close(self, reasons: Mapping[int, Any], answer: Json, beside: Json) -> None:
        """Tell the end of an answer, for each candidate why it ended."""
        for candidate, raw in reasons.items():
            if not isinstance(raw, str):
                raise CutOff("the answer ends without a reason")
            self._turn.reason(FINISH.get(raw, "other"), raw, candidate)
        if usage := read_usage(answer.get("meta")):
            self._turn.usage(usage)
        self.done = True
        self._turn.finish({DIALECT: beside} if beside else {})


class ChatV1Decoder(V1Decoder):
    """Decodes one answer of `/v1/chat`."""

    _said = False

    def _event(self, event: Json) -> None:
        match event.get("event_type"):
            case "stream-start":
                self._turn.start(text(event.get("generation_id")))
            case "text-generation":
                self._text(string(event["text"]))
            case "stream-end":
                answer = {"finish_reason": event.get("finish_reason"), **event["response"]}
                self._answer(answer)

    def _whole(self, answer: Any) -> None:
        if "text" not in answer:
            raise self._error(json.dumps(answer).encode())
        self._answer(answer)

    def _text(self, said: str) -> None:
        if said:
            self._said = True
            self._turn.text(said)

    def _answer(self, answer: Json) -> None:
        self._turn.start(text(answer.get("generation_id")))
        if not self._said:
            self._text(string(answer.get("text") or ""))
        for citation in answer.get("citations") or ():
            for id in citation.get("document_ids") or (None,):
                own = {DIALECT: {"citation": citation}}
                start, end = span(citation)
                self._turn.add(SourcePart(id=text(id), start=start, end=end, provider_data=own))
        beside = {name: answer[name] for name in answer.keys() - CHAT}
        self._close({0: answer.get("finish_reason")}, answer, beside)


class GenerateDecoder(V1Decoder):
    """Decodes one answer of `/v1/generate`, which may hold several texts."""

    def _event(self, event: Json) -> None:
        if not event.get("is_finished"):
            if event.get("text"):
                self._turn.text(string(event["text"]), number(event, 0))
            return
        answer = event["response"]
        reasons = {0: event.get("finish_reason")}
        for place, item in enumerate(answer.get("generations") or ()):
            reasons[number(item, place)] = item.get("finish_reason") or event.get("finish_reason")
        self._close(reasons, answer, {"id": answer["id"]} if "id" in answer else {})

    def _whole(self, answer: Any) -> None:
        if "generations" not in answer:
            raise self._error(json.dumps(answer).encode())
        self._turn.start(text(answer.get("id")))
        reasons = dict[int, Any]()
        for place, item in enumerate(answer["generations"]):
            candidate = number(item, place)
            if item["text"]:
                self._turn.text(string(item["text"]), candidate)
            tokens = item.get("token_likelihoods") or ()
            told = (
                TokenLogprob(string(it["token"]), float(it.get("likelihood") or 0)) for it in tokens
            )
            self._turn.logprobs(tuple(told), candidate)
            reasons[candidate] = item.get("finish_reason") or "COMPLETE"
        self._close(reasons, answer, {})


def number(generation: Json, place: int) -> int:
    index = generation.get("index")
    return index if isinstance(index, int) else place
