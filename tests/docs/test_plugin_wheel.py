"""The plugin of docs/plugins.md builds to a wheel that holds its modules and names its plugins."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

from ..packaging.workshop import uv
from .pages import page


def test_the_wheel_of_the_plugin_holds_every_module_that_the_page_shows(tmp_path: Path) -> None:
    files = {
        block.file: block.text
        for block in page("docs/plugins.md").blocks("python", "toml")
        if block.file and block.file != "aikit.toml"
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    uv("build", "--quiet", "--wheel", "--out-dir", tmp_path / "dist", tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with ZipFile(wheel) as content:
        names = content.namelist()
        points = content.read("aikit_acme-1.0.0.dist-info/entry_points.txt").decode()
    modules = {name for name in files if name.endswith(".py")}
    assert modules
    assert {name for name in names if name.endswith(".py")} == modules
    assert {
        f"{line.partition(' = ')[2]}.py" for line in points.splitlines() if "=" in line
    } == modules
