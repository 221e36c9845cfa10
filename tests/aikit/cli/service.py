"""A service on loopback in the OpenAI chat dialect; the model's name picks what it does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-loopback-0123456789abcdef"

FAILURES = {"denied": 401, "refused": 400, "busy": 429, "gone": 404, "broken": 503}


class Service:
    """What a test sees of it: where it is, what it was asked, and who hung up."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.hung_up = threading.Event()
        service = self

        class Handler(Answering):
            owner = service

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def last(self) -> dict[str, Any]:
        return self.requests[-1]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Answering(BaseHTTPRequestHandler):
    """Answers one request."""

    owner: Service
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        models = [{"id": "echo", "context_window": 4096}, {"id": "gpt-4o-mini"}]
        self.send_json(200, {"object": "list", "data": models})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.owner.requests.append(body)
        model = body["model"]
        if model in FAILURES:
            message = f"no, {model}; you sent {self.headers['authorization']}"
            self.send_json(FAILURES[model], {"error": {"message": message}})
        elif body.get("stream"):
            self.stream(model, body)
        else:
            choices = [whole(deltas) for deltas in answers(model, body)]
            self.send_json(200, {"id": "a1", "model": model, "choices": choices, "usage": USAGE})

    def stream(self, model: str, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for index, deltas in enumerate(answers(model, body)):
            for delta in deltas:
                self.send_event({"choices": [{"index": index, "delta": delta}]})
            if model in ("stuck", "cut"):
                break
            reason = reason_of(model)
            self.send_event({"choices": [{"index": index, "delta": {}, "finish_reason": reason}]})
        if model == "stuck":
            with suppress(ConnectionError):
                self.connection.recv(1)
            self.owner.hung_up.set()
        elif model != "cut":
            self.send_event({"choices": [], "usage": USAGE})
            self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def send_event(self, event: dict[str, Any]) -> None:
        self.wfile.write(b"data: " + json.dumps({"id": "a1", **event}).encode() + b"\n\n")
        self.wfile.flush()

    def send_json(self, status: int, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 5,
    "prompt_tokens_details": {"cached_tokens": 8},
}
CALL = {"id": "c1", "type": "function"}


def answers(model: str, body: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Yield the deltas of each choice."""
    last = body["messages"][-1]["content"]
    text = last if isinstance(last, str) else "".join(part.get("text", "") for part in last)
    match model:
        case "thinker":
            yield [
                {"reasoning_content": "Let me "},
                {"reasoning_content": "think."},
                {"content": "Yes"},
                {"content": "."},
            ]
        case "caller":
            weather = {"name": "weather", "arguments": '{"city": '}
            yield [
                {"content": "One moment."},
                {"tool_calls": [{"index": 0, **CALL, "function": weather}]},
                {"tool_calls": [{"index": 0, "function": {"arguments": '"Paris"}'}}]},
            ]
        case "hostile":
            yield [{"content": "\x1b[2J\x1b]0;title\x07safe\r\n"}]
        case "decliner":
            yield [{"refusal": "I would rather not."}]
        case "long":
            yield [{"content": f"line {number}\n"} for number in range(20_000)]
        case "numbers":
            yield [{"content": f"messages: {len(body['messages'])}"}]
        case "twins":
            yield [{"content": "first"}]
            weather = {"name": "weather", "arguments": "{}"}
            yield [
                {"content": "second"},
                {"tool_calls": [{"index": 0, **CALL, "function": weather}]},
            ]
        case _:
            words = text.split(" ")
            yield [{"content": word if not n else f" {word}"} for n, word in enumerate(words)]


def reason_of(model: str) -> str:
    return {"caller": "tool_calls", "short": "length"}.get(model, "stop")


def whole(deltas: list[dict[str, Any]]) -> dict[str, Any]:
    """Fold the deltas of a choice that has only text."""
    text = "".join(delta["content"] for delta in deltas)
    return {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
