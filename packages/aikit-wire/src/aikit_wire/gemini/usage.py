"""Read the usage of the Gemini dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aicore.usage import Usage

COUNTED = (
    *("promptTokenCount", "toolUsePromptTokenCount"),
    *("candidatesTokenCount", "thoughtsTokenCount"),
    *("cachedContentTokenCount", "totalTokenCount"),
)
OF_PROMPT = ("promptTokensDetails", "promptTokenDetails", "toolUsePromptTokensDetails")
OF_ANSWER = ("candidatesTokensDetails",)


def count(fields: Mapping[str, Any], name: str) -> int | None:
    value = fields.get(name)
    return value if type(value) is int else None


def read_usage(raw: Mapping[str, Any]) -> Usage:
    """Read a `usageMetadata` object.

    Tokens of the prompt include cached ones; those of thoughts stand beside those of candidates,
    and what the service's own tools gave the model stands beside the prompt. The total is the sum
    of these four (google-genai 3.6: `GenerateContentResponseUsageMetadata`). JSON of protocol
    buffers leaves out what is zero, so beside a total a missing count is 0.
    """
    prompt, tools, said, thoughts, cached, whole = [
        value if type(value := raw.get(name)) is int else None for name in COUNTED
    ]
    absent = None if whole is None else 0
    asked, answered = by_modality(raw, OF_PROMPT), by_modality(raw, OF_ANSWER)
    return Usage(
        input_tokens=added(prompt, tools, absent),
        output_tokens=added(said, thoughts, absent),
        cache_read_tokens=cached,
        reasoning_tokens=thoughts,
        input_audio_tokens=asked.get("AUDIO"),
        output_audio_tokens=answered.get("AUDIO"),
        input_image_tokens=asked.get("IMAGE"),
        raw=dict(raw),
    )


def by_modality(fields: Mapping[str, Any], names: Iterable[str]) -> Mapping[str, int]:
    """Add up what lists of `{modality, tokenCount}` tell of sounds and pictures."""
    found: dict[str, int] = {}
    for name in names:
        for item in fields.get(name) or ():
            modality = item.get("modality")
            if modality in ("AUDIO", "IMAGE"):  # zeros are left out
                found[modality] = found.get(modality, 0) + (count(item, "tokenCount") or 0)
    return found


def added(one: int | None, other: int | None, absent: int | None) -> int | None:
    if one is None and other is None:
        return absent
    return (one or 0) + (other or 0)
