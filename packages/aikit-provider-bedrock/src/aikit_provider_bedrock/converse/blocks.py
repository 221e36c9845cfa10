"""Encode parts as content blocks."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Any

from aicore.errors import Unsupported
from aicore.media import type_of_name
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Media,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    VideoPart,
)
from aikit_wire.anthropic.blocks import INVALID_JSON, arguments_of

from aikit_provider_bedrock.converse.dialect import CLAUDE, DIALECT, FORMATS, Target, own

Block = dict[str, Any]

NOT_IN_AN_ID = re.compile(r"[^a-zA-Z0-9_.:-]")
NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9()\[\]-]+")
"""What a document's name may not hold; a run of it, white space included, becomes one space."""
KINDS = {"image": "image", "video": "video", "audio": "audio", "file": "document"}


class Blocks:
    """Encodes the parts of one request, whose documents must have names of their own."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._ledger = target.ledger
        self._names: set[str] = set()

    def shown(self, parts: Iterable[Part]) -> list[Block]:
        """Encode what is said to the model.

        Raises:
            Unsupported: the service cannot be shown such a part.
        """
        found = [block for part in parts if (block := self._shown(part)) is not None]
        if any("document" in block for block in found) and not any("text" in b for b in found):
            self._ledger.noted("messages", "a document needs a text beside it, so one is added")
            found.append({"text": "(a document)"})
        return found

    def _shown(self, part: Part) -> Block | None:
        match part:
            case TextPart():
                return self._text(part)
            case ImagePart() | VideoPart() | AudioPart() | FilePart():
                return self._medium(part)
            case ToolResultPart():
                return self._result(part)
            case OpaquePart():
                return self._opaque(part)
            case RefusalPart() | ReasoningPart() | SourcePart():
                reason = f"a {part.type} part can only stand in the model's turn"
                self._ledger.dropped("messages", reason)
                return None
            case ToolCallPart():
                raise Unsupported(
                    "a tool call can only stand in the model's turn: give its message the role "
                    "`assistant`",
                    provider=self._target.provider,
                )

    def said(self, parts: Iterable[Part]) -> list[Block]:
        """Encode the model's own turn, each block in its place and as the service wants it."""
        content: list[Block] = []
        for part in parts:
            match part:
                case TextPart():
                    block = self._text(part)
                case ReasoningPart():
                    block = self._thought(part)
                case ToolCallPart():
                    block = self._call(part)
                case ImagePart() | VideoPart() | AudioPart() | FilePart():
                    block = self._medium(part)
                case OpaquePart():
                    block = self._opaque(part)
                case RefusalPart():
                    block = self._text(TextPart(part.text))
                case SourcePart():
                    block = self._cited(part, content)
                case ToolResultPart():
                    block = None
                    self._ledger.dropped("messages", "a tool's result is not the model's own turn")
            if block is not None:
                content.append(block)
        return content

    def _text(self, part: TextPart) -> Block | None:
        if "citations" in (data := own(part.provider_data)):
            return {"citationsContent": {"content": [{"text": part.text}], "citations": []}}
        if not part.text:
            self._ledger.noted("messages", "the service refuses an empty text, so it is left out")
            return None
        return {"text": part.text, **data}

    def _cited(self, part: SourcePart, content: list[Block]) -> Block | None:
        """Put a citation back: into the text that it stood on, or as a block of its own."""
        citation = own(part.provider_data)
        if not citation:
            self._ledger.noted("messages", "sources are not sent back to the model")
            return None
        last = content[-1].get("citationsContent") if content else None
        if last is not None and "content" in last:
            last["citations"].append(dict(citation))
            return None
        return {"citationsContent": {"citations": [dict(citation)]}}

    def _opaque(self, part: OpaquePart) -> Block | None:
        if part.dialect == DIALECT:
            return dict(part.data)
        self._ledger.dropped("messages", f"an item of {part.dialect!r} means nothing here")
        return None

    def _thought(self, part: ReasoningPart) -> Block | None:
        """Encode a thought; without a signature of this model's family it is not taken."""
        claude = part.provider_data.get(CLAUDE, {}) if self._target.vendor == "anthropic" else {}
        data = {**claude, **own(part.provider_data)}
        if redacted := data.get("redacted_data"):
            encoded = base64.b64encode(str(redacted).encode()).decode()
            return {"reasoningContent": {"redactedContent": encoded}}
        if redacted := data.get("redactedContent"):
            return {"reasoningContent": {"redactedContent": redacted}}
        if signature := data.get("signature"):
            thought = {"text": part.text, "signature": signature}
            return {"reasoningContent": {"reasoningText": thought}}
        self._ledger.noted("messages", "thoughts without a signature are not sent back")
        return None

    def _call(self, part: ToolCallPart) -> Block:
        found = arguments_of(part.arguments)
        if INVALID_JSON in found:
            reason = "arguments that are no JSON object are sent as text in one"
            self._ledger.rewritten("messages", reason)
        call = {"toolUseId": wire_id(part.id), "name": part.name, "input": found}
        return {"toolUse": {**call, **own(part.provider_data)}}

    def _result(self, part: ToolResultPart) -> Block:
        content = [block for item in part.parts if (block := self._shown(item)) is not None]
        result: Block = {"toolUseId": wire_id(part.call_id), "content": content}
        if part.is_error:
            result["status"] = "error"
        return {"toolResult": {**result, **own(part.provider_data)}}

    def _medium(self, part: ImagePart | VideoPart | AudioPart | FilePart) -> Block:
        if isinstance(part, ImagePart) and part.detail is not None:
            self._ledger.dropped("messages.detail", "the service takes no detail for images")
        kind = KINDS[part.type]
        block = {"format": self._format(part, kind), "source": self._source(part)}
        data = own(part.provider_data)
        if kind == "document":
            name = data.get("name") or self._name(part.name)
            block = {"format": block["format"], "name": name, "source": block["source"]}
        return {kind: {**block, **data}}

    def _format(self, part: Media, kind: str) -> str:
        """Return the service's name for a kind of media.

        Raises:
            Unsupported: it takes no such media, or it is not known which kind it is.
        """
        known = part.media_type or type_of_name((part.url or part.name or "").partition("?")[0])
        kinds = FORMATS[kind]
        media_type = (known or "").partition(";")[0].strip().lower()
        if media_type in kinds:
            return kinds[media_type]
        if kind == "document" and media_type.startswith("text/"):
            return "txt"
        raise Unsupported(
            f"{media_type or 'media of an unknown type'} cannot be sent as {kind}: give a "
            f"`media_type` of {', '.join(dict.fromkeys(kinds))}",
            provider=self._target.provider,
        )

    def _source(self, part: Media) -> Block:
        """Say where media are: here, or in S3.

        Raises:
            Unsupported: they are somewhere else.
        """
        if part.data is not None:
            return {"bytes": base64.b64encode(part.data).decode()}
        if part.url is not None and part.url.startswith("s3://"):
            return {"s3Location": {"uri": part.url}}
        raise Unsupported(
            "the service takes bytes, or a URL that begins with s3://",
            provider=self._target.provider,
        )

    def _name(self, name: str | None) -> str:
        """Return a name for a document that the service takes, and that no other has."""
        stem, dot, ending = (name or "").rpartition(".")
        stem = stem if dot and len(ending) <= 4 and ending.isalnum() else name or ""
        plain = NOT_IN_A_NAME.sub(" ", stem).strip()[:180] or "document"
        found, number = plain, 1
        while found in self._names:
            number += 1
            found = f"{plain} {number}"
        self._names.add(found)
        return found


def wire_id(id: str) -> str:
    """Return an id of the form that the service takes; calls of other vendors may have others."""
    return NOT_IN_AN_ID.sub("_", id)[:64] or "call"
