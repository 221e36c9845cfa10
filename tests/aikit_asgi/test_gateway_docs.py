"""What the tables of `docs/gateway.md` and `docs/http-api.md` say holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from aicore.errors import AIError
from aikit_asgi import Limits, faults
from aikit_asgi.serve import serve
from aikit_asgi.statuses import RequestError, status_of

from ..docs.pages import code, page

GATEWAY, API = page("docs/gateway.md"), page("docs/http-api.md")
UNITS = {"MiB": 1 << 20, "KiB": 1 << 10, "s": 1}


def amount(text: str) -> float | None:
    if text == "none":
        return None
    number, unit = text.split()
    return float(number) * UNITS[unit]


def test_every_limit_is_listed_with_its_default() -> None:
    listed = {code(row[0])[0]: amount(row[1]) for row in GATEWAY.table("Limit")}
    assert listed == {item.name: getattr(Limits(), item.name) for item in fields(Limits)}


def test_every_option_of_serve_is_listed_with_its_default() -> None:
    listed = {code(row[0])[0]: row[1].strip("`") for row in GATEWAY.table("Option")}
    for option in serve.params:
        (name,) = option.opts
        default: Any = listed.pop(name)
        if isinstance(option.default, str | int) and option.default and default != "no":
            assert str(option.default) == default
    assert not listed


def known() -> Iterator[tuple[str, int]]:
    """Yield every error's code and status."""

    def below(kind: type[AIError]) -> Iterator[type[AIError]]:
        yield kind
        for inner in kind.__subclasses__():
            yield from below(inner)

    for kind in below(AIError):
        if kind.__module__ == "aicore.errors":
            yield kind.code, status_of(kind("x"))
    full = (faults.TooManyRequests, faults.TooManyStreams)
    for make in (faults.GatewayError, faults.ShuttingDown, *full, faults.WrongKey):
        yield make.code, status_of(make())
    yield RequestError.code, status_of(RequestError("x"))


def test_every_error_is_listed_with_its_status() -> None:
    rows = {int(row[0]): row[1] for row in API.table("Status")}
    everything = dict(known())
    for name, status in everything.items():
        assert name in code(rows[status]), name
    listed = {name for cell in rows.values() for name in code(cell)} - {"Allow"}
    assert listed == {*everything}
