"""What becomes of items that belong to one dialect, and of parts that stand where none has a form.

The same holds in every dialect: what is its own is sent as it is, what is another's is left out
with a warning, and what nobody can be shown is an error before anything is sent.
"""

from __future__ import annotations

from typing import Any

from aicore.errors import Unsupported
from aicore.messages import (
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    ToolCallPart,
)
from aicore.requests import ProviderTool

from aikit_wire.ledger import Ledger


def own_item(
    item: OpaquePart | ProviderTool, dialect: str | None, ledger: Ledger
) -> dict[str, Any] | None:
    """Return what an item of this dialect is on the wire; one of another's means nothing.

    `None` stands for a dialect that has no such items.
    """
    if item.dialect == dialect:
        return dict(item.data)
    if isinstance(item, ProviderTool):
        ledger.dropped("tools", f"a provider tool of {item.dialect!r} means nothing here")
    else:
        ledger.dropped("messages", f"an item of {item.dialect!r} means nothing here")
    return None


def misplaced(
    part: Part, dialect: str | None, provider: str, ledger: Ledger
) -> dict[str, Any] | None:
    """Take a part that what is said to the model has no form for; return an item of the dialect's.

    Raises:
        Unsupported: it can neither be sent nor left out.
    """
    match part:
        case OpaquePart():
            return own_item(part, dialect, ledger)
        case RefusalPart() | ReasoningPart() | SourcePart():
            ledger.dropped("messages", f"a {part.type} part can only stand in the model's turn")
            return None
        case ToolCallPart():
            raise Unsupported(
                "a tool call can only stand in the model's turn: give its message the role "
                "`assistant`",
                provider=provider,
            )
        case _:
            raise Unsupported(
                f"{part.type} parts cannot be sent; leave them out or ask a model that takes them",
                provider=provider,
            )
