"""Encode tools, and what is wanted of them."""

from __future__ import annotations

from typing import Any

from aicore.models import ModelInfo
from aicore.requests import ChatRequest, JSONSchema, NamedTool, ProviderTool, Tool

from aikit_wire.anthropic.dialect import ANSWER_TOOL, DIALECT, own
from aikit_wire.anthropic.schema import enforceable, tell
from aikit_wire.features import lacks
from aikit_wire.items import own_item
from aikit_wire.ledger import Ledger


def encode_tools(
    request: ChatRequest,
    info: ModelInfo | None,
    ledger: Ledger,
    *,
    by_budget: bool,
    answer: JSONSchema | None,
) -> dict[str, Any]:
    """Return `tools` and `tool_choice`.

    `by_budget` says that the model thinks by a budget, and can then not be made to call a tool.
    `answer` is a shape for which the answer is to be asked for by a tool.
    """
    tools = [item for tool in request.tools if (item := encode_tool(tool, info, ledger))]
    if answer is not None:
        tools.append(answer_tool(answer))
    if not tools:
        if request.tool_choice not in (None, "auto", "none"):
            ledger.dropped("tool_choice", "there are no tools to choose from")
        return {}
    body: dict[str, Any] = {"tools": tools}
    choice = wanted_choice(request, answer)
    if choice is not None and choice["type"] in ("any", "tool"):
        if by_budget:
            reason = "a model that thinks by a budget cannot be made to call a tool"
            ledger.rewritten("response_format" if answer else "tool_choice", reason)
            choice = {"type": "auto"}
        elif lacks(info, "forced_tool_choice"):
            ledger.rewritten("tool_choice", "the model cannot be made to call a tool")
            choice = {"type": "auto"}
    if request.parallel_tool_calls is not None and (choice is None or choice["type"] != "none"):
        one = not request.parallel_tool_calls
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": one}
    return body if choice is None else {**body, "tool_choice": choice}


def wanted_choice(request: ChatRequest, answer: JSONSchema | None) -> dict[str, Any] | None:
    match request.tool_choice:
        case NamedTool(name=name):
            return {"type": "tool", "name": name}
        case "required":
            return {"type": "any"}
        case "none" if answer is not None:
            return {"type": "tool", "name": ANSWER_TOOL}
        case _ if answer is not None:
            return {"type": "any"}
        case None:
            return None
        case str(word):
            return {"type": word}


def encode_tool(
    tool: Tool | ProviderTool, info: ModelInfo | None, ledger: Ledger
) -> dict[str, Any] | None:
    if isinstance(tool, ProviderTool):
        return own_item(tool, DIALECT, ledger)
    schema: dict[str, Any] = {"type": "object", **tool.parameters}
    body: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        body["description"] = tool.description
    if tool.strict and not lacks(info, "json_schema"):
        lost = set[str]()
        schema = enforceable(schema, lost)
        tell(lost, "tools.parameters", ledger)
    body["input_schema"] = schema
    if tool.strict is not None:
        if lacks(info, "json_schema"):
            if tool.strict:
                ledger.dropped("tools.strict", "the model does not know strict tools")
        else:
            body["strict"] = tool.strict
    return {**body, **own(tool.provider_data)}


def answer_tool(wanted: JSONSchema) -> dict[str, Any]:
    described = wanted.description or "The answer to the user, in the shape that is asked for."
    return {"name": ANSWER_TOOL, "description": described, "input_schema": wanted.schema}
