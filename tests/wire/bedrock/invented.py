"""Exchanges that nobody recorded, for tests of this half of the suite."""

from __future__ import annotations

import base64
import json
from typing import Any

from ...providers.eventstream import STREAM, chunk, event, exception
from ..corpus import Exchange, Json

CITED: Json = {
    "location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 5}},
    "sourceContent": [{"text": "Rain."}],
    "title": "A letter",
}
COUNTS: Json = {
    "inputTokens": 10,
    "outputTokens": 12,
    "totalTokens": 62,
    "cacheReadInputTokens": 32,
    "cacheWriteInputTokens": 8,
    "cacheDetails": [{"ttl": "5m", "inputTokens": 2}, {"ttl": "1h", "inputTokens": 6}],
}
CALLS = [{"id": "tooluse_a", "name": "weather", "arguments": {"town": "Łódź"}}]
SEARCHED: Json = {
    "toolUseId": "tooluse_s",
    "name": "nova_grounding",
    "input": {"query": "🌦"},
    "type": "server_tool_use",
}


def exchange(
    name: str, verb: str, api: str, model: str = "us.anthropic.claude-x-1", **fields: Any
) -> Exchange:
    """Make an exchange from the fields of its request, answer and meaning."""
    request = {
        "method": "POST",
        "host": "bedrock-runtime.us-east-1.amazonaws.com",
        "path": f"/model/{model}/{verb}",
        "query": [],
        "headers": {},
        "body": {"json": fields["asked"]},
    }
    chunks: list[bytes] | None = fields.get("chunks")
    headers = {"content-type": STREAM if chunks else "application/json", "x-amzn-requestid": "r-1"}
    response: Json = {
        "status": fields.get("status", 200),
        "headers": {**headers, **fields.get("headers", {})},
        "stream": chunks is not None,
        "body": None if chunks else {"json": fields["answer"]},
    }
    if chunks:
        encoded = [base64.b64encode(item).decode() for item in chunks]
        response |= {"chunk_encoding": "base64", "chunks": encoded}
    recorded = {"provider": "bedrock", "api": api, "request": request, "response": response}
    return Exchange(name, recorded, fields["expected"])


def delta(index: int, **fields: Any) -> bytes:
    return event("contentBlockDelta", {"contentBlockIndex": index, "delta": fields, "p": "abc"})


def stop(index: int) -> bytes:
    return event("contentBlockStop", {"contentBlockIndex": index})


def start(index: int, **fields: Any) -> bytes:
    return event("contentBlockStart", {"contentBlockIndex": index, "start": fields})


ASKED: Json = {
    "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default", "ttl": "1h"}}],
    "messages": [
        {"role": "user", "content": [{"text": "What is the weather in Łódź?"}]},
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
                {"reasoningContent": {"redactedContent": "eA=="}},
                {"citationsContent": {"content": [{"text": "I look."}], "citations": [CITED]}},
                {"toolUse": SEARCHED},
                {"toolUse": {"toolUseId": "tooluse_0", "name": "weather", "input": {"at": "Łódź"}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "toolResult": {
                        "toolUseId": "tooluse_0",
                        "content": [{"text": "Rain."}],
                        "status": "error",
                    }
                },
                {
                    "toolResult": {
                        "toolUseId": "tooluse_1",
                        "content": [{"json": {"rain": True}}],
                    }
                },
                {"text": "Look at these."},
                {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}},
                {
                    "document": {
                        "format": "txt",
                        "name": "A letter",
                        "source": {"text": "Grüße"},
                        "citations": {"enabled": True},
                    }
                },
                {
                    "video": {
                        "format": "mp4",
                        "source": {"s3Location": {"uri": "s3://bucket/film.mp4"}},
                    }
                },
                {"guardContent": {"text": {"text": "Be kind."}}},
            ],
        },
    ],
    "inferenceConfig": {"maxTokens": 4096, "stopSequences": ["END"]},
    "toolConfig": {
        "tools": [
            {
                "toolSpec": {
                    "name": "weather",
                    "inputSchema": {
                        "json": {
                            "type": "object",
                            "properties": {},
                            "additionalProperties": False,
                        }
                    },
                    "strict": True,
                }
            },
            {"cachePoint": {"type": "default"}},
        ],
        "toolChoice": {"any": {}},
    },
    "additionalModelRequestFields": {
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "low"},
        "anthropic_beta": ["beta-1"],
    },
    "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
    "performanceConfig": {"latency": "optimized"},
    "serviceTier": {"type": "flex"},
    "requestMetadata": {"team": "a"},
}

