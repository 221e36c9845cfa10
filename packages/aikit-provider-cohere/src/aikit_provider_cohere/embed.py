"""Encode requests for embeddings, and decode their vectors."""

from __future__ import annotations

import base64
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aicore.errors import BadReply
from aicore.requests import EmbedRequest
from aicore.responses import Embeddings
from aikit_wire.encoded import Encoded
from aikit_wire.ledger import Ledger
from aikit_wire.openai.embeddings import vector

from aikit_provider_cohere.encode import drop_missing
from aikit_provider_cohere.sources import Json
from aikit_provider_cohere.usage import read_billed
from aikit_provider_cohere.whole import read_answer

LIMIT = 96
"""How many inputs one request may hold (Cohere's documents, "Embed API v2")."""
PICTURE = "data:image/"
UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    StopIteration,
)


def encode_embed(request: EmbedRequest, inputs: Sequence[str], provider: str) -> Encoded:
    """Encode a request for the vectors of some inputs; data URLs of pictures are pictures.

    The service must be told what vectors are for: `search_document`, if `task` does not say.
    """
    ledger = Ledger(provider)
    body: Json = {"model": request.model, "embedding_types": ["float"]}
    pictures = [item for item in inputs if item.startswith(PICTURE)]
    body["input_type"] = request.task or "search_document"
    if not pictures:
        body["texts"] = list(inputs)
    elif len(pictures) == len(inputs):
        body |= {"images": pictures, "input_type": request.task or "image"}
    else:
        body["inputs"] = [{"content": [content(item)]} for item in inputs]
    if request.dimensions is not None:
        body["output_dimension"] = request.dimensions
    drop_missing(request, ("user", "metadata"), ledger)
    return Encoded(body | dict(request.provider_options.get(provider, {})), ledger.warnings)


def content(item: str) -> Json:
    if item.startswith(PICTURE):
        return {"type": "image_url", "image_url": {"url": item}}
    return {"type": "text", "text": item}


def decode_embeddings(
    body: bytes, count: int, provider: str, secrets: Iterable[str] = ()
) -> Embeddings:
    """Decode the vectors of `count` inputs; floats go before other types, which are in `raw`.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it does not hold `count` vectors of one length.
    """
    answer = read_answer(body, "embeddings", provider, secrets)
    try:
        found = answer["embeddings"]
        typed: Mapping[str, Any] = found if isinstance(found, dict) else {"float": found}
        typed = {name: rows for name, rows in typed.items() if rows}
        kind = "float" if "float" in typed else next(iter(typed))
        vectors = tuple(numbers(row, kind) for row in typed[kind])
        usage = read_billed(answer.get("meta"))
    except UNREADABLE as error:
        raise BadReply(f"the answer holds no embeddings ({type(error).__name__})") from None
    if len(vectors) != count or len({len(row) for row in vectors}) > 1:
        raise BadReply(f"asked for {count} vectors of one length, got {len(vectors)}")
    others = {name: rows for name, rows in typed.items() if name != kind}
    return Embeddings(vectors=vectors, usage=usage, raw={"embeddings": others} if others else None)


def numbers(row: Any, kind: str) -> tuple[float, ...]:
    """Read a vector: numbers, base64 of 32-bit floats, or base64 of bytes (a quantized type)."""
    if isinstance(row, str) and kind not in ("float", "base64"):
        code = "b" if kind in ("int8", "binary") else "B"
        return tuple(map(float, array(code, base64.b64decode(row))))
    return vector(row)
