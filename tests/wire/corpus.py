"""Where the recorded traffic lies, and how one exchange of it is read."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Pair: TypeAlias = tuple[str, str]
"""A provider and the wire protocol that it was spoken to in."""

VARIABLE = "AIKIT_WIRE_DIR"
ELSEWHERE = os.environ.get(VARIABLE)
FOLDER = Path(ELSEWHERE) if ELSEWHERE else Path(__file__).resolve().parents[3] / "shared" / "wire"
REQUIRED = os.environ.get("AIKIT_REQUIRE_WIRE") == "1"
ABSENT = f"no recorded traffic at {FOLDER}: put the corpus there or name its folder in {VARIABLE}"


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as recorded, with what the answer is known to mean."""

    name: str
    recorded: Mapping[str, Any] = field(repr=False)
    expected: Mapping[str, Any] | None = field(repr=False)

    @property
    def provider(self) -> str:
        return str(self.recorded["provider"])

    @property
    def api(self) -> str:
        return str(self.recorded["api"])

    @property
    def pair(self) -> Pair:
        return self.provider, self.api

    @property
    def sha256(self) -> str:
        """The exchange's own fingerprint, whatever its case is called."""
        text = json.dumps(self.recorded, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def request(self) -> Mapping[str, Any] | None:
        request: Mapping[str, Any] | None = self.recorded["request"]
        return request

    @property
    def asked(self) -> Json | None:
        """The JSON body of the request, or None when it was not recorded."""
        body = (self.request or {}).get("body") or {}
        asked: Json | None = body.get("json")
        return asked

    @property
    def status(self) -> int:
        return int(self.recorded["response"]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.recorded["response"]["headers"])

    @property
    def answer(self) -> Any:
        """The JSON body of the answer, or None when it is a stream or no JSON."""
        return (self.recorded["response"]["body"] or {}).get("json")

    @property
    def body(self) -> bytes:
        """The bytes of the answer."""
        response = self.recorded["response"]
        if response["stream"]:
            if response["chunk_encoding"] == "base64":
                return b"".join(base64.b64decode(chunk) for chunk in response["chunks"])
            return "".join(response["chunks"]).encode()
        match response["body"]:
            case None:
                return b""
            case {"json": value}:
                return json.dumps(value, ensure_ascii=False).encode()
            case {"text": text}:
                return str(text).encode()
            case {"base64": text}:
                return base64.b64decode(text)
            case body:
                raise ValueError(f"{self.name}: unknown kind of body {sorted(body)}")


def exchanges(folder: Path = FOLDER) -> Iterator[Exchange]:
    """Read every exchange of a corpus, in the order of its files."""
    for path in sorted((folder / "cases").glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        told = case["expected"]["exchanges"]
        for index, recorded in enumerate(case["exchanges"]):
            yield Exchange(f"{case['id']}[{index}]", recorded, told[index])
