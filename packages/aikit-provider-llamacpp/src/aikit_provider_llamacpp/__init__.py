"""llama.cpp in this process: any GGUF file answers, without a server and without a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aicore.hookspecs import hookimpl
from aicore.providers import Host, Spec

if TYPE_CHECKING:
    from aikit_provider_llamacpp.provider import LlamaProvider


class LlamaCpp:
    """Opens the provider; a model's file is opened when the model is first asked something."""

    name = "llamacpp"

    def __call__(self, host: Host) -> LlamaProvider:
        """Open it.

        Raises:
            BadConfig: a setting is wrong; the message names it.
        """
        from aikit_provider_llamacpp.provider import LlamaProvider

        return LlamaProvider(host)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [LlamaCpp()]
