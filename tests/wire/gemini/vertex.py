"""What is different about Google's wire on Vertex AI, read from its documents."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aicore.requests import ChatRequest, EmbedRequest
from aicore.usage import Usage

from ..api import AnyRequest
from ..corpus import Exchange, Json
from . import reader

PLACE = re.compile(r"/projects/([^/]+)/locations/([^/]+)/")


def path(verb: str, exchange: Exchange) -> str:
    """Return the whole path, or its end where no request was recorded."""
    if exchange.request is not None:
        found = str(exchange.request["path"])
    else:
        found = f"/publishers/google/models/{reader.model(exchange)}:{verb}"
    return f"{found}?alt=sse" if verb == "streamGenerateContent" else found


def settings(exchange: Exchange) -> Mapping[str, Any]:
    """Name the project and the location, from which the host and the path are to follow."""
    found = PLACE.search(exchange.request["path"]) if exchange.request else None
    project, location = found.groups() if found else ("PROJECT_ID", "global")
    return {"project": project, "location": location, "base_url": ""}


def read(body: Json, exchange: Exchange) -> AnyRequest:
    """Read what is only here: `labels`, which are our metadata."""
    request = reader.read(body, exchange)
    options = dict(request.provider_options.get(exchange.provider, {}))  # type: ignore[union-attr]
    if not isinstance(request, ChatRequest) or not (labels := options.pop("labels", None)):
        return request
    given = {exchange.provider: options} if options else {}
    return replace(request, metadata=labels, provider_options=given)


def read_texts(body: Json, exchange: Exchange) -> AnyRequest:
    """Read texts that share their settings; anything else goes as it is, one vector for each."""
    name = f"{exchange.provider}:{reader.model(exchange)}"
    instances = [{SPELLED.get(key, key): item[key] for key in item} for item in body["instances"]]
    texts = [item.pop("content", None) for item in instances]
    parameters = dict(body.get("parameters", {}))
    if any(item != instances[0] for item in instances) or not all(texts):
        return EmbedRequest(
            model=name,
            inputs=("",) * len(instances),
            provider_options={exchange.provider: dict(body)},
        )
    own, given = dict(instances[0]), dict[str, Any]()
    if (task := own.pop("task_type", None)) is not None:
        given["task"] = task
    if isinstance(parameters.get("outputDimensionality"), int):
        given["dimensions"] = parameters.pop("outputDimensionality")
    if parameters:
        own["parameters"] = parameters
    return EmbedRequest(model=name, inputs=tuple(texts), **given, **reader.rest(own, name))


SPELLED = {"taskType": "task_type"}


def minimal(exchange: Exchange) -> AnyRequest:
    name = f"{exchange.provider}:{reader.model(exchange)}"
    return EmbedRequest(model=name, inputs=("hi",) * (exchange.expected or {})["count"])


def statistics(answer: Any) -> list[Json]:
    """Return what an answer tells of each text, which not every model does."""
    found = [item["embeddings"].get("statistics") for item in answer["predictions"]]
    return [item for item in found if item]


def meaning(exchange: Exchange) -> Mapping[str, Any] | None:
    """Add the token counts, which stand beside each vector and not in a place of their own."""
    expected = exchange.expected
    if expected is None or expected.get("kind") != "embedding" or expected["usage"] is not None:
        return expected
    told = statistics(exchange.answer)
    return {**expected, "usage": {"statistics": told} if told else None}


def usage(raw: Mapping[str, Any] | None) -> Usage | None:
    if not raw:
        return None
    given = raw.get("statistics", ())
    told = [item["token_count"] for item in given if "token_count" in item]
    return Usage(input_tokens=sum(map(int, told)) if told else None)


def vectors(answer: Any) -> Sequence[tuple[float, ...]]:
    return [tuple(row["embeddings"]["values"]) for row in answer["predictions"]]
