"""Encode tools, and what is wanted of them, for the Gemini dialect."""

from __future__ import annotations

from typing import Any

from aicore.requests import ChatRequest, NamedTool, Tool

from aikit_wire.gemini.schema import openapi_schema
from aikit_wire.gemini.surface import DIALECT, Target
from aikit_wire.items import own_item

MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}


def encode_tools(request: ChatRequest, target: Target) -> dict[str, Any]:
    """Encode functions and the service's own tools, and which of the functions may be called.

    Functions beside tools of the service work only where the calls of both are shown
    (google-genai 3.6: `types.ToolConfig.include_server_side_tool_invocations`).
    """
    functions, served = list[dict[str, Any]](), list[dict[str, Any]]()
    for tool in request.tools:
        if isinstance(tool, Tool):
            functions.append(encode_function(tool, target))
        elif (item := own_item(tool, DIALECT, target.ledger)) is not None:
            served.append(item)
    body: dict[str, Any] = {}
    if functions:
        body["tools"] = [{"functionDeclarations": functions}, *served]
    elif served:
        body["tools"] = served
    config: dict[str, Any] = {}
    if calling := encode_choice(request):
        config["functionCallingConfig"] = calling
    if functions and served:
        config["includeServerSideToolInvocations"] = True
    if config:
        body["toolConfig"] = config
    return body


def encode_choice(request: ChatRequest) -> dict[str, Any]:
    """Say which functions may be called; `VALIDATED` keeps arguments to their schemas."""
    choice = request.tool_choice
    if isinstance(choice, NamedTool):
        return {"mode": "ANY", "allowedFunctionNames": [choice.name]}
    strict = any(isinstance(tool, Tool) and tool.strict for tool in request.tools)
    if strict and choice in (None, "auto"):
        return {"mode": "VALIDATED"}
    return {"mode": MODES[choice]} if choice is not None else {}


def encode_function(tool: Tool, target: Target) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if target.lacks("full_json_schema"):
        function["parameters"] = openapi_schema(tool.parameters, "tools.parameters", target)
    else:
        function["parametersJsonSchema"] = tool.parameters
    return {**function, **tool.provider_data.get(DIALECT, {})}
