"""Read the rate limits that the headers of an answer tell, in every form that services use.

- `x-ratelimit-{limit,remaining,reset}-{unit}` (OpenAI, Azure, Groq, xAI, Together, Fireworks),
  with a window behind the unit at Mistral (`req-10-second`, `tokens-minute`) and Cerebras
  (`requests-day`), and one in `x-ratelimit-renewalperiod-{unit}` at Azure;
- `anthropic-ratelimit-{unit}-{limit,remaining,reset}`, whose reset is a date;
- `[x-]ratelimit-{limit,remaining,reset}`, which count requests (Replicate, OpenRouter), and the
  structured fields `RateLimit` and `RateLimit-Policy` of the IETF's draft (`"name";r=50;t=30`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from aicore.rate_limits import RateLimit

from aikit_wire.retry_after import duration

NAMED = re.compile(
    r"(?:x-)?ratelimit-(?P<what>limit|remaining|reset|renewalperiod)(?:-(?P<unit>.+))?"
    r"|anthropic-ratelimit-(?P<of>.+)-(?P<kind>limit|remaining|reset)"
)
WINDOW = re.compile(r"(.+?)-(?:(\d+)-)?(second|minute|hour|day|month)")
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "month": 30 * 86400}
UNITS = {"req": "requests", "request": "requests", "token": "tokens", "": "requests"}
PARAMETER = re.compile(r';\s*(?P<name>[a-z]+)\s*=\s*"?(?P<value>[^;,"\s]*)"?')
PARAMETERS = {"q": "limit", "r": "remaining", "t": "reset", "w": "window", "qu": "unit"}
EPOCH = 1e9
"""Seconds from here on are a date, not a time to wait; from a thousand times that, milliseconds."""


def read_rate_limits(headers: Mapping[str, str], came: float) -> tuple[RateLimit, ...]:
    """Read all limits; `came` is when the answer did, in Unix seconds, if it tells no date."""
    now = dated(headers.get("date", "")) or came
    found: dict[tuple[str, float | None], dict[str, float]] = {}
    for name, value in headers.items():
        name = name.lower()
        if name in ("ratelimit", "ratelimit-policy"):
            for unit, told in structured(value):
                found.setdefault((unit, None), {}).update(told)
        elif match := NAMED.fullmatch(name):
            unit, window = unit_of(match["unit"] or match["of"] or "")
            what = match["what"] or match["kind"]
            number = seconds(value, now) if what == "reset" else plain(value)
            if number is not None:
                field = "window" if what == "renewalperiod" else what
                found.setdefault((unit, window), {})[field] = number
    return tuple(
        RateLimit(**{"window": window, **told}, unit=unit)
        for (unit, window), told in found.items()
        if told.keys() & {"limit", "remaining"}
    )


def unit_of(text: str) -> tuple[str, float | None]:
    """Tell what is counted, and in how many seconds where its name says so."""
    window: float | None = None
    if match := WINDOW.fullmatch(text):
        text, window = match[1], int(match[2] or 1) * SECONDS[match[3]]
    return UNITS.get(text, text.replace("-", "_")), window


def structured(value: str) -> list[tuple[str, dict[str, float]]]:
    """Read the items of a structured field, each with its parameters."""
    items = []
    for item in value.split(","):
        told, unit = dict[str, float](), "requests"
        for match in PARAMETER.finditer(item):
            field = PARAMETERS.get(match["name"])
            if field == "unit":
                unit = UNITS.get(match["value"], match["value"])
            elif field and (number := plain(match["value"])) is not None:
                told[field] = number
        items.append((unit, told))
    return items


def plain(text: str) -> float | None:
    """Read a number; what follows a comma or a semicolon says more of it (`100, 100;w=60`)."""
    try:
        number = float(re.split("[,;]", text, maxsplit=1)[0])
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def seconds(text: str, now: float) -> float | None:
    """Read when a limit is whole again: a time to wait, or a date."""
    wait = duration(text)
    if wait is None:
        moment = dated(text)
    elif wait < EPOCH:
        return wait
    else:
        moment = wait / 1000 if wait >= EPOCH * 1000 else wait
    return None if moment is None else max(0.0, moment - now)


def dated(text: str) -> float | None:
    """Read a date of RFC 3339 or of HTTP as Unix seconds, if it is one; without zone it is UTC."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            continue
    return None
