"""Exchanges that nobody recorded, for tests of the suite itself."""

from __future__ import annotations

import json
from typing import Any

from ..corpus import Exchange, Json

HOST = "generativelanguage.vendor.example"
USAGE: Json = {
    "promptTokenCount": 40,
    "cachedContentTokenCount": 32,
    "candidatesTokenCount": 7,
    "thoughtsTokenCount": 5,
    "toolUsePromptTokenCount": 3,
    "totalTokenCount": 55,
    "promptTokensDetails": [{"modality": "IMAGE", "tokenCount": 30}],
}
WEATHER: Json = {
    "name": "weather",
    "description": "Tell the weather of a town.",
    "parameters": {"type": "OBJECT", "properties": {"town": {"type": "STRING", "nullable": True}}},
}
CALLS = [
    {"id": "c1", "name": "weather", "arguments": {"town": "Łódź"}},
    {"id": None, "name": "weather", "arguments": {"town": "Nîmes"}},
]


def exchange(name: str, verb: str, asked: Json, expected: Json, **answer: Any) -> Exchange:
    """Make an exchange from its request, its answer (`answer` or `chunks`) and its meaning."""
    stream = "chunks" in answer
    response: Json = {
        "status": answer.get("status", 200),
        "headers": {"content-type": "text/event-stream" if stream else "application/json"},
        "stream": stream,
        "body": None if stream else {"json": answer["answer"]},
    }
    if stream:
        response |= {"chunk_encoding": "text", "chunks": answer["chunks"]}
    request = {
        "method": "POST",
        "host": HOST,
        "path": f"/v1beta/models/thinker-1:{verb}",
        "body": {"json": asked},
    }
    recorded = {"provider": "google", "api": f"gemini-{verb}"}
    return Exchange(name, {**recorded, "request": request, "response": response}, expected)


def response(*parts: Json, **fields: Any) -> Json:
    candidate = {"content": {"parts": list(parts), "role": "model"}, "index": 0, **fields}
    head = {"modelVersion": "thinker-1", "responseId": "answer-1"}
    return {"candidates": [candidate], **head, "usageMetadata": USAGE}


def chunk(*parts: Json, **fields: Any) -> str:
    return f"data: {json.dumps(response(*parts, **fields), ensure_ascii=False)}\r\n\r\n"


def call(town: str, **more: Any) -> Json:
    return {"functionCall": {"name": "weather", "args": {"town": town}, **more}}


STREAMED = exchange(
    "streamed",
    "streamGenerateContent",
    {
        "system_instruction": {"parts": {"text": "Be brief."}},
        "contents": [
            {"role": "user", "parts": [{"text": "What is the weather in Łódź and in Nîmes?"}]}
        ],
        "tools": {"function_declarations": [WEATHER]},
        "toolConfig": {"functionCallingConfig": {"mode": "auto"}},
        "generationConfig": {
            "temperature": 0.5,
            "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "LOW"},
        },
    },
    {
        "kind": "chat",
        "model": "thinker-1",
        "text": "I will look it up.",
        "reasoning": "Two towns. 🌦",
        "tool_calls": CALLS,
        "finish_reason": "STOP",
        "usage": USAGE,
    },
    chunks=[
        chunk({"text": "Two tow", "thought": True}),
        chunk({"text": "ns. 🌦", "thought": True}),
        chunk({"text": "I will loo"}),
        chunk({"text": "k it up."}),
        chunk({**call("Łódź", id="c1"), "thoughtSignature": "c2ln"}, call("Nîmes")),
        chunk({"text": ""}, finishReason="STOP"),
    ],
)

WHOLE = exchange(
    "whole",
    "generateContent",
    {
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": "Draw it."},
                    {"inline_data": {"mime_type": "image/png", "data": "_-8="}},
                ],
            },
            {"role": "model", "parts": [{**call("Łódź", id="c1"), "thoughtSignature": "_-8="}]},
            {
                "role": "user",
                "parts": [
                    {
                        "functionResponse": {
                            "id": "c1",
                            "name": "weather",
                            "response": {"sky": "grey"},
                        }
                    }
                ],
            },
        ],
        "tools": [{"codeExecution": {}}],
        "generationConfig": {
            "responseMimeType": "application/json",
            "responseSchema": {"type": "STRING", "nullable": True},
        },
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    },
    {
        "kind": "chat",
        "model": "thinker-1",
        "text": "Here.",
        "reasoning": None,
        "tool_calls": [],
        "finish_reason": "MAX_TOKENS",
        "usage": USAGE,
        "inline_data_parts": 1,
        "code_parts": ["executableCode", "codeExecutionResult"],
    },
    answer=response(
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"text": "Here."},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
        finishReason="MAX_TOKENS",
    ),
)

