"""The dialects whose decoders are fed with damaged answers: one entry for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aikit_provider_ollama.decode import OllamaDecoder
from aikit_wire.answer import AnswerDecoder, Framing, lines_or_whole, sse_or_whole
from aikit_wire.openai.completions import CompletionDecoder
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.manifest import Manifest
from aikit_wire.responses.decode import ResponsesDecoder

from ..providers import ollama_cases as ollama
from .answers import USAGE, Json, sse
from .responses import answers as responses
from .test_law import CASES

ACME = Manifest(name="acme", think_tags={"deep-*": "outside", "start-*": "inside"})
COMPLETION: Json = {
    "id": "cmpl-1",
    "choices": [
        {
            "index": 0,
            "text": "Hi",
            "logprobs": {
                "tokens": ["Hi"],
                "token_logprobs": [-0.5],
                "top_logprobs": [{"Ho": -1}],
                "text_offset": [0],
            },
            "finish_reason": "stop",
        }
    ],
    "usage": USAGE,
}


@dataclass(frozen=True)
class Fuzzed:
    """A dialect's decoder, right answers to damage, and how their pieces become a body."""

    decoder: Callable[[], AnswerDecoder]
    answers: Sequence[tuple[Sequence[Json | str], Json]]
    """The pieces of a stream, and the whole answer; a piece that is text is none to damage."""
    stream: Callable[..., bytes] = sse
    framing: Framing = sse_or_whole


RESPONSE = responses.whole(
    responses.thought("One.", "Two.", encrypted_content="c2VjcmV0"),
    {"type": "web_search_call", "id": "ws_1", "status": "completed"},
    responses.said("Hi", phase="final_answer"),
    responses.call(),
    {"type": "image_generation_call", "id": "ig_1", "result": "iVBORw0KGgo="},
)
OPENAI = [(pieces, whole) for pieces, whole, _ in CASES.values()]

FUZZED: Mapping[str, Fuzzed] = {
    "openai-chat": Fuzzed(lambda: ChatDecoder(ACME, "m"), OPENAI),
    "openai-chat with tags": Fuzzed(lambda: ChatDecoder(ACME, "deep-1"), OPENAI),
    "openai-chat inside tags": Fuzzed(lambda: ChatDecoder(ACME, "start-1"), OPENAI),
    "openai-completions": Fuzzed(
        lambda: CompletionDecoder(ACME, "m"), [([COMPLETION], COMPLETION)]
    ),
    "openai-responses": Fuzzed(
        lambda: ResponsesDecoder(ACME, "m"), [(responses.stream_of(RESPONSE), RESPONSE)]
    ),
    "ollama": Fuzzed(
        lambda: OllamaDecoder("ollama", "m"), [*ollama.CASES.values()], ollama.lines, lines_or_whole
    ),
}
