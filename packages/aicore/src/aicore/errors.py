"""Errors, named by remedy: what a caller should do next decides the family."""

from __future__ import annotations

from typing import Any, ClassVar


class AIError(Exception):
    """Anything that keeps a call from its answer.

    `code` is stable and meant for programs. Three separate questions have their own answers:
    `retryable` (may the same request be sent again?), `fallbackable` (may another provider be
    asked?) and `health_relevant` (does it say something about the provider's health?).
    `retry_after` is in seconds. `vendor_code` is the service's own code, as it spelled it.
    """

    code: ClassVar[str] = "error"
    retryable: bool = False
    fallbackable: bool = False
    health_relevant: bool = False

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        model: str | None = None,
        status: int | None = None,
        vendor_code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
        details: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider
        self.model = model
        self.status = status
        self.vendor_code = vendor_code
        self.request_id = request_id
        self.retry_after = retry_after
        self.details = details
        if retryable is not None:
            self.retryable = retryable

    def __str__(self) -> str:
        known = (self.provider, str(self.status) if self.status else None)
        origin = " ".join(word for word in known if word)
        return f"{origin}: {self.message}" if origin else self.message

    def as_dict(self) -> dict[str, Any]:
        """Return the error as JSON-ready fields; what is unknown is left out."""
        fields = {
            "code": self.code,
            "message": self.message,
            "provider": self.provider,
            "model": self.model,
            "status": self.status,
            "vendor_code": self.vendor_code,
            "request_id": self.request_id,
            "retry_after": self.retry_after,
        }
        return {key: value for key, value in fields.items() if value is not None}


class SetupError(AIError):
    """Fix the program: nothing was sent, or nothing that was sent could have worked."""

    code = "setup"


class BadInput(SetupError, ValueError):
    """A value that aikit itself refuses; the message names the field."""

    code = "bad_input"


class UnknownProvider(SetupError):
    code = "unknown_provider"


class MissingKey(SetupError):
    code = "missing_key"
    fallbackable = True


class Unsupported(SetupError):
    """The provider cannot do what was asked, or `strict=True` met a setting it cannot take."""

    code = "unsupported"
    fallbackable = True


class BadConfig(SetupError):
    code = "bad_config"


class PluginError(SetupError):
    """A plugin is broken or two claim one name; the message names the distribution."""

    code = "plugin_error"


class DeniedError(AIError):
    """Fix the account: the service knows the caller and says no."""

    code = "denied"
    fallbackable = True


class Unauthorized(DeniedError):
    code = "unauthorized"


class Forbidden(DeniedError):
    code = "forbidden"


class QuotaSpent(DeniedError):
    code = "quota_spent"
    health_relevant = True


class RefusedError(AIError):
    """Change the request: any provider would refuse it."""

    code = "refused"


class InvalidRequest(RefusedError):
    code = "invalid_request"


class NotFound(RefusedError):
    """The model, or the thing named, does not exist for this account."""

    code = "not_found"
    fallbackable = True


class ContentFiltered(RefusedError):
    code = "content_filtered"


class TooLong(RefusedError):
    """The conversation does not fit; only a model with a larger context can help."""

    code = "too_long"
    fallbackable = True


class BusyError(AIError):
    """Wait or go elsewhere."""

    code = "busy"
    retryable = True
    fallbackable = True
    health_relevant = True


class RateLimited(BusyError):
    code = "rate_limited"


class Overloaded(BusyError):
    code = "overloaded"


class Unreachable(BusyError):
    """No connection, or it broke before the answer began."""

    code = "unreachable"


class TimedOut(BusyError):
    code = "timed_out"


class FirstTokenTimeout(TimedOut):
    code = "first_token_timeout"


class GapTimeout(TimedOut):
    code = "gap_timeout"


class TotalTimeout(TimedOut):
    """The caller's own limit for the whole call has passed; no time is left to try again."""

    code = "total_timeout"
    retryable = False
    fallbackable = False
    health_relevant = False


class GarbledError(AIError):
    """Go elsewhere: what came back is not an answer."""

    code = "garbled"
    retryable = True
    fallbackable = True
    health_relevant = True


class BadReply(GarbledError):
    code = "bad_reply"


class CutOff(GarbledError):
    """The answer ended before it said that it was finished."""

    code = "cut_off"


class Cancelled(AIError):
    """The caller's `CancelToken` was used; the provider's connection is closed."""

    code = "cancelled"
