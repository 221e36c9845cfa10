"""Two worlds: one with three good strangers, and the same one joined by four that misbehave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from ..packaging.environment import Environment
from ..packaging.workshop import PYTHON, Built, built, uv
from ..vendor import Vendor

HERE = Path(__file__).parent
GOOD = ("provider", "row", "middleware")
BAD = ("broken", "twin", "needy", "loud")

collect_ignore = [*GOOD, *BAD]  # they run in their own world


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(tmp_path_factory.getbasetemp() / "dist")


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Put each stranger's project where no file of ours is near."""
    away = tmp_path_factory.mktemp("strangers")
    strays = ignore_patterns("__pycache__")
    return {name: copytree(HERE / name, away / name, ignore=strays) for name in (*GOOD, *BAD)}


@pytest.fixture(scope="session")
def wheels(homes: dict[str, Path]) -> dict[str, Path]:
    made = {}
    for name, home in homes.items():
        uv("build", "--wheel", "--quiet", "--no-config", "--python", PYTHON, home)
        (made[name],) = home.glob("dist/*.whl")
    return made


@pytest.fixture(scope="session")
def world(
    dist: Built, wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """Holds aikit, its testing package, and the good strangers."""
    return settled(tmp_path_factory.mktemp("world"), dist, *(wheels[name] for name in GOOD))


@pytest.fixture(scope="session")
def crowd(
    dist: Built, wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """Holds all strangers at once."""
    return settled(tmp_path_factory.mktemp("crowd"), dist, *wheels.values())


def settled(folder: Path, dist: Built, *strangers: Path) -> Environment:
    """Make a world of aikit, what its conformance suite needs, and some strangers."""
    ours = dist.requirement("aikit"), dist.requirement("aikit-testing", "[conformance]")
    return Environment.make(folder / "venv", dist, *ours, *strangers)


@pytest.fixture
def acme() -> Iterator[Vendor]:
    """Acme's service."""
    with Vendor(models=["large-2"], answers={"sky": "Air SCATTERS blue light."}) as vendor:
        yield vendor


def access_to(acme: Vendor) -> dict[str, str]:
    """Return the variables that lead to Acme's service."""
    return {"ACME_BASE_URL": acme.url, "ACME_API_KEY": "sk-acme"}
