"""Whose service speaks OpenAI's wire under which name, and where it is to be found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from ..corpus import Exchange, Pair

OURS: Mapping[str, str] = {
    "alibaba": "qwen",
    "azure": "azure-openai",
    "ollama": "ollama-cloud",  # the same dialect, whose server the address tells
}
"""The corpus' names of providers that we know under another."""

PATHS: Mapping[str, str] = {
    "openai-chat": "/chat/completions",
    "openai-completions": "/completions",
    "openai-embeddings": "/embeddings",
    "openai-models": "/models",
    "writer-chat": "/chat",
}
PATHS_AT: Mapping[Pair, str] = {
    ("perplexity", "openai-embeddings"): "/v1/embeddings",
    ("bedrock-mantle", "openai-chat"): "/v1/chat/completions",
    ("bedrock-mantle", "openai-models"): "/v1/models",
    ("github", "openai-chat"): "/inference/chat/completions",
    ("github", "openai-embeddings"): "/inference/embeddings",
}
ADDRESSES: Mapping[str, str] = {
    "azure": "https://my-resource.openai.azure.com/openai/v1",
    "bedrock-mantle": "https://bedrock-mantle.us-east-1.api.aws",
    "snowflake": "https://my-account.snowflakecomputing.com/api/v2/cortex/v1",
}
"""Where services are that have no address which is everybody's."""


def path(exchange: Exchange) -> str:
    """Return what an address has behind the base URL; Azure names a version in the query."""
    where = PATHS_AT.get(exchange.pair, PATHS[exchange.api])
    query = dict((exchange.request or {}).get("query") or ())
    return f"{where}?{urlencode(query)}" if query else where


def settings(exchange: Exchange) -> Mapping[str, Any]:
    """Return what a user has to set: our name, a version, and that a model has its own address."""
    said, request = somewhere(exchange.provider), exchange.request
    if request is None:
        return said
    said.pop("base_url", None)
    if query := request.get("query"):
        said["query"] = dict(query)
    before, deployed, after = str(request["path"]).partition("/deployments/")
    if deployed:
        model = quote(str((exchange.asked or {}).get("model", "")), safe="")
        if after.partition("/")[0] == model:
            said["base_url"] = f"https://{request['host']}{before}/deployments/{{model}}"
    return said


def somewhere(provider: str) -> dict[str, Any]:
    """Return what a user has to set whatever is asked: our name, and an address."""
    said: dict[str, Any] = {}
    if ours := OURS.get(provider):
        said["use"] = ours
    if address := ADDRESSES.get(provider):
        said["base_url"] = address
    return said


def authorization(key: str) -> tuple[str, str]:
    """Azure takes keys bare, in a header of its own."""
    return "api-key", key
