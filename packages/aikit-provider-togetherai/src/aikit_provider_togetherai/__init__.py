"""Together AI: open models of many makers."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import ABILITIES, Manifest

TOGETHERAI = Manifest(
    name="togetherai",
    base_url="https://api.together.xyz/v1",
    base_url_env="TOGETHER_BASE_URL",
    api_key_env=("TOGETHER_API_KEY", "TOGETHER_AI_API_KEY"),
    abilities=ABILITIES | {"rerank"},
    fields={"top_k": "top_k", "top_logprobs": "logprobs"},
    files="",
    audio="",
    video=True,
    efforts={"minimal": "low", "xhigh": "high", "max": "high"},
    think_tags={"*DeepSeek-R1*": "outside"},
    encode=("reasoning_switch", "counted_logprobs"),
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [TOGETHERAI]
