"""Encode messages for Cohere's chat API, v2."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aicore.errors import Unsupported
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from aikit_wire.ledger import Ledger

from aikit_provider_cohere.sources import DIALECT, Json, encode_citations


class Conversation:
    """Encodes messages one after another, and keeps the documents that stand beside them."""

    def __init__(self, provider: str, ledger: Ledger, documents: int = 0) -> None:
        self.encoded: list[Json] = []
        self.documents: list[Json] = []
        self._provider = provider
        self._ledger = ledger
        self._before = documents

    def add(self, message: Message) -> None:
        """Encode a message.

        Raises:
            Unsupported: it holds something that the service cannot be shown.
        """
        if message.name is not None:
            self._ledger.dropped("messages.name", "the service takes no names of who speaks")
        if message.role == "assistant":
            said = self._assistant(message)
            if len(said) > 1:
                self.encoded.append(said)
            else:
                self._ledger.dropped("messages", "an assistant message says nothing")
            return
        results = [part for part in message.parts if isinstance(part, ToolResultPart)]
        shown = [item for part in results for item in part.parts if isinstance(item, ImagePart)]
        self.encoded += map(self._result, results)
        content = [*filter(None, map(self._input, message.parts)), *map(self._image, shown)]
        own = message.provider_data.get(DIALECT, {})
        if content:
            role = "user" if message.role == "tool" else message.role
            self.encoded.append({"role": role, "content": plain(content), **own})
        elif results:
            self.encoded[-1].update(own)
        elif not any(isinstance(part, FilePart) for part in message.parts):
            self._ledger.dropped("messages", f"a {message.role} message says nothing")
        if shown:
            told = "pictures of a tool result follow in a user message"
            self._ledger.rewritten("messages", told)

    def _input(self, part: Part) -> Json | None:
        """Encode what a user or the system says beside tool results."""
        match part:
            case TextPart(text=text):
                return {"type": "text", "text": text, **part.provider_data.get(DIALECT, {})}
            case ImagePart():
                return self._image(part)
            case FilePart():
                self._document(part)
            case OpaquePart(dialect=dialect, data=data) if dialect == DIALECT:
                return dict(data)
            case ToolCallPart():
                raise self._unsupported(
                    "a tool call can only stand in the model's turn: give its message the role "
                    "`assistant`"
                )
            case ToolResultPart():
                pass
            case OpaquePart(dialect=dialect):
                self._ledger.dropped("messages", f"an item of {dialect!r} means nothing here")
            case RefusalPart() | ReasoningPart() | SourcePart():
                told = f"a {part.type} part can only stand in the model's turn"
                self._ledger.dropped("messages", told)
            case _:
                raise self._unsupported(
                    f"{part.type} parts cannot be sent; leave them out or ask a model that takes "
                    "them"
                )
        return None

    def _image(self, part: ImagePart) -> Json:
        if part.file_id is not None:
            raise self._unsupported("an uploaded file cannot be sent as image; give its bytes")
        url: Json = {"url": part.data_url() if part.url is None else part.url}
        if part.detail == "original":
            self._ledger.dropped("messages.detail", "the service knows auto, low and high")
        elif part.detail is not None:
            url["detail"] = part.detail
        return {"type": "image_url", "image_url": url, **part.provider_data.get(DIALECT, {})}

    def _document(self, part: FilePart) -> None:
        """Keep a file as one of the documents that the answer may cite."""
        data: Json = {"title": part.name} if part.name else {}
        data["text"] = self._text_of(part)
        id = f"doc:{self._before + len(self.documents)}"
        own = part.provider_data.get(DIALECT, {})
        self.documents.append({"id": id, "data": data, **own})

    def _text_of(self, part: FilePart) -> str:
        try:
            if part.data is not None:
                return part.data.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass
        raise self._unsupported("documents are sent as text: give the text that is in the file")

    def _result(self, part: ToolResultPart) -> Json:
        content = list[Json]()
        for item in part.parts:
            match item:
                case TextPart(text=text):
                    content.append({"type": "text", "text": text})
                case FilePart():
                    document: Json = {"data": {"text": self._text_of(item)}}
                    if item.name:
                        document["data"]["title"] = item.name
                    document |= item.provider_data.get(DIALECT, {})
                    content.append({"type": "document", "document": document})
                case ImagePart():
                    pass  # follows in a user message
                case _:
                    raise self._unsupported(f"{item.type} parts cannot be sent as tool results")
        if part.is_error:
            self._ledger.noted("messages", "that a tool failed is told by its result alone")
        own = part.provider_data.get(DIALECT, {})
        return {"role": "tool", "tool_call_id": part.call_id, "content": plain(content), **own}

    def _assistant(self, message: Message) -> Json:
        """Encode the model's own turn, with its plan, its thoughts and what it has cited."""
        ledger, plans = self._ledger, list[str]()
        content, calls, cited = list[Json](), list[Json](), list[SourcePart]()
        for part in message.parts:
            own: Any = part.provider_data.get(DIALECT, {})
            match part:
                case TextPart(text=text):
                    content.append({"type": "text", "text": text, **own})
                case ReasoningPart(text=text) if own.get("tool_plan"):
                    plans.append(text)
                case ReasoningPart(text=text):
                    content.append({"type": "thinking", "thinking": text, **own})
                case ToolCallPart():
                    calls.append(encode_call(part))
                case SourcePart() if "citation" in own:
                    cited.append(part)
                case SourcePart():
                    ledger.noted("messages", "sources are not sent back to the model")
                case OpaquePart(dialect=dialect, data=data) if dialect == DIALECT:
                    content.append(dict(data))
                case OpaquePart(dialect=dialect):
                    ledger.dropped("messages", f"an item of {dialect!r} means nothing here")
                case RefusalPart(text=text) | AudioPart(transcript=str(text)):
                    content.append({"type": "text", "text": text})
                    ledger.rewritten("messages", f"a {part.type} part is sent as text")
                case _:
                    ledger.dropped("messages", f"{part.type} cannot be sent in the model's turn")
        wire: Json = {"role": "assistant"}
        if content:
            wire["content"] = content
        if plans:
            wire["tool_plan"] = "".join(plans)
        if calls:
            wire["tool_calls"] = calls
        if cited:
            wire["citations"] = encode_citations(cited)
        return {**wire, **message.provider_data.get(DIALECT, {})}

    def _unsupported(self, message: str) -> Unsupported:
        return Unsupported(message, provider=self._provider)


def encode_messages(
    messages: Iterable[Message], provider: str, ledger: Ledger, documents: int = 0
) -> tuple[list[Json], list[Json]]:
    """Encode a conversation, and the files in it as documents; so many of these are there already.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    encoder = Conversation(provider, ledger, documents)
    for message in messages:
        encoder.add(message)
    return encoder.encoded, encoder.documents


def encode_call(part: ToolCallPart) -> Json:
    own = part.provider_data.get(DIALECT, {})
    function = {"name": part.name, "arguments": part.arguments or "{}"}
    function |= own.get("function", {})
    return {"id": part.id, "type": "function", **own, "function": function}


def plain(content: list[Json]) -> Any:
    """Return one text as it is, and anything else as a list."""
    match content:
        case []:
            return ""
        case [{"type": "text", "text": text}] if len(content[0]) == 2:
            return text
        case _:
            return content
