"""The paths that the guard counts, each with answers from memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from aicore.calls import Batch
from aicore.events import PartStarted, Started, TextDelta
from aicore.messages import Message
from aikit import Kit
from aikit_asgi import create_app
from aikit_asgi.native import EventWriter
from aikit_asgi.openai.chunks import ChunkWriter
from aikit_asgi.openai.read import Form
from aikit_wire.frames import SSEDecoder
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.manifest import Manifest
from aikit_wire.transport import HTTPRequest, Phases

Work = Callable[[], Awaitable[None]]

WHOLE: Mapping[str, Any] = {
    "openai": {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "gpt-5.2-2025-12-11",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello!", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29},
        "service_tier": "default",
    },
    "anthropic": {
        "model": "claude-sonnet-4-5-20250929",
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": "Hello!"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 19,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 10,
            "service_tier": "standard",
        },
    },
    "google": {
        "candidates": [
            {
                "content": {"parts": [{"text": "Hello!"}], "role": "model"},
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 19,
            "candidatesTokenCount": 10,
            "totalTokenCount": 29,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 19}],
        },
        "modelVersion": "gemini-2.5-flash",
        "responseId": "abc",
    },
}
"""What each provider answers in one piece."""
BODIES = {provider: json.dumps(answer).encode() for provider, answer in WHOLE.items()}


def chunk(text: str, reason: str | None = None) -> bytes:
    """Write an event as OpenAI sends it."""
    choice = {"index": 0, "delta": {"content": text}, "logprobs": None, "finish_reason": reason}
    fields = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": "gpt-5.2-2025-12-11",
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
        "choices": [choice],
        "obfuscation": "abcdefghij",
    }
    return b"data: " + json.dumps(fields, separators=(",", ":")).encode() + b"\n\n"


READ = b"".join(chunk(f" word{number}") for number in range(10))
"""What one network read brings: ten events."""
LAST = chunk("", "stop") + b"data: [DONE]\n\n"


class Answer:
    """An answer that is there already."""

    status = 200

    def __init__(self, pieces: list[bytes], kind: str) -> None:
        self._pieces = pieces
        self.headers: Mapping[str, str] = {"content-type": kind}

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        for piece in self._pieces:
            yield piece

    async def aclose(self) -> None:
        """Nothing is open."""


class Memory:
    """A transport that answers from memory: `reads` network reads of a stream, or all at once."""

    def __init__(self) -> None:
        self.reads = 1

    async def send(self, request: HTTPRequest, phases: Phases) -> Answer:
        if b'"stream":true' in (request.body or b""):
            return Answer([*[READ] * self.reads, LAST], "text/event-stream")
        return Answer([BODIES[request.provider]], "application/json")

    async def aclose(self) -> None:
        """Nothing is open."""


TRANSPORT = Memory()
KIT = Kit(providers={provider: {"api_key": "sk-test"} for provider in WHOLE}, http_client=TRANSPORT)
MODEL: Final = "openai:gpt-5.2"
QUESTION = (Message.system("You are a helpful assistant."), Message.user("Say hello."))


def generating(model: str = MODEL) -> Work:
    async def generate() -> None:
        response = await KIT.generate(QUESTION, model=model, temperature=0.5, max_tokens=256)
        assert response.text == "Hello!"

    return generate


def streaming(reads: int) -> Work:
    async def stream() -> None:
        TRANSPORT.reads = reads
        async with KIT.stream(QUESTION, model=MODEL, temperature=0.5) as events:
            count = sum([1 async for _ in events.text])
        assert count == reads * 10

    return stream


def splitting(reads: int) -> Work:
    async def split() -> None:
        decoder = SSEDecoder()
        assert sum(len(decoder.feed(READ)) for _ in range(reads)) == reads * 10

    return split


def decoding(reads: int) -> Work:
    async def decode() -> None:
        frames, decoder = SSEDecoder(), ChatDecoder(Manifest(name="openai"), "gpt-5.2")
        batch: Batch = ()
        for _ in range(reads):
            batch = decoder.read(frames, READ)
        assert sum(isinstance(event, TextDelta) for event in batch) == 10

    return decode


def writing(make: Callable[[], Any], reads: int) -> Work:
    texts: Batch = tuple(TextDelta(0, 0, f" word{number}") for number in range(10))

    async def write() -> None:
        writer = make()
        writer.batch((Started("id", "model"), PartStarted(0, 0, "text")))
        for _ in range(reads):
            assert b"word9" in writer.batch(texts)

    return write


def chunk_writer() -> ChunkWriter:
    return ChunkWriter("gpt-5.2", "chatcmpl-1", Form())


APP = create_app(KIT, models=["openai:*"])


def serving(reads: int) -> Work:
    """Ask the gateway for an answer in one piece, or with `reads` for a stream."""
    question = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "Say hello."}],
        "stream": bool(reads),
    }
    body = json.dumps(question).encode()
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "raw_path": b"/v1/chat/completions",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json"), (b"host", b"localhost")],
    }

    async def serve() -> None:
        TRANSPORT.reads = reads
        asked, sent = False, b""
        away = asyncio.get_running_loop().create_future()

        async def receive() -> MutableMapping[str, Any]:
            nonlocal asked
            if asked:
                await away
            asked = True
            return {"type": "http.request", "body": body}

        async def send(message: MutableMapping[str, Any]) -> None:
            nonlocal sent
            assert message.get("status", 200) == 200
            sent += message.get("body", b"")

        await APP({**scope}, receive, send)
        assert sent.count(b"word9") == reads if reads else b"Hello!" in sent

    return serve


ONCE: Mapping[str, Work] = {
    "kit.generate": generating(),
    "kit.generate, Anthropic": generating("anthropic:claude-sonnet-4-5"),
    "kit.generate, Gemini": generating("google:gemini-2.5-flash"),
    "gateway, a request": serving(0),
}
BY_EVENT: Mapping[str, Callable[[int], Work]] = {
    "kit.stream": streaming,
    "splitting": splitting,
    "decoding a chunk": decoding,
    "gateway, a stream": serving,
    "gateway, writing a chunk": lambda reads: writing(chunk_writer, reads),
    "gateway, writing a native event": lambda reads: writing(EventWriter, reads),
}
"""What costs by the event: the difference of two lengths, so that what is once a stream is out."""
