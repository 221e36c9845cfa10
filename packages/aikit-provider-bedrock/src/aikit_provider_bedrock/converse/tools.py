"""Encode tools, and what is wanted of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aicore.requests import ChatRequest, JSONSchema, NamedTool, ProviderTool, Tool
from aikit_wire.anthropic.schema import enforceable, tell

from aikit_provider_bedrock.converse.dialect import ANSWER_TOOL, DIALECT, Target, own


def encode_tools(
    request: ChatRequest, target: Target, *, by_budget: bool, answer: JSONSchema | None
) -> dict[str, Any]:
    """Return `toolConfig`.

    `by_budget` says that the model thinks by a budget, and can then not be made to call a tool.
    `answer` is a shape for which the answer is to be asked for by a tool.
    """
    ledger = target.ledger
    tools = [item for tool in request.tools if (item := encode_tool(tool, target))]
    if answer is not None:
        described = answer.description or "The answer to the user, in the shape that is asked for."
        schema = {"json": dict(answer.schema)}
        spec = {"name": ANSWER_TOOL, "description": described, "inputSchema": schema}
        tools.append({"toolSpec": spec})
    called = called_tools(request)
    if request.tool_choice == "none" and answer is None:
        if tools and called:
            reason = "the tools were called before, so the service wants to know them"
            ledger.rewritten("tool_choice", reason)
        elif tools:
            ledger.noted("tools", "the service knows no choice of none, so they are not sent")
            tools = []
    if not tools and called:
        ledger.noted("tools", "the service wants to know the tools that were called: by name alone")
        tools = [bare(name) for name in called]
    if request.parallel_tool_calls is False:
        ledger.dropped("parallel_tool_calls", "the service has no such setting")
    elif request.parallel_tool_calls:
        ledger.noted("parallel_tool_calls", "it is the model's own choice")
    if not tools:
        if request.tool_choice not in (None, "auto", "none"):
            ledger.dropped("tool_choice", "there are no tools to choose from")
        return {}
    choice = encode_choice(request, target, answer, by_budget=by_budget)
    return {"toolConfig": {"tools": tools, **({"toolChoice": choice} if choice else {})}}


def encode_choice(
    request: ChatRequest, target: Target, answer: JSONSchema | None, *, by_budget: bool
) -> dict[str, Any] | None:
    choice: dict[str, Any]
    match request.tool_choice:
        case NamedTool(name=name):
            choice = {"tool": {"name": name}}
        case "required":
            choice = {"any": {}}
        case _ if answer is not None:
            choice = {"any": {}} if request.tools else {"tool": {"name": ANSWER_TOOL}}
        case "auto":
            choice = {"auto": {}}
        case _:
            return None
    if "auto" not in choice and (by_budget or target.lacks("forced_tool_choice")):
        setting = "response_format" if answer is not None else "tool_choice"
        target.ledger.rewritten(setting, "the model cannot be made to call a tool")
        return {"auto": {}}
    return choice


def called_tools(request: ChatRequest) -> Iterable[str]:
    """Return the names of the tools that were called in a conversation, each once."""
    calls = (call for message in request.messages for call in message.tool_calls)
    return dict.fromkeys(call.name for call in calls)


def bare(name: str) -> dict[str, Any]:
    return {"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}}


def encode_tool(tool: Tool | ProviderTool, target: Target) -> dict[str, Any] | None:
    if isinstance(tool, ProviderTool):
        if tool.dialect == DIALECT:
            return dict(tool.data)
        reason = f"a provider tool of {tool.dialect!r} means nothing here"
        target.ledger.dropped("tools", reason)
        return None
    spec: dict[str, Any] = {"name": tool.name}
    if tool.description:
        spec["description"] = tool.description
    schema: dict[str, Any] = {"type": "object", **tool.parameters}
    strict = tool.strict
    if strict and target.lacks("json_schema"):
        target.ledger.dropped("tools.strict", "the model does not know strict tools")
        strict = None
    elif strict:
        lost = set[str]()
        schema = enforceable(schema, lost)
        tell(lost, "tools.parameters", target.ledger)
    spec["inputSchema"] = {"json": schema}
    if strict is not None and not target.lacks("json_schema"):
        spec["strict"] = strict
    return {"toolSpec": {**spec, **own(tool.provider_data)}}
