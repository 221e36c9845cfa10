"""Read manifests that users write as TOML, JSON or YAML, and say exactly what is wrong in one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aicore.documents import read_document
from aicore.errors import BadConfig
from aicore.values import adapter, describe

from aikit_wire.openai.manifest import FIELDS, Manifest
from aikit_wire.openai.operators import OPERATORS
from aikit_wire.responses.sampling import FIELDS as RESPONSES_FIELDS


def load_manifest(path: str | Path) -> Manifest:
    """Read a manifest file; its name defaults to the file's.

    Raises:
        BadConfig: it cannot be read, or a field is wrong.
    """
    path = Path(path)
    return read_manifest({"name": path.stem, **read_document(path)}, where=str(path))


def read_manifest(document: Mapping[str, Any], where: str | None = None) -> Manifest:
    """Make a manifest of a document, strictly.

    Raises:
        BadConfig: a field, or the name of a setting or an operator, is unknown or has a wrong
            value; the message names it and the nearest right one.
    """
    from pydantic import ValidationError

    where = where or f"provider {document.get('name')!r}"
    known(document, Manifest.__dataclass_fields__, f"{where}: no field")
    try:
        manifest: Manifest = adapter(Manifest).validate_python(dict(document), strict=False)
    except ValidationError as error:
        raise BadConfig(f"{where}: {describe(error)}") from None
    known(manifest.fields, FIELDS, f"{where}: `fields` knows no setting")
    known(
        manifest.responses_fields, RESPONSES_FIELDS, f"{where}: `responses_fields` knows no setting"
    )
    known(dict.fromkeys(manifest.encode), OPERATORS, f"{where}: `encode` knows no operator")
    for name in PATHS:
        if not getattr(manifest, name).startswith("/"):
            raise BadConfig(f"{where}: {name} must begin with a slash, as in {PATHS[name]}")
    if manifest.embed_limit < 1:
        raise BadConfig(f"{where}: embed_limit must be at least 1")
    if manifest.base_url:
        if not manifest.base_url.startswith(("http://", "https://", "{")):
            raise BadConfig(f"{where}: base_url must begin with https:// or http://")
    elif not manifest.base_url_env:
        raise BadConfig(f"{where} needs a base_url, such as http://localhost:8000/v1")
    return manifest


PATHS = {
    name: f"`{field.default}`"
    for name, field in Manifest.__dataclass_fields__.items()
    if name.endswith("_path")
}


def known(given: Mapping[str, Any], names: Mapping[str, Any], what: str) -> None:
    from difflib import get_close_matches

    for name in given:
        if name not in names:
            near = get_close_matches(str(name), names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(names)}"
            raise BadConfig(f"{what} {name!r}{hint}")
