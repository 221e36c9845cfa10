"""A vendor on loopback that speaks several dialects: its answers depend on the request alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

from . import vendor_anthropic as anthropic
from . import vendor_bedrock as bedrock
from . import vendor_cohere as cohere
from . import vendor_gemini as gemini
from . import vendor_responses as responses
from . import vendor_vertex as vertex
from .providers.eventstream import STREAM as AMAZON
from .vendor_answers import Answer, answer, embedding, ranking, reply, stream_of
from .vendor_ollama import ollama_answer, ollama_embedding, pieces, tag

ACCOUNTS: Mapping[str, tuple[int, str, str, str]] = {
    "sk-wrong": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    "sk-busy": (429, "requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    "sk-spent": (429, "insufficient_quota", "insufficient_quota", "You exceeded your quota."),
}
"""What is wrong with an account shows in its key; with any other key, nothing is."""

LIMITS: Mapping[str, str] = {
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-remaining-requests": "499",
    "x-ratelimit-reset-requests": "120ms",
    "x-ratelimit-limit-tokens": "500000",
    "x-ratelimit-remaining-tokens": "499735",
    "x-ratelimit-reset-tokens": "31ms",
}
"""What is told of the limits of an account, as OpenAI tells it."""


class Refused(Exception):
    """The request gets an error in the shape that OpenAI uses."""

    def __init__(self, status: int, kind: str, code: str | None, message: str) -> None:
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": None, "code": code}}


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


class Vendor:
    """Serves OpenAI's, Anthropic's and other vendors' endpoints while it is used as `with`.

    `models` are the ids that exist; when it is empty, every id does. `answers` maps a piece of a
    question to what is answered; other questions are repeated. `values` are arguments and JSON
    fields by name. A question that says "slowly" is answered with `pace` seconds before every
    word. `thinks` tells whether thoughts are shown. `received` keeps every request.
    """

    def __init__(
        self,
        *,
        models: Sequence[str] = (),
        answers: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
        pace: float = 0.05,
        thinks: bool = True,
    ) -> None:
        self.models = tuple(models)
        self.answers = answers or {}
        self.values = values or {}
        self.pace = pace
        self.thinks = thinks
        self.received: list[Received] = []
        self.kept: dict[str, Mapping[str, Any]] = {}
        """Responses by their id, for who asks for one again."""
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.vendor = self
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL, with the `/v1` that vendors end it with."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    vendor: Vendor


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what arrived is in `received`."""

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if isinstance(body, dict) and "model_id" in body:  # watsonx.ai
            body["model"] = body["model_id"]
        self._serve(body)

    def _serve(self, body: Any) -> None:
        vendor, endpoint = self.server.vendor, self.path.partition("?")[0].partition("/v1")[2]
        endpoint, body = vertex.translated(endpoint, body)
        headers = {name.lower(): value for name, value in self.headers.items()}
        vendor.received.append(Received(self.command, self.path, headers, body or {}))
        try:
            if (wanted := gemini.asked(endpoint)) is not None:
                self._gemini(*wanted, body)
                return
            if (wanted := bedrock.asked(endpoint)) is not None:
                self._bedrock(*wanted, body)
                return
            self._admit(body)
            if "pageSize=" in self.path:
                self._send(gemini.listed(vendor.models))
                return
            match endpoint:
                case "/models":
                    ids = vendor.models or ("any-model",)
                    self._send({"object": "list", "data": [listing(id) for id in ids]})
                case "/embeddings":
                    self._send(embedding(body))
                case "/rerank":
                    self._send(ranking(body))
                case "/chat/completions" | "/completions" | "/ml/v1/text/chat":
                    said = answer(body, vendor)
                    self._answer(said, reply(said, body), events(said, body), body)
                case "/messages":
                    said = answer(anthropic.understood(body), vendor)
                    streamed = anthropic.events(said, body)
                    self._answer(said, anthropic.reply(said, body), streamed, body)
                case "/messages/count_tokens":
                    self._send(anthropic.counted(body))
                case "/v1/models":
                    ids = vendor.models or ("any-model",)
                    self._send({"models": [{"name": id} for id in ids]})
                case "/v2/chat":
                    said = cohere.cohere_answer(body, vendor)
                    self._answer(said, cohere.reply(said, body), cohere.events(said, body), body)
                case "/v1/chat" | "/v1/generate":
                    said = cohere.cohere_answer(body, vendor)
                    self._older(said, body)
                case "/v2/embed":
                    self._send(cohere.cohere_embedding(body))
                case "/v2/rerank":
                    self._send(cohere.cohere_ranking(body))
                case "/api/tags":
                    ids = vendor.models or ("any-model",)
                    self._send({"models": [*map(tag, ids)]})
                case "/api/embed":
                    self._send(ollama_embedding(body))
                case "/api/chat" | "/api/generate":
                    self._lines(ollama_answer(body, vendor), body)
                case "/responses":
                    self._respond(responses.respond(body, vendor), body)
                case "/responses/input_tokens":
                    self._send(responses.counted(body, vendor))
                case _ if (kept := vendor.kept.get(job_id(endpoint))) is not None:
                    self._again(kept, cancelled=endpoint.endswith("/cancel"))
                case _:
                    url = f"Invalid URL ({self.command} {self.path})"
                    raise Refused(404, "invalid_request_error", None, url)
        except Refused as refused:
            wait = {"retry-after": "7"} if refused.status == 429 else {}
            self._send(refused.body, refused.status, wait)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _admit(self, body: Any) -> None:
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        key = self.headers.get("x-api-key", bearer)
        if key in ACCOUNTS:
            raise Refused(*ACCOUNTS[key])
        if self.command == "GET" or self.path.endswith("/cancel"):
            return
        if not isinstance(body, dict) or not isinstance(body.get("model"), str):
            raise Refused(400, "invalid_request_error", None, "you must provide a model parameter")
        model, models = body["model"], self.server.vendor.models
        if models and model not in models:
            message = f"The model `{model}` does not exist or you do not have access to it."
            raise Refused(404, "invalid_request_error", "model_not_found", message)

    def _answer(
        self, said: Answer, whole: Any, streamed: Iterator[bytes], body: Mapping[str, Any]
    ) -> None:
        vendor = self.server.vendor
        if not body.get("stream"):
            time.sleep(vendor.pace * len(said.words) if said.slow else 0)
            self._send(whole)
            return
        self._stream("text/event-stream; charset=utf-8", streamed, said)

    def _respond(self, response: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        self.server.vendor.kept[response["id"]] = response
        if body.get("stream"):
            self._tell(response)
        else:
            self._send(responses.queued(response) if body.get("background") else response)

    def _again(self, response: Mapping[str, Any], *, cancelled: bool) -> None:
        """Give an answer of the background."""
        if "stream=true" in self.path:
            after = self.path.partition("starting_after=")[2].partition("&")[0]
            self._tell(response, int(after or -1))
        else:
            ended: dict[str, Any] = {"status": "cancelled", "output": [], "usage": None}
            self._send({**response, **ended} if cancelled else response)

    def _tell(self, response: Mapping[str, Any], after: int = -1) -> None:
        numbered = enumerate(responses.stream_of(response))
        said = ({**event, "sequence_number": number} for number, event in numbered)
        left = (event for event in said if event["sequence_number"] > after)
        streamed = (b"data: " + json.dumps(event).encode() + b"\n\n" for event in left)
        self._stream("text/event-stream", streamed, Answer())

    def _stream(self, content_type: str, chunks: Iterable[bytes], said: Answer) -> None:
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for data in chunks:
            time.sleep(self.server.vendor.pace if said.slow else 0)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")

    def _lines(self, said: Answer, body: Mapping[str, Any]) -> None:
        said_in = [*pieces(said, body)]
        if not body.get("stream", True):
            self._send(said_in[0])
            return
        lines = (json.dumps(piece).encode() + b"\n" for piece in said_in)
        self._stream("application/x-ndjson", lines, said)

    def _older(self, said: Answer, body: Mapping[str, Any]) -> None:
        if body.get("stream"):
            self._stream("application/stream+json", cohere.lines(said, body), said)
        else:
            self._send(cohere.older(said, body))

    def _gemini(self, model: str, verb: str, body: Mapping[str, Any]) -> None:
        asked = gemini.understood(model, verb, body)
        self._admit(asked)
        match verb:
            case "countTokens":
                self._send(gemini.counted(body))
            case "predict":
                self._send(vertex.predicted(body))
            case "batchEmbedContents":
                self._send(gemini.embedded(body))
            case "generateContent":
                self._send(gemini.whole(answer(asked, self.server.vendor), model, body))
            case _:
                said = answer(asked, self.server.vendor)
                events = (json.dumps(item) for item in gemini.pieces(said, model, body))
                data = "".join(f"data: {event}\n\n" for event in events).encode()
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

    def _bedrock(self, model: str, operation: str, body: Mapping[str, Any]) -> None:
        self._admit({"model": model})
        match operation:
            case "count-tokens":
                self._send(bedrock.counted(body))
            case "invoke" if "inputText" in body:
                self._send(bedrock.embedded(body))
            case "invoke":
                self._send(
                    bedrock.completed(answer({"model": model, **body}, self.server.vendor).text)
                )
            case "converse":
                said = answer(bedrock.understood(model, body), self.server.vendor)
                self._send(bedrock.reply(said, body))
            case _:
                said = answer(bedrock.understood(model, body), self.server.vendor)
                self._stream(AMAZON, bedrock.events(said, body), said)

    def _send(self, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        fixed = {"content-type": "application/json", "x-request-id": "req_0123456789", **LIMITS}
        for name, value in {**fixed, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def job_id(endpoint: str) -> str:
    return endpoint.removeprefix("/responses/").partition("/")[0]


def listing(id: str) -> dict[str, Any]:
    return {"id": id, "object": "model", "created": 1700000000, "owned_by": "vendor"}


def events(said: Answer, body: Mapping[str, Any]) -> Iterator[bytes]:
    for chunk in stream_of(said, body):
        yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"
