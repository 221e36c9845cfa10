"""What a call begins and ends with: words become a request, and its events a result."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, TypeAlias

from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import BadInput
from aicore.fold import Folder
from aicore.job_requests import (
    CancelRequest,
    FollowRequest,
    PollRequest,
    SubmitRequest,
)
from aicore.requests import (
    ChatRequest,
    CompleteRequest,
    CountTokensRequest,
    EmbedRequest,
    Request,
    RerankRequest,
)

from aikit.model_ids import split
from aikit.settings import (
    CIRCUMSTANCES,
    INSTEAD,
    check_options,
    circumstances,
    make,
    refuse,
)

Ability: TypeAlias = Literal["chat", "complete", "embed", "rerank", "count_tokens", "submit"]

KINDS: Mapping[Ability, tuple[type[Request], str]] = {
    "chat": (ChatRequest, "messages"),
    "complete": (CompleteRequest, "prompt"),
    "embed": (EmbedRequest, "inputs"),
    "rerank": (RerankRequest, "query"),
    "count_tokens": (CountTokensRequest, "messages"),
    "submit": (SubmitRequest, "messages"),
}
"""The request of each ability, and the field that plain words go to."""

FIRST: Mapping[str, str] = {
    "chat": "the conversation comes first: generate([...], model=…)",
    "stream": "the conversation comes first: stream([...], model=…)",
    "complete": "the text comes first: complete('…', model=…)",
    "embed": "the texts come first: embed([...], model=…)",
    "rerank": "the query comes first: rerank('…', [...], model=…)",
    "count_tokens": "the conversation comes first: count_tokens([...], model=…)",
    "submit": "the conversation comes first: submit([...], model=…)",
}
"""What to write where the words are missing, by what was asked for."""

ABILITIES: Mapping[type[Request], str] = {
    **{kind: name for name, (kind, _) in KINDS.items()},
    PollRequest: "poll",
    FollowRequest: "follow",
    CancelRequest: "cancel",
}
"""The method of a provider that takes each kind of request."""


LOOKED_AT = frozenset({*INSTEAD, *CIRCUMSTANCES, "provider_options"})
"""Settings that are more than fields of a request."""


def prepare(
    ability: Ability,
    given: Any,
    model: str,
    known: Callable[[], Collection[str]],
    settings: Mapping[str, Any],
    *,
    streaming: bool = False,
) -> tuple[Any, Context]:
    """Make the request and the context of a call from what the user wrote.

    `given` is plain words or a full request, over which the settings are laid; `known` tells the
    names of the providers, one of which an `api_key` among the settings is for.

    Raises:
        BadInput: something does not exist, has the wrong type, or is given twice.
    """
    kind, field = KINDS[ability]
    if given is None:
        raise BadInput(FIRST["stream" if streaming else ability])
    if None in settings.values() or not LOOKED_AT.isdisjoint(settings):  # else as they are
        settings = {name: value for name, value in settings.items() if value is not None}
        refuse(settings)
        if "provider_options" in settings:
            check_options(settings["provider_options"], known())
        provider = split(model, known())[0] if "api_key" in settings else None
        context = circumstances(settings, provider)
    else:
        context = Context()
    if isinstance(given, Request):
        taken = ChatRequest if issubclass(kind, ChatRequest) else kind
        if not isinstance(given, taken):
            raise BadInput(f"this takes a {taken.__name__}, not a {type(given).__name__}")
        check_options(given.provider_options, known())
        fields = {**vars(given), **settings, "model": model}
        fields["streaming"] = given.streaming or streaming
        return make(kind, fields), context
    if field in settings:
        raise BadInput(f"`{field}` is given twice")
    told = {"provider_options": {}, **settings, "model": model, "streaming": streaming}
    told[field] = given
    return make(kind, told), context


async def folded(batches: Batches) -> Folder:
    """Run a call to its end and fold its events."""
    folder = Folder()
    try:
        async for batch in batches:
            folder.take(batch)
    finally:
        await batches.aclose()
    return folder
