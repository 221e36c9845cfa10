"""Decode the list of models that a region has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aicore.errors import BadReply
from aicore.models import ModelInfo
from aikit_wire.whole import read_object


def decode_models(body: bytes, provider: str, secrets: Iterable[str] = ()) -> list[ModelInfo]:
    """Decode the list of foundation models.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it is none.
    """
    answer = read_object(body, "list of models", provider, secrets)
    return [read_model(item, provider) for item in items(answer, "modelSummaries", "modelId")]


def decode_profiles(
    body: bytes, provider: str, models: Mapping[str, ModelInfo], secrets: Iterable[str] = ()
) -> tuple[list[ModelInfo], str | None]:
    """Decode a page of the inference profiles, and the token of the next.

    What a profile's model can do is told by the model that it leads to.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it is no list of profiles.
    """
    answer, found = read_object(body, "list of models", provider, secrets), []
    for item in items(answer, "inferenceProfileSummaries", "inferenceProfileId"):
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
    return found, text(answer.get("nextToken"))


def items(answer: Mapping[str, Any], field: str, id: str) -> Iterator[Mapping[str, Any]]:
    told = answer.get(field)
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
