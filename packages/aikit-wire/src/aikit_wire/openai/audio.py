"""Put together what a model says aloud."""

from __future__ import annotations

import base64
from typing import Any

from aicore.messages import AudioPart

from aikit_wire.openai.manifest import DIALECT


class SpokenAudio:
    """Collects the `audio` of an answer, which in a stream comes in pieces of base64.

    A piece may be padded by itself or end anywhere: bytes are read as soon as there are four
    characters for them.
    """

    def __init__(self) -> None:
        self._said = False
        self._bytes = bytearray()
        self._rest = ""
        self._transcript: str | None = None
        self._data: dict[str, Any] = {}

    def add(self, audio: dict[str, Any]) -> None:
        self._said = True
        self._rest += audio.get("data") or ""
        whole = len(self._rest) // 4 * 4
        self._bytes += base64.b64decode(self._rest[:whole])
        self._rest = self._rest[whole:]
        if (piece := audio.get("transcript")) is not None:
            self._transcript = (self._transcript or "") + piece
        self._data |= {
            name: value
            for name, value in audio.items()
            if value is not None and name not in ("data", "transcript")
        }

    def part(self) -> AudioPart | None:
        """Return the audio; its id, by which a later turn refers to it, is in `provider_data`."""
        if not self._said:
            return None
        last = base64.b64decode(self._rest + "=" * (-len(self._rest) % 4))
        return AudioPart(
            data=bytes(self._bytes + last),
            transcript=self._transcript,
            provider_data={DIALECT: self._data} if self._data else {},
        )
