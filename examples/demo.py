"""Streaming, a tool, JSON, embeddings, cost and a gateway, with a model in this process."""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from aicore.events import (
    ArgumentsDelta,
    CandidateFinished,
    Event,
    Finished,
    PartStarted,
    Started,
    TextDelta,
    UsageReported,
)
from aikit import AIError, JSONSchema, Kit, Message, Response, Tool, ToolResultPart
from aikit_asgi import create_app
from aikit_provider_llamacpp.provider import LlamaProvider
from aikit_testing.tiny_model import write_tiny_model

TINY = """\
The model is not a real one but a hand-made table of {size:.1f} MB, which always says the same.
The rest is real: llama.cpp runs it inside this process, and aikit talks to it as to any
other model. To take these steps with a model of yours: scripts/demo --gguf PATH"""
YOURS = "The model is {path}, run by llama.cpp inside this process."

MODELS_OF_OTHERS = """\
Another provider is another name before the colon; nothing else changes. All that are in this
repository are installed in .venv, and want only a key of yours:

    . .venv/bin/activate
    export OPENAI_API_KEY=…
    aikit generate "Why is the sky blue?" --model openai:gpt-5.2

In a program: await kit.generate("Why is the sky blue?", model="openai:gpt-5.2").
For any other service with an API like OpenAI's, see docs/manifests.md."""

SERVING = """
Point any OpenAI client at {url}/v1 and ask for the model "tiny", or:

    curl -N {url}/v1/chat/completions -H 'content-type: application/json' \\
      -d '{{"model": "tiny", "stream": true, "messages": [{{"role": "user", "content": "Hi"}}]}}'

Ctrl-C ends it."""

WEATHER = Tool(
    "get_weather",
    "The weather in a city right now",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
)
PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 40},
        "age": {"type": "integer"},
        "languages": {
            "type": "array",
            "items": {"enum": ["de", "en", "fr"]},
            "minItems": 1,
            "maxItems": 2,
        },
    },
    "required": ["name", "age", "languages"],
    "additionalProperties": False,
}


def get_weather(city: str) -> str:
    return f"18 °C and dry in {city}"


def title(text: str) -> None:
    print(f"\n── {text} " + "─" * (84 - len(text)))


def told(event: Event) -> str | None:
    """Say in a few words what an event tells; None for those that only mark a boundary."""
    match event:
        case Started(model=model):
            return f"by {model}"
        case PartStarted(kind=kind, name=name):
            return f"{kind} {name}" if name else kind
        case TextDelta(text=text) | ArgumentsDelta(text=text):
            return repr(text)
        case UsageReported(usage=usage):
            return f"{usage.input_tokens} tokens in, {usage.output_tokens} out"
        case CandidateFinished(reason=reason):
            return reason
        case Finished(timing=timing) if timing and timing.first_token is not None:
            return f"after {timing.total:.3f} s, the first token after {timing.first_token:.3f} s"
        case _:
            return None


async def show_stream(kit: Kit, model: str) -> Response:
    title("An answer, event by event")
    async with kit.stream("Say hello.", model=model, max_tokens=60) as stream:
        async for event in stream:
            if (words := told(event)) is not None:
                print(f"{event.type:>20}  {words}")
        return await stream.response()


async def show_tool(kit: Kit, model: str) -> None:
    title("A tool: asked for by the model, run here, its result given back")
    conversation = [Message.user("What is the weather in Paris? Use the tool.")]
    asked = await kit.generate(conversation, model=model, tools=[WEATHER], max_tokens=500)
    if not asked.tool_calls:
        print(f"{'the model':>20}  called no tool, but said: {asked.text!r}")
        return
    conversation.append(asked.message)
    for call in asked.tool_calls:
        result = get_weather(**json.loads(call.arguments))
        print(f"{'the model calls':>20}  {call.name}({call.arguments})")
        print(f"{'the tool says':>20}  {result}")
        part = ToolResultPart(call.id, result, call.name)
        conversation.append(Message(role="tool", parts=(part,)))
    answer = await kit.generate(conversation, model=model, tools=[WEATHER], max_tokens=500)
    print(f"{'the model says':>20}  {answer.text}")


