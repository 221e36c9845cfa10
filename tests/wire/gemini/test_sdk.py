"""A second opinion on every recorded answer: what Google's own client reads from the same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from aicore.errors import AIError
from aicore.messages import Media
from aicore.responses import Embeddings, Response, TokenCount

from ..corpus import Exchange, exchanges
from ..replay import replay
from ..sdk import http, marks, name_of

genai = pytest.importorskip("google.genai", reason="google-genai is not installed: scripts/install")

APIS = frozenset(
    {
        "gemini-generateContent",
        "gemini-streamGenerateContent",
        "gemini-countTokens",
        "gemini-batchEmbedContents",
        "vertex-predict",
    }
)
PROVIDERS = ("google", "google-vertex")
RECORDED = tuple(item for item in exchanges() if item.provider in PROVIDERS and item.api in APIS)

pytestmark = [*marks(RECORDED)]


def client(exchange: Exchange) -> Any:
    """Return Google's client, for which every answer is the recorded one."""
    if exchange.provider == "google-vertex":
        options = genai.types.HttpOptions(httpx_client=http(exchange))
        token = pytest.importorskip("google.oauth2.credentials").Credentials("token")
        return genai.Client(
            vertexai=True,
            project="p",
            location="global",
            credentials=token,
            http_options=options,
        )
    options = genai.types.HttpOptions(api_version="v1beta", httpx_client=http(exchange))
    return genai.Client(api_key="sk-wire", http_options=options)


def read(exchange: Exchange) -> Any:
    """Return what Google's client makes of the answer."""
    models = client(exchange).models
    match exchange.api:
        case "gemini-streamGenerateContent":
            return list(models.generate_content_stream(model="m", contents="hi"))
        case "gemini-countTokens":
            return models.count_tokens(model="m", contents="hi")
        case "gemini-batchEmbedContents":
            return models.embed_content(model="m", contents="hi")
        case "vertex-predict":
            return models.embed_content(model="text-embedding-005", contents="hi")
        case _:
            return [models.generate_content(model="m", contents="hi")]


def parts(responses: Iterable[Any]) -> list[Any]:
    """Return the parts of the first candidate, over all pieces."""
    found: list[Any] = []
    for response in responses:
        for candidate in (response.candidates or ())[:1]:
            found += (candidate.content and candidate.content.parts) or ()
    return found


def same(response: Response, told: list[Any]) -> None:
    items = parts(told)
    thoughts = [item.text for item in items if item.text and item.thought]
    texts = [item.text for item in items if item.text and not item.thought]
    assert (response.text, response.reasoning) == ("".join(texts), "".join(thoughts))
    calls = [item.function_call for item in items if item.function_call]
    named = [call.name for call in calls if call.name]
    assert [call.name for call in response.tool_calls] == named
    if not any(call.partial_args or call.will_continue for call in calls):
        ours = [call.provider_data.get("gemini", {}) for call in response.tool_calls]
        ids = [None if "functionCall" in data else "given" for data in ours]
        assert ids == [call.id and "given" for call in calls]
    blobs = [item.inline_data.data for item in items if item.inline_data and not item.thought]
    assert [part.data for part in response.parts if isinstance(part, Media)] == blobs
    reasons = [c.finish_reason for item in told for c in item.candidates or () if c.finish_reason]
    feedback = [item.prompt_feedback for item in told if item.prompt_feedback]
    reasons = reasons or [item.block_reason for item in feedback if item.block_reason]
    assert response.raw_finish_reason == (reasons[-1].value if reasons else None)
    assert (response.id, response.model) == (told[0].response_id, told[0].model_version)
    usage = [item.usage_metadata for item in told if item.usage_metadata][-1]
    assert response.usage is not None
    assert response.usage.total_tokens == usage.total_token_count
    assert response.usage.cache_read_tokens == usage.cached_content_token_count
    assert response.usage.reasoning_tokens == usage.thoughts_token_count


@pytest.mark.parametrize("exchange", RECORDED, ids=name_of)
async def test_googles_own_client_reads_the_same(exchange: Exchange) -> None:
    outcomes, _ = await replay(exchange)
    outcome = outcomes["whole"]
    if isinstance(found := outcome.error, AIError):
        with pytest.raises(genai.errors.APIError) as raised:
            read(exchange)
        error: Any = raised.value
        assert (found.status, found.vendor_code) == (error.code, error.status)
        assert str(error.message) in found.message
        return
    told = read(exchange)
    match outcome.result:
        case Response() as response:
            same(response, told)
        case TokenCount(tokens=tokens):
            assert tokens == told.total_tokens
        case Embeddings(vectors=vectors):
            assert [list(row) for row in vectors] == [item.values for item in told.embeddings]
