"""What every contestant is asked, and how a right answer is told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

SYSTEM: Final = "You are a helpful assistant."
USER: Final = "Say hello to the world, please."
TEMPERATURE: Final = 0.5
MAX_TOKENS: Final = 256
KEY: Final = "sk-test"

MESSAGES: Final = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}]
OPTIONS: Final[dict[str, Any]] = {"temperature": TEMPERATURE, "max_tokens": MAX_TOKENS}
STREAMED: Final[dict[str, Any]] = {"stream": True, "stream_options": {"include_usage": True}}

WHOLE: Final = "mock-1"
"""The model that answers in one piece."""

PIECE = re.compile(r"@(\d{16})")
FIRST: Final = "@0000000000000001"


def streaming(pieces: int, pause: int = 0) -> str:
    """Name the model that streams so many pieces of text, one every `pause` milliseconds."""
    return f"mock-{pieces}-d{pause}" if pause else f"mock-{pieces}"


def is_right(texts: Iterable[str], pieces: int = 1) -> bool:
    """Tell whether texts hold all the pieces of an answer in their order (see `mock.c`)."""
    numbers = [int(number) for number in PIECE.findall("".join(texts))]
    return numbers == [*range(1, pieces + 1)]
