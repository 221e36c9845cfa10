"""Encode messages for Ollama's native chat dialect."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from aicore.errors import Unsupported
from aicore.messages import (
    AudioPart,
    ImagePart,
    Media,
    Message,
    OpaquePart,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from aikit_wire.items import misplaced, own_item
from aikit_wire.ledger import Ledger

DIALECT = "ollama"
Json = dict[str, Any]


def encode_messages(messages: Iterable[Message], provider: str, ledger: Ledger) -> list[Json]:
    """Encode a conversation.

    A tool result names its tool, not the call, where the server gave the call no id; so results
    are sent in the order of the calls. What else stands beside them follows after the last.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    encoder = Conversation(provider, ledger)
    for message in messages:
        encoder.add(message)
    encoder.flush()
    return encoder.encoded


class Conversation:
    """Encodes messages one after another, and knows the calls that were made so far."""

    def __init__(self, provider: str, ledger: Ledger) -> None:
        self.encoded: list[Json] = []
        self._provider = provider
        self._ledger = ledger
        self._calls: dict[str, ToolCallPart] = {}
        self._results: list[tuple[int, Json]] = []
        self._waiting: list[Json] = []

    def add(self, message: Message) -> None:
        if message.name is not None:
            self._ledger.dropped("messages.name", "the service takes no names of who speaks")
        if message.role == "assistant":
            self.flush()
            self.encoded.append(self._assistant(message))
            return
        results = [part for part in message.parts if isinstance(part, ToolResultPart)]
        if not results:
            self.flush()
        self._results += [(self._place(part), self._result(part)) for part in results]
        rest = self._input(message)
        own = message.provider_data.get(DIALECT, {})
        if rest is not None:
            self._waiting.append({**rest, **own})
        elif results:
            self._results[-1][1].update(own)
        else:
            self._ledger.dropped("messages", f"a {message.role} message says nothing")

    def flush(self) -> None:
        """Write the results of the last turn's calls, and what came with them."""
        self._results.sort(key=lambda item: item[0])
        self.encoded += [result for _, result in self._results]
        self.encoded += self._waiting
        self._results, self._waiting = [], []

    def _place(self, part: ToolResultPart) -> int:
        """Return when a result's call was made, among all calls."""
        ids = list(self._calls)
        return ids.index(part.call_id) if part.call_id in self._calls else len(ids)

    def _result(self, part: ToolResultPart) -> Json:
        call = self._calls.get(part.call_id)
        wire: Json = {"role": "tool", "content": part.text}
        if name := part.name or (call and call.name):
            wire["tool_name"] = name
        if call and "id" in call.provider_data.get(DIALECT, {}):
            wire["tool_call_id"] = part.call_id
        if part.is_error:
            self._ledger.noted("messages", "that a tool failed is told by its result alone")
        return {**wire, **part.provider_data.get(DIALECT, {})}

    def _input(self, message: Message) -> Json | None:
        """Encode what a message holds beside tool results."""
        texts, images = list[str](), list[str]()
        for part in message.parts:
            if isinstance(part, ToolResultPart):
                if shown := [item for item in part.parts if isinstance(item, Media)]:
                    texts.append(f"Attached to the result of {part.name or part.call_id}:")
                    images += [self._image(item) for item in shown]
                    self._ledger.rewritten(
                        "messages", "media of a tool result follow in a user message"
                    )
            elif isinstance(part, TextPart):
                texts.append(part.text)
            elif isinstance(part, ImagePart):
                images.append(self._image(part))
            else:
                misplaced(part, None, self._provider, self._ledger)
        if not texts and not images:
            return None
        role = "user" if message.role == "tool" else message.role
        return {"role": role, "content": "".join(texts), **({"images": images} if images else {})}

    def _image(self, part: Any) -> str:
        """Return the bytes of a picture as base64, without the head of a data URL."""
        if not isinstance(part, ImagePart):
            raise Unsupported(
                f"{part.type} parts cannot be sent; leave them out or ask a model that takes them",
                provider=self._provider,
            )
        if part.data is None:
            what = "an uploaded file" if part.url is None else "a URL"
            raise Unsupported(
                f"{what} cannot be sent as image; give its bytes (`data`)", provider=self._provider
            )
        if part.detail:
            self._ledger.dropped("messages.detail", "the service takes no detail for images")
        return base64.b64encode(part.data).decode()

    def _assistant(self, message: Message) -> Json:
        """Encode the model's own turn; its thoughts go back with it."""
        ledger, texts, thoughts = self._ledger, list[str](), list[str]()
        images, calls = list[str](), list[Json]()
        for part in message.parts:
            match part:
                case TextPart(text=text):
                    texts.append(text)
                case ReasoningPart(text=text):
                    thoughts.append(text)
                case ToolCallPart():
                    self._calls.pop(part.id, None)
                    self._calls[part.id] = part
                    calls.append(encode_call(part, ledger))
                case ImagePart():
                    images.append(self._image(part))
                case RefusalPart(text=text) | AudioPart(transcript=str(text)):
                    texts.append(text)
                    ledger.rewritten("messages", f"a {part.type} part is sent as text")
                case SourcePart():
                    ledger.noted("messages", "sources are not sent back to the model")
                case OpaquePart():
                    own_item(part, None, ledger)
                case _:
                    ledger.dropped("messages", f"{part.type} cannot be sent in the model's turn")
        wire: Json = {"role": "assistant", "content": "".join(texts)}
        if thoughts:
            wire["thinking"] = "".join(thoughts)
        if images:
            wire["images"] = images
        if calls:
            wire["tool_calls"] = calls
        return {**wire, **message.provider_data.get(DIALECT, {})}


def encode_call(part: ToolCallPart, ledger: Ledger) -> Json:
    """Encode a tool call; what the server sent along with it, such as an id, goes back."""
    own: Mapping[str, Any] = part.provider_data.get(DIALECT, {})
    function = {"name": part.name, "arguments": arguments(part, ledger)}
    return {**own, "function": {**function, **own.get("function", {})}}


def arguments(part: ToolCallPart, ledger: Ledger) -> Any:
    """Return a call's arguments as the object that the service takes."""
    try:
        found = json.loads(part.arguments or "{}")
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    ledger.rewritten("messages", "arguments that are no JSON object stand in a field `arguments`")
    return {"arguments": part.arguments}
