"""Read bodies that come in one piece, which may be an error although their status was not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aicore.errors import BadReply
from pydantic_core import from_json

from aikit_wire.errors import read_error


def read_json(
    body: bytes, provider: str | None, secrets: Iterable[str], model: str | None = None
) -> Any:
    """Return the JSON of a body, None if it is none.

    Raises:
        AIError: it is an error, alone or in a list (as Google has it).
    """
    try:
        answer = from_json(body)
    except ValueError:
        return None
    first = answer[0] if isinstance(answer, list) and answer else answer
    if isinstance(first, dict) and first.get("error"):
        raise read_error(None, {}, body, provider=provider, model=model, secrets=secrets)
    return answer


def read_object(
    body: bytes, what: str, provider: str | None, secrets: Iterable[str], model: str | None = None
) -> dict[str, Any]:
    """Return the JSON object of a body, in which `what` is looked for.

    Raises:
        AIError: it is an error.
        BadReply: it is no object.
    """
    answer = read_json(body, provider, secrets, model)
    if not isinstance(answer, dict):
        raise BadReply(f"the answer holds no {what}")
    return answer
