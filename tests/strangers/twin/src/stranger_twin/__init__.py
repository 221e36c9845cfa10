"""Twin: offers a provider under a name that another distribution has taken."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Host, Spec


class Twin:
    name = "parrot"

    def __init__(self, host: Host) -> None:
        self.host = host

    async def aclose(self) -> None:
        """Do nothing: nothing is open."""


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [Twin]
