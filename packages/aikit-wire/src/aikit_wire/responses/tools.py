"""Encode tools, those of the user's and those that the service runs, and what is wanted of them."""

from __future__ import annotations

from typing import Any

from aicore.requests import ChatRequest, NamedTool, ProviderTool, Tool

from aikit_wire.items import own_item
from aikit_wire.ledger import Ledger
from aikit_wire.responses.dialect import DIALECT, own


def encode_tools(request: ChatRequest, ledger: Ledger) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if tools := [item for tool in request.tools if (item := encode_tool(tool, ledger))]:
        body["tools"] = tools
    match request.tool_choice:
        case None:
            pass
        case NamedTool(name=name):
            body["tool_choice"] = named(name, tools)
        case choice:
            body["tool_choice"] = choice
    return body


def encode_tool(tool: Tool | ProviderTool, ledger: Ledger) -> dict[str, Any] | None:
    if isinstance(tool, ProviderTool):
        return own_item(tool, DIALECT, ledger)
    wire: dict[str, Any] = {"type": "function", "name": tool.name}
    if tool.description is not None:
        wire["description"] = tool.description
    wire["parameters"] = tool.parameters
    if tool.strict is not None:
        wire["strict"] = tool.strict
    return {**wire, **own(tool.provider_data)}


def named(name: str, tools: list[dict[str, Any]]) -> dict[str, Any]:
    """Demand one tool: by its name, by the type of one that the service runs, or a server's."""
    for tool in tools:
        match tool:
            case {"type": "custom", "name": str(own_name)} if own_name == name:
                return {"type": "custom", "name": name}
            case {"type": "mcp", "server_label": str(label)} if label == name:
                return {"type": "mcp", "server_label": name}
            case {"type": str(kind)} if kind == name:
                return {"type": name}
    return {"type": "function", "name": name}
