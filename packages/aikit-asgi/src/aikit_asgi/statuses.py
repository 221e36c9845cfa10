"""Which HTTP status an error becomes for a client of the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from aicore import errors
from aicore.errors import AIError

STATUSES: Mapping[type[AIError], int] = {
    errors.UnknownProvider: 404,
    errors.NotFound: 404,
    errors.BadInput: 400,
    errors.Unsupported: 400,
    errors.SetupError: 500,
    errors.QuotaSpent: 429,
    errors.DeniedError: 502,
    errors.TooLong: 400,
    errors.RefusedError: 400,
    errors.RateLimited: 429,
    errors.TimedOut: 504,
    errors.Unreachable: 502,
    errors.BusyError: 503,
    errors.GarbledError: 502,
    errors.Cancelled: 499,
}
"""By the nearest class. What the *gateway's* account was denied is not the client's fault: a 401
would tell the client that its own key is wrong."""


INWARD = (
    *(errors.DeniedError, errors.MissingKey, errors.BadConfig),
    *(errors.Unreachable, errors.GarbledError, errors.TimedOut),
)
LIMITS = errors.TotalTimeout, errors.FirstTokenTimeout, errors.GapTimeout


def is_inward(error: AIError) -> bool:
    """Tell whether the message of an error is of accounts, settings and addresses behind here.

    It is not where a limit of time was set by the client or the gateway, nor where a service has
    said in its own words, with a status, why its answer is none.
    """
    if isinstance(error, LIMITS):
        return False
    if isinstance(error, errors.GarbledError):
        return error.status is None
    return isinstance(error, INWARD)


class RequestError(AIError):
    """The gateway itself refuses a request, before any model is asked."""

    code = "invalid_request"

    def __init__(self, message: str, status: int = 400, *, param: str | None = None) -> None:
        super().__init__(message, status=status)
        self.param = param

    def __str__(self) -> str:
        return self.message


def status_of(error: AIError) -> int:
    """Return the status for an error."""
    if isinstance(error, RequestError):
        return error.status or 400
    for cls in type(error).__mro__:
        if cls in STATUSES:
            return STATUSES[cls]
    return 500


def public_message(error: AIError) -> str:
    """Return what a client may read: nothing of the gateway's keys, settings and network."""
    if is_inward(error):
        provider = f"provider {error.provider!r}" if error.provider else "a provider"
        match error:
            case errors.CutOff():
                return f"the answer of {provider} broke off ({error.code})"
            case errors.GarbledError():
                return f"what {provider} sent is no answer ({error.code})"
            case errors.TimedOut():
                return f"{provider} took too long ({error.code})"
            case _:
                return f"the gateway cannot use {provider} now ({error.code})"
    if isinstance(error, errors.PluginError):
        return f"the gateway is not set up for this ({error.code})"
    return error.message


def retry_headers(error: AIError) -> dict[str, str]:
    """Return what tells a client when, and whether, to try again."""
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        seconds = max(0.0, error.retry_after)
        headers["retry-after"] = str(ceil(seconds))
        headers["retry-after-ms"] = str(ceil(seconds * 1000))
    if not error.retryable:
        headers["x-should-retry"] = "false"
    return headers