STREAMED = exchange(
    "streamed",
    "converse-stream",
    "bedrock-converse-stream",
    asked=ASKED,
    chunks=[
        event("messageStart", {"role": "assistant", "p": "ab"}),
        delta(0, reasoningContent={"text": "A to"}),
        delta(0, reasoningContent={"text": "wn. 🌦"}),
        delta(0, reasoningContent={"signature": "c2ln"}),
        stop(0),
        start(1, toolUse={name: SEARCHED[name] for name in ("toolUseId", "name", "type")}),
        delta(1, toolUse={"input": '{"query": '}),
        delta(1, toolUse={"input": '"🌦"}'}),
        stop(1),
        start(2, toolResult={"toolUseId": "tooluse_s", "type": "nova_grounding_result"}),
        delta(2, toolResult=[{"text": "[HIDDEN]"}]),
        stop(2),
        delta(3, text="It rains, "),
        stop(3),
        delta(4, citation=CITED),
        delta(4, text="I "),
        delta(4, text="read."),
        stop(4),
        start(5, toolUse={"toolUseId": "tooluse_a", "name": "weather"}),
        delta(5, toolUse={"input": ""}),
        delta(5, toolUse={"input": '{"town": "Łódź"}'}),
        stop(5),
        event("messageStop", {"stopReason": "tool_use"}),
        event("metadata", {"usage": COUNTS, "metrics": {"latencyMs": 7}, "p": "abcd"}),
    ],
    expected={
        "kind": "chat",
        "text": "It rains, I read.",
        "reasoning": "A town. 🌦",
        "tool_calls": [
            {
                "id": "tooluse_s",
                "name": "nova_grounding",
                "arguments": {"query": "🌦"},
                "arguments_raw": '{"query": "🌦"}',
            },
            {**CALLS[0], "arguments_raw": '{"town": "Łódź"}'},
        ],
        "finish_reason": "tool_use",
        "usage": COUNTS,
    },
)

WHOLE = exchange(
    "whole",
    "converse",
    "bedrock-converse",
    asked={
        "messages": [
            {"role": "user", "content": [{"text": "Hi"}]},
            {"role": "user", "content": [{"text": "there"}]},
            {"role": "assistant", "content": [{"text": "{ "}]},
        ],
        "system": [],
        "inferenceConfig": {"temperature": 0.5, "topP": 0.5},
        "additionalModelRequestFields": {"top_k": 5},
        "outputConfig": {
            "textFormat": {
                "type": "json_schema",
                "structure": {
                    "jsonSchema": {
                        "schema": '{"type":"object","properties":{},"additionalProperties":false}',
                        "name": "answer",
                        "description": "It.",
                    }
                },
            }
        },
    },
    answer={
        "output": {
            "message": {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"redactedContent": "eA=="}},
                    {"text": "Well, "},
                    {"citationsContent": {"content": [{"text": "so."}], "citations": [CITED]}},
                    {"searchResult": {"source": "s"}},
                ],
            }
        },
        "stopReason": "guardrail_intervened",
        "usage": COUNTS,
        "trace": {"guardrail": {}},
        "serviceTier": {"type": "flex"},
    },
    expected={
        "kind": "chat",
        "text": "Well, ",
        "reasoning": None,
        "tool_calls": [],
        "block_types": ["reasoningContent", "text", "citationsContent", "searchResult"],
        "finish_reason": "guardrail_intervened",
        "usage": COUNTS,
    },
)

