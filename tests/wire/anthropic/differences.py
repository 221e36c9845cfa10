"""The differences between a recorded request and ours that mean the same to Anthropic.

Each is a function that takes the recorded and the sent body, changes both so that they agree on
that one matter, and says in its docstring why the service cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..api import Difference
from ..corpus import Json


def null_is_absent(recorded: Json, sent: Json) -> None:
    """The documents give null as the default of optional fields, of blocks and tools as well."""
    for body in (recorded, sent):
        for item in (body, *(body.get("tools") or ()), *blocks(body)):
            for name in [name for name, value in item.items() if value is None]:
                del item[name]


def stream_false_is_absent(recorded: Json, sent: Json) -> None:
    """`stream` is false by default."""
    for body in (recorded, sent):
        if body.get("stream") is False:
            del body["stream"]


def no_tools_are_absent(recorded: Json, sent: Json) -> None:
    """An empty list of tools or of MCP servers offers nothing."""
    for body in (recorded, sent):
        for name in ("tools", "mcp_servers"):
            if body.get(name) == []:
                del body[name]


def parallel_is_the_default(recorded: Json, sent: Json) -> None:
    """`disable_parallel_tool_use` is false by default, and `auto` is the default choice."""
    for body in (recorded, sent):
        choice = body.get("tool_choice")
        if isinstance(choice, dict) and choice.get("disable_parallel_tool_use") is False:
            del choice["disable_parallel_tool_use"]


def text_may_be_a_list(recorded: Json, sent: Json) -> None:
    """Content, the system prompt and a tool's result may be one text or a list of blocks."""
    for body in (recorded, sent):
        holders = [*body["messages"], *(b for b in blocks(body) if b.get("type") == "tool_result")]
        for holder, name in ((body, "system"), *((holder, "content") for holder in holders)):
            if isinstance(holder.get(name), str):
                text = holder[name]
                holder[name] = [{"type": "text", "text": text}] if text else []


def nothing_is_no_text(recorded: Json, sent: Json) -> None:
    """A tool's result may have no content at all, and no system prompt is none."""
    for body in (recorded, sent):
        holders = [body, *blocks(body)]
        for holder in holders:
            for name in ("content", "system"):
                if holder.get(name) == []:
                    del holder[name]


def turns_of_one_role_are_one(recorded: Json, sent: Json) -> None:
    """Consecutive turns of one role are combined by the service."""
    for body in (recorded, sent):
        turns: list[Json] = []
        for turn in body["messages"]:
            same = turns and turns[-1].keys() == turn.keys() == {"role", "content"}
            if same and turn["role"] == turns[-1]["role"] and turn["role"] != "system":
                turns[-1]["content"] = [*turns[-1]["content"], *turn["content"]]
            else:
                turns.append(turn)
        body["messages"] = turns


def success_is_the_default(recorded: Json, sent: Json) -> None:
    """`is_error` is false by default."""
    for body in (recorded, sent):
        for block in blocks(body):
            if block.get("type") == "tool_result" and block.get("is_error") is False:
                del block["is_error"]


def no_citations_are_absent(recorded: Json, sent: Json) -> None:
    """A text with an empty list of citations cites nothing."""
    for body in (recorded, sent):
        for block in blocks(body):
            if block.get("type") == "text" and block.get("citations") == []:
                del block["citations"]


def white_space_ends_nothing(recorded: Json, sent: Json) -> None:
    """The service refuses white space at the end of a turn that the model shall go on with."""
    for body in (recorded, sent):
        last = body["messages"][-1] if body["messages"] else {}
        if last.get("role") == "assistant" and last["content"]:
            block = last["content"][-1]
            if block.get("type") == "text":
                block["text"] = block["text"].rstrip()


def blocks(body: Json) -> Iterator[Json]:
    """Yield every block of the messages and of the system prompt, those within others too."""
    yield from within(body.get("system"))
    for turn in body["messages"]:
        yield from within(turn["content"])


def within(content: Any) -> Iterator[Json]:
    if isinstance(content, list):
        for block in content:
            if isinstance(block, dict):
                yield block
                yield from within(block.get("content"))


ALLOWED: Sequence[Difference] = (
    null_is_absent,
    stream_false_is_absent,
    no_tools_are_absent,
    parallel_is_the_default,
    text_may_be_a_list,
    nothing_is_no_text,
    turns_of_one_role_are_one,
    success_is_the_default,
    no_citations_are_absent,
    white_space_ends_nothing,
)


def allowed(provider: str) -> Sequence[Difference]:
    return ALLOWED
