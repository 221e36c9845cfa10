"""aimock (npm, MIT): a server of many vendors' wires that nobody here wrote."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..aikit_asgi.node_client import installed, missing

HOME = Path(__file__).with_name("aimock_node")
READY = "listening on "


@contextmanager
def aimock(fixtures: Sequence[Any]) -> Iterator[str]:
    """Serve fixtures on a port of loopback, and give the address without a path."""
    folder, reason = installed(HOME)
    if folder is None:
        missing(reason)
    assert folder is not None
    with tempfile.TemporaryDirectory() as place:
        known, config = Path(place) / "fixtures.json", Path(place) / "aimock.json"
        known.write_text(json.dumps({"fixtures": fixtures}))
        served = {"fixtures": str(known), "latency": 0, "chunkSize": 5}
        config.write_text(json.dumps({"host": "127.0.0.1", "port": 0, "llm": served}))
        command = [str(folder / "node_modules/.bin/aimock"), "--config", str(config)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                yield address(process)
            finally:
                process.terminate()


def address(process: subprocess.Popen[str]) -> str:
    """Wait until the server says where it listens; go on reading, so that it can go on writing."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if READY in line:
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return line.partition(READY)[2].strip()
    raise AssertionError(f"aimock did not start: {said}")