async def show_json(kit: Kit, model: str) -> None:
    title("JSON that follows a schema, because a grammar leaves nothing else to say")
    response = await kit.generate(
        "Describe a person.", model=model, response_format=JSONSchema(PERSON), max_tokens=500
    )
    person = json.loads(response.text)
    for name in PERSON["required"]:
        print(f"{name:>20}  {json.dumps(person[name])}")


async def show_embeddings(kit: Kit, model: str) -> None:
    title("Embeddings: texts as vectors, and how alike they are")
    texts = ["the cat sat on the mat", "a cat sits on a mat", "pure jazz"]
    result = await kit.embed(texts, model=model)
    for text, vector in zip(texts, result.vectors, strict=True):
        alike = sum(map(float.__mul__, result.vectors[0], vector))  # they are of unit length
        print(f"{alike:>20.2f}  {text}")


async def show_counts(kit: Kit, model: str, response: Response) -> None:
    title("What the first answer took")
    usage, cost = response.usage, response.cost
    if usage is None or cost is None:
        raise RuntimeError("the answer has no usage or no cost")
    print(f"{'usage':>20}  {usage.input_tokens} tokens in, {usage.output_tokens} out")
    price = f"{cost.usd} USD" if cost.usd is not None else f"not known: {cost.reason}"
    print(f"{'cost':>20}  {price}")
    provider = kit.provider("llamacpp")
    if isinstance(provider, LlamaProvider):
        counters = await provider.metrics(model.partition(":")[2])
        for name in ("prompt_tokens_total", "tokens_predicted_total", "n_decode_total"):
            print(f"{counters[name]:>20.0f}  {name}, as llama.cpp counts all these steps")


def asked_over_http(url: str) -> Iterator[str]:
    """Ask a gateway as any OpenAI client would, and yield the pieces of text as they arrive."""
    body = {
        "model": "tiny",
        "messages": [{"role": "user", "content": "Say hello."}],
        "stream": True,
        "max_completion_tokens": 60,
    }
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(  # the address is our own
        f"{url}/v1/chat/completions", json.dumps(body).encode(), headers
    )
    with urllib.request.urlopen(request) as lines:
        for line in lines:
            if line.startswith(b"data: {"):
                for choice in json.loads(line[6:])["choices"]:
                    yield choice["delta"].get("content") or ""


async def show_gateway(kit: Kit, port: int | None) -> None:
    """Serve the Kit; with a `port` until somebody presses Ctrl-C."""
    title("The same over HTTP: a gateway for OpenAI clients")
    app = create_app(kit, models={"tiny": "llamacpp:chat"})
    config = uvicorn.Config(app, port=port or 0, lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn has no event
        await asyncio.sleep(0.01)
    if not serving.done():
        url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        print(f"{'POST':>20}  {url}/v1/chat/completions")
        pieces = await asyncio.to_thread(lambda: [*filter(None, asked_over_http(url))])
        print(f"{'pieces of text':>20}  {' '.join(map(repr, pieces))}")
        if port is None:
            server.should_exit = True
        else:
            print(SERVING.format(url=url))
    await serving


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gguf", type=Path, help="a model of yours, for all steps")
    parser.add_argument("--serve", action="store_true", help="keep the gateway up")
    parser.add_argument("--port", type=int, default=8080, help="where --serve listens")
    given = parser.parse_args()
    if given.serve:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", given.port)) == 0:
                sys.exit(f"demo: port {given.port} is taken; choose another with --port")
    with tempfile.TemporaryDirectory() as folder:
        chat = tool = given.gguf
        if given.gguf is None:
            chat = write_tiny_model(Path(folder) / "tiny-chat.gguf", "chat")
            tool = write_tiny_model(Path(folder) / "tiny-tool.gguf", "tool")
            print(TINY.format(size=chat.stat().st_size / 1e6))
        else:
            print(YOURS.format(path=given.gguf))
        models = {"chat": chat, "tool": tool}
        async with Kit(providers={"llamacpp": {"models": models}}) as kit:
            response = await show_stream(kit, "llamacpp:chat")
            await show_tool(kit, "llamacpp:tool")
            await show_json(kit, "llamacpp:chat")
            await show_embeddings(kit, "llamacpp:chat")
            await show_counts(kit, "llamacpp:chat", response)
            if not given.serve:
                await show_gateway(kit, None)
            title("With real models")
            print(MODELS_OF_OTHERS)
            if given.serve:
                await show_gateway(kit, given.port)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except AIError as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        print("\nended")
