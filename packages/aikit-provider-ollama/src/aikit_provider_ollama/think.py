"""Ask for thoughts: yes, no, or how hard."""

from __future__ import annotations

from typing import Any

from aicore.models import ModelInfo
from aicore.requests import Reasoning
from aikit_wire.ledger import Ledger

NEAREST = {"minimal": "low", "xhigh": "high", "max": "high"}
"""The service knows low, medium and high (ollama 0.6.3)."""


def encode_think(
    wanted: Reasoning | None, model: ModelInfo | None, ledger: Ledger
) -> dict[str, Any]:
    """Return `think`: an effort for models that are known to take one, else yes or no.

    The server refuses an effort for most models, and gpt-oss thinks whatever it is told
    (Ollama's documents, "Thinking").
    """
    if wanted is None:
        return {}
    features, effort = model.features if model else {}, wanted.effort
    if wanted.budget_tokens is not None:
        ledger.dropped("reasoning.budget_tokens", "the service takes an effort, not a budget")
    if effort == "none":
        if features.get("reasoning_off") is False:
            ledger.dropped("reasoning.effort", "the model cannot be kept from thinking")
            return {}
        return {"think": False}
    if effort is None:
        return {"think": True}
    if not features.get("reasoning_effort"):
        ledger.rewritten("reasoning.effort", "the model thinks; it is not known to take an effort")
        return {"think": True}
    if effort in NEAREST:
        ledger.rewritten("reasoning.effort", f"sent as {NEAREST[effort]!r}")
    return {"think": NEAREST.get(effort, effort)}
