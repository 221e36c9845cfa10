"""The differences between a recorded request and ours that mean the same to Bedrock.

Each is a function that takes the recorded and the sent body, changes both so that they agree on
that one matter, and says in its docstring why the service cannot tell them apart.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..anthropic import differences as anthropic
from ..api import Difference
from ..corpus import Json


def bytes_are_the_body(recorded: Json, sent: Json) -> None:
    """The body of InvokeModel whose tokens are to be counted is JSON, whatever its layout."""
    for body in (recorded, sent):
        match body.get("input"):
            case {"invokeModel": {"body": str(data)}}:
                body |= json.loads(base64.b64decode(data))
                body["input"] = "invokeModel"
            case {"converse": asked}:
                body |= asked
                body["input"] = "converse"


def nothing_is_absent(recorded: Json, sent: Json) -> None:
    """No instructions, no settings and no tools are the same as none of them."""
    for body in (recorded, sent):
        for name in ("system", "inferenceConfig", "toolConfig", "additionalModelRequestFields"):
            if body.get(name) in ({}, [], {"tools": []}):
                del body[name]


def success_is_the_default(recorded: Json, sent: Json) -> None:
    """A tool's result that does not say how it went went well."""
    for body in (recorded, sent):
        for block in blocks(body):
            result = block.get("toolResult")
            if isinstance(result, dict) and result.get("status") == "success":
                del result["status"]


def a_call_is_a_call(recorded: Json, sent: Json) -> None:
    """The type of a call says whose tool it is; it is the caller's own by default."""
    for body in (recorded, sent):
        for block in blocks(body):
            call = block.get("toolUse")
            if isinstance(call, dict) and call.get("type") == "tool_use":
                del call["type"]


def turns_of_one_role_are_one(recorded: Json, sent: Json) -> None:
    """Consecutive turns of one role are one turn in all that models are shown."""
    for body in (recorded, sent):
        turns: list[Json] = []
        for turn in body.get("messages", ()):
            if turns and turn["role"] == turns[-1]["role"] and is_converse(body):
                turns[-1]["content"] = [*turns[-1]["content"], *turn["content"]]
            else:
                turns.append(turn)
        if turns:
            body["messages"] = turns


def schemas_are_json(recorded: Json, sent: Json) -> None:
    """A schema for the answer goes as a text, whose layout means nothing."""
    for body in (recorded, sent):
        match body.get("outputConfig"):
            case {"textFormat": {"structure": {"jsonSchema": {"schema": str(text)} as shape}}}:
                shape["schema"] = json.loads(text)


def white_space_ends_nothing(recorded: Json, sent: Json) -> None:
    """The service refuses white space at the end of a turn that the model shall go on with."""
    for body in (recorded, sent):
        last = body["messages"][-1] if body.get("messages") else {}
        if last.get("role") == "assistant" and last["content"] and is_converse(body):
            block = last["content"][-1]
            if "text" in block:
                block["text"] = block["text"].rstrip()


def is_converse(body: Json) -> bool:
    return "anthropic_version" not in body


def blocks(body: Json) -> Iterator[Json]:
    for turn in body.get("messages", ()):
        content: Any = turn["content"]
        yield from (block for block in content if isinstance(block, dict))


CONVERSE: Sequence[Difference] = (
    bytes_are_the_body,
    nothing_is_absent,
    success_is_the_default,
    a_call_is_a_call,
    turns_of_one_role_are_one,
    schemas_are_json,
    white_space_ends_nothing,
)


def of_claude(allow: Difference) -> Difference:
    """Allow a difference of Anthropic's dialect where that is spoken."""

    def allowed(recorded: Json, sent: Json) -> None:
        if not is_converse(recorded) and not is_converse(sent):
            allow(recorded, sent)

    return allowed


def allowed(api: str, provider: str) -> Sequence[Difference]:
    if "converse" in api:
        return CONVERSE
    return (*CONVERSE, *map(of_claude, anthropic.ALLOWED))
