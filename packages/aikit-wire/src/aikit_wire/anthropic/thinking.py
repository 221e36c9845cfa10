"""Ask a model to think, in the way that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.models import ModelInfo
from aicore.requests import Reasoning

from aikit_wire.features import has, lacks
from aikit_wire.ledger import Ledger

LEAST = 1024
"""The smallest budget that the service takes, in tokens."""
BUDGETS: Mapping[str, int] = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 32000,
    "max": 32000,
}
"""What an effort comes to for models that know budgets only, in tokens: a choice of ours."""


def encode_reasoning(
    wanted: Reasoning | None, info: ModelInfo | None, limit: int | None, ledger: Ledger
) -> dict[str, Any]:
    """Return `thinking` and, where an effort is wanted, `output_config`.

    Newer models decide by an effort how long they think, older ones take a budget, which must be
    below `limit`, the most that the answer may be.
    """
    if wanted is None:
        return {}
    if lacks(info, "reasoning"):
        if wanted.effort != "none":
            ledger.dropped("reasoning", "the model cannot think aloud")
        return {}
    if wanted.effort == "none":
        return without_thoughts(info, ledger)
    effort, budget = wanted.effort, wanted.budget_tokens
    body: dict[str, Any] = {}
    if budget is not None and lacks(info, "thinking_budget"):
        ledger.rewritten("reasoning.budget_tokens", "the model itself decides how long it thinks")
        budget = None
    elif budget is None and lacks(info, "adaptive_thinking"):
        budget = BUDGETS.get(effort or "medium", BUDGETS["medium"])
        ledger.rewritten("reasoning.effort", f"the model takes a budget: {budget} tokens")
        effort = None
    if budget is None:
        body["thinking"] = {"type": "adaptive"}
    elif (fitting := fitted(budget, limit, ledger)) is not None:
        body["thinking"] = {"type": "enabled", "budget_tokens": fitting}
    if effort is not None:
        if lacks(info, "effort"):
            ledger.dropped("reasoning.effort", "the model takes a budget, not an effort")
        else:
            body["output_config"] = {"effort": known_effort(effort, ledger)}
    return body


def without_thoughts(info: ModelInfo | None, ledger: Ledger) -> dict[str, Any]:
    if lacks(info, "thinking_off"):
        ledger.dropped("reasoning", "the model cannot be kept from thinking")
        return {}
    kind = "between_tools" if has(info, "thinking_between_tools") else "disabled"
    return {"thinking": {"type": kind}}


def fitted(budget: int, limit: int | None, ledger: Ledger) -> int | None:
    """Return a budget that the service takes, or None when there is none below the limit."""
    fitting = max(budget, LEAST)
    if limit is not None:
        fitting = min(fitting, limit - 1)
    if fitting < LEAST:
        ledger.dropped("reasoning", f"no budget of {LEAST} tokens or more is below `max_tokens`")
        return None
    if fitting != budget:
        ledger.rewritten("reasoning.budget_tokens", f"the service takes {fitting} here")
    return fitting


def known_effort(effort: str, ledger: Ledger) -> str:
    if effort == "minimal":
        ledger.rewritten("reasoning.effort", "the least effort is `low`")
        return "low"
    return effort
