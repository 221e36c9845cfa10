"""A vendor: where its service is, and how it is told who calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aicore.values import Value

from aikit_wire.auth import Auth


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor(Value):
    """What has to be known of a vendor to send it a request, whatever dialect it speaks."""

    name: str
    """The provider's name: the prefix of its model ids."""
    base_url: str = ""
    """Where the endpoints are, without a slash at the end.

    `{VARIABLE}` in it stands for an environment variable, `{model}` for the name of the model.
    """
    base_url_env: str = ""
    """A variable that overrides `base_url`."""
    api_key_env: tuple[str, ...] = ()
    """Variables that may hold the key, in the order in which they are looked at."""
    token_env: tuple[str, ...] = ()
    """Variables that may hold a bearer token, which is sent where there is no key."""
    key_required: bool = True
    """Whether the service refuses calls without a key."""
    auth: Auth = "bearer"
    """How the key is sent: `Authorization: Bearer`, bare in `auth_header`, or not at all."""
    auth_header: str = "authorization"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers of every request."""
    headers_env: Mapping[str, str] = field(default_factory=dict)
    """Headers whose value is in a variable, when that is set."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Query parameters of every request; never a place for keys."""
