"""Broken: its import fails half-way."""

from __future__ import annotations

raise RuntimeError("the licence file is missing")
