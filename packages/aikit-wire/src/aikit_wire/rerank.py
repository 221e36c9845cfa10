"""The rerank request that many services share: Cohere's, Jina's, vLLM's, Together's, Voyage's.

A body of `model`, `query`, `documents` and a limit is answered with `results`, each the index of a
document and its `relevance_score`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import BadReply
from aicore.events import Finished, Produced, Warned
from aicore.rate_limits import RateLimits
from aicore.requests import RerankRequest
from aicore.responses import RankedDocument, RerankResponse
from aicore.usage import Usage

from aikit_wire.encoded import Encoded, refuse_if_strict
from aikit_wire.ledger import Ledger
from aikit_wire.service import Service
from aikit_wire.whole import read_object


def encode_rerank(request: RerankRequest, provider: str, *, top_n: str = "top_n") -> Encoded:
    """Encode a rerank request; `top_n` is its name for the limit, empty if it has none."""
    ledger = Ledger(provider)
    body: dict[str, Any] = {
        "model": request.model,
        "query": request.query,
        "documents": list(request.documents),
    }
    if request.top_n is not None and top_n:
        body[top_n] = request.top_n
    elif request.top_n is not None:
        ledger.dropped("top_n", "the service has no such setting")
    for name in ("user", "metadata"):
        if getattr(request, name) is not None:
            ledger.dropped(name, "the service has no such setting")
    return Encoded(body | dict(request.provider_options.get(provider, {})), ledger.warnings)


def decode_rerank(
    body: bytes, count: int, provider: str | None = None, secrets: Iterable[str] = ()
) -> RerankResponse:
    """Decode the answer about `count` documents, which may be fewer, the best first.

    The results are in `results`, or in `data` (Voyage); a document that comes back is a text, or
    an object that holds one.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it is not JSON of this shape, or ranks a document that is not there.
    """
    answer = read_object(body, "ranking", provider, secrets)
    try:
        items = answer["results"] if "results" in answer else answer["data"]
        ranked = [ranking(item) for item in items]
        usage = read_usage(answer)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise BadReply(f"the answer holds no ranking ({type(error).__name__})") from None
    indexes = {item.index for item in ranked}
    if len(indexes) != len(ranked) or not indexes <= set(range(count)):
        raise BadReply(f"the answer does not rank {count} documents, each of them once")
    id, model = answer.get("id"), answer.get("model")
    return RerankResponse(
        id=id if isinstance(id, str) else None,
        model=model if isinstance(model, str) else None,
        results=tuple(sorted(ranked, key=lambda item: -item.score)),
        usage=usage,
    )


async def rerank(
    service: Service, path: str, request: RerankRequest, context: Context, *, top_n: str = "top_n"
) -> Batches:
    """Ask a service for the order of documents: warnings, the result, the end.

    Raises:
        Unsupported: the call is strict, and a setting cannot be sent.
        AIError: whatever kept the service from answering.
    """
    encoded = encode_rerank(request, service.name, top_n=top_n)
    if context.strict:
        refuse_if_strict(encoded, service.name, request.model)
    if encoded.warnings:
        yield tuple(map(Warned, encoded.warnings))
    limits: list[RateLimits] = []
    body = await service.fetch(
        *("POST", path, "rerank", context, encoded.content()),
        model=request.model,
        heard=limits.append,
    )
    secrets = service.secrets(context)
    result = decode_rerank(body, len(request.documents), service.name, secrets)
    yield Produced(result), Finished(rate_limits=limits[0])


def ranking(item: Mapping[str, Any]) -> RankedDocument:
    index, score, document = item["index"], float(item["relevance_score"]), item.get("document")
    if type(index) is not int or not isfinite(score):
        raise ValueError("a result has no index or no score")
    if isinstance(document, dict):
        document = document.get("text")
    return RankedDocument(index, score, document if isinstance(document, str) else None)


def read_usage(answer: Mapping[str, Any]) -> Usage | None:
    """Read what was counted: tokens in `usage`, or what is charged in Cohere's `meta`."""
    if isinstance(told := answer.get("usage"), dict) and told:
        tokens = told.get("prompt_tokens", told.get("total_tokens"))
        return Usage(input_tokens=count_of(tokens), raw=told)
    meta = answer.get("meta")
    billed = meta.get("billed_units") if isinstance(meta, dict) else None
    if not isinstance(billed, dict) or not billed:
        return None
    return Usage(
        input_tokens=count_of(billed.get("input_tokens")),
        search_units=count_of(billed.get("search_units")),
        raw=billed,
    )


def count_of(value: Any) -> int | None:
    """Read a count, which some services send as a number with a fraction of zero."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
