"""The keyword arguments of calls: settings of the request, and circumstances of the call."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Literal, TypedDict

from aicore.context import CancelToken, Context, Deadlines
from aicore.errors import BadInput
from aicore.requests import (
    JSONSchema,
    NamedTool,
    PromptCache,
    ProviderTool,
    Reasoning,
    Request,
    SchemaModel,
    Tool,
    ToolChoice,
)
from aicore.secrets import SecretLike, secret
from aicore.values import check, made


class Circumstances(TypedDict, total=False):
    """What goes to the context, beside the request."""

    api_key: str | SecretLike
    headers: Mapping[str, str]
    timeout: float | Deadlines
    cancel: CancelToken
    strict: bool
    idempotency_key: str
    context: Context


class EmbedSettings(Circumstances, total=False):
    dimensions: int
    task: str
    user: str
    metadata: Mapping[str, str]
    provider_options: Mapping[str, Mapping[str, Any]]


class RerankSettings(Circumstances, total=False):
    top_n: int
    user: str
    metadata: Mapping[str, str]
    provider_options: Mapping[str, Mapping[str, Any]]


class TextSettings(Circumstances, total=False):
    max_tokens: int
    temperature: float
    top_p: float
    top_k: int
    stop: str | Sequence[str]
    seed: int
    presence_penalty: float
    frequency_penalty: float
    logit_bias: Mapping[str, float]
    logprobs: bool
    top_logprobs: int
    n: int
    service_tier: str
    user: str
    metadata: Mapping[str, str]
    provider_options: Mapping[str, Mapping[str, Any]]


class CompleteSettings(TextSettings, total=False):
    suffix: str


class ChatSettings(TextSettings, total=False):
    tools: Sequence[Tool | ProviderTool]
    tool_choice: ToolChoice | NamedTool
    parallel_tool_calls: bool
    response_format: Literal["text", "json"] | JSONSchema | type[SchemaModel]
    reasoning: str | Reasoning | Literal[False]
    modalities: Sequence[Literal["text", "audio", "image"]]
    prompt_cache: PromptCache


INSTEAD: Mapping[str, str] = {
    "stream": "use kit.stream(…), which gives the answer as it arrives",
    "streaming": "use kit.stream(…), which gives the answer as it arrives",
    "system": "put Message.system(…) first in the conversation",
}
"""Settings that one may look for, and what there is instead."""

CIRCUMSTANCES = frozenset(Circumstances.__annotations__)
TYPES: Mapping[str, tuple[type, ...]] = {
    "headers": (dict, Mapping),
    "timeout": (int, float, Deadlines),
    "cancel": (CancelToken,),
    "strict": (bool,),
    "idempotency_key": (str,),
    "context": (Context,),
}


def circumstances(settings: dict[str, Any], provider: str | None) -> Context:
    """Take what belongs to the context out of `settings` and make the context.

    Raises:
        BadInput: a value has the wrong type, or is a time that no call could keep.
    """
    if CIRCUMSTANCES.isdisjoint(settings):
        return Context()
    given = {name: settings.pop(name) for name in CIRCUMSTANCES & settings.keys()}
    check(SimpleNamespace(**{name: given.get(name) for name in TYPES}), TYPES)
    context = given.pop("context", None) or Context()
    changes: dict[str, Any] = {}
    if (key := given.pop("api_key", None)) is not None:
        if provider is None:
            raise BadInput("`api_key` needs a model whose provider it is for")
        if not isinstance(key, str) and not hasattr(key, "get_secret_value"):
            raise BadInput(f"`api_key` must be text or a secret, not {type(key).__name__}")
        changes["api_keys"] = {**context.api_keys, provider: secret(key)}
    if (timeout := given.pop("timeout", None)) is not None:
        if not isinstance(timeout, Deadlines):
            if not timeout > 0:  # also NaN
                raise BadInput(f"`timeout` must be more than 0 seconds, not {timeout}")
            timeout = replace(context.deadlines, total=timeout)
        changes["deadlines"] = timeout
    if (headers := given.pop("headers", None)) is not None:
        changes["headers"] = {**context.headers, **headers}
    changes |= {name: value for name, value in given.items() if value is not None}
    return replace(context, **changes) if changes else context


def only_circumstances(settings: dict[str, Any], provider: str) -> Context:
    """Make the context of a call that has no request.

    Raises:
        BadInput: a setting does not exist, or not without a request, or has the wrong type.
    """
    for name in settings.keys() - CIRCUMSTANCES:
        known = ", ".join(sorted(CIRCUMSTANCES))
        raise BadInput(f"there is no setting `{name}` here; known: {known}")
    given = {name: value for name, value in settings.items() if value is not None}
    return circumstances(given, provider)


def refuse(settings: Mapping[str, Any]) -> None:
    """Say what to write instead of words that other libraries have for it.

    Raises:
        BadInput: there is one of them.
    """
    if INSTEAD.keys().isdisjoint(settings):
        return
    for name in INSTEAD.keys() & settings.keys():
        raise BadInput(f"there is no setting `{name}`: {INSTEAD[name]}")


def check_options(options: Any, known: Collection[str]) -> None:
    """Check that each of `provider_options` stands under the name of a provider.

    A provider that an extra would install may be named too: a program that switches models keeps
    the options of all of them.

    Raises:
        BadInput: options would be lost, because no provider goes by that name.
    """
    if not isinstance(options, Mapping):
        return  # the request says so
    for name, fields_ in options.items():
        if not isinstance(fields_, Mapping):
            raise BadInput(
                "`provider_options` go under a provider's name: "
                f"{{'openai': {{{name!r}: …}}}}, not {{{name!r}: …}}"
            )
        if name not in known:
            from aikit.model_ids import available, unknown

            if name not in available():
                raise BadInput(f"`provider_options`: {unknown(f'{name}:', known)}")


def make(kind: type[Request], settings: Mapping[str, Any]) -> Any:
    """Make a request, naming the nearest setting for one that does not exist.

    Raises:
        BadInput: a setting does not exist or has the wrong type.
    """
    names = kind.__dataclass_fields__
    if not settings.keys() <= names.keys():
        for name in settings:
            if name not in names:
                from difflib import get_close_matches

                near = get_close_matches(name, {*names, *CIRCUMSTANCES}, 1)
                hint = f"; did you mean `{near[0]}`?" if near else "; see provider_options"
                raise BadInput(f"there is no setting `{name}`{hint}")
    return made(kind, settings)
