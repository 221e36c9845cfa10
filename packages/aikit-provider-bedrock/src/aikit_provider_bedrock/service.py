"""Bedrock's addresses in a region, and requests to them that are signed or carry a key."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from aicore.context import Context
from aicore.errors import BadConfig
from aicore.providers import Host
from aikit_wire.service import Service
from aikit_wire.settings import MEDIA_SETTINGS
from aikit_wire.transport import HTTPRequest, HTTPResponse, Transport
from aikit_wire.vendor import Vendor

from aikit_provider_bedrock.credentials import SETTINGS, Signer, region_of
from aikit_provider_bedrock.sigv4 import signed_headers

REGION = re.compile(r"[a-z]{2}(-[a-z0-9]+)+")
IN_HOST = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.")
RUNTIME = "bedrock-runtime"


def now() -> datetime:
    return datetime.now(UTC)


class BedrockService(Service):
    """Sends requests to a host of Bedrock's; without a bearer key it signs them.

    Raises:
        BadConfig: no region is known, or one that is none.
    """

    def __init__(
        self,
        vendor: Vendor,
        host: Host,
        *,
        transport: Transport | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.region = checked(region_of(host), host.name)
        if self.region:
            vendor = replace(vendor, base_url=address(RUNTIME, self.region))
        elif not (host.settings.get("base_url") or os.environ.get(vendor.base_url_env)):
            raise no_region(host.name)
        more = {*SETTINGS, *MEDIA_SETTINGS, "region", "api", "profiles"}
        super().__init__(vendor, host, transport=transport, more_settings=more)
        found = IN_HOST.search(urlsplit(self.base_url).hostname or "")
        self.region = self.region or (found[1] if found else None)
        self.signer = Signer(host)
        self._clock = clock

    @property
    def key_use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key, which `aikit doctor` tells."""
        return "optional"

    def at(self, host: str) -> BedrockService:
        """Return the same service at another of Bedrock's hosts, such as that which lists models.

        An address of the user's own stands for all of them.
        """
        other = copy.copy(self)
        other.base_url = self.base_url.replace(f"://{RUNTIME}.", f"://{host}.", 1)
        return other

    @asynccontextmanager
    async def exchange(
        self,
        message: HTTPRequest,
        model: str | None,
        context: Context,
        secrets: tuple[str, ...] | None = None,
    ) -> AsyncGenerator[HTTPResponse, None]:
        """Send a request, signed unless it carries a key."""
        if secrets is None:
            secrets = self.secrets(context)
        if "authorization" not in message.headers:
            message, more = await self._signed(message)
            secrets += more
        async with self.sent(message, model, secrets) as response:
            yield response

    async def _signed(self, message: HTTPRequest) -> tuple[HTTPRequest, tuple[str, ...]]:
        credentials = await self.signer.credentials()
        if self.region is None:
            raise no_region(self.name)
        headers = signed_headers(
            message.method,
            message.url,
            message.headers,
            message.body,
            credentials=credentials,
            region=self.region,
            service="bedrock",
            now=self._clock(),
        )
        return replace(message, headers=headers), credentials.secrets


def no_region(provider: str) -> BadConfig:
    where = f"`region` under [providers.{provider}] in aikit.toml"
    return BadConfig(f"no AWS region: set AWS_REGION, or {where}")


def checked(region: str | None, provider: str) -> str | None:
    """Refuse what is no region, which would lead to another host."""
    if region is not None and not REGION.fullmatch(region):
        raise BadConfig(f"provider {provider!r}: {region!r} is no AWS region, such as us-east-1")
    return region


def address(host: str, region: str) -> str:
    """Return the address of one of Bedrock's hosts in a region."""
    ending = ".cn" if region.startswith("cn-") else ""
    return f"https://{host}.{region}.amazonaws.com{ending}"
