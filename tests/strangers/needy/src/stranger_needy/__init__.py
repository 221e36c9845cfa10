"""Needy: imports what its metadata does not ask for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from aicore.hookspecs import hookimpl
from aicore.providers import Spec

sdk = import_module("needy_sdk")


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [sdk.Needy]
