"""Holds what came of a call against what the recorded answer is known to mean."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from aicore.errors import AIError, CutOff
from aicore.models import ModelInfo
from aicore.responses import Embeddings, Produce, RerankResponse, Response, TokenCount
from aicore.usage import Usage

from .apis import api_of
from .corpus import Exchange
from .differences import differences, short
from .invariants import broken, timeless, unfaithful
from .replay import KEY, Outcome, Sent, base_url


def unlike(name: str, expected: Any, found: Any) -> Iterator[str]:
    if expected != found:
        yield f"{name}: expected {short(expected)}, found {short(found)}"


def problems(
    exchange: Exchange, outcomes: Mapping[str, Outcome], sent: list[Sent]
) -> Iterator[str]:
    """Name everything that is wrong with what was sent and with what came of it."""
    first = outcomes["whole"]
    yield from unlike("requests per call", 1, len(sent) / len(outcomes))
    if not sent:
        yield f"nothing was sent: {first.error!r}"
        return
    yield from asked(exchange, sent[0], dropped(first))
    for other in sent[1:]:
        yield from unlike("a repeated request", sent[0].body, other.body)
    yield from answered(exchange, first)
    for delivery, outcome in outcomes.items():
        for problem in (*lawful(exchange, outcome), *same(first, outcome)):
            yield f"{delivery}: {problem}"


def dropped(outcome: Outcome) -> set[str]:
    """Name the settings that an answer warns were left out."""
    found = outcome.partial if isinstance(outcome.result, tuple) else outcome.result
    found = found or outcome.partial
    return {item.setting or "" for item in found.warnings if item.action == "dropped"}


def asked(exchange: Exchange, sent: Sent, dropped: Iterable[str]) -> Iterator[str]:
    """Compare a request with the recorded one: address, key and the body's meaning."""
    request, path = exchange.request, api_of(exchange).path(exchange)
    method = str(request["method"]) if request else api_of(exchange).method
    yield from unlike("method", method, sent.method)
    if request and not unquote(request["path"]).endswith(unquote(path.partition("?")[0])):
        yield f"path: nothing of ours asks for {request['path']}"
    header, value = api_of(exchange).authorization(KEY)
    yield from unlike(header, value, sent.headers.get(header))
    elsewhere = {**sent.headers, header: "", "url": sent.url, "body": str(sent.body)}
    if leaks := [name for name, value in elsewhere.items() if KEY in value]:
        yield f"the key is also in {leaks}"
    address = base_url(exchange)
    if address is not None:
        yield from unlike("url", address + path, sent.url)
    if address is not None and exchange.asked is not None:
        yield from differences(exchange.asked, sent.body, exchange.pair, dropped)
    elif not (sent.url.startswith(SAFE) and sent.url.endswith(path)):
        yield f"url: {sent.url} does not end in {path}"


def answered(exchange: Exchange, outcome: Outcome) -> Iterator[str]:
    """Compare what came of a call with what the recorded answer is known to mean."""
    exchange = replace(exchange, expected=api_of(exchange).meaning(exchange))
    expected = exchange.expected
    match expected, outcome:
        case None, _:
            return
        case {"kind": "error"}, Outcome(error=AIError() as error):
            yield from failed(exchange, expected, error)
        case {"stream_error": raw}, Outcome(result=None, error=AIError() as error):
            yield from failed(exchange, in_stream(raw), error)
            yield from content(exchange, outcome.partial)
        case {"finish_reason": None}, Outcome(result=None, error=CutOff()):
            yield from content(exchange, outcome.partial)
        case {"prompt_feedback": feedback}, Outcome(result=Response() as response):
            yield from content(exchange, response)
            yield from blocked(exchange, feedback, response)
        case {"kind": "response", "status": None | "queued" | "in_progress"}, Outcome(
            result=None, error=CutOff()
        ) if exchange.recorded["response"]["stream"]:
            yield from content(exchange, outcome.partial)
        case {"kind": "chat" | "completion" | "response"}, Outcome(result=Response() as response):
            yield from content(exchange, response)
            yield from ending(exchange, response)
            yield from api_of(exchange).more(expected, response)
        case {"kind": "embedding"}, Outcome(result=Embeddings() as embeddings):
            yield from vectors(exchange, embeddings)
        case {"kind": "rerank"}, Outcome(result=RerankResponse() as ranking):
            yield from ranks(exchange, ranking)
        case {"kind": "models"}, Outcome(result=tuple() as models):
            yield from unlike("ids", expected["ids"], [model.id for model in models])
            yield from unlike("count", expected["count"], len(models))
        case {"kind": "tokens", "tokens": tokens}, Outcome(result=TokenCount() as count):
            yield from unlike("tokens", tokens, count.tokens)
        case _:
            found = outcome.error or outcome.result
            yield f"expected {short(dict(expected))}, found {short(found)}"


