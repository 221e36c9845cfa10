"""Ask for embeddings in the way that a place serves: in batches, by `predict`, or one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aicore.errors import BadReply
from aicore.requests import EmbedRequest
from aicore.responses import CallWarning, Embeddings
from aicore.usage import Usage

from aikit_wire.encoded import Encoded
from aikit_wire.gemini.encode import encode_embed
from aikit_wire.gemini.parts import merged
from aikit_wire.gemini.replies import decode_embeddings
from aikit_wire.gemini.surface import Surface
from aikit_wire.gemini.usage import count, read_usage
from aikit_wire.ledger import Ledger
from aikit_wire.whole import read_object


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask for vectors; `limit` is how many texts a request may hold."""

    verb: str
    limit: int
    encode: Callable[[EmbedRequest, Sequence[str], Surface], Encoded]
    decode: Callable[[bytes, int, str, Iterable[str]], Embeddings]
    texts: str
    """The field of a body that lists what is to be embedded; empty for one that holds one text."""

    def count(self, body: Mapping[str, Any]) -> int:
        """Count the vectors that a body asks for."""
        return len(body[self.texts]) if self.texts else 1


def way_to_embed(surface: Surface, features: Mapping[str, bool]) -> Way:
    """Return the way for a model, of which `features` are known."""
    if not surface.predicts:
        way = "batchEmbedContents"
        return Way(way, surface.embed_limit, encode_embed, decode_embeddings, "requests")
    if features.get("embed_content"):
        return Way("embedContent", 1, encode_content, decode_content, "")
    limit = 1 if features.get("embed_batch") is False else surface.embed_limit
    return Way("predict", limit, encode_predict, decode_predictions, "instances")


def encode_predict(request: EmbedRequest, inputs: Sequence[str], surface: Surface) -> Encoded:
    """Encode a request for the embeddings of some texts by `predict`.

    Options of the provider are for each text (`title` …), but `instances` and `parameters` are
    for the whole body (Vertex AI, text embeddings API).
    """
    warnings = unsent(request, surface)
    options = dict(request.provider_options.get(surface.name, {}))
    whole: dict[str, Any] = {
        name: options.pop(name) for name in ("instances", "parameters") if name in options
    }
    task = {} if request.task is None else {"task_type": request.task}
    body: dict[str, Any] = {"instances": [{"content": text, **task, **options} for text in inputs]}
    if request.dimensions is not None:
        body["parameters"] = {"outputDimensionality": request.dimensions}
    return Encoded(merged(body, whole), warnings)


def encode_content(request: EmbedRequest, inputs: Sequence[str], surface: Surface) -> Encoded:
    """Encode a request for the embedding of one text (Vertex AI, `embedContent`)."""
    warnings = unsent(request, surface)
    config: dict[str, Any] = {}
    if request.task is not None:
        config["taskType"] = request.task
    if request.dimensions is not None:
        config["outputDimensionality"] = request.dimensions
    body: dict[str, Any] = {"content": {"parts": [{"text": text} for text in inputs]}}
    if config:
        body["embedContentConfig"] = config
    return Encoded(merged(body, request.provider_options.get(surface.name, {})), warnings)


def unsent(request: EmbedRequest, surface: Surface) -> tuple[CallWarning, ...]:
    ledger = Ledger(surface.name)
    for setting in ("user", "metadata"):
        if getattr(request, setting) is not None:
            ledger.dropped(setting, "the service has no such setting")
    return ledger.warnings


def decode_predictions(
    body: bytes, wanted: int, provider: str, secrets: Iterable[str] = ()
) -> Embeddings:
    """Decode the answer of `predict` to `wanted` texts.

    Tokens are told for each text, and not by every model (Vertex AI, text embeddings API).

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it does not hold `wanted` vectors of one length.
    """
    answer = read_object(body, "embeddings", provider, secrets)
    try:
        found = [item["embeddings"] for item in answer["predictions"]]
        vectors = tuple(tuple(map(float, item["values"])) for item in found)
        told = [item["statistics"] for item in found if item.get("statistics")]
        counts = [tokens for item in told if (tokens := count(item, "token_count")) is not None]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise BadReply(f"the answer holds no embeddings ({type(error).__name__})") from None
    if len(vectors) != wanted or len({len(item) for item in vectors}) > 1:
        raise BadReply(f"asked for {wanted} vectors of one length, got {len(vectors)}")
    if not told:
        return Embeddings(vectors=vectors)
    tokens = sum(counts) if counts else None
    usage = Usage(input_tokens=tokens, lower_bound=len(counts) < wanted, raw={"statistics": told})
    return Embeddings(vectors=vectors, usage=usage)


def decode_content(
    body: bytes, wanted: int, provider: str, secrets: Iterable[str] = ()
) -> Embeddings:
    """Decode the answer of `embedContent`, which is about one text.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it holds no vector.
    """
    answer = read_object(body, "embeddings", provider, secrets)
    try:
        vector = tuple(map(float, answer["embedding"]["values"]))
        usage = answer.get("usageMetadata")
        told = read_usage(usage) if usage else None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise BadReply(f"the answer holds no embeddings ({type(error).__name__})") from None
    return Embeddings(vectors=(vector,), usage=told)
