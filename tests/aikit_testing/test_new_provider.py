"""What `scripts/new-provider` writes is clean, typed, and passes the conformance suite at once."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aikit_testing.conformance.suite import all_tests
from aikit_testing.new_provider import KINDS, files, main

from .distributions import install, run_pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "new-provider"
NAMES = {"row": "acme", "dialect": "parley", "medium": "two-part-name"}
PASSED = {"row": 50, "dialect": 48, "medium": 35}
"""How many tests apply; each of them must pass."""

RANKING = {"test_documents_are_ranked", "test_a_document_that_is_not_there_is_a_bad_reply"}
"""No skeleton ranks documents."""


def tool(name: str, *arguments: str | Path) -> None:
    """Run a tool as this repository configures it."""
    done = subprocess.run(
        [sys.executable, "-m", name, *map(str, arguments)], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a new provider of each kind, written by the script."""
    folder = tmp_path_factory.mktemp("written")
    for kind, name in NAMES.items():
        command = f"{sys.executable} -I {SCRIPT} {name} --kind {kind} --into {folder}"
        subprocess.run(command.split(), check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    folder = tmp_path_factory.mktemp("installed")
    for kind, name in NAMES.items():
        texts = files(name, kind)
        install(folder / "site", texts)
        (test,) = (path for path in texts if path.startswith("tests/"))
        (folder / Path(test).name).write_text(texts[test])
    providers, _ = run_pytest(folder)
    return {report["provider"]: report for report in providers}


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_provider_passes_the_suite(
    kind: str, reports: Mapping[str, Mapping[str, Any]]
) -> None:
    report = reports[NAMES[kind]]
    passed = PASSED[kind]
    counts = {"passed": passed, "not applicable": len(all_tests()) - passed}
    assert report["counts"] == {name: count for name, count in counts.items() if count}


def test_every_test_applies_to_one_kind_at_least(
    reports: Mapping[str, Mapping[str, Any]],
) -> None:
    passed = {
        name
        for report in reports.values()
        for name, outcome in report["tests"].items()
        if outcome == "passed"
    }
    assert passed == set(all_tests()) - RANKING


def test_what_is_written_is_clean(written: Path) -> None:
    tool("ruff", "check", "--config", ROOT / "pyproject.toml", written)
    tool("ruff", "format", "--check", "--config", ROOT / "pyproject.toml", written)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_typed(kind: str, written: Path) -> None:
    home = written / f"aikit-provider-{NAMES[kind]}"
    cache = ROOT / ".mypy_cache"
    tool("mypy", "--strict", "--cache-dir", cache, home / "src", home / "tests")


@pytest.mark.parametrize("kind", KINDS)
def test_a_distribution_is_complete(kind: str, written: Path) -> None:
    name = NAMES[kind]
    home, module = written / f"aikit-provider-{name}", f"aikit_provider_{name.replace('-', '_')}"
    project = tomllib.loads((home / "pyproject.toml").read_text())
    assert project["project"]["name"] == home.name
    assert project["project"]["entry-points"] == {"aikit.providers": {name: module}}
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == [f"src/{module}"]
    assert (home / "README.md").read_text().startswith(f"# {home.name}\n")
    assert "MIT License" in (home / "LICENSE").read_text()
    assert (home / "src" / module / "py.typed").read_text() == ""
    assert not list(home.rglob("*.txt"))


def test_the_next_steps_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["acme", "--kind", "row", "--into", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert f"pip install -e {tmp_path}/aikit-provider-acme" in told
    assert "python -m pytest" in told


def test_a_member_of_a_workspace_is_told_how_to_join_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    assert main(["acme", "--kind", "row", "--into", str(tmp_path / "packages")]) == 0
    told = capsys.readouterr().out
    assert "scripts/fix" in told
    assert "tests/providers" in told
    home = tmp_path / "packages" / "aikit-provider-acme"
    project = tomllib.loads((home / "pyproject.toml").read_text())
    assert project["tool"]["uv"]["sources"]["aicore"] == {"workspace": True}
    assert "dependency-groups" not in project


def test_a_folder_beside_the_members_is_no_member(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    main(["acme", "--kind", "row", "--into", str(tmp_path / "elsewhere")])
    home = tmp_path / "elsewhere" / "aikit-provider-acme"
    assert "workspace" not in (home / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Acme", "--kind", "row"], "'Acme' is no name"),
        (["acme-", "--kind", "row"], "'acme-' is no name"),
        (["acme", "--kind", "pillar"], "invalid choice"),
        (["acme"], "--kind"),
    ],
)
def test_what_cannot_be_is_refused(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*arguments, "--into", str(tmp_path)])
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_kind_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="known are row, dialect, medium"):
        files("acme", "pillar")


def test_what_is_there_is_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["acme", "--kind", "row", "--into", str(tmp_path)])
    readme = tmp_path / "aikit-provider-acme" / "README.md"
    readme.write_text("mine")
    with pytest.raises(SystemExit):
        main(["acme", "--kind", "dialect", "--into", str(tmp_path)])
    assert "exists" in capsys.readouterr().err
    assert readme.read_text() == "mine"
