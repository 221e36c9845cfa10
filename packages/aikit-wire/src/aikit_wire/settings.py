"""The settings of a provider that speaks HTTP, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from aicore.errors import BadConfig

from aikit_wire.transport import Phases

SETTINGS = frozenset({"api_key", "base_url", "headers", "query", "timeouts"})
"""The settings that every such provider understands."""
MEDIA_SETTINGS = frozenset({"allow_private_media"})
"""Those of a provider that fetches media for its service."""


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers by lower-case name, so that one given twice is sent once."""
    return {str(name).lower(): value for name, value in headers.items()}


def check_settings(name: str, settings: Mapping[str, Any], known: Iterable[str] = ()) -> None:
    """Refuse a setting that nothing reads, or that has a wrong type.

    Raises:
        BadConfig: the message names the setting, and the nearest one that exists.
    """
    where = f"provider {name!r}"
    refuse_unknown(settings, SETTINGS | set(known), f"{where} has no setting")
    for setting in ("headers", "query", "timeouts"):
        if not isinstance(settings.get(setting, {}), Mapping):
            raise BadConfig(f"{where}: {setting!r} must be a table")
    if not isinstance(settings.get("allow_private_media", False), bool):
        raise BadConfig(f"{where}: 'allow_private_media' must be true or false")
    if not isinstance(settings.get("base_url") or "", str):
        raise BadConfig(f"{where}: 'base_url' must be text")
    if not all(isinstance(value, str) for value in settings.get("headers", {}).values()):
        raise BadConfig(f"{where}: the values of 'headers' must be text")
    timeouts = settings.get("timeouts", {})
    refuse_unknown(timeouts, Phases.__dataclass_fields__, f"{where}: 'timeouts' has no phase")
    for phase, seconds in timeouts.items():
        if seconds is not None and type(seconds) not in (int, float):
            raise BadConfig(f"{where}: the timeout {phase!r} must be seconds, or None")


def refuse_unknown(given: Iterable[str], names: Collection[str], what: str) -> None:
    from difflib import get_close_matches

    for item in given:
        if item not in names:
            near = get_close_matches(str(item), names, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(names))}"
            raise BadConfig(f"{what} {item!r}; {hint}")
