"""What the loopback vendor answers: pure functions from a request's body to an answer's."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

WORDS = re.compile(r"\s*\S+")
DIMENSIONS = 1536


PAGE = {"title": "Rayleigh scattering", "url": "https://sky.example/blue", "snippet": "Air …"}
BESIDE: Mapping[str, Mapping[str, Any]] = {
    "sonar": {"citations": [PAGE["url"]], "search_results": [PAGE]}
}
"""What stands beside the answers of some models, in every chunk of a stream."""
COSTS: Mapping[str, Mapping[str, Any]] = {"grok": {"cost_in_usd_ticks": 1_641_500}}
"""What the makers of some models tell of the cost of an answer, among its usage."""


class Manner(Protocol):
    """How a vendor answers."""

    answers: Mapping[str, str]
    values: Mapping[str, Any]
    thinks: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a request, before it has the form of a stream or of one body."""

    text: str = ""
    thoughts: str = ""
    calls: tuple[tuple[str, str, str], ...] = ()
    finish_reason: str = "stop"
    slow: bool = False
    usage: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        return WORDS.findall(self.text)


def answer(body: Mapping[str, Any], manner: Manner) -> Answer:
    """Decide what is said: a tool call, the results of tools, JSON, or an answer in words."""
    messages = body.get("messages") or [{"role": "user", "content": body.get("prompt", "")}]
    calls = () if messages[-1]["role"] == "tool" else tuple(tool_calls(body, manner.values))
    words = [] if calls else WORDS.findall(written(messages, body, manner))
    thoughts = "The question is simple." if is_thinking(body) else ""
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or len(words)
    cut = len(words) > limit
    prompt = sum(len(text_of(message).split()) for message in messages)
    thought = len(thoughts.split())
    output = len(words[:limit]) + thought
    output += sum(len(arguments.split()) for _, _, arguments in calls)
    return Answer(
        text="".join(words[:limit]),
        thoughts=thoughts if manner.thinks else "",
        calls=calls,
        finish_reason="tool_calls" if calls else "length" if cut else "stop",
        slow="slowly" in text_of(messages[-1]),
        usage={
            "prompt_tokens": prompt,
            "completion_tokens": output,
            "total_tokens": prompt + output,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": thought},
            **COSTS.get(family(body), {}),
        },
    )


def family(body: Mapping[str, Any]) -> str:
    return str(body["model"]).partition("-")[0]


def written(messages: Sequence[Any], body: Mapping[str, Any], manner: Manner) -> str:
    heard, wanted = text_of(messages[-1]), body.get("response_format", {})
    if messages[-1]["role"] == "tool":
        return "; ".join(text_of(message) for message in messages if message["role"] == "tool")
    if wanted.get("type") == "json_schema":
        return json.dumps(fitting(wanted["json_schema"]["schema"], manner.values))
    if wanted.get("type") == "json_object":
        return json.dumps({"answer": spoken(heard, manner.answers)})
    return spoken(heard, manner.answers)


def text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def spoken(heard: str, answers: Mapping[str, str]) -> str:
    found = (said for piece, said in answers.items() if piece in heard)
    return next(found, None) or f"You said: {heard}"


def is_thinking(body: Mapping[str, Any]) -> bool:
    effort, thinking = body.get("reasoning_effort"), body.get("thinking", {})
    asked = effort not in (None, "none") or thinking.get("type") == "enabled"
    return asked or "reason" in body["model"]


