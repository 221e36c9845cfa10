"""Embeddings over InvokeModel, whose body is that of each model's maker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aicore.errors import BadReply, Unsupported
from aicore.requests import EmbedRequest
from aicore.responses import Embeddings
from aicore.usage import Usage
from aikit_wire.encoded import Encoded
from aikit_wire.ledger import Ledger
from aikit_wire.whole import read_object

from aikit_provider_bedrock.completions import INPUT

Options = Mapping[str, Any]
Write = Callable[[EmbedRequest, Sequence[str], Options, Ledger], dict[str, Any]]


def write_titan(
    request: EmbedRequest, texts: Sequence[str], options: Options, ledger: Ledger
) -> dict[str, Any]:
    if request.task is not None:
        ledger.dropped("task", "the model has no such setting")
    sizes = {"dimensions": request.dimensions} if request.dimensions is not None else {}
    return {"inputText": texts[0], **sizes}


def write_cohere(
    request: EmbedRequest, texts: Sequence[str], options: Options, ledger: Ledger
) -> dict[str, Any]:
    task = request.task
    if task is None and "input_type" not in options:
        task = "search_document"
        ledger.noted("task", f"the service needs to know the use: {task}")
    sizes = {"output_dimension": request.dimensions} if request.dimensions is not None else {}
    return {"texts": list(texts), **({"input_type": task} if task else {}), **sizes}


def write_nova(
    request: EmbedRequest, texts: Sequence[str], options: Options, ledger: Ledger
) -> dict[str, Any]:
    task = request.task or "GENERIC_INDEX"
    if request.task is None:
        ledger.noted("task", f"the service needs to know the use: {task}")
    params: dict[str, Any] = {"embeddingPurpose": task}
    if request.dimensions is not None:
        params["embeddingDimension"] = request.dimensions
    params["text"] = {"truncationMode": "END", "value": texts[0]}
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params}


@dataclass(frozen=True, slots=True)
class Form:
    """How models of one kind are asked, and how many texts at most with one request."""

    write: Write
    limit: int


FORMS: Mapping[str, Form] = {
    "amazon.titan-embed": Form(write_titan, 1),
    "cohere.embed": Form(write_cohere, 96),
    "amazon.nova-2-multimodal": Form(write_nova, 1),
}
"""By how the id of a model begins."""


def form_of(base: str, provider: str) -> Form:
    """Return how a model is asked for vectors.

    Raises:
        Unsupported: it is not known; for a profile the message says where to tell its model.
    """
    for start, form in FORMS.items():
        if base.startswith(start):
            return form
    known = ", ".join(f"{start}…" for start in FORMS)
    raise Unsupported(
        f"it is not known how {base!r} is asked for vectors (known: {known}); name the model that "
        f"it stands for under [providers.{provider}.profiles]",
        provider=provider,
    )


def encode_embed(request: EmbedRequest, texts: Sequence[str], form: Form, provider: str) -> Encoded:
    """Encode a request for the vectors of some texts."""
    ledger, options = Ledger(provider), request.provider_options.get(provider, {})
    body = form.write(request, texts, options, ledger)
    for name in ("user", "metadata"):
        if getattr(request, name) is not None:
            ledger.dropped(name, "the service has no such setting")
    for name, value in options.items():
        under = body.get(name)
        both = isinstance(under, dict) and isinstance(value, Mapping)
        body[name] = {**under, **value} if under and both else value
    return Encoded(body, ledger.warnings)


def decode_embeddings(
    body: bytes,
    headers: Mapping[str, str],
    wanted: int,
    provider: str,
    secrets: Iterable[str] = (),
) -> Embeddings:
    """Decode the vectors of some texts.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: the answer holds no vectors, or not as many of one length as are wanted.
    """
    answer = read_object(body, "embeddings", provider, secrets)
    try:
        vectors = tuple(tuple(map(float, row)) for row in rows_of(answer))
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise BadReply(f"the answer holds no embeddings ({type(error).__name__})") from None
    if len(vectors) != wanted or len({len(vector) for vector in vectors}) > 1:
        raise BadReply(f"asked for {wanted} vectors of one length, got {len(vectors)}")
    return Embeddings(vectors=vectors, usage=read_usage(answer, headers))


def rows_of(answer: Mapping[str, Any]) -> list[Any]:
    """Return the vectors of an answer in the forms that the makers of models have."""
    if (one := answer.get("embedding")) is not None:
        return [one]
    many = answer["embeddings"]
    if isinstance(many, Mapping):
        kinds = [many[name] for name in ("float", *many) if name in many]
        return list(kinds[0])
    return [row["embedding"] if isinstance(row, Mapping) else row for row in many]


def read_usage(answer: Mapping[str, Any], headers: Mapping[str, str]) -> Usage | None:
    for name in ("inputTextTokenCount", "inputTokenCount"):
        if type(tokens := answer.get(name)) is int:
            return Usage(input_tokens=tokens, raw={name: tokens})
    told = headers.get(INPUT, "")
    return Usage(input_tokens=int(told), raw={INPUT: int(told)}) if told.isdecimal() else None
