"""Where a vendor's endpoints are: what its address leaves open is filled in."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aicore.errors import BadConfig, Unsupported

from aikit_wire.vendor import Vendor

VARIABLE = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")
WITHIN = re.compile(r"[A-Za-z0-9._-]+")
"""What a variable may hold that stands inside an address: nothing that leads to another host."""


def base_url(vendor: Vendor, name: str, settings: Mapping[str, Any]) -> str:
    """Return the address from the settings, from the vendor's variable, or the vendor's own.

    Raises:
        BadConfig: there is none, or a variable that it needs is missing or unfit.
    """
    given = settings.get("base_url") or os.environ.get(vendor.base_url_env or " ")
    address = (given or filled(vendor.base_url, name)).rstrip("/")
    if not address:
        raise BadConfig(f"{name!r} needs a base_url: {told(name)}")
    return address


def told(name: str) -> str:
    return (
        f"set it under [providers.{name}] in aikit.toml, "
        f"or pass Kit(providers={{{name!r}: {{'base_url': …}}}})"
    )


def filled(address: str, name: str) -> str:
    """Put the values of environment variables into an address."""

    def value(found: re.Match[str]) -> str:
        variable = found[1]
        text = os.environ.get(variable, "").strip().rstrip("/")
        if not text:
            raise BadConfig(
                f"{name!r} needs an address: set {variable}, or give a base_url ({told(name)})"
            )
        if found.start() and not WITHIN.fullmatch(text):
            raise BadConfig(
                f"{variable} is to be a plain name, as in {address!r}; "
                f"for another address give a base_url ({told(name)})"
            )
        return text

    return VARIABLE.sub(value, address)


def located(url: str, model: str | None, provider: str) -> str:
    """Put the model's name into an address that has a place for it.

    Raises:
        Unsupported: the address is that of a model, and none is asked.
    """
    if "{model}" not in url:
        return url
    if model is None:
        raise Unsupported(
            f"the address of {provider!r} is that of a model, where this cannot be asked",
            provider=provider,
        )
    return url.replace("{model}", quote(model, safe="@"))
