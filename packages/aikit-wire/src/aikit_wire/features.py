"""What is known of a model: that it has a feature, that it lacks one, or nothing.

What a model is known to refuse is left out with a warning, before the service refuses it all.
"""

from __future__ import annotations

from typing import Any

from aicore.models import ModelInfo
from aicore.requests import ChatRequest, NamedTool, Reasoning

from aikit_wire.ledger import Ledger

WHILE_NOT_REASONING = (
    "temperature",
    "top_p",
    "logprobs",
    "top_logprobs",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
)
"""What OpenAI's models refuse while they reason (vercel/ai 4.0.46, packages/openai)."""


def has(info: ModelInfo | None, feature: str) -> bool:
    """Tell whether a model is known to have a feature."""
    return info is not None and info.features.get(feature) is True


def lacks(info: ModelInfo | None, feature: str) -> bool:
    """Tell whether a model is known not to have a feature; nothing is known of unknown ones."""
    return info is not None and info.features.get(feature) is False


def reasons(request: ChatRequest, info: ModelInfo | None) -> bool:
    """Tell whether a model will reason, as far as is known."""
    effort = request.reasoning.effort if request.reasoning is not None else None
    return effort != "none" if effort is not None else not lacks(info, "reasoning_by_default")


def reasons_as_wanted(wanted: Reasoning, info: ModelInfo | None, ledger: Ledger) -> bool:
    """Tell whether a model can be asked to reason, or not to; that it cannot is a warning."""
    if lacks(info, "reasoning"):
        if wanted.effort != "none":
            ledger.dropped("reasoning", "the model does not reason")
        return False
    if wanted.effort == "none" and lacks(info, "reasoning_off"):
        ledger.dropped("reasoning", "the model cannot be kept from reasoning")
        return False
    return True


def taken(
    values: dict[str, Any], request: ChatRequest, info: ModelInfo | None, ledger: Ledger
) -> dict[str, Any]:
    """Return the settings that a model takes; a feature may have the name of a setting."""
    if info is None:
        return values
    kept = {name: value for name, value in values.items() if not lacks(info, name)}
    for name in values.keys() - kept.keys():
        ledger.dropped(name, "the model has no such setting")
    if lacks(info, "sampling_while_reasoning") and reasons(request, info):
        for name in WHILE_NOT_REASONING:
            if kept.pop(name, None) is not None:
                ledger.dropped(name, "the model takes it only while it does not reason")
    return kept


def forced(request: ChatRequest, info: ModelInfo | None, ledger: Ledger) -> bool:
    """Tell whether a model can be made to call the tool that is wanted; else that is a warning."""
    if request.tool_choice != "required" and not isinstance(request.tool_choice, NamedTool):
        return True
    never = lacks(info, "forced_tool_choice")
    if never or (lacks(info, "forced_while_reasoning") and reasons(request, info)):
        ledger.rewritten("tool_choice", "the model cannot be made to call a tool")
        return False
    return True
