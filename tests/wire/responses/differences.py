"""The differences between a recorded body and ours that mean the same to a Responses service.

Each is a function that takes the recorded and the sent body, changes both so that they agree on
that one matter, and says in its docstring why the service cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..api import Difference
from ..corpus import Json

THOUGHTS = "reasoning.encrypted_content"


def null_is_absent(recorded: Json, sent: Json) -> None:
    """The vendor's documents give null as the default of every optional field."""
    for body in (recorded, sent):
        for place in (body, *items(body), *content(body), *body.get("tools", ())):
            for name in [name for name, value in place.items() if value is None]:
                del place[name]


def stream_false_is_absent(recorded: Json, sent: Json) -> None:
    """`stream` is false by default."""
    for body in (recorded, sent):
        if body.get("stream") is False:
            del body["stream"]


def text_may_be_the_input(recorded: Json, sent: Json) -> None:
    """An input that is a string is "a text input to the model, equivalent to one of the user"."""
    for body in (recorded, sent):
        if isinstance(body.get("input"), str):
            body["input"] = [{"role": "user", "content": body["input"]}]


def message_is_the_default(recorded: Json, sent: Json) -> None:
    """The `type` of an item that has a role is `message` unless it says another."""
    for item in (*items(recorded), *items(sent)):
        if item.get("type") == "message":
            del item["type"]


def text_may_be_a_part(recorded: Json, sent: Json) -> None:
    """Content, or the output of a tool, that is one plain text may be a string or a list of one."""
    for item in (*items(recorded), *items(sent)):
        for name in ("content", "output"):
            match item.get(name):
                case [{"type": "input_text" | "output_text", "text": str(text), **others}]:
                    if not others and "id" not in item:
                        item[name] = text


def nothing_cited_is_absent(recorded: Json, sent: Json) -> None:
    """Text of the model's with an empty list of annotations, or of log probabilities, has none."""
    for piece in (*content(recorded), *content(sent)):
        for name in ("annotations", "logprobs"):
            if piece.get(name) == []:
                del piece[name]


def instructions_may_be_an_item(recorded: Json, sent: Json) -> None:
    """Instructions are "a system message inserted into the model's context", before the input.

    That is what a system message at the beginning of the input is, where the service remembers
    nothing: in a conversation that it keeps, the one stays and the other does not.
    """
    for body in (recorded, sent):
        if {"instructions", "previous_response_id", "conversation"} & body.keys():
            continue
        match body.get("input"):
            case [{"role": "system", "content": str(text), **others}, *rest] if not others:
                body["instructions"], body["input"] = text, rest


def thoughts_may_be_asked_for(recorded: Json, sent: Json) -> None:
    """Encrypted thoughts come beside the answer, and change nothing of it.

    Only ours may ask where the recorded client did not; not asking where it did is a difference.
    The order of what is asked for says nothing, and an empty list asks for nothing.
    """
    for body in (recorded, sent):
        body["include"] = sorted(body.get("include") or ())
    if THOUGHTS in sent["include"] and THOUGHTS not in recorded["include"]:
        sent["include"].remove(THOUGHTS)


def no_tools_are_absent(recorded: Json, sent: Json) -> None:
    """An empty list of tools offers none."""
    for body in (recorded, sent):
        if body.get("tools") == []:
            del body["tools"]


def items(body: Json) -> Iterator[Json]:
    found: Any = body.get("input")
    if isinstance(found, list):
        yield from found


def content(body: Json) -> Iterator[Json]:
    for item in items(body):
        for name in ("content", "output"):
            if isinstance(item.get(name), list):
                yield from item[name]


ALLOWED: tuple[Difference, ...] = (
    null_is_absent,
    stream_false_is_absent,
    text_may_be_the_input,
    message_is_the_default,
    text_may_be_a_part,
    nothing_cited_is_absent,
    instructions_may_be_an_item,
    thoughts_may_be_asked_for,
    no_tools_are_absent,
)


def allowed(provider: str) -> tuple[Difference, ...]:
    return ALLOWED
