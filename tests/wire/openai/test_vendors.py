"""The suite notices what is wrong where a vendor's address, key, list or meaning is its own."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ..comparison import problems
from ..corpus import Exchange, Json
from ..corruption import corruptions
from ..invented import exchange
from ..replay import replay

HI: Json = {"model": "my-gpt", "messages": [{"role": "user", "content": "hi"}]}
COUNTS: Json = {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3}


def told(message: Json, **fields: Any) -> Json:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return {"id": "a1", "model": "m", "choices": [choice], "usage": COUNTS, **fields}


def meant(text: str, **fields: Any) -> Json:
    shared = {"kind": "chat", "id": "a1", "model": "m", "finish_reason": "stop", "usage": COUNTS}
    return {**shared, "text": text, "reasoning": None, "tool_calls": [], **fields}


def at(exchange: Exchange, **request: Any) -> Exchange:
    """Put an exchange at another address."""
    recorded: Any = copy.deepcopy(dict(exchange.recorded))
    recorded["request"] |= request
    return replace(exchange, recorded=recorded)


DEPLOYED = at(
    exchange(
        "deployed",
        "azure",
        "openai-chat",
        asked=HI,
        answer=told({"content": "Hi."}, prompt_filter_results=[]),
        expected=meant("Hi."),
    ),
    path="/openai/deployments/my-gpt/chat/completions",
    query=[["api-version", "2024-10-21"]],
)
ALOUD = exchange(
    "aloud",
    "huggingface",
    "openai-chat",
    asked={**HI, "model": "deepseek-ai/DeepSeek-R1"},
    answer=told({"content": "<think>\nHm.\n</think>\n\nHi."}, model="deepseek-ai/DeepSeek-R1"),
    expected=meant("<think>\nHm.\n</think>\n\nHi.", model="deepseek-ai/DeepSeek-R1"),
)
BESIDE = exchange(
    "beside",
    "xai",
    "openai-chat",
    asked=HI,
    answer=told(
        {"content": "Hi.", "reasoning_content": "Hm."},
        usage={**COUNTS, "total_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 6}},
    ),
    expected=meant(
        "Hi.",
        reasoning="Hm.",
        usage={**COUNTS, "total_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 6}},
    ),
)
BYTES = at(
    exchange(
        "bytes",
        "perplexity",
        "openai-embeddings",
        asked={"model": "m", "input": "hi", "dimensions": 4},
        answer={"model": "m", "data": [{"index": 0, "embedding": "gP8Afw=="}], "usage": COUNTS},
        expected={
            "kind": "embedding",
            "model": "m",
            "count": 1,
            "dimension": 1,
            "encoding": "base64",
            "usage": COUNTS,
        },
    ),
    host="api.perplexity.ai",
)
LISTED = Exchange(
    "listed",
    {
        "provider": "openai",
        "api": "openai-models",
        "request": {"method": "GET", "host": "api.openai.com", "path": "/v1/models", "query": []},
        "response": {
            "status": 200,
            "headers": {"content-type": "application/json"},
            "stream": False,
            "body": {"json": {"object": "list", "data": [{"id": "b"}, {"id": "a"}]}},
        },
    },
    {"kind": "models", "count": 2, "ids": ["b", "a"]},
)
ALL = (DEPLOYED, ALOUD, BESIDE, BYTES, LISTED)


@pytest.mark.parametrize("exchange", ALL, ids=lambda exchange: exchange.name)
async def test_a_right_exchange_has_no_problems(exchange: Exchange) -> None:
    replayed = await replay(exchange)
    assert not list(problems(exchange, *replayed))
    facts = dict(corruptions(exchange))
    assert facts
    for fact, corrupted in facts.items():
        assert list(problems(corrupted, *replayed)), fact


async def noticed(exchange: Exchange, changed: Exchange) -> set[str]:
    found = problems(changed, *await replay(exchange))
    return {problem.split(":")[0] for problem in found}


@pytest.mark.parametrize(
    "request_",
    [
        {"path": "/openai/deployments/my-gpt/completions"},
        {"query": [["api-version", "2025-01-01"]]},
        {"query": []},
    ],
)
async def test_another_address_at_azure_is_noticed(request_: Mapping[str, Any]) -> None:
    assert "url" in await noticed(DEPLOYED, at(DEPLOYED, **request_))


async def test_a_key_in_the_wrong_header_is_noticed() -> None:
    recorded = {**DEPLOYED.recorded, "provider": "openai"}
    assert "authorization" in await noticed(DEPLOYED, replace(DEPLOYED, recorded=recorded))


async def test_another_list_is_noticed() -> None:
    other = replace(LISTED, expected={"kind": "models", "count": 2, "ids": ["a", "b"]})
    assert await noticed(LISTED, other) == {"ids"}
    assert await noticed(LISTED, at(LISTED, path="/v2/models")) == {"url"}
