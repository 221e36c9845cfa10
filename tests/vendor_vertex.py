"""Vertex AI's manner of the loopback vendor: its endpoints lead to those of the dialects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .vendor_answers import vector

Json = dict[str, Any]

CLAUDE = re.compile(r"/publishers/anthropic/models/([^:?]+):(?:stream)?[rR]awPredict$")
GOOGLE = re.compile(r"/publishers/google(/models/.+)$")
OPEN = "/endpoints/openapi"


def translated(endpoint: str, body: Any) -> tuple[str, Any]:
    """Return the endpoint of the dialect that a model is asked in, and the body as it has it."""
    if found := CLAUDE.search(endpoint):
        if found[1] == "count-tokens":
            return "/messages/count_tokens", body
        return "/messages", {**body, "model": found[1]}
    if found := GOOGLE.search(endpoint):
        return found[1], body
    return endpoint.rpartition(OPEN)[2], body


def predicted(body: Mapping[str, Any]) -> Json:
    size = body.get("parameters", {}).get("outputDimensionality", 3072)
    texts = [item["content"] for item in body["instances"]]
    return {
        "predictions": [
            {
                "embeddings": {
                    "values": vector(text, size),
                    "statistics": {"token_count": len(text.split()), "truncated": False},
                }
            }
            for text in texts
        ]
    }
