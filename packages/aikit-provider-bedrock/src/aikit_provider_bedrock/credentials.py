"""Find what requests are signed with: in settings, in variables, or along AWS's own chain."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aicore.errors import BadConfig, DeniedError, MissingKey, Unauthorized
from aicore.providers import Host

from aikit_provider_bedrock.sigv4 import Credentials

SETTINGS = frozenset({"access_key_id", "secret_access_key", "session_token", "profile"})
ACCESS, SECRET, TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")


class Chain(Protocol):
    """A botocore session, as far as it is used."""

    def get_credentials(self) -> Any: ...
    def get_config_variable(self, logical_name: str) -> Any: ...


def open_chain(profile: str | None) -> Chain | None:
    """Open AWS's chain (profiles, SSO, web identity, container, instance), if it is installed."""
    try:
        from botocore.session import Session
    except ImportError:
        return None
    session: Chain = Session(profile=profile)
    return session


class Signer:
    """Gives out the credentials that a request is to be signed with, fresh ones when they expire.

    Keys in settings come first, then those in variables (unless a `profile` is set), then the
    chain of botocore, whose look-ups may block and so run in a thread.
    """

    def __init__(
        self, host: Host, *, chain: Callable[[str | None], Chain | None] = open_chain
    ) -> None:
        self._name = host.name
        self._profile = text(host.settings, "profile", host.name)
        self._open = chain
        self._found: Any = None
        self.static = static_credentials(host, variables=self._profile is None)
        """Keys that were given as they are."""

    async def credentials(self) -> Credentials:
        """Return what to sign the next request with.

        Raises:
            MissingKey: there is nothing to sign with; the message says how to give it.
            Unauthorized: the chain has found something that has expired, or is of no use.
        """
        if self.static is not None:
            return self.static
        try:
            found = await asyncio.to_thread(self._look)
        except DeniedError:
            raise
        except ImportError as error:  # such as that of single sign-on
            raise MissingKey(f"AWS credentials need a package: {error}") from None
        except Exception as error:  # botocore has no common kind of error
            reason = f"{type(error).__name__}: {error}"
            raise Unauthorized(f"no AWS credentials were found: {reason}") from None
        if found is None:
            raise self._missing()
        return Credentials(found.access_key, found.secret_key, found.token)

    def _look(self) -> Any:
        if self._found is None:
            chain = self._open(self._profile)
            self._found = chain.get_credentials() if chain is not None else None
        return None if self._found is None else self._found.get_frozen_credentials()

    def _missing(self) -> MissingKey:
        return MissingKey(
            f"no AWS credentials for {self._name!r}: set AWS_BEARER_TOKEN_BEDROCK, or {ACCESS} and "
            f"{SECRET}, or pass `api_key=`, or install aikit-provider-bedrock[chain] for profiles, "
            "single sign-on and roles",
        )


def static_credentials(host: Host, *, variables: bool) -> Credentials | None:
    """Read the keys in the settings, or else in the variables.

    Raises:
        BadConfig: half of a pair of keys is missing.
    """
    given = [name for name in ("access_key_id", "secret_access_key") if host.settings.get(name)]
    if len(given) == 1:
        raise BadConfig(
            f"provider {host.name!r}: `access_key_id` and `secret_access_key` belong together"
        )
    if not given and not variables:
        return None

    def secret(name: str, variable: str) -> str | None:
        found = host.secret(name, *(() if given else (variable,)))
        return found.get_secret_value().strip() or None if found is not None else None

    access, secret_key = secret("access_key_id", ACCESS), secret("secret_access_key", SECRET)
    if access is None or secret_key is None:
        return None
    return Credentials(access, secret_key, secret("session_token", TOKEN))


def text(settings: Mapping[str, Any], name: str, provider: str) -> str | None:
    """Read a setting that is a text.

    Raises:
        BadConfig: it is something else.
    """
    value = settings.get(name)
    if value is not None and not isinstance(value, str):
        raise BadConfig(f"provider {provider!r}: {name!r} must be text")
    return value or None


def region_of(host: Host) -> str | None:
    """Return the region from the settings, or from the variables that AWS's own clients read."""
    given = text(host.settings, "region", host.name)
    return given or next((os.environ[name] for name in REGIONS if os.environ.get(name)), None)
