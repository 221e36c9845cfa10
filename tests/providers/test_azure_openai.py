"""Azure is told a key or a token, never both, at the address of a resource or of a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from aicore.errors import AIError, BadConfig, ContentFiltered, Unauthorized, Unsupported
from aikit import Kit

WHOLE = {
    "id": "a1",
    "model": "gpt-5",
    "choices": [{"index": 0, "message": {"content": "Hi."}, "finish_reason": "stop"}],
}
RESOURCE = "https://my-resource.openai.azure.com"
BLOCKED = {
    "error": {
        "code": "content_filter",
        "message": "The prompt was filtered.",
        "status": 400,
        "innererror": {"code": "ResponsibleAIPolicyViolation"},
    }
}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENDPOINT", "API_KEY", "AD_TOKEN"):
        monkeypatch.delenv(f"AZURE_OPENAI_{name}", raising=False)
    monkeypatch.delenv("AZURE_API_KEY", raising=False)


async def asked(
    settings: Mapping[str, Any] | None = None, answer: Any = WHOLE
) -> list[httpx2.Request]:
    """Ask a deployment, and return what went out."""
    requests: list[httpx2.Request] = []

    def service(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(400 if "error" in answer else 200, json=answer)

    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(service)) as client,
        Kit(providers={"azure-openai": settings or {}}, http_client=client) as kit,
    ):
        await kit.generate("Hi", model="azure-openai:my-gpt")
    return requests


async def test_a_key_goes_bare_into_its_own_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"{RESOURCE}/")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k1")
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "t1")
    (request,) = await asked()
    assert str(request.url) == f"{RESOURCE}/openai/v1/chat/completions"
    assert request.headers["api-key"] == "k1"
    assert "authorization" not in request.headers


async def test_a_token_is_sent_as_a_bearers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "t1")
    (request,) = await asked({"base_url": f"{RESOURCE}/openai/v1"})
    assert request.headers["authorization"] == "Bearer t1"
    assert "api-key" not in request.headers


class Entra:
    """A credential whose token is another after every answer."""

    number = 0

    def get_secret_value(self) -> str:
        return f"t{self.number}"


async def test_a_token_that_changes_is_asked_for_each_time() -> None:
    token, seen = Entra(), list[str]()

    def service(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers["authorization"])
        token.number += 1
        return httpx2.Response(200, json=WHOLE)

    settings = {"base_url": f"{RESOURCE}/openai/v1", "auth_token": token}
    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(service)) as client,
        Kit(providers={"azure-openai": settings}, http_client=client) as kit,
    ):
        for _ in range(2):
            await kit.generate("Hi", model="azure-openai:my-gpt")
    assert seen == ["Bearer t0", "Bearer t1"]


@pytest.mark.parametrize("kind", ["function", "coroutine function"])
async def test_a_function_gives_tokens_and_is_asked_again_when_one_is_refused(kind: str) -> None:
    given, seen = iter(["t1", "t2", "t2"]), list[str]()

    async def give() -> str:
        return next(given)

    def service(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers["authorization"])
        assert "api-key" not in request.headers
        if seen[-1] == "Bearer t1":
            return httpx2.Response(401, json={"error": {"message": "t1 is expired"}})
        return httpx2.Response(200, json=WHOLE)

    token = give if kind == "coroutine function" else lambda: next(given)
    settings = {"base_url": f"{RESOURCE}/openai/v1", "auth_token": token}
    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(service)) as client,
        Kit(providers={"azure-openai": settings}, http_client=client) as kit,
    ):
        for _ in range(2):
            assert (await kit.generate("Hi", model="azure-openai:my-gpt")).text == "Hi."
    assert seen == ["Bearer t1", "Bearer t2", "Bearer t2"]


async def test_a_token_that_stays_refused_is_an_error_that_does_not_show_it() -> None:
    def service(request: httpx2.Request) -> httpx2.Response:
        told = request.headers["authorization"]
        return httpx2.Response(status, json={"error": {"message": f"{told} is wrong"}})

    settings = {"base_url": f"{RESOURCE}/openai/v1", "auth_token": lambda: "hunter22"}
    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(service)) as client,
        Kit(providers={"azure-openai": settings}, http_client=client) as kit,
    ):
        for status in (401, 403):
            with pytest.raises(AIError, match="is wrong") as caught:
                await kit.generate("Hi", model="azure-openai:my-gpt")
            assert caught.value.status == status
            assert "hunter22" not in str(caught.value)


async def test_a_key_of_one_call_goes_before_a_function() -> None:
    def service(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["api-key"] == "k1"
        assert "authorization" not in request.headers
        return httpx2.Response(200, json=WHOLE)

    settings = {"base_url": f"{RESOURCE}/openai/v1", "auth_token": lambda: 1 / 0}
    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(service)) as client,
        Kit(providers={"azure-openai": settings}, http_client=client) as kit,
    ):
        await kit.generate("Hi", model="azure-openai:my-gpt", api_key="k1")
        with pytest.raises(Unauthorized, match="no access token could be got"):
            await kit.generate("Hi", model="azure-openai:my-gpt")


async def test_a_deployment_may_have_an_address_of_its_own() -> None:
    settings = {
        "api_key": "k1",
        "base_url": f"{RESOURCE}/openai/deployments/{{model}}",
        "query": {"api-version": "2024-10-21"},
    }
    (request,) = await asked(settings)
    path = "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
    assert str(request.url) == f"{RESOURCE}{path}"
    async with Kit(providers={"azure-openai": settings}) as kit:
        with pytest.raises(Unsupported, match="is that of a model"):
            await kit.models("azure-openai")


async def test_without_an_address_the_variable_is_named() -> None:
    with pytest.raises(BadConfig, match="set AZURE_OPENAI_ENDPOINT, or give a base_url"):
        await asked({"api_key": "k1"})


async def test_a_prompt_that_the_filter_refuses_is_filtered_content() -> None:
    settings = {"api_key": "k1", "base_url": f"{RESOURCE}/openai/v1"}
    with pytest.raises(ContentFiltered, match="The prompt was filtered") as caught:
        await asked(settings, answer=BLOCKED)
    assert (caught.value.status, caught.value.vendor_code) == (400, "content_filter")
    assert not caught.value.retryable
