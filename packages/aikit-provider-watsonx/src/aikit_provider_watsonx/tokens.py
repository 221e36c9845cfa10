"""Exchange an API key of IBM Cloud for a token, and that for a new one in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlencode

from aicore.context import Context
from aicore.errors import BadReply, RefusedError, Unauthorized
from aicore.providers import Host
from aicore.secrets import Secret
from aikit_wire.auth import missing_key
from aikit_wire.exchange import read
from aikit_wire.service import Service
from aikit_wire.tokens import Token, Tokens
from aikit_wire.transport import HTTPRequest
from aikit_wire.vendor import Vendor
from pydantic_core import from_json

URL = "https://iam.cloud.ibm.com/identity/token"
GRANT = "urn:ibm:params:oauth:grant-type:apikey"
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
EARLY = 720.0
"""A token is renewed with a fifth of its hour left: what is asked with it may take long."""
KEYS = 1000
"""Of so many keys the tokens are kept; one is fetched anew in a moment."""


class WatsonxService(Service):
    """Sends requests with a token, for which a key is exchanged where there is one.

    `iam_url` is the token endpoint of IBM Cloud's Identity and Access Management; `clock` tells
    Unix seconds.
    """

    def __init__(
        self,
        vendor: Vendor,
        host: Host,
        iam_url: str,
        *,
        more_settings: Any = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(vendor, host, more_settings=more_settings)
        self._keys_named = vendor.api_key_env
        self._iam_url = iam_url
        self.clock = clock
        self._of_keys: dict[str, Tokens] = {}

    def tokens(self, context: Context) -> Tokens | None:
        """Return where the token of a call comes from; None if one was given as it is.

        Raises:
            MissingKey: there is neither a key nor a token.
        """
        key = self.credentials.key_for(context)
        if key is None and not self.credentials.bears:
            raise missing_key(self.name, self._keys_named)
        return super().tokens(context) if key is None else self._of(key.get_secret_value().strip())

    def _of(self, key: str) -> Tokens:
        if (tokens := self._of_keys.get(key)) is None:
            if len(self._of_keys) >= KEYS:
                self._of_keys.clear()
            tokens = Tokens(partial(self._fetch, key), clock=self.clock, early=EARLY)
            self._of_keys[key] = tokens
        return tokens

    async def _fetch(self, key: str) -> Token:
        """Exchange a key.

        Raises:
            Unauthorized: the key is refused.
            BadReply: the answer holds no token.
            AIError: the endpoint cannot be reached.
        """
        body = urlencode({"grant_type": GRANT, "apikey": key}).encode()
        message = HTTPRequest("POST", self._iam_url, FORM, body, self.name, "token")
        began = self.clock()
        try:
            async with self.sent(message, None, (key,)) as response:
                answer = await read(response)
        except RefusedError as error:  # IAM says 400 of a wrong key
            raise Unauthorized(
                "IBM Cloud does not know the API key; make one under Manage, Access (IAM)",
                provider=self.name,
                status=error.status,
            ) from error
        told: Any = None
        with suppress(ValueError):
            told = from_json(answer)
        match told:
            case {"access_token": str(token), "expires_in": int() | float() as lasts} if token:
                return Token(Secret(token), began + lasts)
        raise BadReply("the answer of IBM Cloud holds no token", provider=self.name)
