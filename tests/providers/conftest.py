"""A llama.cpp server that all tests of a run share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .llama_server import LlamaServer, llama_server, tiny


@pytest.fixture(scope="session")
def server() -> Iterator[LlamaServer]:
    with llama_server(tiny("tool")) as server:
        yield server
