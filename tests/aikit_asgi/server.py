"""Serves an ASGI app on loopback with uvicorn, from a thread of its own."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn


@contextmanager
def serve(app: Any, **settings: Any) -> Iterator[str]:
    """Serve an app while the block runs; yields its address, such as `http://127.0.0.1:4711`.

    `settings` are uvicorn's. Leaving the block shuts the server down as its users would, and
    raises what went wrong in its thread.
    """
    config = uvicorn.Config(
        app,
        **{
            "log_level": "critical",
            "access_log": False,
            "ws": "none",
            "timeout_graceful_shutdown": 2,
            **settings,
        },
    )
    server, failures = uvicorn.Server(config), list[BaseException]()

    def run(listening: socket.socket) -> None:
        try:
            server.run(sockets=[listening])
        except BaseException as error:
            failures.append(error)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=run, args=(listening,), name="uvicorn", daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
    if failures:
        raise failures[0]
    assert not thread.is_alive(), "uvicorn does not stop"
