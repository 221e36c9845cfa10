"""Encode a conversation: the system prompt apart, and turns that take turns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aicore.messages import Message

from aikit_provider_bedrock.converse.blocks import Block, Blocks
from aikit_provider_bedrock.converse.dialect import Target, own

Turn = dict[str, Any]


def encode_messages(messages: Iterable[Message], target: Target) -> tuple[list[Block], list[Turn]]:
    """Return the system prompt and the turns; neighbours of one role become one turn.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    blocks, ledger = Blocks(target), target.ledger
    system: list[Block] = []
    turns: list[Turn] = []
    for message in messages:
        if message.name is not None:
            ledger.dropped("messages.name", "the service takes no names of who speaks")
        said = message.role == "assistant"
        content = blocks.said(message.parts) if said else blocks.shown(message.parts)
        if not content:
            ledger.dropped("messages", f"a {message.role} message with nothing to send")
        elif message.role == "system":
            system += content
            if turns:
                reason = "instructions within the conversation stand at its beginning"
                ledger.rewritten("messages", reason)
        else:
            role = "assistant" if said else "user"
            if turns and turns[-1]["role"] == role:
                content = turns.pop()["content"] + content
            turns.append({"role": role, "content": content, **own(message.provider_data)})
    turns = [part for turn in turns for part in apart(turn, target)]
    trim(turns, target)
    return system, turns


def apart(turn: Turn, target: Target) -> list[Turn]:
    """Put what some models refuse beside the results of tools into a turn of its own.

    Turns take turns, so the model has said a full stop between the two.
    """
    content: list[Block] = turn["content"]
    results = [block for block in content if "toolResult" in block]
    beside = [block for block in content if "toolResult" not in block]
    if not results or not beside or not target.lacks("text_beside_tool_results"):
        return [turn]
    reason = "the model wants the results of tools in a turn of their own"
    target.ledger.noted("messages", reason)
    return [
        {**turn, "content": results},
        {"role": "assistant", "content": [{"text": "."}]},
        {**turn, "content": beside},
    ]


def trim(turns: list[Turn], target: Target) -> None:
    """Take white space off the end of a turn that the model shall go on with."""
    if not turns or turns[-1]["role"] != "assistant":
        return
    content = turns[-1]["content"]
    last = content[-1]
    if "text" not in last or last["text"] == (text := last["text"].rstrip()):
        return
    reason = "the service refuses white space at the end of the last turn"
    target.ledger.rewritten("messages", reason)
    content[-1:] = [{**last, "text": text}] if text else []
    if not content:
        turns.pop()
