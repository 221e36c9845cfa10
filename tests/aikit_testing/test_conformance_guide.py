"""The guide shows the code that is tested, and says what a class may say."""

from __future__ import annotations

import pytest
from aikit_testing.conformance.author import Author
from aikit_testing.new_provider import files

from ..docs.pages import code, page
from .test_new_provider import PASSED

GUIDE = page("docs/write-a-provider.md")
SHOWN = {"acme": "row", "parley": "dialect", "lens": "medium"}


@pytest.mark.parametrize("name", SHOWN)
def test_the_guide_shows_what_is_written(name: str) -> None:
    texts = files(name, SHOWN[name])
    shown = {
        block.file: block.text.partition("\n")[2]
        for block in GUIDE.blocks("python", "toml")
        if block.file
    }
    module = f"aikit_provider_{name}/__init__.py"
    assert shown[module] == texts[f"src/{module}"]
    assert shown[f"tests/test_{name}.py"] == texts[f"tests/test_{name}.py"]
    if name == "acme":
        assert shown["pyproject.toml"] == texts["pyproject.toml"]


def test_the_guide_lists_what_a_class_may_say() -> None:
    names = [name for name in vars(Author) if not name.startswith("_")]
    rows = {code(row[0])[0]: row[1] for row in GUIDE.table("Attribute")}
    assert sorted(rows) == sorted(names)
    for name, default in rows.items():
        value = getattr(Author, name)
        if not callable(value) and value != "":
            expected = repr(value).replace("'", '"')
            assert code(default) == [expected], name


def test_the_guide_shows_the_badge_of_the_row() -> None:
    assert f"aikit conformance: {PASSED['row']} passed, 0 failed" in GUIDE.text
