"""The gateways that are measured: how each is run and asked, and what runs in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.install import CACHE, ROOT
from benchmarks.question import OPTIONS, STREAMED, SYSTEM, USER, WHOLE, streaming

SLOW = 500
"""Slow streams at once."""


@dataclass(frozen=True, slots=True)
class Scene:
    """So many connections at once; for `pieces` and `pause` see `worker.Scene`."""

    connections: int
    pieces: int = 0
    pause: int = 0
    prompt: int = 0
    """Bytes of the prompt, if it is not the usual line."""

    @property
    def model(self) -> str:
        return streaming(self.pieces, self.pause) if self.pieces else WHOLE


SLOWLY = "slow events"
SCENES: Mapping[str, Scene] = {
    SLOWLY: Scene(SLOW, 350, 20),
    "requests": Scene(64),
    "requests of 1 kB": Scene(64, prompt=1_000),
    "requests of 10 kB": Scene(64, prompt=10_000),
    "requests of 100 kB": Scene(64, prompt=100_000),
    "events": Scene(16, 500),
}
"""Slow streams come first, because what they add to memory shows in a fresh process only."""

SHORT = Scene(1, 16)
"""A short stream, by which it is checked that a gateway streams at all."""
MODELS = [*dict.fromkeys(scene.model for scene in (*SCENES.values(), SHORT))]


def prompt(size: int) -> str:
    """Return text that has some of what JSON must escape."""
    words = 'A fox, "quick" and brown, jumps over the lazy dog.\n'
    return (words * (size // len(words) + 1))[:size] if size else USER


@dataclass(frozen=True, slots=True)
class Gateway:
    """How to run a gateway, and how it is asked."""

    environment: str
    command: tuple[str, ...]
    """With `{bin}` for the programs of its environment, `{port}` and `{upstream}`."""
    env: Mapping[str, str] = field(default_factory=dict)
    """With the same in its values."""
    prefix: str = ""
    path: str = "/v1/chat/completions"
    headers: tuple[str, ...] = ()
    prints_port: bool = False
    speaks_openai: bool = True
    runs_in: Path = ROOT

    def request(self, scene: Scene) -> bytes:
        """Return the whole HTTP request of a scene."""
        model, text = self.prefix + scene.model, prompt(scene.prompt)
        streamed = STREAMED if scene.pieces else {}
        roles = [("system", SYSTEM), ("user", text)]
        body: dict[str, Any] = {
            "model": model,
            "messages": [{"role": role, "content": content} for role, content in roles],
            **OPTIONS,
            **streamed,
        }
        if not self.speaks_openai:
            body = {"model": model, "prompt": text, "system": SYSTEM, "stream": bool(streamed)}
        content = json.dumps(body).encode()
        head = [
            f"POST {self.path} HTTP/1.1",
            "host: 127.0.0.1",
            "content-type: application/json",
            "authorization: Bearer sk-test",
            f"content-length: {len(content)}",
            *self.headers,
        ]
        return "\r\n".join([*head, "", ""]).encode() + content


def uvicorn(app: str) -> tuple[str, ...]:
    """Run under uvicorn, which takes uvloop and httptools where they are installed, as here."""
    quiet = ("--no-access-log", "--log-level", "error")
    return ("{bin}/python", "-m", "uvicorn", app, "--port", "{port}", *quiet)


def granian(app: str) -> tuple[str, ...]:
    one = ("--interface", "asgi", "--loop", "uvloop", "--workers", "1")
    quiet = ("--no-access-log", "--log-level", "error")
    return ("{bin}/granian", *one, *quiet, "--port", "{port}", app)


BARE, OURS = "benchmarks.gateways.bare:app", "benchmarks.gateways.ours:app"
FLOORS = {"uvicorn": "bare ASGI on uvicorn", "granian": "bare ASGI on granian"}
GATEWAYS: Mapping[str, Gateway] = {
    FLOORS["uvicorn"]: Gateway("ours", uvicorn(BARE)),
    FLOORS["granian"]: Gateway("ours", granian(BARE)),
    "reckless ASGI on uvicorn": Gateway("ours", uvicorn("benchmarks.gateways.bare:reckless")),
    "aikit serve": Gateway(
        "ours",
        ("{bin}/aikit", "serve", "--port", "{port}", "--model", "openai:*"),
        env={"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": "{upstream}/v1"},
        prefix="openai:",
    ),
    "aikit on uvicorn": Gateway("ours", uvicorn(OURS), prefix="openai:"),
    "aikit on granian": Gateway("ours", granian(OURS), prefix="openai:"),
    "fastify-ai (ai-warp)": Gateway(
        "node",
        ("{bin}/node", "fastify_ai.mjs", "{port}", *MODELS),
        path="/chat",
        speaks_openai=False,
        runs_in=CACHE / "node",
    ),
    "TensorZero": Gateway(
        "tensorzero",
        ("{bin}/python", "-m", "benchmarks.gateways.tensorzero_gateway", *MODELS),
        prefix="tensorzero::model_name::",
        path="/openai/v1/chat/completions",
        prints_port=True,
    ),
    "Portkey": Gateway(
        "node",
        (
            "{bin}/node",
            "node_modules/@portkey-ai/gateway/build/start-server.js",
            "--port={port}",
            "--headless",
        ),
        headers=("x-portkey-provider: openai", "x-portkey-custom-host: {upstream}/v1"),
        runs_in=CACHE / "node",
    ),
    "LiteLLM proxy": Gateway(
        "litellm-proxy",
        (
            *("{bin}/litellm", "--config", str(ROOT / "benchmarks/gateways/litellm.yaml")),
            *("--host", "127.0.0.1", "--port", "{port}", "--num_workers", "1"),
            *("--telemetry", "False"),
        ),
        env={
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_LOG": "ERROR",
            "LITELLM_MODE": "PRODUCTION",
            "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
        },
    ),
}
"""Contestant → how it runs; floors come first."""
