"""Ask for thinking: by level or by budget, whichever a model takes."""

from __future__ import annotations

from typing import Any

from aicore.requests import Reasoning

from aikit_wire.gemini.surface import Target

BUDGETS = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24_576}
"""What Google takes an effort for, in tokens (ai.google.dev, OpenAI compatibility)."""
MOST = 24_576
LEAST = 128
"""The smallest budget of a model that cannot stop thinking (ai.google.dev, thinking)."""


def encode_thinking(wanted: Reasoning | None, target: Target) -> dict[str, Any]:
    """Return the fields of `thinkingConfig`; a level and a budget are never sent together."""
    if wanted is None:
        return {}
    effort, budget, ledger = wanted.effort, wanted.budget_tokens, target.ledger
    if effort == "none":
        return without_thoughts(target)
    if target.lacks("reasoning"):
        ledger.dropped("reasoning", "the model does not think")
        return {}
    config: dict[str, Any] = {"includeThoughts": True}
    if effort is not None and target.lacks("thinking_level"):
        if budget is None:
            budget = BUDGETS.get(effort, MOST)
            told = f"the model takes a budget of thoughts instead: {budget} tokens"
            ledger.rewritten("reasoning.effort", told)
        else:
            ledger.dropped("reasoning.effort", "the model takes a budget of thoughts alone")
    elif effort is not None and (budget is None or target.has("thinking_level")):
        config["thinkingLevel"] = level(effort, target)
        if budget is not None:
            ledger.dropped("reasoning.budget_tokens", "an effort is sent, and only one can be")
        return config
    elif effort is not None:
        ledger.dropped("reasoning.effort", "a budget is sent, and only one can be")
    if budget is not None:
        config["thinkingBudget"] = budget
    return config


def without_thoughts(target: Target) -> dict[str, Any]:
    """Turn thinking off, or as low as a model goes."""
    if target.lacks("reasoning"):
        return {}
    if not target.lacks("reasoning_off"):
        return {"thinkingBudget": 0}
    target.ledger.rewritten("reasoning", "the model cannot stop thinking; it thinks its least")
    if target.lacks("thinking_level"):
        return {"thinkingBudget": LEAST}
    return {"thinkingLevel": "low" if target.lacks("minimal_effort") else "minimal"}


def level(effort: str, target: Target) -> str:
    """Return the level for an effort; none is beyond `xhigh`, which few models take."""
    nearest = effort
    if effort == "minimal" and target.lacks("minimal_effort"):
        nearest = "low"
    elif effort in ("xhigh", "max") and not target.has("xhigh_effort"):
        nearest = "high"
    elif effort == "max":
        nearest = "xhigh"
    if nearest != effort:
        target.ledger.rewritten("reasoning.effort", f"{nearest!r} is the nearest the model takes")
    return nearest
