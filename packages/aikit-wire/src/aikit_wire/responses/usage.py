"""Read the usage of the Responses dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.usage import Usage

from aikit_wire.counts import count


def read_usage(raw: Mapping[str, Any]) -> Usage:
    """Read a `usage` object: input includes what a cache gave or took, output the reasoning."""
    read, written = raw.get("input_tokens_details"), raw.get("output_tokens_details")
    return Usage(
        input_tokens=count(raw, "input_tokens"),
        output_tokens=count(raw, "output_tokens"),
        cache_read_tokens=count(read, "cached_tokens"),
        cache_write_tokens=count(read, "cache_write_tokens"),
        reasoning_tokens=count(written, "reasoning_tokens"),
        input_audio_tokens=count(read, "audio_tokens"),
        output_audio_tokens=count(written, "audio_tokens"),
        input_image_tokens=count(read, "image_tokens"),
        raw=dict(raw),
    )
