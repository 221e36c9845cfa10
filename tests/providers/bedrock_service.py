"""A Kit whose Bedrock is a function: it is asked as the service is, and keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from aikit import Kit

from .eventstream import STREAM

NOVA = "bedrock:us.amazon.nova-lite-v1:0"
CLAUDE = "bedrock:us.anthropic.claude-sonnet-4-6"
PLACE: dict[str, Any] = {"region": "us-east-1", "api_key": "k"}
MESSAGE = {
    "id": "msg_1",
    "model": "claude",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 1},
}
SAID: Mapping[str, Any] = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 3, "outputTokens": 1, "totalTokens": 4},
}


class Asked(list[httpx2.Request]):
    """The requests that arrived."""

    @property
    def body(self) -> Any:
        return json.loads(self[-1].content)

    @property
    def authorization(self) -> str:
        return self[-1].headers.get("authorization", "")


@asynccontextmanager
async def bedrock(
    answer: Any = SAID,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **settings: Any,
) -> AsyncIterator[tuple[Kit, Asked]]:
    """Open a Kit; `answer` is JSON, the bytes of a stream, or a function of the request."""
    asked = Asked()

    def respond(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        said = answer(request) if callable(answer) else answer
        if isinstance(said, bytes):
            told = {"content-type": STREAM, **(headers or {})}
            return httpx2.Response(status, content=said, headers=told)
        return httpx2.Response(status, json=said, headers=headers)

    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(respond)) as client,
        Kit(providers={"bedrock": settings}, http_client=client) as kit,
    ):
        yield kit, asked