def blocked(exchange: Exchange, feedback: Any, response: Response) -> Iterator[str]:
    """Compare what became of a prompt that was refused, whose reason is no finish reason."""
    told = (exchange.expected or {}).get("finish_reason")
    yield from unlike("a finish reason beside the block", told, None)
    yield from unlike("raw finish reason", feedback["blockReason"], response.raw_finish_reason)
    yield from unlike("finish reason", "content-filter", response.finish_reason)
    yield from counted(exchange, response.usage)


SAFE = ("https://", "http://localhost")
"""How the address of a service begins, if it is not on this machine."""


def in_stream(raw: Any) -> Mapping[str, Any]:
    """Read the error frame of a stream; only some vendors put a status inside."""
    raw = raw if isinstance(raw, Mapping) else {"message": str(raw)}
    return {
        "in_stream": True,
        "status": raw.get("status_code"),
        "code": raw.get("code"),
        "type": None if raw.get("type") == "error" else raw.get("type"),  # that of the frame
        "provider_status": raw.get("status"),
        "message": raw.get("message", raw.get("error")),
    }


def failed(exchange: Exchange, expected: Mapping[str, Any], error: AIError) -> Iterator[str]:
    """Compare an error; its `vendor_code` is the vendor's code, or the type where there is none.

    A failure inside a stream has only the status that its frame states, if any.
    """
    if expected.get("in_stream") and isinstance(expected.get("error"), Mapping):
        expected = in_stream(expected["error"])
    names = ("status", "code", "type", "provider_status")
    status, code, kind, word = (expected.get(name) for name in names)
    told = api_of(exchange).reason(exchange.answer) or word
    family = api_of(exchange).error(status, told, code, kind)
    if not isinstance(error, family):
        yield f"error: expected {family.__name__}, found {error!r}"
    if not expected.get("in_stream") or (status and error.status):
        yield from unlike("status", status, error.status)
    yield from unlike("vendor_code", told or vendor_code(code, kind), error.vendor_code)
    yield from unlike("provider", exchange.provider, error.provider)
    message = expected["message"]
    if isinstance(message, str) and message not in str(error):
        yield f"message: expected {short(message)} in {short(str(error))}"
    if (wait := seconds(exchange, expected)) is not None:
        yield from unlike("retry_after", wait, error.retry_after)
    if request_id := exchange.headers.get(api_of(exchange).request_id):
        yield from unlike("request_id", request_id, error.request_id)
    if KEY in f"{error} {error!r} {error.as_dict()} {error.details}":
        yield "the error tells the key"


def vendor_code(code: Any, kind: str | None) -> str | None:
    """Return the vendor's code, or the type of the failure where there is no code."""
    return kind if code is None else str(code)


def seconds(exchange: Exchange, expected: Mapping[str, Any]) -> float | None:
    """Return how long to wait; OpenAI's clients believe the header in milliseconds first."""
    if milliseconds := exchange.headers.get("retry-after-ms"):
        return float(milliseconds) / 1000
    told = expected.get("retry_after")
    return None if told is None else float(told)


def content(exchange: Exchange, response: Response) -> Iterator[str]:
    """Compare what was said; nothing and the empty text are the same here."""
    expected: Mapping[str, Any] = exchange.expected or {}
    if "id" in expected:
        yield from unlike("id", expected["id"] or "", response.id or "")
    yield from unlike("model", expected.get("model"), response.model)
    yield from unlike("text", expected.get("text") or "", response.text)
    thoughts = api_of(exchange).thoughts(response)
    yield from unlike("reasoning", expected.get("reasoning") or "", thoughts)
    yield from unlike("refusal", expected.get("refusal") or "", response.refusal or "")
    calls = list(expected.get("tool_calls") or ())
    legacy = expected.get("function_call")
    if legacy and legacy["name"]:  # the old form knows no ids
        calls = [*calls, {"id": None, **legacy}]
    called = api_of(exchange).calls(response)
    yield from unlike("number of tool calls", len(calls), len(called))
    for index, (call, found) in enumerate(zip(calls, called, strict=False)):
        at = f"tool call {index}"
        if call.get("id") is not None:
            yield from unlike(f"{at} id", call["id"], found.id)
        yield from unlike(f"{at} name", call["name"], found.name)
        yield from unlike(f"{at} arguments", call["arguments"], parsed(found.arguments))
        if (raw := call.get("arguments_raw")) is not None:
            yield from unlike(f"{at} raw arguments", raw, found.arguments)


