"""Read a configuration document written as TOML, JSON or YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aicore.errors import BadConfig


def read_toml(text: str) -> Any:
    import tomllib

    return tomllib.loads(text)


def read_json(text: str) -> Any:
    import json

    return json.loads(text)


def read_yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise BadConfig("reading YAML needs PyYAML: pip install pyyaml") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)  # the text there may be a key: name its place
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValueError(f"{getattr(error, 'problem', None) or 'unreadable'}{place}") from None


READERS: Mapping[str, Callable[[str], Any]] = {
    ".toml": read_toml,
    ".json": read_json,
    ".yaml": read_yaml,
    ".yml": read_yaml,
}
ENDINGS = frozenset(READERS)


def read_document(path: Path) -> Mapping[str, Any]:
    """Read a document whose format its name's ending tells.

    Raises:
        BadConfig: it cannot be read or is not valid; the message names the file and the place.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise BadConfig(f"{path}: cannot read this format; use {', '.join(sorted(READERS))}")
    try:
        document = reader(path.read_text("utf-8"))
    except OSError as error:
        raise BadConfig(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise BadConfig(f"{path}: not valid {path.suffix[1:].upper()}: {error}") from None
    if not isinstance(document, Mapping):
        raise BadConfig(f"{path}: must hold a table of settings, not a {type(document).__name__}")
    return document
