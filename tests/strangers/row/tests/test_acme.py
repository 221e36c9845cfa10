"""Acme keeps what every provider keeps."""

from __future__ import annotations

from aikit_testing.conformance import Conformance


class TestAcme(Conformance):
    provider = "acme"
