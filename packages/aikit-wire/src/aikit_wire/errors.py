"""Read any service's error body and name the error by its remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aicore import errors
from aicore.errors import AIError
from pydantic_core import from_json

from aikit_wire.astray import asked, misdirection, words
from aikit_wire.redact import redacted, redacted_json
from aikit_wire.retry_after import retry_after
from aikit_wire.transport import HTTPRequest

BY_CODE: Mapping[str, type[AIError]] = {
    "invalid_api_key": errors.Unauthorized,
    "api_key_invalid": errors.Unauthorized,  # Google, with status 400
    "authentication_error": errors.Unauthorized,
    "unauthenticated": errors.Unauthorized,
    "permission_error": errors.Forbidden,
    "permission_denied": errors.Forbidden,
    "insufficient_quota": errors.QuotaSpent,
    "billing_hard_limit_reached": errors.QuotaSpent,
    "billing_not_active": errors.QuotaSpent,
    "billing_disabled": errors.QuotaSpent,  # Google, with status 403
    "billing_error": errors.QuotaSpent,  # Anthropic
    "insufficient_balance": errors.QuotaSpent,
    "exceeded_current_quota_error": errors.QuotaSpent,  # Moonshot, with status 429
    "context_length_exceeded": errors.TooLong,
    "exceed_context_size_error": errors.TooLong,
    "request_too_large": errors.TooLong,
    "content_filter": errors.ContentFiltered,
    "content_policy_violation": errors.ContentFiltered,
    "datainspectionfailed": errors.ContentFiltered,  # Qwen
    "data_inspection_failed": errors.ContentFiltered,
    "model_not_found": errors.NotFound,
    "model_decommissioned": errors.NotFound,
    "not_found_error": errors.NotFound,
    "not_found": errors.NotFound,
    "deploymentnotfound": errors.NotFound,  # Azure
    "rate_limit_exceeded": errors.RateLimited,
    "rate_limit_error": errors.RateLimited,
    "rate_limit_reached_error": errors.RateLimited,  # Moonshot
    "resource_exhausted": errors.RateLimited,
    "overloaded_error": errors.Overloaded,
    "overloaded": errors.Overloaded,
    "engine_overloaded_error": errors.Overloaded,  # Moonshot, with status 429
    "unavailable_error": errors.Overloaded,
    "unavailable": errors.Overloaded,
    "server_error": errors.Overloaded,
    "internal_server_error": errors.Overloaded,
    "api_error": errors.Overloaded,
    "timeout_error": errors.TimedOut,
    "deadline_exceeded": errors.TimedOut,
    "tool_use_failed": errors.BadReply,  # Groq: the model wrote a call that does not parse
    "json_validate_failed": errors.BadReply,  # Groq: the model wrote JSON that does not fit
    "invalid_request_error": errors.InvalidRequest,
    "invalid_prompt": errors.InvalidRequest,  # from here on OpenAI's, inside a Responses answer
    "data_residency_mismatch": errors.InvalidRequest,
    "bio_policy": errors.ContentFiltered,
    "misalignment_policy_violation": errors.ContentFiltered,
    "image_content_policy_violation": errors.ContentFiltered,
    "vector_store_timeout": errors.TimedOut,
    "invalid_image": errors.InvalidRequest,
    "invalid_image_format": errors.InvalidRequest,
    "invalid_base64_image": errors.InvalidRequest,
    "invalid_image_url": errors.InvalidRequest,
    "invalid_image_mode": errors.InvalidRequest,
    "image_too_large": errors.InvalidRequest,
    "image_too_small": errors.InvalidRequest,
    "image_parse_error": errors.InvalidRequest,
    "image_file_too_large": errors.InvalidRequest,
    "unsupported_image_media_type": errors.InvalidRequest,
    "empty_image_file": errors.InvalidRequest,
    "failed_to_download_image": errors.InvalidRequest,
    "image_file_not_found": errors.InvalidRequest,
    "accessdeniedexception": errors.Forbidden,  # from here on AWS's
    "expiredtokenexception": errors.Unauthorized,
    "incompletesignatureexception": errors.Unauthorized,
    "invalidsignatureexception": errors.Unauthorized,
    "missingauthenticationtokenexception": errors.Unauthorized,
    "unrecognizedclientexception": errors.Unauthorized,
    "servicequotaexceededexception": errors.QuotaSpent,
    "resourcenotfoundexception": errors.NotFound,
    "modeltimeoutexception": errors.TimedOut,
    "modelerrorexception": errors.BadReply,
    "modelstreamerrorexception": errors.BadReply,
    "throttlingexception": errors.RateLimited,
    "modelnotreadyexception": errors.Overloaded,
    "internalserverexception": errors.Overloaded,
    "serviceunavailableexception": errors.Overloaded,
}
BY_STATUS: Mapping[int, type[AIError]] = {
    401: errors.Unauthorized,
    402: errors.QuotaSpent,
    403: errors.Forbidden,
    404: errors.NotFound,
    408: errors.TimedOut,
    409: errors.Overloaded,
    410: errors.NotFound,
    413: errors.TooLong,
    425: errors.Overloaded,
    429: errors.RateLimited,
    498: errors.Overloaded,  # Groq: no capacity in the flex tier
    501: errors.Unsupported,
    504: errors.TimedOut,
}
GENERAL = frozenset({"invalid_request_error", "server_error", "api_error", "internal_server_error"})
"""Codes that say less than the status beside them."""

REQUEST_IDS = (
    "x-request-id",
    "request-id",
    "x-amzn-requestid",
    "x-ms-request-id",
    "x-goog-request-id",
)


LONGEST = 2000
"""How many characters of a message are kept; some services repeat the whole request in it."""


def kind_of(status: int | None, codes: Iterable[str]) -> type[AIError]:
    """Pick the error class: a telling code first, then the status, then a general code.

    Only 413 outweighs every code: Groq calls a request that exceeds a minute's whole allowance
    `rate_limit_exceeded`, but it can never succeed.
    """
    if status == 413:
        return errors.TooLong
    codes = [code.lower() for code in codes]
    for code in codes:
        if code in BY_CODE and code not in GENERAL:
            return BY_CODE[code]
    if status is not None:
        general = errors.Overloaded if status >= 500 else errors.InvalidRequest
        return BY_STATUS.get(status, general)
    for code in codes:
        if code in BY_CODE:
            return BY_CODE[code]
    return errors.BadReply


def message_of(body: Any) -> str | None:
    """Find the message of an error body in the shapes that services use."""
    if isinstance(body, list):
        return message_of(body[0]) if body else None
    if not isinstance(body, dict):
        return None
    error, detail, items = body.get("error"), body.get("detail"), body.get("errors")
    nested = [item for item in (error, body.get("message"), detail) if isinstance(item, dict)]
    first = items[0] if isinstance(items, list) and items else None
    issue = detail[0] if isinstance(detail, list) and detail else None
    title = body.get("title")
    candidates = (
        error.get("message") if isinstance(error, dict) else None,
        error,
        body.get("message"),
        f"{title}: {detail}" if isinstance(title, str) and isinstance(detail, str) else detail,
        *(item.get("message") for item in nested),
        issue.get("msg") if isinstance(issue, dict) else None,
        issue,
        body.get("err_msg"),
        title,
        first.get("message") if isinstance(first, dict) else first,
        body.get("error_msg"),
        body.get("Message"),  # AWS, where its gateway answers
    )
    found = (item for item in candidates if isinstance(item, str) and item.strip())
    return next(found, None) or next(filter(None, map(message_of, nested)), None)


def codes_of(body: Any) -> list[str]:
    """Find the codes of an error body, the most telling first; numbers come as text."""
    if isinstance(body, list):
        return codes_of(body[0]) if body else []
    if not isinstance(body, dict):
        return []
    error, detail = body.get("error"), body.get("detail")
    error = error if isinstance(error, dict) else {}
    candidates = (
        *google_codes(error),
        error.get("code"),
        error.get("type"),
        error.get("status"),
        body.get("code"),
        body.get("type"),
        detail.get("status") if isinstance(detail, dict) else None,
        body.get("err_code"),
        body.get("category"),
        body.get("status"),
    )
    return [
        str(item)
        for item in candidates
        if isinstance(item, str | int) and not isinstance(item, bool) and item != ""
    ]


def google_codes(error: Mapping[str, Any]) -> list[Any]:
    """Find the words of a Google error, whose `code` only repeats the status as a number.

    A `google.rpc.ErrorInfo` among its details names the reason.
    """
    details, word = error.get("details"), error.get("status")
    if not isinstance(error.get("code"), int) or not isinstance(word, str):
        return []
    items = (
        [item for item in details if isinstance(item, dict)] if isinstance(details, list) else []
    )
    return [*(item.get("reason") for item in items), word]


def amazon_codes(headers: Mapping[str, str], body: Any) -> list[str]:
    """Find the type of an error of AWS's, in a header or in the body, without where it is from."""
    told = headers.get("x-amzn-errortype") or (
        body.get("__type") if isinstance(body, dict) else None
    )
    if not isinstance(told, str):
        return []
    return [name] if (name := told.partition(":")[0].rpartition("#")[2].strip()) else []


