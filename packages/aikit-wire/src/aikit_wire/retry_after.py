"""Read how long a service asks callers to wait, in every form that services use."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|d|h|m|s)")
UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def duration(text: str) -> float | None:
    """Read a length of time (`1.5`, `20ms`, `6m0s`, `2m59.56s`, `1h`) as seconds, or None."""
    text = text.strip()
    try:
        seconds = float(text)
    except ValueError:
        pieces = DURATION.findall(text)
        if not pieces or "".join(number + unit for number, unit in pieces) != text:
            return None
        seconds = sum(float(number) * UNITS[unit] for number, unit in pieces)
    return seconds if 0 <= seconds < float("inf") else None


def retry_after(
    headers: Mapping[str, str], body: Any = None, now: float | None = None
) -> float | None:
    """Return the seconds to wait, or None when the service did not say.

    Looked at in this order: `retry-after-ms`; `retry-after` as seconds, a duration or an HTTP
    date; Google's `RetryInfo.retryDelay` in the error body; and the `x-ratelimit-reset-*` of a
    window that the headers call empty. `now` is in Unix seconds.
    """
    milliseconds = duration(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    given = headers.get("retry-after", "")
    for delay in (duration(given), until(given, now), retry_info(body)):
        if delay is not None:
            return delay
    waits = [
        duration(headers.get(f"x-ratelimit-reset-{kind}", ""))
        for kind in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{kind}", "").strip() == "0"
    ]
    return max((wait for wait in waits if wait is not None), default=None)


def until(date: str, now: float | None) -> float | None:
    """Return the seconds until an HTTP date, 0 when it has passed; a date without zone is UTC."""
    try:
        moment = parsedate_to_datetime(date)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds - (time.time() if now is None else now))


def retry_info(body: Any) -> float | None:
    """Find `retryDelay` (such as `"34s"`) among the details of a Google error."""
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and isinstance(delay := detail.get("retryDelay"), str):
            return duration(delay)
    return None
