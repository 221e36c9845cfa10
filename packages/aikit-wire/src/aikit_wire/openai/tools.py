"""Encode tools, and what is wanted of them, for the OpenAI chat dialect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aicore.requests import NamedTool, ProviderTool, Tool, ToolChoice

from aikit_wire.items import own_item
from aikit_wire.ledger import Ledger
from aikit_wire.openai.manifest import DIALECT, Manifest


def encode_tools(
    tools: Sequence[Tool | ProviderTool],
    choice: ToolChoice | None,
    manifest: Manifest,
    ledger: Ledger,
) -> dict[str, Any]:
    body: dict[str, Any] = {}
    named = choice.name if isinstance(choice, NamedTool) else None
    if named is not None and not manifest.named_choice:
        tools = [tool for tool in tools if isinstance(tool, Tool) and tool.name == named]
        choice, named = "required", None
        ledger.rewritten("tool_choice", "only the named tool is offered, and one is required")
    if choice == "none" and not manifest.tools_beside_none:
        if tools:
            ledger.noted("tools", "not offered: the service garbles answers that may call none")
        return {}
    encoded = [item for tool in tools if (item := encode_tool(tool, manifest, ledger))]
    if encoded:
        body["tools"] = encoded
    if named is not None:
        body["tool_choice"] = {"type": "function", "function": {"name": named}}
    elif choice == "required" and manifest.required_choice != "required":
        if manifest.required_choice:
            body["tool_choice"] = manifest.required_choice
        else:
            ledger.dropped("tool_choice", "the service cannot be made to call a tool")
    elif choice is not None:
        body["tool_choice"] = choice
    return body


def encode_tool(
    tool: Tool | ProviderTool, manifest: Manifest, ledger: Ledger
) -> dict[str, Any] | None:
    if isinstance(tool, ProviderTool):
        return own_item(tool, DIALECT, ledger)
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = tool.parameters
    if tool.strict is not None:
        if manifest.strict_tools:
            function["strict"] = tool.strict
        else:
            ledger.dropped("tools.strict", "the service does not know strict tools")
    return {"type": "function", "function": function, **tool.provider_data.get(DIALECT, {})}
