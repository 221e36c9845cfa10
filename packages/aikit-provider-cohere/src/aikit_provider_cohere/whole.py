"""Read bodies that come in one piece; an error of Cohere's is a message and no more."""

from __future__ import annotations

from collections.abc import Iterable

from aikit_wire.errors import read_error
from aikit_wire.whole import read_object

from aikit_provider_cohere.sources import Json


def read_answer(body: bytes, what: str, provider: str, secrets: Iterable[str]) -> Json:
    """Return the JSON object of a body, in which `what` is looked for.

    Raises:
        AIError: it is an error, although its status was not.
        BadReply: it is no object.
    """
    answer = read_object(body, what, provider, secrets)
    if isinstance(answer.get("message"), str):
        raise read_error(None, {}, body, provider=provider, secrets=secrets)
    return answer
