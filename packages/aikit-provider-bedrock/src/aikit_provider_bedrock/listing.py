"""Decode the list of models that a region has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aicore.errors import BadReply
from aicore.models import ModelInfo
from pydantic_core import from_json


def decode_models(body: bytes, provider: str) -> list[ModelInfo]:
    """Decode the list of foundation models.

    Raises:
        BadReply: it is none.
    """
    return [read_model(item, provider) for item in items(body, "modelSummaries", "modelId")]


def decode_profiles(
    body: bytes, provider: str, models: Mapping[str, ModelInfo]
) -> tuple[list[ModelInfo], str | None]:
    """Decode a page of the inference profiles, and the token of the next.

    What a profile's model can do is told by the model that it leads to.

    Raises:
        BadReply: it is no list of profiles.
    """
    found = []
    for item in items(body, "inferenceProfileSummaries", "inferenceProfileId"):
        leads_to = item.get("models")
        entries = leads_to if isinstance(leads_to, list) else []
        arns = (entry.get("modelArn") for entry in entries if isinstance(entry, dict))
        ids = (str(arn).rpartition("/")[2] for arn in arns)
        model = next((models[id] for id in ids if id in models), None)
        found.append(
            ModelInfo(
                id=str(item["inferenceProfileId"]),
                provider=provider,
                name=text(item.get("inferenceProfileName")),
                family=model.family if model else None,
                features=model.features if model else {},
                raw=dict(item),
            )
        )
    return found, text(from_json(body).get("nextToken"))


def items(body: bytes, field: str, id: str) -> Iterator[Mapping[str, Any]]:
    try:
        told = from_json(body).get(field)
    except (AttributeError, ValueError):
        told = None
    if not isinstance(told, list):
        raise BadReply("the answer holds no list of models")
    return (item for item in told if isinstance(item, dict) and item.get(id))


def read_model(item: Mapping[str, Any], provider: str) -> ModelInfo:
    inputs = item.get("inputModalities")
    features = {"vision": "IMAGE" in inputs} if isinstance(inputs, list) else {}
    streams = item.get("responseStreamingSupported")
    if isinstance(streams, bool):
        features["streaming"] = streams
    return ModelInfo(
        id=str(item["modelId"]),
        provider=provider,
        name=text(item.get("modelName")),
        family=text(item.get("providerName")),
        features=features,
        raw=dict(item),
    )


def text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
