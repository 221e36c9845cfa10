"""The shape of the repository: who may import whom, and one name in every place."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
MEMBERS = [*sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml")), ROOT / "models"]

MAY_IMPORT: dict[str, set[str]] = {
    "aicore": set(),
    "aikit_wire": {"aicore"},
    "aikit_provider_*": {"aicore", "aikit_wire"},
    "aikit_models": {"aicore"},
    "aikit_testing": {"aicore", "aikit", "aikit_wire"},
    "aikit": {"aicore", "aikit_models"},
    "aikit_asgi": {"aicore", "aikit", "aikit_wire"},
}
ONLY_HERE = {
    "httpx2": {"aikit_wire"},
    "httptools": {"aikit_wire", "aikit_asgi"},  # the client's side of HTTP, and the server's
    "pluggy": {"aicore"},
    "xllamacpp": {"aikit_provider_llamacpp"},
    "gguf": {"aikit_testing"},
    "starlette": {"aikit_asgi"},
    "sse_starlette": {"aikit_asgi"},
    "uvicorn": {"aikit_asgi"},
}
NEVER = {"httpx", "openai", "anthropic", "requests", "aiohttp"}
LINES = 400


def project(member: Path) -> dict[str, Any]:
    return tomllib.loads((member / "pyproject.toml").read_text())


def module_name(member: Path) -> str:
    return str(project(member)["project"]["name"]).replace("-", "_")


def sources(member: Path) -> list[Path]:
    name = module_name(member)
    home = member / "src" / name if (member / "src").exists() else member / name
    return sorted(home.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level names of all modules that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            constant = node.args[0] if node.args else None
            if node.func.id == "import_module" and isinstance(constant, ast.Constant):
                yield str(constant.value).partition(".")[0]


def allowed(module: str) -> set[str]:
    return next(names for pattern, names in MAY_IMPORT.items() if fnmatchcase(module, pattern))


by_member = pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)


@by_member
def test_members_import_only_what_the_table_allows(member: Path) -> None:
    name = module_name(member)
    ours = {module_name(other) for other in MEMBERS}
    for path in sources(member):
        for module in set(imported(path)) - {name}:
            where = f"{path.relative_to(ROOT)} imports {module}"
            assert module not in NEVER, where
            assert module not in ours or module in allowed(name), where
            homes = ONLY_HERE.get(module, {name})
            assert name in homes, f"{where}; only {' and '.join(sorted(homes))} may"


@by_member
def test_members_depend_on_what_they_import(member: Path) -> None:
    info = project(member)["project"]
    extras = info.get("optional-dependencies", {}).values()
    lines = [*info.get("dependencies", []), *(line for extra in extras for line in extra)]
    declared = {re.split(r"[<>=\[ ]", line)[0].replace("-", "_") for line in lines}
    ours = {module_name(other) for other in MEMBERS}
    used = {module for path in sources(member) for module in imported(path)} & ours
    assert used - {module_name(member)} <= declared


@by_member
def test_siblings_are_bound_to_this_major_version(member: Path) -> None:
    ours = {project(other)["project"]["name"] for other in MEMBERS}
    info = project(member)["project"]
    for line in (
        *info.get("dependencies", []),
        *(item for items in info.get("optional-dependencies", {}).values() for item in items),
    ):
        name = re.split(r"[<>=\[]", line)[0]
        if name in ours:
            assert line.endswith((">=1.0,<2", ">=1,<2")), line


@by_member
def test_members_are_complete(member: Path) -> None:
    info = project(member)
    folder = sources(member)[0].parent
    assert (member / "README.md").read_text().startswith(f"# {info['project']['name']}\n")
    assert "MIT License" in (member / "LICENSE").read_text()
    assert any((parent / "py.typed").exists() for parent in (folder, *folder.parents))
    assert info["project"]["requires-python"] == ">=3.11"
    assert info["project"]["version"].startswith("1.")
    assert set(info.get("tool", {})) <= {"hatch", "uv"}, "tools are configured at the root"
    assert member.name in ("models", info["project"]["name"])


MANY = {"aikit-provider-more"}
"""Distributions of several providers; each of these has its own name in every other place."""


@pytest.mark.parametrize(
    "member", [path for path in MEMBERS if "provider" in path.name], ids=lambda path: path.name
)
def test_a_provider_has_one_name_in_every_place(member: Path) -> None:
    info = project(member)["project"]
    entry_points = info["entry-points"]["aikit.providers"]
    names = {info["name"].removeprefix("aikit-provider-")}
    if info["name"] in MANY:
        names = {*entry_points} - names
        assert len(names) == len(entry_points) > 1
    assert entry_points == dict.fromkeys(names, module_name(member))
    umbrella = project(ROOT / "packages/aikit")["project"]["optional-dependencies"]
    for name in names:
        assert umbrella[name] == [f"{info['name']}>=1.0,<2"]


@by_member
def test_modules_have_a_docstring_and_stay_small(member: Path) -> None:
    for path in sources(member):
        text = path.read_text()
        assert ast.get_docstring(ast.parse(text)), f"{path.name} does not say what it is for"
        assert text.count("\n") <= LINES, f"{path.name} is long: which second thing does it do?"


def test_importing_the_core_does_not_build_pydantic_models() -> None:
    code = (
        "import sys; from aikit import Kit, Message; Kit(); Message.user('hi');"
        "heavy = {'pydantic.main', 'asyncio', 'httpx2', 'click', 'aikit_wire', 'aikit_models'};"
        "found = heavy & sys.modules.keys(); assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd="/")


def test_the_lock_names_only_the_default_index() -> None:
    text = (ROOT / "uv.lock").read_text()
    hosts = set(re.findall(r"https?://([^/\"]+)", text))
    assert len(hosts) == 2, hosts
    assert all(host.endswith(("pypi.org", "pythonhosted.org")) for host in hosts), hosts


def test_no_file_names_a_path_of_some_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    pattern = re.compile(r"(^|[^A-Za-z0-9_.~-])/(work|farm|root|home/\w+)/")
    for name in listed:
        path = ROOT / name
        if path.suffix in (".lock", ".png") or not path.is_file():
            continue
        assert not pattern.search(path.read_text("utf-8", "ignore")), name
