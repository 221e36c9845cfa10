"""Configuration documents are read whatever their format, and what is wrong with them is said."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from aicore.documents import ENDINGS, read_document
from aicore.errors import BadConfig


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", "name = 'acme'\n[limits]\nrpm = 5"),
        ("a.json", '{"name": "acme", "limits": {"rpm": 5}}'),
        ("a.yaml", "name: acme\nlimits:\n  rpm: 5"),
        ("a.YML", "{name: acme, limits: {rpm: 5}}"),
    ],
)
def test_every_format_says_the_same(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert read_document(path) == {"name": "acme", "limits": {"rpm": 5}}
    assert path.suffix.lower() in ENDINGS


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.toml", "name = ", "not valid TOML: "),
        ("a.json", "{", "not valid JSON: "),
        ("a.yaml", "{", "not valid YAML: "),
        ("a.toml", b"\xff", "not valid TOML: "),
        ("a.json", "[1]", "must hold a table of settings, not a list"),
        ("a.yaml", "", "must hold a table of settings, not a NoneType"),
        ("a.ini", "", "cannot read this format; use .json, .toml, .yaml, .yml"),
        ("a.toml", None, "No such file or directory"),
    ],
)
def test_a_broken_document_is_named(
    tmp_path: Path, name: str, text: str | bytes | None, says: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadConfig) as caught:
        read_document(path)
    assert str(caught.value).startswith(f"{path}: {says}")


def test_yaml_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    path = tmp_path / "a.yaml"
    path.write_text("a: 1")
    with pytest.raises(BadConfig, match="reading YAML needs PyYAML"):
        read_document(path)
