"""All distributions, built once, and the two environments that most tests look at."""

from __future__ import annotations

import pytest

from .environment import Environment
from .workshop import Built, built


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(tmp_path_factory.getbasetemp() / "dist")


@pytest.fixture(scope="session")
def bare(dist: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Holds `aikit` and what it needs."""
    home = tmp_path_factory.mktemp("bare") / "venv"
    return Environment.make(home, dist, dist.requirement("aikit"))


@pytest.fixture(scope="session")
def groq(dist: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Holds `aikit[groq]`."""
    home = tmp_path_factory.mktemp("groq") / "venv"
    return Environment.make(home, dist, dist.requirement("aikit", "[groq]"))
