"""Which recorded traffic is replayed now, and which issue takes the rest."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from .corpus import Pair

IN_SCOPE: frozenset[Pair] = (
    frozenset(
        product(
            ("openai", "groq", "deepseek", "mistral"),
            ("openai-chat", "openai-completions", "openai-embeddings"),
        )
    )
    | frozenset(
        (provider, api)
        for provider, apis in {
            "anthropic": ("anthropic-messages", "anthropic-count-tokens"),
            "google": (
                "gemini-generateContent",
                "gemini-streamGenerateContent",
                "gemini-countTokens",
                "gemini-batchEmbedContents",
            ),
            "google-vertex": (
                "gemini-generateContent",
                "gemini-streamGenerateContent",
                "gemini-countTokens",
                "vertex-predict",
            ),
            "ollama": ("ollama-chat", "ollama-generate"),
            "cohere": (
                "cohere-chat-v1",
                "cohere-chat-v2",
                "cohere-embed-v2",
                "cohere-generate",
                "cohere-rerank-v2",
            ),
            "voyage": ("rerank-generic", "voyage-embeddings"),
            "bedrock": (
                "bedrock-converse",
                "bedrock-converse-stream",
                "bedrock-count-tokens",
                "bedrock-invoke",
                "bedrock-invoke-stream",
            ),
        }.items()
        for api in apis
    )
    | frozenset(
        (provider, api)
        for api, providers in {
            "openai-chat": (
                "alibaba azure bedrock-mantle cerebras crusoe gpustack heroku huggingface ollama "
                "ollama-cloud openrouter perplexity snowflake xai zai"
            ),
            "openai-embeddings": "azure openrouter perplexity",
            "openai-models": "bedrock-mantle openai",
            "openai-responses": "azure bedrock-mantle deepseek lmstudio openai openrouter xai",
            "openai-responses-input-tokens": "openai",
            "openai-completions": "writer",
            "watsonx-generation": "watsonx",
            "watsonx-generation-stream": "watsonx",
            "writer-chat": "writer",
        }.items()
        for provider in providers.split()
    )
)

ISSUE_7: Mapping[str, tuple[str, ...]] = {}

LATER: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("anthropic-batches", "anthropic-files"),
    "deepgram": ("deepgram-listen", "deepgram-speak"),
    "fal": ("fal-queue",),
    "gladia": ("gladia-pre-recorded",),
    "google": (
        "gemini-cachedContents",
        "gemini-fileSearchStores",
        "gemini-files",
        "gemini-interactions",
    ),
    "google-vertex": ("gemini-cachedContents",),
    "groq": ("openai-transcriptions",),
    "mistral": ("openai-speech", "openai-transcriptions"),
    "openai": (
        "openai-batches",
        "openai-conversations",
        "openai-files",
        "openai-images",
        "openai-images-edits",
        "openai-moderations",
        "openai-responses-compact",
        "openai-speech",
        "openai-transcriptions",
        "openai-vector-stores",
    ),
    "openrouter": ("openrouter-images",),
    "replicate": ("replicate-predictions",),
    "revai": ("revai-jobs",),
    "xai": ("openai-images", "xai-stt"),
}

TAKEN_BY: Mapping[Pair, str] = {
    (provider, api): issue
    for issue, providers in (("issue 7", ISSUE_7), ("later", LATER))
    for provider, apis in providers.items()
    for api in apis
}

UNKNOWN = "unknown pair"


def place(pair: Pair) -> str:
    """Tell who takes a pair that is not in scope."""
    return TAKEN_BY.get(pair, UNKNOWN)
