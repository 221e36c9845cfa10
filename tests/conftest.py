"""For every test: examples are the same on every run, and no socket leaves the machine."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import settings

from .wire.summary import pytest_terminal_summary

__all__ = ["interruptible", "only_loopback", "pytest_terminal_summary"]

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> Iterator[None]:
    """Take SIGINT, as programs at a terminal do: a shell has those in its background ignore it."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def stays_here(address: Any) -> bool:
    """Tell whether a socket address is of this machine; a path is one of a UNIX socket."""
    if not isinstance(address, tuple):
        return True
    try:
        return address[0] == "localhost" or ip_address(address[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Refuse connections to other machines, so that a test cannot come to need one."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> None:
        if not stays_here(address):
            raise AssertionError(f"a test tried to reach {address!r}; only loopback is allowed")
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        if not stays_here(address):
            raise AssertionError(f"a test tried to reach {address!r}; only loopback is allowed")
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket.socket, "connect_ex", guarded_ex)
        patch.setenv("GCE_METADATA_IP", "127.0.0.1:9")  # where google-auth looks for Google
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # where AWS's chain looks last of all
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        yield
