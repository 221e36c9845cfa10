"""The description of the app is true: whatever is sent, the answers are as it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from aikit import Kit
from aikit_asgi import APIKeys, create_app
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .asgi import ask
from .server import serve

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
MODELS = ("fixture:echo", "fixture:none", "nobody:x", "", "echo")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    kit = Kit(providers={"fixture": {"folder": str(tmp_path_factory.mktemp("answers"))}})
    with serve(create_app(kit, models=["fixture:*", "nobod?:*"])) as url:
        yield url


async def described(**settings: Any) -> Any:
    answer = await ask(create_app(**settings), "/openapi.json")
    return answer.json


HARD = ("/generate", "/generate/stream")
POSTS = (*HARD, "/embed", "/v1/chat/completions", "/v1/embeddings")
GETS = ("/healthz", "/openapi.json", "/provider-models", "/v1/models", "/v1/models/{id}")


def cases() -> Iterator[Any]:
    """Yield paths, kinds of data, and how many requests to make of them."""
    for path in POSTS:
        for mode in GenerationMode:
            yield pytest.param(path, mode, 25 if path in HARD else 70, id=f"{path} {mode.value}")
    for path in GETS:
        yield pytest.param(path, GenerationMode.POSITIVE, 20, id=path)


@pytest.mark.parametrize(("path", "mode", "count"), [*cases()])
async def test_whatever_is_sent_the_answer_is_as_described(
    path: str, mode: GenerationMode, count: int, url: str
) -> None:
    operation = from_dict(await described())[path]["POST" if path in POSTS else "GET"]
    statuses: Counter[int] = Counter()

    @settings(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(
        case=operation.as_strategy(generation_mode=mode),
        model=st.sampled_from(MODELS),
        size=st.integers(1, 64),
        easy=st.booleans(),
    )
    def send(case: schemathesis.Case[Any], model: str, size: int, easy: bool) -> None:
        if isinstance(body := case.body, dict):
            if isinstance(body.get("model"), str):
                body["model"] = model
            if isinstance(body.get("dimensions"), int):
                body["dimensions"] = size  # the fixture makes as many as it is asked for
            if easy and "messages" in body:
                body["messages"] = [{"role": "user", "content": "Hello there"}]
        if easy and "id" in case.path_parameters:
            case.path_parameters["id"] = model
        response = case.call(base_url=url, timeout=10)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    send()
    assert statuses.total() >= count
    assert statuses[200] >= 3 if mode is GenerationMode.POSITIVE else statuses[400] >= 10, statuses


def test_hundreds_of_requests_are_made() -> None:
    assert sum(case.values[2] for case in cases()) >= 500


async def test_every_route_is_described_and_nothing_else() -> None:
    for include in (("native",), ("openai",), ("native", "openai")):
        app = create_app(include=include)
        document = await described(include=include)
        routes = {route.path.replace(":path", "") for route in app._routes}
        assert {*document["paths"]} == routes
        assert document["openapi"] == "3.1.0"


async def test_paths_are_relative_to_the_document() -> None:
    assert (await described())["servers"] == [{"url": "."}]


async def test_it_says_whether_a_key_is_needed() -> None:
    assert "security" not in await described()
    key = {"authorization": "Bearer k"}
    answer = await ask(create_app(auth=APIKeys(["k"])), "/openapi.json", headers=key)
    document = answer.json
    assert document["security"] == [{"key": []}]
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert document["paths"]["/healthz"]["get"]["security"] == []


async def test_every_reference_leads_somewhere() -> None:
    document = await described()

    def references(value: Any) -> Iterator[str]:
        match value:
            case dict():
                if isinstance(target := value.get("$ref"), str):
                    yield target
                for item in value.values():
                    yield from references(item)
            case list():
                for item in value:
                    yield from references(item)

    defined = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert {*references(document)} <= defined