BROKEN_OFF = exchange(
    "broken off",
    "converse-stream",
    "bedrock-converse-stream",
    asked={"messages": [{"role": "user", "content": [{"text": "hi"}]}]},
    chunks=[
        event("messageStart", {"role": "assistant"}),
        delta(0, text="Well"),
        exception("throttlingException", "Too many requests"),
    ],
    expected={
        "kind": "chat",
        "text": "Well",
        "reasoning": None,
        "tool_calls": [],
        "finish_reason": None,
        "usage": None,
        "stream_error": {"code": "throttlingException", "message": "Too many requests"},
    },
)

REFUSED = exchange(
    "refused",
    "converse",
    "bedrock-converse",
    status=429,
    headers={"x-amzn-errortype": "ThrottlingException:http://internal.amazon.com/coral/"},
    asked={"messages": [{"role": "user", "content": [{"text": "hi"}]}]},
    answer={"message": "Slow down."},
    expected={
        "kind": "error",
        "status": 429,
        "code": None,
        "type": "ThrottlingException:http://internal.amazon.com/coral/",
        "message": "Slow down.",
    },
)

COUNTED = exchange(
    "counted",
    "count-tokens",
    "bedrock-count-tokens",
    asked={"input": {"converse": {"messages": ASKED["messages"][:1]}}},
    answer={"inputTokens": 9},
    expected={"kind": "tokens", "tokens": 9},
)

CLAUDE: Json = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "hi"}],
    "anthropic_beta": ["beta-1"],
}
COUNTED_BYTES = exchange(
    "counted as bytes",
    "count-tokens",
    "bedrock-count-tokens",
    asked={
        "input": {"invokeModel": {"body": base64.b64encode(json.dumps(CLAUDE).encode()).decode()}}
    },
    answer={"inputTokens": 9},
    expected={"kind": "tokens", "tokens": 9},
)

BASE: Json = {"id": "msg_1", "model": "claude-x-1", "content": []}
INVOKED = exchange(
    "invoked",
    "invoke-with-response-stream",
    "bedrock-invoke-stream",
    asked=CLAUDE,
    chunks=[
        chunk({"type": "message_start", "message": {**BASE, "usage": {"input_tokens": 3}}}),
        chunk({"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}),
        *(
            chunk(
                {
                    "type": "content_block_delta",
                    "index": 0,
                    "delta": {"type": "text_delta", "text": text},
                }
            )
            for text in ("Hel", "lo 🌦")
        ),
        chunk({"type": "content_block_stop", "index": 0}),
        chunk(
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn"},
                "usage": {"output_tokens": 2},
            }
        ),
        chunk({"type": "message_stop", "amazon-bedrock-invocationMetrics": {}}),
    ],
    expected={
        "kind": "chat",
        "id": "msg_1",
        "model": "claude-x-1",
        "text": "Hello 🌦",
        "text_blocks": ["Hello 🌦"],
        "block_types": ["text"],
        "reasoning": None,
        "tool_calls": [],
        "finish_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    },
)

COMPLETED = exchange(
    "completed",
    "invoke",
    "bedrock-invoke",
    "cohere.command-text-v14",
    headers={
        "x-amzn-bedrock-input-token-count": "3",
        "x-amzn-bedrock-output-token-count": "4",
    },
    asked={"prompt": "Once", "max_tokens": 5, "p": 0.5, "k": 3, "stream": False},
    answer={
        "id": "c-1",
        "generations": [{"id": "g", "text": " upon a time", "finish_reason": "MAX_TOKENS"}],
    },
    expected={
        "kind": "completion",
        "id": "c-1",
        "text": " upon a time",
        "finish_reason": "MAX_TOKENS",
        "usage": None,
    },
)

VECTORS = exchange(
    "vectors",
    "invoke",
    "bedrock-invoke",
    "cohere.embed-v4%3A0",
    headers={"x-amzn-bedrock-input-token-count": "3"},
    asked={"texts": ["a", "b"], "input_type": "search_query", "output_dimension": 2},
    answer={"embeddings": {"float": [[0.5, 1], [0.25, 2]]}},
    expected={"kind": "embedding", "count": 2, "dimension": 2, "usage": None},
)

ALL = (
    *(STREAMED, WHOLE, BROKEN_OFF, REFUSED, COUNTED, COUNTED_BYTES),
    *(INVOKED, COMPLETED, VECTORS),
)
