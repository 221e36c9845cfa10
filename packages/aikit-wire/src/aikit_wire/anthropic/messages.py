"""Encode a conversation: the system prompt apart, and turns that take turns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aicore.messages import Message, OpaquePart
from aicore.models import ModelInfo

from aikit_wire.anthropic.blocks import Block, encode_input, encode_said
from aikit_wire.anthropic.dialect import DIALECT, own
from aikit_wire.features import has
from aikit_wire.ledger import Ledger

Turn = dict[str, Any]


def encode_messages(
    messages: Iterable[Message], provider: str, info: ModelInfo | None, ledger: Ledger
) -> tuple[list[Block], list[Turn]]:
    """Return the system prompt and the turns; neighbours of one role become one turn.

    The service wants a turn's tool results before what else its answer says.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    system: list[Block] = []
    turns: list[Turn] = []
    for message in messages:
        if message.name is not None:
            ledger.dropped("messages.name", "the service takes no names of who speaks")
        if message.role == "assistant":
            content = encode_said(message.parts, ledger)
        else:
            content = encode_input(message.parts, provider, ledger)
        if not content:
            ledger.dropped("messages", f"a {message.role} message with nothing to send")
        elif message.role != "system":
            role = "assistant" if message.role == "assistant" else "user"
            take_turn(turns, {"role": role, "content": content, **own(message.provider_data)})
        elif turns and stays_in_place(message, info):
            turns.append({"role": "system", "content": content, **own(message.provider_data)})
        else:
            system += content
            if turns:
                ledger.rewritten(
                    "messages", "instructions within the conversation stand at its beginning"
                )
    for turn in turns:
        turn["content"].sort(key=lambda block: block["type"] != "tool_result")
    trim(turns, ledger)
    return system, turns


def take_turn(turns: list[Turn], turn: Turn) -> None:
    """Add what one side says to its turn, or begin a turn."""
    if turns and turns[-1]["role"] == turn["role"]:
        content = turns[-1]["content"] + turn["content"]
        turns[-1] |= {**turn, "content": content}
    else:
        turns.append(turn)


def stays_in_place(message: Message, info: ModelInfo | None) -> bool:
    """Tell whether a model heeds instructions within a conversation.

    Items of the dialect's own, such as a tool that is added there, mean nothing elsewhere.
    """
    items = (part for part in message.parts if isinstance(part, OpaquePart))
    return has(info, "system_in_messages") or any(item.dialect == DIALECT for item in items)


def trim(turns: list[Turn], ledger: Ledger) -> None:
    """Take white space off the end of a turn that the model shall go on with."""
    if not turns or turns[-1]["role"] != "assistant":
        return
    content = turns[-1]["content"]
    last = content[-1]
    if last["type"] != "text" or last["text"] == (text := last["text"].rstrip()):
        return
    ledger.rewritten("messages", "the service refuses white space at the end of the last turn")
    content[-1:] = [{**last, "text": text}] if text else []
    if not content:
        turns.pop()


def shortest(content: list[Block]) -> str | list[Block]:
    """Make one text of content that is nothing but one text."""
    if len(content) == 1 and content[0].keys() == {"type", "text"}:
        return str(content[0]["text"])
    return content