def tool_calls(
    body: Mapping[str, Any], values: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Call the first tool that may be called; as `(id, name, arguments)`."""
    tools = [tool["function"] for tool in body.get("tools", ()) if tool["type"] == "function"]
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, dict):
        tools = [tool for tool in tools if tool["name"] == choice["function"]["name"]]
    if tools and choice != "none":
        arguments = json.dumps(fitting(tools[0].get("parameters", {}), values))
        digest = hashlib.sha256(f"{tools[0]['name']}{arguments}".encode()).hexdigest()
        yield f"call_{digest[:12]}", tools[0]["name"], arguments


def fitting(schema: Mapping[str, Any], values: Mapping[str, Any], name: str = "") -> Any:
    """Make a value that fits a simple JSON schema, with the values given for its field names."""
    if name in values:
        return values[name]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {name: fitting(item, values, name) for name, item in fields.items()}
        case "array":
            return [fitting(schema.get("items", {}), values)]
        case "integer":
            return 1
        case "number":
            return 1.5
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return name or "text"


def common(body: Mapping[str, Any], streaming: bool) -> dict[str, Any]:
    """Return what every body or chunk of an answer has."""
    chat = "messages" in body
    kind = "chat.completion" if chat else "text_completion"
    return {
        "id": "chatcmpl-1" if chat else "cmpl-1",
        "object": f"{kind}.chunk" if streaming and chat else kind,
        "created": 1700000000,
        "model": body["model"],
        **BESIDE.get(family(body), {}),
    }


def numbers(body: Mapping[str, Any]) -> range:
    """Return the indexes of the answers that `n` asks for."""
    return range(body.get("n") or 1)


def reply(said: Answer, body: Mapping[str, Any]) -> dict[str, Any]:
    """Say it in one body."""
    if "messages" not in body:
        choice: dict[str, Any] = {"text": said.text}
    else:
        message: dict[str, Any] = {"role": "assistant", "content": said.text or None}
        if said.thoughts:
            message[thoughts_field(body)] = said.thoughts
        if said.calls:
            message["tool_calls"] = [call(*item) for item in said.calls]
        choice = {"message": message}
        if body.get("logprobs"):
            choice["logprobs"] = {"content": [*map(logprob, said.words)]}
    choice["finish_reason"] = said.finish_reason
    choices = [{"index": index, **choice} for index in numbers(body)]
    return {**common(body, False), "choices": choices, "usage": dict(said.usage)}


def stream_of(said: Answer, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Say it in chunks, a word at a time; usage comes last, when it was asked for."""
    head = common(body, True)
    for index in numbers(body):
        for choice in choices_of(said, body):
            yield {**head, "choices": [{"index": index, "finish_reason": None, **choice}]}
    if body.get("stream_options", {}).get("include_usage"):
        yield {**head, "choices": [], "usage": dict(said.usage)}


def choices_of(said: Answer, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "messages" not in body:
        for word in said.words:
            yield {"text": word}
        yield {"text": "", "finish_reason": said.finish_reason}
        return
    yield {"delta": {"role": "assistant", "content": ""}}
    for thought in WORDS.findall(said.thoughts):
        yield {"delta": {thoughts_field(body): thought}}
    for word in said.words:
        chosen = {"logprobs": {"content": [logprob(word)]}} if body.get("logprobs") else {}
        yield {"delta": {"content": word}, **chosen}
    for number, (id, name, arguments) in enumerate(said.calls):
        yield {"delta": {"tool_calls": [{"index": number, **call(id, name, "")}]}}
        for piece in re.findall(r".{1,8}", arguments):
            yield {"delta": {"tool_calls": [{"index": number, "function": {"arguments": piece}}]}}
    yield {"delta": {}, "finish_reason": said.finish_reason}


def thoughts_field(body: Mapping[str, Any]) -> str:
    """Name the field for thoughts: `reasoning` for open-weight models, as Groq and vLLM say."""
    return "reasoning" if re.search("gpt-oss|qwen", body["model"], re.I) else "reasoning_content"


def call(id: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def logprob(word: str) -> dict[str, Any]:
    return {"token": word, "logprob": -0.1, "bytes": [*word.encode()], "top_logprobs": []}


def embedding(body: Mapping[str, Any]) -> dict[str, Any]:
    """Embed texts by the words they hold, so that texts that share words are near each other."""
    inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
    size = body.get("dimensions") or body.get("output_dimension") or DIMENSIONS
    rows = [
        {"object": "embedding", "index": index, "embedding": vector(text, size)}
        for index, text in enumerate(inputs)
    ]
    tokens = sum(len(text.split()) for text in inputs)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": body["model"], "data": rows, "usage": usage}


def vector(text: str, size: int) -> list[float]:
    counts = [0.0] * size
    for word in re.findall(r"\w+", text.lower()):
        counts[int(hashlib.sha256(word.encode()).hexdigest(), 16) % size] += 1
    length = math.sqrt(sum(count * count for count in counts)) or 1.0
    return [count / length for count in counts]


def ranking(body: Mapping[str, Any]) -> dict[str, Any]:
    """Rank documents by the share of the query's words that each holds, the best first."""
    wanted = set(body["query"].split())
    results = [
        {"index": index, "relevance_score": len(wanted & set(text.split())) / len(wanted)}
        for index, text in enumerate(body["documents"])
    ]
    results.sort(key=lambda item: -item["relevance_score"])
    tokens = sum(len(text.split()) for text in (body["query"], *body["documents"]))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"model": body["model"], "results": results[: body.get("top_n")], "usage": usage}
