"""What a service is told with every request: who calls, and the headers that say so."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from aicore.context import Context
from aicore.providers import Host
from aicore.secrets import Secret, SecretLike

from aikit_wire.auth import auth_headers, missing_key
from aikit_wire.settings import lowered
from aikit_wire.tokens import Tokens, asked
from aikit_wire.vendor import Vendor


class Shared:
    """What calls that bring nothing of their own have in common."""

    __slots__ = ("asked", "headers", "secrets")

    def __init__(self) -> None:
        self.secrets: tuple[str, ...] | None = None
        self.headers: dict[tuple[bool, bool], Mapping[str, str]] = {}
        self.asked: dict[tuple[str, str, str], tuple[str, Mapping[str, str], tuple[str, ...]]] = {}
        """Where a path leads from an address for a model, with its headers, and the secrets."""


class Credentials:
    """The key or the token of a service, with the `headers` that go with all its requests.

    What calls that bring nothing of their own have in common is kept, as long as the key stays
    the same: what holds it may renew it.
    """

    def __init__(self, vendor: Vendor, host: Host, headers: Mapping[str, str]) -> None:
        self._name = host.name
        self._vendor = vendor
        self._own = headers
        self.tokens: Tokens | None = None
        """Where tokens come from, if a function of the user's or of the provider's gives them."""
        self._key: SecretLike | None = None
        self._token: SecretLike | None = None
        give = host.settings.get("auth_token") if vendor.token_env else None
        if isinstance(give, Tokens):
            self.tokens = give
        elif callable(give):
            self.tokens = Tokens(asked(give))
        else:
            self._key, self._token = found(vendor, host)
        held = self._token if self._key is None else self._key
        self._changing = None if isinstance(held, Secret) else held
        self._kept_for: str | None = None
        self._shared = Shared()

    @property
    def bears(self) -> bool:
        """Whether calls that bring no key bear a token."""
        return self._token is not None or self.tokens is not None

    @property
    def use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key."""
        if self._vendor.auth == "none":
            return "none"
        return "required" if self._vendor.key_required and not self.bears else "optional"

    def headers(
        self,
        context: Context,
        streaming: bool,
        body: bool,
        more: Mapping[str, str] | None = None,
    ) -> Mapping[str, str]:
        """Return the headers of a request: `streaming`, with a `body`, with `more` of its dialect.

        Raises:
            MissingKey: the service needs a key and none was given.
        """
        if more or (shared := self.shared(context)) is None:
            return self._headers(context, streaming, body, more or {})
        if (headers := shared.headers.get((streaming, body))) is None:
            made = self._headers(context, streaming, body, {})
            headers = shared.headers[streaming, body] = MappingProxyType(made)
        return headers

    def secrets(self, context: Context) -> tuple[str, ...]:
        """Return what must never show in an error.

        Raises:
            MissingKey: the service needs a key and none was given.
        """
        if (shared := self.shared(context)) is None:
            return self._secrets(context)
        if shared.secrets is None:
            shared.secrets = self._secrets(context)
        return shared.secrets

    def shared(self, context: Context) -> Shared | None:
        """Return what is kept for calls that bring nothing of their own, if this is one.

        What was kept for another key is forgotten.
        """
        if context.headers or context.idempotency_key or self._name in context.api_keys:
            return None
        if self._changing is not None:
            now = self._changing.get_secret_value()
            if now != self._kept_for:
                self._kept_for, self._shared = now, Shared()
        return self._shared

    def _headers(
        self, context: Context, streaming: bool, body: bool, more: Mapping[str, str]
    ) -> dict[str, str]:
        sent = {"accept": "text/event-stream" if streaming else "application/json"}
        if body:
            sent["content-type"] = "application/json"
        sent |= {"user-agent": "aikit/1", **self._own, **more, **lowered(context.headers)}
        if context.idempotency_key:
            sent["idempotency-key"] = context.idempotency_key
        vendor, key = self._vendor, self.key_for(context)
        if key is None and self._token is not None:
            return sent | auth_headers("bearer", "authorization", self._token)
        return sent | auth_headers(vendor.auth, vendor.auth_header, key)

    def _secrets(self, context: Context) -> tuple[str, ...]:
        held = (self.key_for(context), self._token)
        own = (secret.get_secret_value() for secret in held if secret is not None)
        return (*own, *secret_headers(self._own), *secret_headers(context.headers))

    def key_for(self, context: Context) -> SecretLike | None:
        """Return the key of a call, its own or the service's, without looking at tokens.

        Raises:
            MissingKey: the service needs one and none was given.
        """
        key = context.api_keys.get(self._name, self._key)
        if key is not None and not key.get_secret_value().strip():
            key = None
        if key is None and self.use == "required":
            raise missing_key(self._name, self._vendor.api_key_env)
        return key


TELLTALE = ("auth", "cookie", "key", "pass", "secret", "token")
"""What stands in the names of headers that hold a secret."""


def secret_headers(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secrets in headers of the user's own, without the scheme before them."""
    return tuple(
        str(value).rpartition(" ")[2]  # it is checked when it is sent
        for name, value in headers.items()
        if any(word in str(name).lower() for word in TELLTALE)
    )


def found(vendor: Vendor, host: Host) -> tuple[SecretLike | None, SecretLike | None]:
    """Find a key, or else a bearer token where the vendor takes one; settings go before variables.

    At most one of them is there: two would be sent side by side.
    """
    if vendor.token_env and host.settings.get("auth_token"):
        return None, host.secret("auth_token", *vendor.token_env)
    key = host.secret("api_key", *vendor.api_key_env)
    if key is None and vendor.token_env:
        return None, host.secret("auth_token", *vendor.token_env)
    return key, None
