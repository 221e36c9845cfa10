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
    sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """The files in which providers were told something."""


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
    merged, sources = manifests(os.environ.get(MANIFESTS, ""))
    told = {str(path or FILE): document.get("providers", {}), "": providers or {}}
    for file, tables in told.items():
        for name, settings in tables.items():
            if not isinstance(settings, Mapping):
                raise BadConfig(f"the settings of provider {name!r} must be a table")
            merged[name] = {**merged.get(name, {}), **settings}
            if "use" not in merged[name]:
                check_name(name, f"{file}: [providers.{name}]" if file else "`providers`")
            if file:
                sources[name] = f"{sources[name]}, {file}" if name in sources else file
    chosen = model or document.get("model") or os.environ.get("AIKIT_MODEL")
    if not isinstance(chosen, str | None):
        kind = type(chosen).__name__
        raise BadConfig(f"`model` must be text, such as 'provider:name', not {kind}")
    return Config(chosen, merged, sources)


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


def check_name(name: str, where: str) -> None:
    """Refuse settings that nobody would read, because the provider's name is misspelt.

    The name of a provider that is not installed may stand there: a file may serve several
    programs.

    Raises:
        BadConfig: the message names the provider that was meant.
    """
    from aicore.plugins import PROVIDERS, found

    installed = found(PROVIDERS)
    if name not in installed:
        from aikit.model_ids import mistaken

        if says := mistaken(name, installed):
            other = 'a provider of your own says what it is, such as `use = "openai-compatible"`'
            raise BadConfig(f"{where}: {says} ({other})")


def manifests(paths: str) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Read the manifests of files and folders; each is the settings of a generic provider.

    Returns:
        The settings, and the files, by the providers' names.
    """
    found: dict[str, dict[str, Any]] = {}
    sources: dict[str, str] = {}
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
            sources[name] = str(file)
    return found, sources
