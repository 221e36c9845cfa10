"""Split a model id into its provider and the provider's own name for the model."""

from __future__ import annotations

import re
from collections.abc import Collection

from aicore.errors import BadInput, UnknownProvider


def split(model: str, known: Collection[str]) -> tuple[str, str]:
    """Split `provider:model` or `provider/model`, once, on a known provider's name.

    What follows the name belongs to the provider and is not looked into, so
    `openrouter:openai/gpt-5` and `vllm/org/model:tag` mean what they say.

    Raises:
        UnknownProvider: the id does not begin with a known provider's name.
        BadInput: no model follows the provider's name.
    """
    for separator in (":", "/"):
        name, found, rest = model.partition(separator)
        if found and name in known:
            if not rest:
                raise BadInput(f"{model!r} names a provider but no model")
            return name, rest
    raise UnknownProvider(unknown(model, known))


def unknown(model: str, known: Collection[str]) -> str:
    """Say what is wrong with a model id, and what would make it right."""
    from difflib import get_close_matches

    ends = [model.index(separator) for separator in ":/" if separator in model]
    if not ends:
        example = f"{sorted(known)[0]}:{model}" if known else f"openai:{model}"
        return f"{model!r} names no provider; write provider:model, such as {example!r}"
    name = model[: min(ends)]
    extras = available()
    if name in extras:
        return f"no provider {name!r} is installed; it comes with `pip install 'aikit[{name}]'`"
    near = get_close_matches(name.lower(), [*known, *extras], 1)
    if not near:
        installed = ", ".join(sorted(known)) or "none"
        return f"no provider {name!r} is known; installed are: {installed}"
    hint = f"no provider {name!r}; did you mean {near[0]!r}?"
    if near[0] in known:
        return hint
    return f"{hint} It comes with `pip install 'aikit[{near[0]}]'`"


def available() -> list[str]:
    """Return the providers that extras of the installed aikit would add, each by its own name."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        needed = requires("aikit") or []
    except PackageNotFoundError:
        return []
    plugins = re.findall(r"^aikit-provider-([a-z0-9-]+)", "\n".join(needed), re.MULTILINE)
    return sorted(set(plugins))
