"""Tiny models on disk, and llama.cpp's own HTTP server in a process of its own."""

from __future__ import annotations

import hashlib
import inspect
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from aikit import Tool
from aikit_testing import tiny_model
from aikit_testing.tiny_model import Kind, write_tiny_model

CACHE = Path(__file__).parents[2] / ".cache" / "tiny-models"

ADD = Tool(
    "add",
    "Adds numbers",
    {
        "type": "object",
        "properties": {"numbers": {"type": "array", "items": {"type": "integer"}, "minItems": 1}},
        "required": ["numbers"],
    },
)
"""The tool that the model of kind `tool` calls."""

SERVE = """
import sys

import xllamacpp

path, key = sys.argv[1:]
params = xllamacpp.CommonParams()
params.model.path = path
params.n_ctx, params.n_parallel = 8192, 2
params.verbosity = -1
params.warmup, params.offline = False, True
params.api_keys = [key]
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@lru_cache
def tiny(kind: Kind) -> Path:
    """Return a tiny model, written anew when the code that writes it has changed."""
    version = hashlib.sha256(inspect.getsource(tiny_model).encode()).hexdigest()[:12]
    path = CACHE / version / f"{kind}.gguf"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            os.replace(write_tiny_model(Path(folder) / "new.gguf", kind), path)
    return path


@dataclass(frozen=True)
class LlamaServer:
    base_url: str
    api_key: str


@contextmanager
def llama_server(path: Path) -> Iterator[LlamaServer]:
    """Serve a model on a port of loopback; the server goes when its standard input closes."""
    key = "sk-llama-server"
    command = [sys.executable, "-c", SERVE, str(path), key]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, "llama.cpp's server did not start"
        try:
            yield LlamaServer(f"{address}/v1", key)
        finally:
            process.stdin.close()
            assert process.wait(30) == 0
