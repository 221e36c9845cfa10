"""Everything that reads answers, to be fed with damaged ones: one entry for each."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aikit_provider_bedrock import completions, embeddings, framing, invoke, listing
from aikit_provider_bedrock.converse.decode import ConverseDecoder
from aikit_provider_bedrock.provider import decode_count as decode_bedrock_count
from aikit_provider_cohere.decode import CohereDecoder
from aikit_provider_cohere.embed import decode_embeddings as decode_cohere_embeddings
from aikit_provider_cohere.models import decode_models as decode_cohere_models
from aikit_provider_cohere.v1_decode import ChatV1Decoder, GenerateDecoder
from aikit_provider_cohere.v1_decode import framing as v1_framing
from aikit_provider_ollama.decode import OllamaDecoder
from aikit_provider_ollama.listed import decode_embeddings as decode_ollama_embeddings
from aikit_provider_ollama.listed import decode_models as decode_ollama_models
from aikit_provider_watsonx.decode import GenerationDecoder
from aikit_wire.anthropic import models as of_anthropic
from aikit_wire.anthropic.decode import MessagesDecoder
from aikit_wire.errors import read_error
from aikit_wire.frames import EventStreamDecoder, NDJSONDecoder, SSEDecoder
from aikit_wire.framing import lines_or_whole
from aikit_wire.gemini import replies as of_gemini
from aikit_wire.gemini.decode import ContentDecoder
from aikit_wire.gemini.embeddings import decode_content, decode_predictions
from aikit_wire.openai.completions import CompletionDecoder
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.embeddings import decode_embeddings
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.models import decode_models
from aikit_wire.rerank import decode_rerank
from aikit_wire.responses.decode import ResponsesDecoder
from aikit_wire.responses.provider import decode_count

from ..providers import bedrock_answers as bedrock
from ..providers import cohere_cases as cohere
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

GENERATED: Json = {
    "model_id": "m1",
    "created_at": "2026-11-28T10:00:00.5Z",
    "results": [
        {
            "generated_text": "Hello",
            "generated_token_count": 2,
            "input_token_count": 3,
            "stop_reason": "eos_token",
        }
    ],
}
SO_FAR = {**GENERATED["results"][0], "stop_reason": "not_finished"}

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
        lambda: ResponsesDecoder(ACME, "m"),
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
    "cohere": Fuzzed(
        lambda: CohereDecoder("cohere", "m"),
        [*cohere.CASES.values()],
        cohere.sse,
        apis=("cohere-chat-v2",),
    ),
    "cohere-chat-v1": Fuzzed(
        lambda: ChatV1Decoder("cohere", "m"),
        [(cohere.OLD_STREAM, cohere.OLD)],
        ollama.lines,
        v1_framing,
        apis=("cohere-chat-v1",),
    ),
    "cohere-generate": Fuzzed(
        lambda: GenerateDecoder("cohere", "m"),
        [(cohere.GENERATION_STREAM, cohere.GENERATIONS)],
        ollama.lines,
        v1_framing,
        apis=("cohere-generate",),
    ),
    "watsonx": Fuzzed(
        lambda: GenerationDecoder("watsonx", "m"),
        [([{**GENERATED, "results": [SO_FAR]}, GENERATED], GENERATED)],
        apis=("watsonx-generation", "watsonx-generation-stream"),
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
RANKED: Json = {
    "results": [{"index": 1, "relevance_score": 0.5}, {"index": 0, "relevance_score": 0.1}],
    "meta": {"billed_units": {"search_units": 1}},
}
GEMINI: Json = {"name": "models/a", "displayName": "A", "inputTokenLimit": 8, "thinking": True}
COHERE: Json = {"name": "m", "context_length": 8.0, "features": ["tools"]}
LLAMA: Json = {"model": "a", "modified_at": "2026-11-20T10:00:00Z", "details": {"family": "b"}}


def error(body: bytes) -> None:
    found = read_error(None, {}, body, provider="acme", secrets=("hunter22",))
    assert found.message
    assert json.dumps(found.as_dict())


READ: Mapping[str, Read] = {
    "errors": Read(error, ERRORS),
    "openai-embeddings": Read(
        decode_embeddings,
        [VECTORS],
        counted=b'"embedding":',
        apis=("openai-embeddings", "voyage-embeddings"),
    ),
    "openai-models": Read(
        decode_models, [{"data": [LISTED]}], {"provider": "a"}, apis=("openai-models",)
    ),
    "openai-responses-input-tokens": Read(
        decode_count,
        [{"object": "response.input_tokens", "input_tokens": 3}],
        {"provider": "a", "model": "m"},
        apis=("openai-responses-input-tokens",),
    ),
    "anthropic-models": Read(
        of_anthropic.decode_models,
        [{"data": [CLAUDE], "has_more": True, "last_id": "a"}],
        {"provider": "a"},
    ),
    "anthropic-count-tokens": Read(
        of_anthropic.decode_count,
        [{"input_tokens": 3}],
        {"provider": "a", "model": "m"},
        apis=("anthropic-count-tokens",),
    ),
    "gemini-embeddings": Read(
        of_gemini.decode_embeddings,
        [{"embeddings": [{"values": [0.5, 1]}], "usageMetadata": {"promptTokenCount": 1}}],
        {"provider": "a"},
        counted=b'"values":',
        apis=("gemini-batchEmbedContents",),
    ),
    "vertex-content": Read(
        decode_content,
        [{"embedding": {"values": [0.5, 1]}, "usageMetadata": {"promptTokenCount": 1}}],
        {"wanted": 1, "provider": "a"},
    ),
    "vertex-predict": Read(
        decode_predictions,
        [{"predictions": [{"embeddings": {"values": [0.5, 1], "statistics": {"token_count": 1}}}]}],
        {"provider": "a"},
        counted=b'"values":',
        apis=("vertex-predict",),
    ),
    "gemini-count-tokens": Read(
        of_gemini.decode_count,
        [{"totalTokens": 3}],
        {"provider": "a"},
        apis=("gemini-countTokens",),
    ),
    "gemini-models": Read(
        of_gemini.decode_models,
        [{"models": [GEMINI], "nextPageToken": "b"}],
        {"provider": "a"},
    ),
    "rerank": Read(
        decode_rerank,
        [RANKED, {"data": RANKED["results"], "usage": {"total_tokens": 3}}],
        {"provider": "a"},
        counted=b'"index":',
        apis=("cohere-rerank-v2", "rerank-generic"),
    ),
    "cohere-embeddings": Read(
        decode_cohere_embeddings,
        [{"embeddings": {"float": [[0.5, 1], [1, 2]]}, "meta": {"billed_units": {"a": 1}}}],
        {"count": 2, "provider": "a"},
        apis=("cohere-embed-v2",),
    ),
    "cohere-models": Read(decode_cohere_models, [{"models": [COHERE]}], {"provider": "a"}),
    "ollama-embeddings": Read(
        decode_ollama_embeddings,
        [{"model": "a", "embeddings": [[0.5, 1], [1, 2]], "prompt_eval_count": 3}],
        {"count": 2, "provider": "a"},
    ),
    "ollama-models": Read(decode_ollama_models, [{"models": [LLAMA]}], {"provider": "a"}),
    "bedrock-embeddings": Read(
        embeddings.decode_embeddings,
        [
            {"embeddings": {"float": [[0.5, 1], [1, 2]]}},
            {"embedding": [1], "inputTextTokenCount": 3},
        ],
        {"headers": {completions.INPUT: "3"}, "wanted": 2, "provider": "a"},
        apis=("bedrock-invoke",),
    ),
    "bedrock-count-tokens": Read(
        decode_bedrock_count,
        [{"inputTokens": 3}],
        {"provider": "a", "model": "m"},
        apis=("bedrock-count-tokens",),
    ),
    "bedrock-models": Read(
        listing.decode_models, [{"modelSummaries": [bedrock.MODEL]}], {"provider": "a"}
    ),
    "bedrock-profiles": Read(
        listing.decode_profiles,
        [{"inferenceProfileSummaries": [bedrock.PROFILE], "nextToken": "b"}],
        {"provider": "a", "models": {}},
    ),
}
"""What reads everything else."""

FRAMES: Mapping[str, Frames] = {
    "sse": Frames(SSEDecoder, [b"id: 1\nevent: a\ndata: b\ndata: c\n\n: d\nretry: 5\n\n"], "sse"),
    "lines": Frames(NDJSONDecoder, [b'{"a": 1}\r\n\n{"b": 2}'], "ndjson"),
    "eventstream": Frames(EventStreamDecoder, [AWS_DELTA + AWS_THROTTLED], "aws-eventstream"),
}
"""What cuts streams into frames."""

TARGETS: Mapping[str, Target] = {**FRAMES, **FUZZED, **READ}
