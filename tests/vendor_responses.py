"""What the loopback vendor says at OpenAI's Responses endpoint, by what it would say to a chat."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from .vendor_answers import Answer, Manner, answer

SOURCE = {"type": "url_citation", "url": "https://sky.example", "title": "The sky"}


def as_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """Say the same as a chat."""
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    messages = [{"role": "system", "content": body.get("instructions") or ""}]
    for item in items:
        if item.get("type") == "function_call_output":
            messages.append({"role": "tool", "content": item["output"]})
        elif "role" in item:
            messages.append({"role": item["role"], "content": item["content"]})
    tools = [tool for tool in body.get("tools", ()) if tool["type"] == "function"]
    chat: dict[str, Any] = {"model": body["model"], "messages": messages}
    chat["tools"] = [{"type": "function", "function": tool} for tool in tools]
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, dict):
        choice = {"type": "function", "function": choice}
    format = (body.get("text") or {}).get("format") or {}
    effort = (body.get("reasoning") or {}).get("effort")
    return {
        **chat,
        "tool_choice": choice,
        "response_format": {"type": format.get("type"), "json_schema": format},
        "reasoning_effort": effort,
        "max_tokens": body.get("max_output_tokens"),
    }


def respond(body: Mapping[str, Any], manner: Manner) -> dict[str, Any]:
    """Answer in one body."""
    said = answer(as_chat(body), manner)
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
    cut = said.finish_reason == "length"
    return {
        "id": f"resp_{digest}",
        "object": "response",
        "created_at": 1700000000,
        "model": body["model"],
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "error": None,
        "output": list(items(said, body, digest)),
        "usage": usage(said.usage),
    }


def counted(body: Mapping[str, Any], manner: Manner) -> dict[str, Any]:
    """Count the words that are read as input."""
    said = answer(as_chat(body), manner)
    return {"object": "response.input_tokens", "input_tokens": said.usage["prompt_tokens"]}


def usage(chat: Mapping[str, Any]) -> dict[str, Any]:
    """Tell the counts by their other names; what is told beside them keeps its own."""
    return {
        **{name: value for name, value in chat.items() if not name.startswith(COUNTS)},
        "input_tokens": chat["prompt_tokens"],
        "input_tokens_details": chat["prompt_tokens_details"],
        "output_tokens": chat["completion_tokens"],
        "output_tokens_details": chat["completion_tokens_details"],
        "total_tokens": chat["total_tokens"],
    }


COUNTS = ("prompt_", "completion_")


def items(said: Answer, body: Mapping[str, Any], digest: str) -> Iterator[dict[str, Any]]:
    """Tell the items of an answer: a thought, a search if there is a tool for it, and what is said.

    Thoughts are encrypted; a summary of them is shown if it is asked for.
    """
    wanted = body.get("reasoning") or {}
    if said.usage["completion_tokens_details"]["reasoning_tokens"]:
        summary = [{"type": "summary_text", "text": "The question is simple."}]
        thought = {"type": "reasoning", "id": f"rs_{digest}", "encrypted_content": "c2VjcmV0"}
        yield {**thought, "summary": summary if wanted.get("summary") else []}
    searched = any(tool["type"] == "web_search" for tool in body.get("tools", ()))
    if searched:
        yield {"type": "web_search_call", "id": f"ws_{digest}", "status": "completed"}
    for number, (id, name, arguments) in enumerate(said.calls):
        call = {"type": "function_call", "id": f"fc_{digest}_{number}", "call_id": id}
        yield {**call, "name": name, "arguments": arguments, "status": "completed"}
    if said.text:
        notes = [{**SOURCE, "start_index": 0, "end_index": len(said.text)}] if searched else []
        piece = {"type": "output_text", "text": said.text, "annotations": notes}
        message = {"type": "message", "id": f"msg_{digest}", "role": "assistant"}
        yield {**message, "status": "completed", "content": [piece]}


def queued(response: Mapping[str, Any]) -> dict[str, Any]:
    """Say that an answer will be there later."""
    return {**response, "status": "queued", "output": [], "usage": None}


def stream_of(response: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Say it in events, a text word by word."""
    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    for index, item in enumerate(response["output"]):
        at = {"output_index": index, "item_id": item["id"]}
        start = {**item, "content": []} if item["type"] == "message" else {**item, "arguments": ""}
        yield {"type": "response.output_item.added", "item": start, **at}
        for number, piece in enumerate(item.get("content") or ()):
            for word in Answer(text=piece["text"]).words:
                delta = {"content_index": number, "delta": word, **at}
                yield {"type": "response.output_text.delta", **delta}
        for number, piece in enumerate(item.get("summary") or ()):
            delta = {"summary_index": number, "delta": piece["text"], **at}
            yield {"type": "response.reasoning_summary_text.delta", **delta}
        if item["type"] == "function_call":
            delta = {"delta": item["arguments"], **at}
            yield {"type": "response.function_call_arguments.delta", **delta}
        yield {"type": "response.output_item.done", "item": item, **at}
    yield {"type": f"response.{response['status']}", "response": response}
