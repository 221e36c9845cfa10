"""Everything that reads answers, to be fed with damaged ones: one entry for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

from aikit_provider_bedrock import completions, embeddings, framing, invoke, listing
from aikit_provider_bedrock.converse.decode import ConverseDecoder
from aikit_provider_bedrock.provider import decode_count as decode_bedrock_count
from aikit_provider_ollama.decode import OllamaDecoder
from aikit_provider_ollama.listed import decode_embeddings as decode_ollama_embeddings
from aikit_provider_ollama.listed import decode_models as decode_ollama_models
from aikit_wire.answer import lines_or_whole
from aikit_wire.anthropic import models as of_anthropic
from aikit_wire.anthropic.decode import MessagesDecoder
from aikit_wire.errors import read_error
from aikit_wire.frames import EventStreamDecoder, NDJSONDecoder, SSEDecoder
from aikit_wire.gemini import replies as of_gemini
from aikit_wire.gemini.decode import ContentDecoder
from aikit_wire.openai.completions import CompletionDecoder
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.embeddings import decode_embeddings
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.models import decode_models
from aikit_wire.responses.decode import ResponsesDecoder
from aikit_wire.responses.provider import decode_count

from ..providers import bedrock_answers as bedrock
from ..providers import ollama_cases as ollama
from .answers import USAGE, Json
from .anthropic import answers as anthropic
from .fuzzing import Frames, Fuzzed, Read, Target, traffic
from .gemini import sample as gemini
from .responses import answers as responses
from .test_frames import AWS_DELTA, AWS_THROTTLED
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
RESPONSE = responses.whole(
    responses.thought("One.", "Two.", encrypted_content="c2VjcmV0"),
    {"type": "web_search_call", "id": "ws_1", "status": "completed"},
    responses.said("Hi", phase="final_answer"),
    responses.call(),
    {"type": "image_generation_call", "id": "ig_1", "result": "iVBORw0KGgo="},
)
OPENAI = [(pieces, whole) for pieces, whole, _ in CASES.values()]
MESSAGE = anthropic.whole(
    {"type": "thinking", "thinking": "So.", "signature": "c2ln"},
    {"type": "text", "text": "Hi", "citations": [{"type": "char_location", "cited_text": "a"}]},
    {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Łódź"}},
)
MESSAGE_STREAM = [
    anthropic.begin(),
    *anthropic.block(0, {"type": "thinking", "thinking": ""}, *anthropic.thought("So", ".")),
    *anthropic.block(1, {"type": "text", "text": ""}, *anthropic.said("H", "i", "!")),
    *anthropic.block(
        2,
        {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}},
        *anthropic.given('{"city"', ': "Łódź"}'),
    ),
    *anthropic.end("tool_use"),
]
CONTENT = gemini.piece(
    {"text": "So.", "thought": True, "thoughtSignature": "c2ln"},
    {"text": "Hi"},
    {"functionCall": {"name": "weather", "args": {"city": "Łódź"}}},
    finish="STOP",
    usageMetadata={"promptTokenCount": 3, "candidatesTokenCount": 4, "thoughtsTokenCount": 1},
)

FUZZED: Mapping[str, Fuzzed] = {
    "openai-chat": Fuzzed(
        lambda: ChatDecoder(ACME, "m"), OPENAI, apis=("openai-chat", "writer-chat")
    ),
    "openai-chat with tags": Fuzzed(lambda: ChatDecoder(ACME, "deep-1"), OPENAI),
    "openai-chat inside tags": Fuzzed(lambda: ChatDecoder(ACME, "start-1"), OPENAI),
    "openai-completions": Fuzzed(
        lambda: CompletionDecoder(ACME, "m"),
        [([COMPLETION], COMPLETION)],
        apis=("openai-completions",),
    ),
    "openai-responses": Fuzzed(
        lambda: ResponsesDecoder("acme", "m"),
        [(responses.stream_of(RESPONSE), RESPONSE)],
        apis=("openai-responses",),
    ),
    "anthropic": Fuzzed(
        lambda: MessagesDecoder("acme", "m"),
        [(MESSAGE_STREAM, MESSAGE)],
        anthropic.sse,
        apis=("anthropic-messages",),
    ),
    "gemini": Fuzzed(
        lambda: ContentDecoder("acme", "m"),
        [([gemini.piece({"text": "Hi "}), CONTENT], CONTENT)],
        gemini.sse,
        apis=("gemini-generateContent", "gemini-streamGenerateContent"),
    ),
    "ollama": Fuzzed(
        lambda: OllamaDecoder("ollama", "m"),
        [*ollama.CASES.values()],
        ollama.lines,
        lines_or_whole,
        apis=("ollama-chat", "ollama-generate"),
    ),
    "bedrock-converse": Fuzzed(
        lambda: ConverseDecoder("bedrock", "m", claude=True, answer_tool="answer"),
        [(bedrock.events(*bedrock.BLOCKS), bedrock.whole(*bedrock.BLOCKS))],
        bedrock.stream,
        framing.eventstream_or_whole,
        apis=("bedrock-converse", "bedrock-converse-stream"),
        piece=bedrock.piece,
    ),
    "bedrock-invoke Claude": Fuzzed(
        lambda: invoke.ClaudeDecoder("bedrock", "m"),
        [(MESSAGE_STREAM, MESSAGE)],
        bedrock.chunks,
        framing.eventstream_or_whole,
        apis=("bedrock-invoke", "bedrock-invoke-stream"),
        piece=bedrock.inner,
    ),
    "bedrock-invoke Nova": Fuzzed(
        lambda: invoke.NovaDecoder("bedrock", "m"),
        [(bedrock.events(*bedrock.BLOCKS), bedrock.whole(*bedrock.BLOCKS))],
        bedrock.chunks,
        framing.eventstream_or_whole,
        apis=("bedrock-invoke-stream",),
        piece=bedrock.inner,
    ),
    "bedrock-invoke Titan": Fuzzed(
        lambda: completions.CompletionDecoder(
            "bedrock", "m", form=completions.FORMS["amazon.titan-text"]
        ),
        [(bedrock.TITAN_STREAM, bedrock.TITAN)],
        bedrock.chunks,
        framing.eventstream_or_whole,
        piece=bedrock.inner,
    ),
}
"""What decodes answers in text."""

ERROR: Json = {
    "error": {
        "message": "m",
        "type": "t",
        "code": 429,
        "details": [{"@type": "RetryInfo", "retryDelay": "3s"}],
    },
    "detail": [{"loc": ["body"], "msg": "m"}],
    "errors": [{"message": "m"}],
    "message": {"detail": "m"},
    "title": "t",
}
ERRORS = [ERROR, *(item.answer for item in traffic() if item.status >= 400 and item.answer)]
VECTORS: Json = {
    "data": [{"index": 0, "embedding": [0.5, 1]}, {"index": 1, "embedding": "AAAAAAAAAAA="}]
}
LISTED: Json = {"id": "a", "name": "A", "aliases": ["b"], "created": 1, "context_length": 8}
CLAUDE: Json = {
    "id": "claude-1",
    "display_name": "Claude",
    "created_at": "2026-11-20T10:00:00Z",
    "capabilities": {"thinking": {"supported": True}},
    "max_tokens": 8,
}
GEMINI: Json = {"name": "models/a", "displayName": "A", "inputTokenLimit": 8, "thinking": True}
LLAMA: Json = {"model": "a", "modified_at": "2026-11-20T10:00:00Z", "details": {"family": "b"}}


def error(body: bytes) -> None:
    found = read_error(None, {}, body, provider="acme", secrets=("hunter22",))
    assert found.message
    assert json.dumps(found.as_dict())


def vectors(body: bytes) -> None:
    decode_embeddings(body, body.count(b'"embedding":'))


READ: Mapping[str, Read] = {
    "errors": Read(error, ERRORS),
    "openai-embeddings": Read(vectors, [VECTORS], apis=("openai-embeddings",)),
    "openai-models": Read(
        partial(decode_models, provider="a"), [{"data": [LISTED]}], apis=("openai-models",)
    ),
    "openai-responses-input-tokens": Read(
        partial(decode_count, provider="a", model="m"),
        [{"object": "response.input_tokens", "input_tokens": 3}],
        apis=("openai-responses-input-tokens",),
    ),
    "anthropic-models": Read(
        partial(of_anthropic.decode_models, provider="a"),
        [{"data": [CLAUDE], "has_more": True, "last_id": "a"}],
    ),
    "anthropic-count-tokens": Read(
        partial(of_anthropic.decode_count, provider="a", model="m"),
        [{"input_tokens": 3}],
        apis=("anthropic-count-tokens",),
    ),
    "gemini-embeddings": Read(
        lambda body: of_gemini.decode_embeddings(body, body.count(b'"values":'), "a"),
        [{"embeddings": [{"values": [0.5, 1]}], "usageMetadata": {"promptTokenCount": 1}}],
        apis=("gemini-batchEmbedContents",),
    ),
    "gemini-count-tokens": Read(
        partial(of_gemini.decode_count, provider="a"),
        [{"totalTokens": 3}],
        apis=("gemini-countTokens",),
    ),
    "gemini-models": Read(
        partial(of_gemini.decode_models, provider="a"),
        [{"models": [GEMINI], "nextPageToken": "b"}],
    ),
    "ollama-embeddings": Read(
        lambda body: decode_ollama_embeddings(body, 2, "a"),
        [{"model": "a", "embeddings": [[0.5, 1], [1, 2]], "prompt_eval_count": 3}],
    ),
    "bedrock-embeddings": Read(
        lambda body: embeddings.decode_embeddings(body, {completions.INPUT: "3"}, 2),
        [
            {"embeddings": {"float": [[0.5, 1], [1, 2]]}},
            {"embedding": [1], "inputTextTokenCount": 3},
        ],
        apis=("bedrock-invoke",),
    ),
    "bedrock-count-tokens": Read(
        partial(decode_bedrock_count, model="m"),
        [{"inputTokens": 3}],
        apis=("bedrock-count-tokens",),
    ),
    "bedrock-models": Read(
        partial(listing.decode_models, provider="a"), [{"modelSummaries": [bedrock.MODEL]}]
    ),
    "bedrock-profiles": Read(
        lambda body: listing.decode_profiles(body, "a", {}),
        [{"inferenceProfileSummaries": [bedrock.PROFILE], "nextToken": "b"}],
    ),
    "ollama-models": Read(partial(decode_ollama_models, provider="a"), [{"models": [LLAMA]}]),
}
"""What reads everything else."""

FRAMES: Mapping[str, Frames] = {
    "sse": Frames(SSEDecoder, [b"id: 1\nevent: a\ndata: b\ndata: c\n\n: d\nretry: 5\n\n"], "sse"),
    "lines": Frames(NDJSONDecoder, [b'{"a": 1}\r\n\n{"b": 2}'], "ndjson"),
    "eventstream": Frames(EventStreamDecoder, [AWS_DELTA + AWS_THROTTLED], "aws-eventstream"),
}
"""What cuts streams into frames."""

TARGETS: Mapping[str, Target] = {**FRAMES, **FUZZED, **READ}
