"""What a call begins and ends with: words become a request, and its events a result."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Literal, TypeAlias

from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import BadInput
from aicore.fold import Folder
from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest, Request

from aikit.settings import circumstances, make

Ability: TypeAlias = Literal["chat", "complete", "embed"]

KINDS: Mapping[Ability, tuple[type[Request], str]] = {
    "chat": (ChatRequest, "messages"),
    "complete": (CompleteRequest, "prompt"),
    "embed": (EmbedRequest, "inputs"),
}
"""The request of each ability, and the field that plain words go to."""

ABILITIES: Mapping[type[Request], Ability] = {kind: name for name, (kind, _) in KINDS.items()}


def prepare(
    ability: Ability,
    given: Any,
    model: str,
    provider: str | None,
    settings: dict[str, Any],
) -> tuple[Any, Context]:
    """Make the request and the context of a call from what the user wrote.

    `given` is plain words or a full request, over which the settings are laid; `provider` is whom
    an `api_key` among the settings is for.

    Raises:
        BadInput: something does not exist, has the wrong type, or is given twice.
    """
    kind, field = KINDS[ability]
    context = circumstances(settings, provider)
    if isinstance(given, Request):
        if not isinstance(given, kind):
            raise BadInput(f"this takes a {kind.__name__}, not a {type(given).__name__}")
        fields = {name: getattr(given, name) for name in given.__dataclass_fields__}
        return make(kind, {**fields, **settings, "model": model}), context
    if field in settings:
        raise BadInput(f"`{field}` is given twice")
    return make(kind, {field: given, **settings, "model": model}), context


async def folded(batches: Batches) -> Folder:
    """Run a call to its end and fold its events."""
    folder = Folder()
    async with aclosing(batches):
        async for batch in batches:
            for event in batch:
                folder.add(event)
    return folder
