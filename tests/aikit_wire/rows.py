"""The manifests of the vendors that are rows, and variations that no row of ours uses yet."""

from __future__ import annotations

from collections.abc import Mapping

from aikit_provider_azure_openai import AZURE_OPENAI
from aikit_provider_cerebras import CEREBRAS
from aikit_provider_deepseek import DEEPSEEK
from aikit_provider_fireworks import FIREWORKS
from aikit_provider_groq import GROQ
from aikit_provider_lmstudio import LMSTUDIO
from aikit_provider_mistral import MISTRAL
from aikit_provider_moonshot import MOONSHOT
from aikit_provider_openai import OPENAI
from aikit_provider_openrouter import OPENROUTER
from aikit_provider_perplexity import PERPLEXITY
from aikit_provider_qwen import QWEN
from aikit_provider_vllm import VLLM
from aikit_provider_xai import XAI
from aikit_wire.openai.manifest import FIELDS, Manifest

ROWS: Mapping[str, Manifest] = {
    row.name: row
    for row in (
        *(OPENAI, GROQ, DEEPSEEK, MISTRAL, VLLM, LMSTUDIO),
        *(AZURE_OPENAI, CEREBRAS, FIREWORKS, MOONSHOT, OPENROUTER, PERPLEXITY, QWEN),
        XAI,
    )
}

OTHERS: Mapping[str, Manifest] = {
    "plain": Manifest(name="plain"),
    "wordless": Manifest(
        name="wordless",
        fields=dict.fromkeys(FIELDS, ""),
        text_parts=False,
        images="url",
        files="",
        audio="data_url",
        message_names=False,
        required_choice="",
        named_choice=False,
        strict_tools=False,
        json_schema="",
        reasoning_request="",
        reasoning_history="tags",
        stream_usage=False,
    ),
    "budgeted": Manifest(
        name="budgeted",
        system_role="user",
        merge_system=True,
        required_choice="any",
        json_schema="plain",
        reasoning_request="enable_thinking",
        reasoning_history="reasoning_content",
    ),
    "routed": Manifest(
        name="routed",
        system_role="developer",
        reasoning_request="reasoning",
        options={"safe": True},
    ),
}

ALL: Mapping[str, Manifest] = {**ROWS, **OTHERS}
