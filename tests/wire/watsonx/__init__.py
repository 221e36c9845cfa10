"""IBM watsonx.ai's own wire: text generation, whole and streamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from ..api import Api
from ..corpus import Exchange
from . import meaning, reader, vocabulary

NEW, OLD = "/ml/v1/text/generation", "/ml/v1-beta/generation/text"
"""Where text is generated: by the documents of today, and by those of early 2024."""


def where(exchange: Exchange) -> str:
    recorded = str((exchange.request or {}).get("path", NEW))
    return OLD if recorded.startswith(OLD) else NEW


def query(exchange: Exchange) -> dict[str, str]:
    return dict((exchange.request or {}).get("query") or {"version": "2024-02-15"})


def path(exchange: Exchange) -> str:
    end = "_stream" if streaming(exchange) else ""
    return f"{where(exchange)}{end}?{urlencode(query(exchange))}"


def streaming(exchange: Exchange) -> bool:
    """Tell whether a stream was asked for, which the path says."""
    return exchange.api.endswith("-stream")


def settings(exchange: Exchange) -> Mapping[str, Any]:
    """Return what a provider must be told: a token, a path and a version, and who pays."""
    said = {
        "auth_token": vocabulary.TOKEN,
        "generation_path": where(exchange),
        "version": query(exchange)["version"],
    }
    if exchange.request is None:
        said |= {"base_url": "https://us-south.ml.cloud.ibm.com", "project_id": "p1"}
    return said


APIS: Mapping[str, Api] = {
    name: Api(
        path=path,
        read=reader.read,
        minimal=reader.minimal,
        differences=lambda provider: (),
        streaming=streaming,
        settings=settings,
        authorization=lambda key: ("authorization", f"Bearer {vocabulary.TOKEN}"),
        finish_reason=vocabulary.finish_reason,
        usage=vocabulary.usage,
        meaning=meaning.of_stream,
        codes={},
    )
    for name in ("watsonx-generation", "watsonx-generation-stream")
}