def parsed(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return None


def ending(exchange: Exchange, response: Response) -> Iterator[str]:
    """Compare why the answer ended, what it used, and how many answers there are."""
    expected: Mapping[str, Any] = exchange.expected or {}
    raw = api_of(exchange).raw_reason(expected)
    calls = expected.get("tool_calls") or expected.get("custom_tool_calls")
    unified = api_of(exchange).finish_reason(raw, bool(calls))
    yield from unlike("raw finish reason", raw, response.raw_finish_reason or "")
    yield from unlike("finish reason", unified, response.finish_reason)
    yield from counted(exchange, response.usage)
    yield from unlike("steps", 1, len(response.steps))
    if "choices" in expected:
        yield from unlike("candidates", expected["choices"], len(response.candidates))
    if "choice_texts" in expected:
        texts = [candidate.text for candidate in response.candidates]
        yield from unlike("texts", [text or "" for text in expected["choice_texts"]], texts)


def counted(exchange: Exchange, found: Usage | None) -> Iterator[str]:
    """Compare token counts, and what is kept of them as they were sent."""
    raw = (exchange.expected or {}).get("usage") or None
    yield from unlike("raw usage", raw, found and found.raw)
    found = found and replace(found, raw=None)
    yield from unlike("usage", api_of(exchange).usage(raw), found)


def vectors(exchange: Exchange, found: Embeddings) -> Iterator[str]:
    """Compare vectors with the recorded numbers."""
    expected: Mapping[str, Any] = exchange.expected or {}
    yield from unlike("model", expected.get("model"), found.model)
    yield from unlike("count", expected["count"], len(found.vectors))
    yield from unlike("dimensions", {expected["dimension"]}, {len(row) for row in found.vectors})
    yield from counted(exchange, found.usage)
    rows = api_of(exchange).vectors(exchange.answer)
    for index, (row, vector) in enumerate(zip(rows, found.vectors, strict=False)):
        yield from unlike(f"vector {index}", row, vector)


def ranks(exchange: Exchange, found: RerankResponse) -> Iterator[str]:
    """Compare the order of documents, their scores, and what else is known of a ranking."""
    expected: Mapping[str, Any] = exchange.expected or {}
    ranked = [{"index": item.index, "score": item.score} for item in found.results]
    yield from unlike("results", expected["results"], ranked)
    for name in ("id", "model"):
        if name in expected:
            yield from unlike(name, expected[name], getattr(found, name))
    if "usage" in expected:
        yield from counted(exchange, found.usage)


def lawful(exchange: Exchange, outcome: Outcome) -> Iterator[str]:
    """Check what holds for every call: the order of its events, and that they fold."""
    if isinstance(outcome.result, Response):
        yield from unfaithful(outcome.result, outcome.events)
    if outcome.events:
        yield from broken(outcome.events, whole=outcome.error is None)
    elif api_of(exchange).streaming(exchange) and outcome.error is None:
        yield "a stream without events"


def same(first: Outcome, outcome: Outcome) -> Iterator[str]:
    """Check that the cut of the network reads makes no difference."""
    yield from unlike("result", still(first.result), still(outcome.result))
    told = [(type(error), error and error.as_dict()) for error in (first.error, outcome.error)]
    yield from unlike("error", *told)
    if first.error is not None:
        yield from unlike("what came before it", first.partial, outcome.partial)


def still(result: Response | Produce | tuple[ModelInfo, ...] | None) -> Any:
    if isinstance(result, tuple):
        return result
    if isinstance(result, Embeddings | RerankResponse | TokenCount):
        return replace(result, timing=None, attempts=())
    return result and timeless(result)
