"""The places where a recorded request and ours differ in meaning."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from .apis import APIS
from .corpus import Json, Pair


def differences(
    recorded: Json, sent: Json, pair: Pair, dropped: Iterable[str] = ()
) -> Iterator[str]:
    """Name every place where two bodies differ in meaning; `dropped` settings were warned of."""
    recorded, sent = copy.deepcopy(recorded), copy.deepcopy(sent)
    provider, api = pair[0], APIS[pair[1]]
    for name in api.ignored(provider).intersection(dropped) - sent.keys():
        recorded.pop(name, None)
    for allow in api.differences(provider):
        allow(recorded, sent)
    yield from unequal(recorded, sent, "body")


def unequal(recorded: Any, sent: Any, at: str) -> Iterator[str]:
    """Compare two JSON values; numbers by value, but true is not 1."""
    match recorded, sent:
        case dict(), dict():
            for name in sorted(recorded.keys() | sent.keys()):
                if name not in sent:
                    yield f"{at}.{name}: recorded {short(recorded[name])}, not sent"
                elif name not in recorded:
                    yield f"{at}.{name}: sent {short(sent[name])}, not recorded"
                else:
                    yield from unequal(recorded[name], sent[name], f"{at}.{name}")
        case list(), list() if len(recorded) == len(sent):
            for index, (old, new) in enumerate(zip(recorded, sent, strict=True)):
                yield from unequal(old, new, f"{at}[{index}]")
        case _ if recorded != sent or isinstance(recorded, bool) != isinstance(sent, bool):
            yield f"{at}: recorded {short(recorded)}, sent {short(sent)}"


def short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}… ({len(text)} characters)"
