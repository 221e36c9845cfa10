"""Writes messages of AWS's event stream, as Bedrock streams them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from struct import pack
from typing import Any
from zlib import crc32

STREAM = "application/vnd.amazon.eventstream"


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Write one message whose headers are all texts."""
    block = b"".join(
        bytes([len(name)])
        + name.encode()
        + b"\x07"
        + pack(">H", len(value.encode()))
        + value.encode()
        for name, value in headers.items()
    )
    start = pack(">II", 16 + len(block) + len(payload), len(block))
    body = start + pack(">I", crc32(start)) + block + payload
    return body + pack(">I", crc32(body))


def event(name: str, fields: Any) -> bytes:
    """Write an event of ConverseStream."""
    headers = {
        ":event-type": name,
        ":content-type": "application/json",
        ":message-type": "event",
    }
    return message(headers, json.dumps(fields).encode())


def chunk(fields: Any) -> bytes:
    """Write a chunk of InvokeModelWithResponseStream, which has JSON of the model's maker in it."""
    data = json.dumps(fields).encode()
    return event("chunk", {"bytes": base64.b64encode(data).decode(), "p": "abc"})


def exception(name: str, text: str) -> bytes:
    """Write a failure that comes within a stream."""
    headers = {
        ":exception-type": name,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return message(headers, json.dumps({"message": text}).encode())
