"""Name the beta features that a request uses; the service refuses them unless they are named.

From the vendor's documents and its SDK (anthropic 2: `AnthropicBetaParam`). What is generally
available by now needs no name: bash, text editor, web search, tool search, code execution of
2025-08-25 and later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

BY_TOOL: Mapping[str, str] = {
    "computer_20241022": "computer-use-2024-10-22",
    "bash_20241022": "computer-use-2024-10-22",
    "text_editor_20241022": "computer-use-2024-10-22",
    "computer_20250124": "computer-use-2025-01-24",
    "computer_20251124": "computer-use-2025-11-24",
    "code_execution_20250522": "code-execution-2025-05-22",
    "web_fetch_20250910": "web-fetch-2025-09-10",
    "memory_20250818": "context-management-2025-06-27",
    "advisor_20260301": "advisor-tool-2026-03-01",
}
BY_FIELD: Mapping[str, str] = {
    "context_management": "context-management-2025-06-27",
    "fallbacks": "server-side-fallback-2026-06-01",
    "output_format": "structured-outputs-2025-11-13",
    "speed": "fast-mode-2026-02-01",
}
BY_BLOCK: Mapping[str, str] = {
    "container_upload": "files-api-2025-04-14",
    "tool_addition": "mid-conversation-tool-changes-2026-07-01",
}
FILES = "files-api-2025-04-14"
TELLING = frozenset({"tools", "mcp_servers", "output_config", "container", *BY_FIELD})
"""The fields that a feature may show in, beside the messages."""


def betas(body: Mapping[str, Any]) -> list[str]:
    """Return the names for a request's body, each once."""
    return list(dict.fromkeys(found(body)))


def found(body: Mapping[str, Any]) -> Iterator[str]:
    if not TELLING.isdisjoint(body):
        yield from of_fields(body)
    for block in blocks(body.get("messages")):
        if (name := kind(block)) in BY_BLOCK:
            yield BY_BLOCK[name]
        if kind(block.get("source")) == "file":
            yield FILES


def of_fields(body: Mapping[str, Any]) -> Iterator[str]:
    tools = [kind(tool) for tool in listed(body.get("tools"))]
    yield from (BY_TOOL[name] for name in tools if name in BY_TOOL)
    yield from (name for field, name in BY_FIELD.items() if body.get(field))
    if body.get("mcp_servers"):
        newer = "mcp_toolset" in tools
        yield "mcp-client-2025-11-20" if newer else "mcp-client-2025-04-04"
    edits = listed(mapped(body.get("context_management")).get("edits"))
    if any(kind(edit) == "compact_20260112" for edit in edits):
        yield "compact-2026-01-12"
    if mapped(body.get("output_config")).get("task_budget"):
        yield "task-budgets-2026-03-13"
    if mapped(body.get("container")).get("skills"):
        yield "skills-2025-10-02"


def blocks(messages: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every content block, those within tool results included."""
    for holder in listed(messages):
        if content := listed(mapped(holder).get("content")):
            yield from map(mapped, content)
            yield from blocks([block for block in content if kind(block) == "tool_result"])


def kind(value: Any) -> str:
    return str(mapped(value).get("type"))


def mapped(value: Any) -> Mapping[str, Any]:
    """Return what an option holds if it is an object; what else it is, the service will judge."""
    return value if isinstance(value, Mapping) else {}


def listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
