"""The ledger of a request: what became of the things that could not be sent as they were."""

from __future__ import annotations

from typing import Literal

from aicore.responses import CallWarning


class Ledger:
    """Collects warnings, each once.

    What is `dropped` or `rewritten` makes a strict call fail; what is `noted` does not, because
    it is no wish of the caller's or comes to the same.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._warnings: dict[CallWarning, None] = {}

    @property
    def warnings(self) -> tuple[CallWarning, ...]:
        return tuple(self._warnings)

    def dropped(self, setting: str, reason: str) -> None:
        self._add(setting, "dropped", reason)

    def rewritten(self, setting: str, reason: str) -> None:
        self._add(setting, "rewritten", reason)

    def noted(self, setting: str, reason: str) -> None:
        self._add(setting, "noted", reason)

    def _add(
        self, setting: str, action: Literal["dropped", "rewritten", "noted"], reason: str
    ) -> None:
        self._warnings[CallWarning(setting, action, reason, self._provider)] = None
