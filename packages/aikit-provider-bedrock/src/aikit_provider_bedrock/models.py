"""Ids of models: whose they are, and under which id a fact about one is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from aicore.errors import BadConfig
from aicore.models import ModelInfo

GEOGRAPHY = re.compile(r"(us|eu|apac|global|jp|au|ca|us-gov)\.(?=[a-z0-9]+\.)")
"""What an inference profile of AWS's own has before the id of its model."""
VERSION = re.compile(r"(-v\d+)?(:\d+)?(:[a-z0-9]+)?$")


class Names:
    """Tells what is behind an id.

    `profiles` says which model an inference profile, an imported model or an endpoint of one's own
    stands for, since its id does not tell.
    """

    def __init__(
        self, profiles: Mapping[str, str], look_up: Callable[[str], ModelInfo | None]
    ) -> None:
        self._profiles = profiles
        self._look_up = look_up

    def base(self, model: str) -> str:
        """Return the id of the model itself, without geography: `anthropic.claude-sonnet-4-6`."""
        model = self._profiles.get(model, model)
        if model.startswith("arn:"):
            model = model.rpartition("/")[2]
        return GEOGRAPHY.sub("", model, count=1)

    def vendor(self, model: str) -> str:
        """Return who made a model, as ids of Bedrock tell it, such as `anthropic`; else nothing."""
        vendor, dot, _ = self.base(model).partition(".")
        return vendor if dot else ""

    def info(self, model: str) -> ModelInfo | None:
        """Return what the catalog knows of a model.

        Prices stand under ids with a geography, what a model takes under its own without a version.
        """
        base = self.base(model)
        names = dict.fromkeys((model, base, VERSION.sub("", base)))
        found = [info for name in names if (info := self._look_up(name)) is not None]
        telling = (info for info in found if info.features)
        return next(telling, found[0] if found else None)


def profiles_of(settings: Mapping[str, Any], provider: str) -> Mapping[str, str]:
    """Read the setting `profiles`.

    Raises:
        BadConfig: it is no table of texts.
    """
    told = settings.get("profiles", {})
    if not isinstance(told, Mapping) or not all(isinstance(name, str) for name in told.values()):
        raise BadConfig(
            f"provider {provider!r}: 'profiles' is a table from an id or ARN to the id of a model"
        )
    return told
