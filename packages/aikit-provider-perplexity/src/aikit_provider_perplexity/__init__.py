"""Perplexity: answers with their sources from the web."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

PERPLEXITY = Manifest(
    name="perplexity",
    base_url="https://api.perplexity.ai",
    base_url_env="PERPLEXITY_BASE_URL",
    api_key_env=("PERPLEXITY_API_KEY",),
    abilities=frozenset({"chat", "embed"}),
    embeddings_path="/v1/embeddings",
    fields={
        "top_k": "top_k",
        **dict.fromkeys(("seed", "n", "logit_bias", "logprobs", "top_logprobs", "user"), ""),
        "parallel_tool_calls": "",
    },
    files="file_url",
    audio="",
    strict_tools=False,
    json_schema="plain",
    efforts={"xhigh": "high", "max": "high"},
    think_tags={"sonar-reasoning*": "outside"},
    stream_usage=False,
    cost="cost.total_cost",
    vectors="int8",
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [PERPLEXITY]
