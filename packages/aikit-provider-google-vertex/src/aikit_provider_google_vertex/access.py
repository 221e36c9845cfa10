"""How calls are let in: by a key of express mode, or by access tokens of a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aicore.errors import BadConfig, MissingKey
from aicore.providers import Host
from aicore.secrets import SecretLike
from aikit_wire.tokens import Tokens, asked

from aikit_provider_google_vertex.adc import renewing
from aikit_provider_google_vertex.place import PROJECT, Place, express, found, place

KEY = "GOOGLE_VERTEX_API_KEY"
IN_A_PROJECT = ("auth_token", "credentials", "project", "location")
"""Settings that mean a project."""
SETTINGS = (*IN_A_PROJECT, "api_version")


@dataclass(frozen=True, slots=True)
class Access:
    """Where calls go, and by what they are let in.

    A key in express mode or a token that stays the same is `key`; others come from `tokens`.
    """

    place: Place
    key: SecretLike | None = None
    tokens: Tokens | None = None


def access(host: Host) -> Access:
    """Find out how to call: settings go before the environment.

    Raises:
        BadConfig: the settings contradict each other, or something is missing.
        MissingKey: there is neither a key nor a project.
    """
    name, settings = host.name, host.settings
    given = [setting for setting in IN_A_PROJECT if settings.get(setting)]
    if settings.get("api_key") and given:
        raise BadConfig(
            f"provider {name!r}: 'api_key' is for express mode, which has no {given[0]!r}: "
            "leave one of them out"
        )
    if not given and (key := host.secret("api_key", KEY)) is not None:
        return Access(express(settings), key)
    if not given and not found(settings, "project", PROJECT):
        raise missing(name)
    return in_project(host, place(name, settings))


def in_project(host: Host, where: Place) -> Access:
    token, credentials = host.settings.get("auth_token"), host.settings.get("credentials")
    if token and credentials:
        raise BadConfig(
            f"provider {host.name!r}: give either 'auth_token' or 'credentials', not both"
        )
    if callable(token):
        return Access(where, tokens=Tokens(asked(token)))
    if not credentials and (fixed := host.secret("auth_token")) is not None:
        return Access(where, fixed)
    return Access(where, tokens=Tokens(renewing(credentials, host.name)))


def missing(name: str) -> MissingKey:
    return MissingKey(
        f"no API key and no project for {name!r}: set {KEY} for express mode, or {PROJECT[0]} and "
        f"GOOGLE_CLOUD_LOCATION; or say `api_key`, or `project` and `location`, under "
        f"[providers.{name}] in aikit.toml",
        provider=name,
    )


def common(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that do not say where the service is or who calls."""
    own = {"api_key", "base_url", *SETTINGS}
    return {setting: value for setting, value in settings.items() if setting not in own}
