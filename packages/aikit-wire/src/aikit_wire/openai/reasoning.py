"""Ask for reasoning in the words of each vendor of the OpenAI chat dialect."""

from __future__ import annotations

from typing import Any

from aicore.models import ModelInfo
from aicore.requests import Reasoning

from aikit_wire.features import lacks, reasons_as_wanted
from aikit_wire.ledger import Ledger
from aikit_wire.openai.manifest import Manifest

LEVELS = frozenset({"minimal", "low", "medium", "high", "xhigh", "max"})


def encode_reasoning(
    wanted: Reasoning, manifest: Manifest, ledger: Ledger, info: ModelInfo | None = None
) -> dict[str, Any]:
    """Ask for reasoning in the vendor's words; what those cannot say is told to the ledger."""
    if not reasons_as_wanted(wanted, info, ledger):
        return {}
    effort, budget = wanted.effort, wanted.budget_tokens
    on = effort != "none"
    if effort is not None and effort in manifest.efforts:
        ledger.rewritten("reasoning.effort", f"the service knows no {effort!r}")
        effort = manifest.efforts[effort]
    if effort in LEVELS and lacks(info, "effort"):
        ledger.rewritten("reasoning.effort", "the model can only think or not")
        effort = None
    body: dict[str, Any] = {}
    takes_budget = manifest.reasoning_request in ("enable_thinking", "reasoning")
    takes_budget = takes_budget or manifest.thinking_budget
    match manifest.reasoning_request:
        case "reasoning_effort":
            if effort is not None:
                body["reasoning_effort"] = effort
        case "thinking":
            body["thinking"] = {"type": "enabled" if on else "disabled"}
            if budget is not None and manifest.thinking_budget:
                body["thinking"]["budget_tokens"] = budget
            if effort is not None and on:
                body["reasoning_effort"] = effort
        case "enable_thinking":
            body["enable_thinking"] = on
            if budget is not None:
                body["thinking_budget"] = budget
            if effort is not None and on:
                ledger.rewritten("reasoning.effort", "the service can only think or not")
        case "reasoning":
            given = {"effort": effort, "max_tokens": budget}
            body["reasoning"] = {key: value for key, value in given.items() if value is not None}
        case "chat_template_kwargs":
            body["chat_template_kwargs"] = {"enable_thinking": on}
            if effort is not None and on:
                ledger.rewritten("reasoning.effort", "the template can only think or not")
        case _:
            ledger.dropped("reasoning", "the service has no such setting")
            return {}
    if budget is not None and not takes_budget:
        ledger.dropped("reasoning.budget_tokens", "the service takes an effort, not a budget")
    return body