BLOCKED = exchange(
    "blocked",
    "generateContent",
    {"contents": [{"role": "user", "parts": [{"text": "Boo."}]}]},
    {
        "kind": "chat",
        "model": "thinker-1",
        "text": None,
        "reasoning": None,
        "tool_calls": [],
        "finish_reason": None,
        "usage": USAGE,
        "prompt_feedback": {"blockReason": "SAFETY"},
    },
    answer={
        "promptFeedback": {"blockReason": "SAFETY"},
        "modelVersion": "thinker-1",
        "usageMetadata": USAGE,
    },
)

REFUSED = exchange(
    "refused",
    "streamGenerateContent",
    {"contents": [{"role": "user", "parts": [{"text": "Hi."}]}]},
    {
        "kind": "error",
        "status": 400,
        "code": 400,
        "type": "INVALID_ARGUMENT",
        "provider_status": "INVALID_ARGUMENT",
        "message": "No such key.",
    },
    status=400,
    answer=[
        {
            "error": {
                "code": 400,
                "message": "No such key.",
                "status": "INVALID_ARGUMENT",
                "details": [
                    {
                        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                        "reason": "API_KEY_INVALID",
                    }
                ],
            }
        }
    ],
)

COUNTED = exchange(
    "counted",
    "countTokens",
    {
        "generateContentRequest": {
            "model": "models/thinker-1",
            "contents": [{"role": "user", "parts": [{"text": "Hi."}]}],
        }
    },
    {"kind": "tokens", "tokens": 3},
    answer={"totalTokens": 3},
)

VECTORS = exchange(
    "vectors",
    "batchEmbedContents",
    {
        "requests": [
            {
                "model": "models/thinker-1",
                "content": {"role": "user", "parts": [{"text": text}]},
                "taskType": "CLUSTERING",
            }
            for text in ("one", "two")
        ]
    },
    {
        "kind": "embedding",
        "count": 2,
        "dimension": 2,
        "usage": {"promptTokenCount": 2},
    },
    answer={
        "embeddings": [{"values": [0.5, 1]}, {"values": [0.25, 2]}],
        "usageMetadata": {"promptTokenCount": 2},
    },
)


def on_vertex(name: str, api: str, location: str, recorded: Exchange) -> Exchange:
    """Make an exchange of Vertex AI from one of the Gemini API."""
    host = "aiplatform" if location == "global" else f"{location}-aiplatform"
    verb = {"vertex-predict": "predict"}.get(api, api.removeprefix("gemini-"))
    place = f"/v1beta1/projects/mine/locations/{location}/publishers/google"
    request = {
        **(recorded.request or {}),
        "host": f"{host}.googleapis.com",
        "path": f"{place}/models/thinker-1:{verb}",
    }
    kept = {**recorded.recorded, "provider": "google-vertex", "api": api, "request": request}
    return Exchange(name, kept, recorded.expected)


VERTEX = on_vertex(
    "on-vertex",
    "gemini-generateContent",
    "europe-west4",
    exchange(
        "labelled",
        "generateContent",
        {
            "contents": [{"role": "user", "parts": [{"text": "Hi."}]}],
            "labels": {"team": "a"},
            "generationConfig": {"temperature": 0.5},
        },
        {
            "kind": "chat",
            "model": "thinker-1",
            "text": "Hi.",
            "reasoning": None,
            "tool_calls": [],
            "finish_reason": "STOP",
            "usage": USAGE,
        },
        answer=response({"text": "Hi."}, finishReason="STOP"),
    ),
)

PREDICTED = on_vertex(
    "predicted",
    "vertex-predict",
    "global",
    exchange(
        "predicted",
        "predict",
        {
            "instances": [
                {"content": text, "task_type": "CLUSTERING", "title": "T"} for text in ("a", "b")
            ],
            "parameters": {"outputDimensionality": 2, "autoTruncate": False},
        },
        {"kind": "embedding", "count": 2, "dimension": 2, "usage": None},
        answer={
            "predictions": [
                {"embeddings": {"values": [0.5, 1], "statistics": {"token_count": 1}}},
                {"embeddings": {"values": [0.25, 2], "statistics": {"token_count": 2}}},
            ]
        },
    ),
)

ALL = (VERTEX, PREDICTED, STREAMED, WHOLE, BLOCKED, REFUSED, COUNTED, VECTORS)
