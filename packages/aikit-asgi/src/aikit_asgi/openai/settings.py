"""Read the settings of OpenAI requests that need no reading, and requests of nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from aicore.errors import BadInput
from aicore.requests import ChatRequest, Request
from aicore.values import made

from aikit_asgi.openai.places import read_at
from aikit_asgi.openai.read_messages import read_messages
from aikit_asgi.statuses import RequestError

SHARED = ("user", "metadata", "provider_options")
SETTINGS: Mapping[str, str] = {
    **{name: name for name in SHARED},
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "seed": "seed",
    "stop": "stop",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "logit_bias": "logit_bias",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "n": "n",
    "service_tier": "service_tier",
    "parallel_tool_calls": "parallel_tool_calls",
    "modalities": "modalities",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "stream": "streaming",
}
"""Fields of a chat request that need no reading, and the settings they are."""

EMBED_SETTINGS: Mapping[str, str] = {
    **{name: name for name in SHARED},
    "dimensions": "dimensions",
    "task": "task",
}

SIMPLE = SETTINGS.keys() - {"provider_options"} | {"model", "messages"}
"""Fields of a chat request that most are made of."""

R = TypeVar("R", bound=Request)


def read_plain(body: Mapping[str, Any]) -> ChatRequest | None:
    """Read a request that has nothing but messages and settings that need no reading, as most are.

    Return None for any other, and for one that is wrong: only the long way tells what is.

    Raises:
        RequestError: a message means nothing; `param` names it.
    """
    if not SIMPLE.issuperset(body) or None in body.values():
        return None
    settings = settings_of(tuple(body))
    if settings is None or type(body["messages"]) is not list:
        return None
    fields: dict[str, Any] = {"model": None, "messages": None, "provider_options": {}}
    fields |= zip(settings, body.values())  # noqa: B905  # `strict` costs 0.2 µs
    if type(fields["model"]) is not str:  # an error in it comes before those of messages
        return None
    fields["messages"] = tuple(read_messages(body))
    try:
        return made(ChatRequest, fields)
    except BadInput:
        return None


@lru_cache
def settings_of(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what the fields of a body are in a request; None if two are one thing, or one lacks.

    Clients send the same fields again and again, so that this is found once for all.
    """
    settings = tuple(SETTINGS.get(name, name) for name in names)
    whole = len({*settings}) == len(settings) and {"model", "messages"} <= {*settings}
    return settings if whole else None


def settled(
    kind: type[R], fields: dict[str, Any], body: Mapping[str, Any], names: Mapping[str, str]
) -> R:
    """Make a request of what was read, and of the settings in its body that need no reading.

    Raises:
        RequestError: a setting is wrong; `param` is its name in the body.
    """
    fields["provider_options"] = {}
    given: dict[str, Any] = {}
    for wire, value in body.items():
        if (setting := names.get(wire)) is not None:
            given[setting] = value
    if LATER in body and LATER in names:  # of two names for one thing the later one counts
        given["max_tokens"] = body[LATER]
    if "provider_options" in given:
        read_at("provider_options", check_options, given["provider_options"])
    try:
        return made(kind, fields | given)
    except BadInput:
        for wire, setting in names.items():
            if wire not in body:
                continue
            try:
                made(kind, fields | {setting: body[wire]})
            except BadInput as error:
                message = error.message.replace(f"`{setting}`", f"`{wire}`")
                raise RequestError(message, param=wire) from None
        raise


LATER = "max_completion_tokens"
"""What OpenAI says now where it said `max_tokens`."""


def check_options(options: Mapping[str, Any]) -> None:
    if not all(isinstance(item, dict) for item in options.values()):
        raise BadInput("`provider_options` holds an object for each provider")
