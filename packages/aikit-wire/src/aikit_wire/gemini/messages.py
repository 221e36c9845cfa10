"""Encode conversations for the Gemini dialect: system instructions and contents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aicore.errors import BadInput, Unsupported
from aicore.messages import (
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

from aikit_wire.gemini.parts import (
    encode_call,
    encode_media,
    encode_response,
    encode_text,
    media_of,
    misplaced,
    own,
)
from aikit_wire.gemini.surface import DIALECT, Target
from aikit_wire.items import own_item

UNSIGNED = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""Stands for the signature of a call that another model made: base64 of
`skip_thought_signature_validator` (ai.google.dev, thought signatures)."""


def encode_messages(messages: Iterable[Message], target: Target) -> dict[str, Any]:
    """Encode a conversation into `contents`, and `systemInstruction` if there is one.

    System messages at the start are instructions; the service has no place for later ones, which
    become the user's.

    Raises:
        BadInput: the result of a call does not say whose it is, or media have no type.
        Unsupported: a part cannot be sent where it stands.
    """
    writer = _Writer(target)
    for message in messages:
        writer.add(message)
    return writer.body()


class _Writer:
    def __init__(self, target: Target) -> None:
        self._target = target
        self._system: list[dict[str, Any]] = []
        self._contents: list[dict[str, Any]] = []
        self._calls: dict[str, ToolCallPart] = {}
        self._role: str | None = None

    def add(self, message: Message) -> None:
        ledger = self._target.ledger
        if message.name is not None:
            ledger.dropped("messages.name", "the service takes no names of who speaks")
        if message.role == "system" and not self._contents:
            self._system += self._instructions(message)
            return
        of_model = message.role == "assistant"
        parts = self._of_model(message) if of_model else self._of_user(message)
        if message.role == "system":
            ledger.rewritten("messages", "a later system message is sent as the user's")
        if not parts:
            ledger.dropped("messages", f"a {message.role} message holds nothing that can be sent")
            return
        if message.role == self._role == "tool":  # the results of a turn stand in one content
            self._contents[-1]["parts"] += parts
        else:
            role = "model" if message.role == "assistant" else "user"
            self._contents.append({"role": role, "parts": parts})
        self._contents[-1] |= message.provider_data.get(DIALECT, {})
        self._role = message.role

    def body(self) -> dict[str, Any]:
        """Return the fields of the request that say the conversation."""
        target, contents, system = self._target, self._contents, self._system
        if system and target.lacks("system_message"):
            target.ledger.rewritten("messages", "the model takes no system message but the user's")
            if contents and contents[0]["role"] == "user":
                contents[0]["parts"] = system + contents[0]["parts"]
            else:
                contents.insert(0, {"role": "user", "parts": system})
            system = []
        if not contents:
            target.ledger.noted("messages", "the service wants a user's turn: an empty one is sent")
            contents = [{"role": "user", "parts": [{"text": ""}]}]
        return {
            **({"systemInstruction": {"parts": system}} if system else {}),
            "contents": contents,
        }

    def _instructions(self, message: Message) -> list[dict[str, Any]]:
        for part in message.parts:
            if not isinstance(part, TextPart):
                raise Unsupported(
                    f"system messages are text here: show the {part.type} in a user message",
                    provider=self._target.surface.name,
                )
        return [encode_text(part) for part in message.parts if isinstance(part, TextPart)]

    def _of_user(self, message: Message) -> list[dict[str, Any]]:
        """Encode what is not the model's; media of tool results follow after all of them."""
        ledger, target = self._target.ledger, self._target
        encoded, attached = list[dict[str, Any]](), list[dict[str, Any]]()
        for part in message.parts:
            match part:
                case TextPart() if message.role == "system":
                    text = f"<system>{part.text}</system>"
                    encoded.append({**encode_text(part), "text": text})
                case TextPart():
                    encoded.append(encode_text(part))
                case Media():
                    encoded.append(encode_media(part, target))
                case ToolResultPart():
                    encoded.append(self._response(part))
                    if not target.has("tool_result_media") and (media := media_of(part)):
                        name = self._name(part)
                        attached.append({"text": f"Attached to the result of {name}:"})
                        attached += [encode_media(item, target) for item in media]
                        ledger.rewritten("messages", "media of a tool result follow after it")
                case OpaquePart():
                    encoded += self._opaque(part)
                case ToolCallPart():
                    raise misplaced(part, target)
                case _:
                    what = f"a {part.type} part can only stand in the model's turn"
                    ledger.dropped("messages", what)
        return encoded + attached

    def _of_model(self, message: Message) -> list[dict[str, Any]]:
        ledger, target = self._target.ledger, self._target
        encoded, called = list[dict[str, Any]](), False
        for part in message.parts:
            match part:
                case TextPart():
                    encoded.append(encode_text(part))
                case ReasoningPart() if own(part):
                    encoded.append({"text": part.text, **own(part)})
                case ReasoningPart():
                    ledger.noted("messages", "thoughts of other models are not sent")
                case RefusalPart():
                    encoded.append({"text": part.text})
                    ledger.noted("messages", "a refusal is sent as text")
                case ToolCallPart():
                    self._calls[part.id] = part
                    call = encode_call(part, target)
                    if not called and target.has("thought_signatures"):
                        call.setdefault("thoughtSignature", UNSIGNED)
                    called = True
                    encoded.append(call)
                case Media():
                    encoded.append(encode_media(part, target))
                case OpaquePart():
                    encoded += self._opaque(part)
                case SourcePart():
                    ledger.noted("messages", "sources are not sent back to the model")
                case ToolResultPart():
                    raise misplaced(part, target)
        return encoded

    def _response(self, part: ToolResultPart) -> dict[str, Any]:
        """Encode a result; it bears an id only if its call does."""
        call, id = self._calls.get(part.call_id), part.call_id
        if call is not None:
            id = own(call).get("functionCall", {}).get("id", id)
        return encode_response(part, self._name(part), id, self._target)

    def _name(self, part: ToolResultPart) -> str:
        call = self._calls.get(part.call_id)
        name = part.name or (call and call.name)
        if not name:
            raise BadInput(
                f"the result of call {part.call_id!r} needs a `name`: no such call stands before it"
            )
        return name

    def _opaque(self, part: OpaquePart) -> list[dict[str, Any]]:
        item = own_item(part, DIALECT, self._target.ledger)
        return [] if item is None else [item]