def stated_status(body: Any) -> int | None:
    """Find the HTTP status that an error states about itself, if it states one."""
    if isinstance(body, list):
        return stated_status(body[0]) if body else None
    error = body.get("error") if isinstance(body, dict) else None
    for place in (error, body):
        if isinstance(place, dict):
            for name in ("status_code", "status", "code"):
                value = place.get(name)
                if isinstance(value, str) and value.isdecimal() and len(value) == 3:
                    value = int(value)
                if isinstance(value, int) and 400 <= value < 600:
                    return value
    return None


def told_id(headers: Mapping[str, str], data: Any, secrets: Iterable[str]) -> str | None:
    """Find the service's id of a request in its headers, or in the error itself (Anthropic)."""
    found = next((headers[name] for name in REQUEST_IDS if name in headers), None)
    if found is None and isinstance(data, dict):
        found = data.get("request_id")
    return redacted(found, secrets) if isinstance(found, str) and found else None


def parsed(body: str) -> Any:
    try:
        return from_json(body)
    except ValueError:
        return None


def read_error(
    status: int | None,
    headers: Mapping[str, str],
    body: bytes,
    *,
    provider: str | None,
    model: str | None = None,
    secrets: Iterable[str] = (),
    request: HTTPRequest | None = None,
) -> AIError:
    """Make the error that an answer stands for.

    `status` is None for an error inside an answer; one that it states about itself counts. Status
    and the service's code decide which error it is, never its prose. `request` is what was
    answered: an error that may come from a wrong address names it.
    """
    secrets = tuple(secrets)
    text = body.decode("utf-8-sig", "replace").strip()
    data = redacted_json(parsed(text), secrets)
    codes = [*amazon_codes(headers, data), *codes_of(data)]
    told = message_of(data) or redacted(words(redacted(text, secrets)), secrets)[:500]
    message = told or "the service gave no reason"
    astray = misdirection(status, headers, data, codes, request)
    if astray:
        message = redacted(f"{astray}: {told}" if told else astray, secrets)
    elif status == 404 and request and not codes:
        message = f"{message} ({redacted(asked(request), secrets)})"
    if status is None:
        status = stated_status(data)
    should_retry = headers.get("x-should-retry", "").strip().lower()
    kind = errors.BadConfig if astray else kind_of(status, codes)
    return kind(
        message if len(message) <= LONGEST else f"{message[:LONGEST]}…",
        provider=provider,
        model=model,
        status=status,
        vendor_code=codes[0] if codes else None,
        request_id=told_id(headers, data, secrets),
        retry_after=retry_after(headers, data),
        retryable={"true": True, "false": False}.get(should_retry),
        details=data,
    )
