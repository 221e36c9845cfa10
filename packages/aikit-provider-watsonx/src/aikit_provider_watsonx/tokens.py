"""Exchange an API key of IBM Cloud for a token, and that for a new one in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from aicore.context import Context
from aicore.errors import BadReply, RefusedError, Unauthorized
from aikit_wire.exchange import read
from aikit_wire.service import Service
from aikit_wire.transport import HTTPRequest
from pydantic_core import from_json

URL = "https://iam.cloud.ibm.com/identity/token"
GRANT = "urn:ibm:params:oauth:grant-type:apikey"
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
EARLY = 0.8
"""A token is used for this part of its life (an hour): what is asked with it may take long."""


class Tokens:
    """The tokens of the keys of one provider, each kept until it grows old.

    `url` is the token endpoint of IBM Cloud's Identity and Access Management; `clock` tells
    seconds. Calls that want a token at the same time may each fetch one, which does no harm.
    """

    def __init__(
        self, service: Service, url: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._service = service
        self._url = url
        self._clock = clock
        self._kept: dict[str, tuple[str, float]] = {}

    async def of(self, key: str, context: Context) -> str:
        """Return a token for a key.

        Raises:
            Unauthorized: the key is refused.
            BadReply: the answer holds no token.
            AIError: the endpoint cannot be reached.
        """
        token, due = self._kept.get(key, ("", 0.0))
        if not token or self._clock() >= due:
            asked = self._clock()
            token, lasts = await self._fetch(key, context)
            self._kept[key] = token, asked + EARLY * lasts
        return token

    def forget(self, key: str) -> None:
        """Fetch a new token the next time: the service has refused the one that there is."""
        self._kept.pop(key, None)

    async def _fetch(self, key: str, context: Context) -> tuple[str, float]:
        body = urlencode({"grant_type": GRANT, "apikey": key}).encode()
        name = self._service.name
        message = HTTPRequest("POST", self._url, FORM, body, name, "token")
        try:
            async with self._service.exchange(message, None, context) as response:
                answer = await read(response)
        except RefusedError as error:  # IAM says 400 of a wrong key
            raise Unauthorized(
                "IBM Cloud does not know the API key; make one under Manage, Access (IAM)",
                provider=name,
                status=error.status,
            ) from error
        told: Any = None
        with suppress(ValueError):
            told = from_json(answer)
        match told:
            case {"access_token": str(token), "expires_in": int() | float() as lasts} if token:
                return token, float(lasts)
        raise BadReply("the answer of IBM Cloud holds no token", provider=name)
