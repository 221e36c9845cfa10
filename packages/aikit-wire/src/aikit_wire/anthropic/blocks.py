"""Encode parts as content blocks."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Any

from aicore.errors import Unsupported
from aicore.messages import (
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
)
from pydantic_core import from_json

from aikit_wire.anthropic.dialect import DIALECT, FAMILY, own
from aikit_wire.items import misplaced, own_item
from aikit_wire.ledger import Ledger

Block = dict[str, Any]

NOT_IN_AN_ID = re.compile(r"[^a-zA-Z0-9_-]")
PDF = "application/pdf"
TEXTUAL = frozenset({"application/json", "application/xml", "application/yaml"})
"""Documents that are text, whatever the first half of their type says."""
INVALID_JSON = "INVALID_JSON"
"""Where the vendor's documents have arguments put that are no JSON (fine-grained streaming)."""


def encode_input(parts: Iterable[Part], provider: str, ledger: Ledger) -> list[Block]:
    """Encode what is said to the model.

    Raises:
        Unsupported: the service cannot be shown such a part.
    """
    return [block for part in parts if (block := encode_shown(part, provider, ledger)) is not None]


def encode_shown(part: Part, provider: str, ledger: Ledger) -> Block | None:
    match part:
        case TextPart():
            return encode_text(part, ledger)
        case ImagePart():
            if part.detail is not None:
                ledger.dropped("messages.detail", "the service takes no detail for images")
            return {"type": "image", "source": source(part, provider), **own(part.provider_data)}
        case FilePart():
            return encode_document(part, provider)
        case ToolResultPart():
            return encode_result(part, provider, ledger)
        case _:
            return misplaced(part, DIALECT, provider, ledger)


def encode_said(parts: Iterable[Part], ledger: Ledger) -> list[Block]:
    """Encode the model's own turn, each block in its place and as the service wants it back."""
    content: list[Block] = []
    for part in parts:
        match part:
            case TextPart():
                block = encode_text(part, ledger)
            case ReasoningPart():
                block = encode_thought(part, ledger)
            case ToolCallPart():
                block = encode_call(part, ledger)
            case OpaquePart():
                block = own_item(part, DIALECT, ledger)
            case RefusalPart():
                block = encode_text(TextPart(part.text), ledger)
            case SourcePart():
                block = None
                cite(part, content, ledger)
            case _:
                block = None
                ledger.dropped("messages", f"{part.type} cannot be sent in the model's own turn")
        if block is not None:
            content.append(block)
    return content


def encode_text(part: TextPart, ledger: Ledger) -> Block | None:
    if not part.text:
        ledger.noted("messages", "the service refuses an empty text, so it is left out")
        return None
    return {"type": "text", "text": part.text, **own(part.provider_data)}


def encode_thought(part: ReasoningPart, ledger: Ledger) -> Block | None:
    """Encode a thought of Claude's; without its signature the service refuses it."""
    claude, more = part.provider_data.get(FAMILY, {}), own(part.provider_data)
    if data := claude.get("redacted_data"):
        return {"type": "redacted_thinking", "data": data, **more}
    if signature := claude.get("signature"):
        return {"type": "thinking", "thinking": part.text, "signature": signature, **more}
    ledger.noted("messages", "thoughts without a signature of Claude's are not sent back")
    return None


def encode_call(part: ToolCallPart, ledger: Ledger) -> Block:
    found = arguments_of(part.arguments)
    if INVALID_JSON in found:
        ledger.rewritten("messages", "arguments that are no JSON object are sent as text in one")
    call = {"type": "tool_use", "id": wire_id(part.id), "name": part.name, "input": found}
    return {**call, **own(part.provider_data)}


def arguments_of(text: str) -> dict[str, Any]:
    """Read the arguments of a call, which are an object: any other text is put into one."""
    try:
        found = from_json(text or "{}", allow_inf_nan=False)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {INVALID_JSON: text}


def wire_id(id: str) -> str:
    """Return an id of the form that the service takes; calls of other vendors may have others."""
    return NOT_IN_AN_ID.sub("_", id) or "call"


def encode_result(part: ToolResultPart, provider: str, ledger: Ledger) -> Block:
    block: Block = {"type": "tool_result", "tool_use_id": wire_id(part.call_id)}
    texts = all(isinstance(item, TextPart) and not item.provider_data for item in part.parts)
    if texts and part.text:
        block["content"] = part.text
    elif content := encode_input(part.parts, provider, ledger):
        block["content"] = content
    if part.is_error:
        block["is_error"] = True
    return {**block, **own(part.provider_data)}


def encode_document(part: FilePart, provider: str) -> Block:
    """Encode a document: of bytes, the service takes PDF and plain text, and nothing else.

    Source: anthropic 2.10, `types.base64_pdf_source_param` and `types.plain_text_source_param`.
    """
    kind = (part.media_type or "").partition(";")[0].strip().lower()
    if part.data is not None and (kind.startswith("text/") or kind in TEXTUAL):
        try:
            text = part.data.decode()
        except UnicodeDecodeError:
            raise Unsupported("a text document must be UTF-8", provider=provider) from None
        place: Block = {"type": "text", "media_type": "text/plain", "data": text}
    elif part.data is not None and kind not in ("", PDF):
        raise Unsupported(
            f"a document of type {kind!r} cannot be sent: make a PDF or text of it, or upload it "
            "and give its `file_id`",
            provider=provider,
        )
    else:
        place = source(part, provider)
    titled = {"title": part.name} if part.name else {}
    return {"type": "document", "source": place, **titled, **own(part.provider_data)}


def source(part: Media, provider: str) -> Block:
    """Say where a picture or a document is: here, at a URL, or among the uploaded files."""
    if part.file_id is not None:
        return {"type": "file", "file_id": part.file_id}
    if part.url is not None:
        return {"type": "url", "url": part.url}
    if part.media_type is None:
        raise Unsupported(
            "bytes need a `media_type`, such as image/png or application/pdf", provider=provider
        )
    data = base64.b64encode(part.data or b"").decode()
    return {"type": "base64", "media_type": part.media_type, "data": data}


def cite(part: SourcePart, content: list[Block], ledger: Ledger) -> None:
    """Put a citation back on the text that it stood on."""
    citation = own(part.provider_data)
    if citation and content and content[-1]["type"] == "text":
        content[-1]["citations"] = [*(content[-1].get("citations") or ()), dict(citation)]
    else:
        ledger.noted("messages", "sources are not sent back to the model")
