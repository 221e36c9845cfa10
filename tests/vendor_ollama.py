"""What the loopback vendor answers on Ollama's own endpoints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .vendor_answers import WORDS, Answer, Manner, answer, embedding

CREATED = "2026-11-20T10:00:00.123456789Z"


def ollama_answer(body: Mapping[str, Any], manner: Manner) -> Answer:
    """Decide what is said, by the same rules as in the OpenAI dialect."""
    options, wanted = body.get("options") or {}, body.get("format")
    asked: dict[str, Any] = {
        "model": body["model"],
        "messages": body.get("messages"),
        "prompt": body.get("prompt", ""),
        "tools": body.get("tools", ()),
        "max_tokens": options.get("num_predict"),
        "reasoning_effort": None if body.get("think") in (None, False) else "high",
    }
    if wanted == "json":
        asked["response_format"] = {"type": "json_object"}
    elif wanted:
        asked["response_format"] = {"type": "json_schema", "json_schema": {"schema": wanted}}
    return answer(asked, manner)


def pieces(said: Answer, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Say it in one body, or in lines where no one-body answer is asked for."""
    head = {"model": body["model"], "created_at": CREATED}
    end = {
        "done": True,
        "done_reason": "length" if said.finish_reason == "length" else "stop",
        "total_duration": 5_000_000,
        "prompt_eval_count": said.usage["prompt_tokens"],
        "eval_count": said.usage["completion_tokens"],
    }
    calls = [
        {"function": {"name": name, "arguments": json.loads(arguments)}}
        for _, name, arguments in said.calls
    ]
    if body.get("stream", True):
        for thought in WORDS.findall(said.thoughts):
            yield {**head, **spoken(body, "", thought), "done": False}
        for word in said.words:
            yield {**head, **spoken(body, word), "done": False}
        for call in calls:
            yield {**head, **spoken(body, "", "", [call]), "done": False}
        yield {**head, **spoken(body, ""), **end}
    else:
        yield {**head, **spoken(body, said.text, said.thoughts, calls), **end}


def spoken(
    body: Mapping[str, Any], text: str, thought: str = "", calls: list[Any] | None = None
) -> dict[str, Any]:
    thinking = {"thinking": thought} if thought else {}
    if "messages" not in body:
        return {"response": text, **thinking}
    message = {"role": "assistant", "content": text, **thinking}
    return {"message": {**message, **({"tool_calls": calls} if calls else {})}}


def ollama_embedding(body: Mapping[str, Any]) -> dict[str, Any]:
    found = embedding(body)
    vectors = [row["embedding"] for row in found["data"]]
    counts = {"prompt_eval_count": found["usage"]["prompt_tokens"]}
    return {"model": body["model"], "embeddings": vectors, "total_duration": 5_000_000, **counts}


def tag(name: str) -> dict[str, Any]:
    family = re.split(r"[:\d]", name)[0]
    return {"name": name, "model": name, "modified_at": CREATED, "details": {"family": family}}
