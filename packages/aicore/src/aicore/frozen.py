"""The pydantic base of every value that aikit passes around."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value that refuses unknown fields and writes bytes as base64 in JSON.

    Models are built on first use (`defer_build`), because building them costs more than
    everything else that happens while aikit is imported.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        defer_build=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )
