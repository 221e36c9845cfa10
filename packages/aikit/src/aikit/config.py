"""Settings: arguments come before `aikit.toml`, and that before the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aicore.documents import ENDINGS, read_document
from aicore.errors import BadConfig

FILE = "aikit.toml"
MANIFESTS = "AIKIT_MANIFEST_PATH"
TABLES = ("model", "providers")
GENERIC = "openai-compatible"


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a Kit: a default model, and for each provider what it was told."""

    model: str | None = None
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)


def load(
    path: str | Path | None,
    model: str | None = None,
    providers: Mapping[str, Mapping[str, Any]] | None = None,
) -> Config:
    """Read the configuration file and lay the arguments over it.

    Without a path, `aikit.toml` of the current directory is read when it exists. Manifests named
    by `AIKIT_MANIFEST_PATH` (files, or folders of files) add providers of their own.

    Raises:
        BadConfig: a file cannot be read, or holds what nothing here understands.
    """
    if not isinstance(providers or {}, Mapping):
        raise BadConfig("`providers` must be a table of settings by provider name")
    document: Mapping[str, Any] = {}
    if path is not None or os.path.exists(FILE):
        document = read_document(Path(path or FILE))
    check_tables(document, str(path or FILE))
    merged: dict[str, dict[str, Any]] = manifests(os.environ.get(MANIFESTS, ""))
    for source in (document.get("providers", {}), providers or {}):
        for name, settings in source.items():
            if not isinstance(settings, Mapping):
                raise BadConfig(f"the settings of provider {name!r} must be a table")
            merged[name] = {**merged.get(name, {}), **settings}
    chosen = model or document.get("model") or os.environ.get("AIKIT_MODEL")
    if not isinstance(chosen, str | None):
        kind = type(chosen).__name__
        raise BadConfig(f"`model` must be text, such as 'provider:name', not {kind}")
    return Config(chosen, merged)


def check_tables(document: Mapping[str, Any], name: str) -> None:
    from difflib import get_close_matches

    for key in document:
        if key not in TABLES:
            near = get_close_matches(key, TABLES, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(TABLES)}"
            raise BadConfig(f"{name}: nothing here understands {key!r}; {hint}")
    if not isinstance(document.get("model", ""), str):
        raise BadConfig(f"{name}: 'model' must be text, such as 'provider:name'")
    if not isinstance(document.get("providers", {}), Mapping):
        raise BadConfig(f"{name}: write providers as tables: [providers.NAME]")


def manifests(paths: str) -> dict[str, dict[str, Any]]:
    """Read the manifests of files and folders; each is the settings of a generic provider."""
    found: dict[str, dict[str, Any]] = {}
    for entry in filter(None, paths.split(os.pathsep)):
        path = Path(entry)
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix in ENDINGS)
        elif path.exists():
            files = [path]
        else:
            raise BadConfig(f"{entry}: No such file or folder; {MANIFESTS} names it")
        for file in files:
            settings = dict(read_document(file))
            name = settings.pop("name", file.stem)
            if not isinstance(name, str):
                raise BadConfig(f"{file}: 'name' must be text")
            if name in found:
                raise BadConfig(f"{file}: another manifest is named {name!r} already")
            found[name] = {"use": GENERIC, **settings}
    return found
