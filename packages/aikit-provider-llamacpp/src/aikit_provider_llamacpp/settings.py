"""The settings of the provider: which models there are, and what each may use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from aicore.errors import BadConfig, NotFound

POOLING = ("mean", "cls", "last")


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaSettings:
    """How models are opened; each setting is for every model of the provider."""

    models: Mapping[str, str] = field(default_factory=dict)
    """Paths of GGUF files by the names they shall have."""
    n_ctx: int = 4096
    """Tokens of context of each conversation; no more than the model was trained for is used."""
    n_parallel: int = 2
    """Conversations that a model answers at the same time; more of them wait."""
    n_threads: int | None = None
    """Processor threads of a model; by default llama.cpp chooses."""
    n_gpu_layers: int | None = None
    """Layers to keep on a GPU; by default as many as fit."""
    pooling: str | None = None
    """How token vectors become one embedding; by default the model's own way, or the mean."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Attributes of xllamacpp's `CommonParams`, set last and as they are."""


SETTINGS = frozenset(item.name for item in fields(LlamaSettings))


def read_settings(provider: str, given: Mapping[str, Any]) -> LlamaSettings:
    """Read the settings; the common ones of the dialect are left to others.

    Raises:
        BadConfig: one has a value that it cannot have; the message names it.
    """
    if "base_url" in given:
        raise BadConfig(
            f"{provider!r} runs llama.cpp in this process and has no base_url; for a llama.cpp "
            "server use the provider 'openai-compatible'"
        )
    values = {name: value for name, value in given.items() if name in SETTINGS}
    for name in ("models", "params"):
        if not isinstance(values.get(name, {}), Mapping):
            raise BadConfig(f"`{name}` of provider {provider!r} must be a table")
    for name in ("n_ctx", "n_parallel", "n_threads"):
        value = values.get(name, 1)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise BadConfig(f"`{name}` of provider {provider!r} must be at least 1, not {value!r}")
    layers = values.get("n_gpu_layers", 0)
    if not isinstance(layers, int) or isinstance(layers, bool):
        raise BadConfig(f"`n_gpu_layers` of provider {provider!r} must be a number")
    if values.get("pooling", "mean") not in POOLING:
        raise BadConfig(f"`pooling` of provider {provider!r} must be one of {', '.join(POOLING)}")
    if "models" in values:
        try:
            paths = {name: os.fspath(path) for name, path in values["models"].items()}
        except TypeError:
            raise BadConfig(
                f"`models` of provider {provider!r} gives the path of a GGUF file for each name"
            ) from None
        values["models"] = paths
    return LlamaSettings(**values)


def path_of(model: str, provider: str, models: Mapping[str, str]) -> str:
    """Return the absolute path of the file that a model id stands for; it need not be there.

    Raises:
        NotFound: the id is neither a name from the settings nor a path.
    """
    path = models.get(model)
    if path is None:
        if not model.endswith(".gguf") and not {"/", os.sep} & {*model}:
            names = ", ".join(sorted(models)) or "none"
            raise NotFound(
                f"no model is named {model!r} (named are: {names}); {how_to_give(provider)}",
                provider=provider,
                model=model,
            )
        path = model
    return os.path.abspath(os.path.expanduser(path))


def how_to_give(provider: str) -> str:
    return (
        f"ask for '{provider}:/path/to/model.gguf', or name the file: "
        f"Kit(providers={{{provider!r}: {{'models': {{'tiny': '/path/to/model.gguf'}}}}}})"
    )
