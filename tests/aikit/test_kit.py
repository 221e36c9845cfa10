"""The Kit finds the provider, sends what was asked, and says what came of it."""

from __future__ import annotations

import asyncio
import logging
import threading
import traceback
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aicore.calls import Batches, Layer
from aicore.context import Context, Deadlines
from aicore.errors import (
    AIError,
    BadConfig,
    BadInput,
    BadReply,
    Cancelled,
    MissingKey,
    Overloaded,
    PluginError,
    TotalTimeout,
    Unauthorized,
    UnknownProvider,
    Unsupported,
)
from aicore.events import Finished, Produced, TextDelta
from aicore.models import ModelInfo, Price, Rates
from aicore.requests import (
    ChatRequest,
    CompleteRequest,
    CountTokensRequest,
    EmbedRequest,
    JSONSchema,
    RerankRequest,
    Tool,
)
from aicore.responses import Embeddings, RankedDocument, RerankResponse, TokenCount
from aikit import CancelToken, Kit, Message, Stream, model_ids
from aikit_wire.transport import HTTPRequest
from pydantic import BaseModel

from .dialects import DIALECTS, KEY, MORE_SETTINGS
from .plugins import Installer, Made, Noting, echo, provider, spoken
from .service import STALL, Request, Script, Service, answer, either, head, in_thread, whole

pytestmark = pytest.mark.usefixtures("nowhere")


async def embed(request: EmbedRequest, context: Context) -> Batches:
    width = request.dimensions or 2
    vectors = tuple((float(len(text)),) * width for text in request.inputs)
    yield (Produced(Embeddings(model="embed-1", vectors=vectors)), Finished())


async def rerank(request: RerankRequest, context: Context) -> Batches:
    results = tuple(
        RankedDocument(index, 1.0 / (index + 1)) for index in range(len(request.documents))
    )
    yield (Produced(RerankResponse(model="rank-1", results=results[: request.top_n])), Finished())


async def count_tokens(request: CountTokensRequest, context: Context) -> Batches:
    tokens = sum(len(message.text) for message in request.messages) + 100 * len(request.tools)
    yield (Produced(TokenCount(model="count-1", tokens=tokens)), Finished())


def remembering(seen: list[tuple[Any, Context]]) -> Any:
    """Make an ability that answers and keeps what it was asked."""

    async def chat(request: Any, context: Context) -> Batches:
        seen.append((request, context))
        for batch in spoken("Hi"):
            yield batch

    return chat


@pytest.fixture
def seen(install: Installer) -> list[tuple[Any, Context]]:
    """Install `echo`, and `own` which keeps what it was asked here."""
    seen: list[tuple[Any, Context]] = []
    ability = remembering(seen)
    install(
        providers=[
            provider(
                "echo",
                chat=echo,
                complete=echo,
                embed=embed,
                rerank=rerank,
                count_tokens=count_tokens,
            ),
            provider("own", chat=ability, complete=ability),
        ]
    )
    return seen


def kit_for(service: Service, name: str = "openai", **more: Any) -> Kit:
    given = {"base_url": service.url, "api_key": KEY, **MORE_SETTINGS.get(name, {})}
    return Kit(model=f"{name}:m", providers={name: {**given, **more}})


# What is asked


@pytest.mark.usefixtures("seen")
async def test_every_ability_answers() -> None:
    async with Kit(model="echo:m") as kit:
        assert (await kit.generate("good morning")).text == "goodmorning"
        assert (await kit.complete("once upon")).text == "onceupon"
        result = await kit.embed(["a", "bcd"], dimensions=1)
        assert result.vectors == ((1.0,), (3.0,))
        assert result.served_by
        assert result.timing
        assert (await kit.embed("four")).vectors == ((4.0, 4.0),)
        async with kit.stream("good morning") as stream:
            assert [text async for text in stream.text] == ["good", "morning"]
        ranked = await kit.rerank("which?", ["a", "b"], top_n=1)
        assert [(item.index, item.score) for item in ranked.results] == [(0, 1.0)]
        assert ranked.served_by


async def test_a_prompt_may_be_text_messages_or_a_request(seen: list[tuple[Any, Context]]) -> None:
    async with Kit(model="own:m") as kit:
        for prompt in (
            "Hi",
            Message.user("Hi"),
            [Message.user("Hi")],
            [{"role": "user", "content": "Hi"}],
            ChatRequest(model="own:m", messages="Hi"),  # type: ignore[arg-type]
        ):
            await kit.generate(prompt)
            await kit.stream(prompt).response()
    requests = [request for request, _ in seen]
    assert [request.messages for request in requests] == [(Message.user("Hi"),)] * 10
    assert [request.streaming for request in requests] == [False, True] * 5
    assert {request.model for request in requests} == {"m"}


async def test_settings_go_to_the_request_and_win_over_those_of_a_request(
    seen: list[tuple[Any, Context]],
) -> None:
    request = ChatRequest(model="own:a", messages="Hi", temperature=1, seed=1)  # type: ignore[arg-type]
    async with Kit() as kit:
        await kit.generate(request, temperature=0, top_p=0.5)
        await kit.generate(request, model="own:b")
    (first, _), (second, _) = seen
    assert (first.model, first.temperature, first.seed, first.top_p) == ("a", 0, 1, 0.5)
    assert (second.model, second.temperature) == ("b", 1)


async def test_circumstances_go_to_the_context(seen: list[tuple[Any, Context]]) -> None:
    mine = Context(tenant="t")
    async with Kit(model="own:m") as kit:
        await kit.generate("Hi", api_key="k", headers={"a": "b"}, context=mine)
    context = seen[0][1]
    assert context.tenant == "t"
    assert context.api_keys["own"].get_secret_value() == "k"
    assert context.headers == {"a": "b"}


async def test_full_requests_of_other_kinds_are_taken_where_they_belong(
    seen: list[tuple[Any, Context]],
) -> None:
    complete = CompleteRequest(model="own:m", prompt="Once", suffix="end")
    async with Kit() as kit:
        await kit.complete(complete)
        await kit.stream(complete).response()
        result = await kit.embed(EmbedRequest(model="echo:m", inputs="a"))  # type: ignore[arg-type]
        assert len(result.vectors) == 1
        with pytest.raises(BadInput, match="this takes a ChatRequest, not a CompleteRequest"):
            await kit.generate(complete)  # type: ignore[arg-type]
        with pytest.raises(BadInput, match="this takes a EmbedRequest, not a ChatRequest"):
            await kit.embed(ChatRequest(model="own:m", messages="Hi"))  # type: ignore[arg-type]
        ranking = RerankRequest(model="echo:m", query="which?", documents=("a", "b"))
        assert len((await kit.rerank(ranking)).results) == 2
        assert len((await kit.rerank(ranking, ["a", "b", "c"])).results) == 3
        assert len((await kit.rerank(ranking, top_n=1)).results) == 1
    assert [(request.prompt, request.streaming) for request, _ in seen] == [
        ("Once", False),
        ("Once", True),
    ]


@pytest.mark.parametrize(
    ("given", "settings", "says"),
    [
        (("which?",), {}, "there is no document to rank"),
        (("which?", []), {}, "there is no document to rank"),
        (("which?", [1]), {}, "`documents` must be text, or a list of texts"),
        ((1, ["a"]), {}, "`query` must be str, not int"),
        (("which?", ["a"]), {"top_n": 0}, "`top_n` must be at least 1, not 0"),
        (("which?", ["a"]), {"topn": 1}, "there is no setting `topn`; did you mean `top_n`?"),
    ],
)
async def test_what_is_wrong_with_a_ranking_is_said(
    seen: list[tuple[Any, Context]], given: Any, settings: Any, says: str
) -> None:
    with pytest.raises(BadInput) as caught:
        await Kit(model="echo:m").rerank(*given, **settings)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"temprature": 0}, "there is no setting `temprature`; did you mean `temperature`?"),
        ({"temperature": "hot"}, "`temperature` must be"),
        ({"messages": "Hi"}, "`messages` is given twice"),
        ({"timeout": "soon"}, "`timeout` must be"),
        ({"stream": True}, "there is no setting `stream`: use kit.stream(…)"),
        ({"streaming": False}, "there is no setting `streaming`: use kit.stream(…)"),
        ({"system": "Be brief."}, "put Message.system(…) first in the conversation"),
        (
            {"provider_options": {"min_p": 1}},
            "`provider_options` go under a provider's name: {'openai': {'min_p': …}}",
        ),
        (
            {"provider_options": {"opnai": {"min_p": 1}}},
            "`provider_options`: no provider 'opnai'; did you mean 'openai'?",
        ),
        ({"provider_options": 5}, "`provider_options` must be dict or Mapping, not int"),
    ],
)
@pytest.mark.usefixtures("seen")
async def test_a_wrong_setting_is_named(settings: dict[str, Any], says: str) -> None:
    kit = Kit(model="own:m")
    with pytest.raises(BadInput) as caught:
        await kit.generate("Hi", **settings)
    assert says in str(caught.value)
    with pytest.raises(BadInput) as caught:
        await kit.stream("Hi", **settings).response()
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("generate", "the conversation comes first: generate([...], model=…)"),
        ("complete", "the text comes first: complete('…', model=…)"),
        ("embed", "the texts come first: embed([...], model=…)"),
        ("rerank", "the query comes first: rerank('…', [...], model=…)"),
        ("count_tokens", "the conversation comes first: count_tokens([...], model=…)"),
    ],
)
async def test_words_that_are_missing_or_stand_elsewhere_are_asked_for(
    method: str, says: str
) -> None:
    kit, elsewhere = Kit(model="own:m"), [{"role": "user", "content": "Hi"}]
    for settings in ({}, {"messages": elsewhere}):
        with pytest.raises(BadInput) as caught:
            await getattr(kit, method)(**settings)
        assert str(caught.value) == says
    with pytest.raises(BadInput, match=r"the conversation comes first: stream\(\["):
        await kit.stream().response()


async def test_options_in_a_request_stand_under_a_provider_too(
    seen: list[tuple[Any, Context]],
) -> None:
    wrong = ChatRequest(model="own:m", messages="Hi", provider_options={"own2": {}})  # type: ignore[arg-type]
    kit = Kit()
    with pytest.raises(BadInput, match="no provider 'own2'; did you mean 'own'"):
        await kit.generate(wrong)
    right = [{"own": {"a": 1}}, {"groq": {"a": 1}}]
    for options in right:
        await kit.generate("Hi", model="own:m", provider_options=options)
    assert [request.provider_options for request, _ in seen] == right


async def test_options_may_be_kept_for_a_provider_that_is_not_installed_here(
    seen: list[tuple[Any, Context]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_ids, "available", lambda: ["elsewhere"])
    kit = Kit(model="own:m")
    await kit.generate("Hi", provider_options={"elsewhere": {"a": 1}})
    assert len(seen) == 1


async def test_a_pydantic_model_is_a_response_format(seen: list[tuple[Any, Context]]) -> None:
    class Person(BaseModel):
        name: str

    await Kit(model="own:m").generate("Who?", response_format=Person)
    assert seen[0][0].response_format == JSONSchema(Person.model_json_schema(), "Person")


@pytest.mark.parametrize("limits", [{}, {"timeout": Deadlines(gap=5)}])
async def test_an_author_who_wrote_no_generator_is_told(
    install: Installer, limits: dict[str, Any]
) -> None:
    async def returned(request: Any, context: Context) -> Any:
        return spoken("Hi")

    def listed(request: Any, context: Context) -> Any:
        return spoken("Hi")

    install(providers=[provider("wrong", chat=returned, complete=listed)])
    kit = Kit(model="wrong:m")
    for call, ability in (
        (kit.generate("Hi", **limits), "chat"),
        (kit.complete("Hi", **limits), "complete"),
    ):
        says = f"`{ability}` of provider 'wrong' must be an async generator that yields batches"
        with pytest.raises(PluginError, match=says) as caught:
            await call
        assert caught.value.provider == "wrong"


# Which model


async def test_a_model_that_is_no_text_is_refused() -> None:
    wrong: Any = 5
    with pytest.raises(BadInput, match="`model` must be text, such as 'provider:name', not int"):
        await Kit().generate("Hi", model=wrong)
    with pytest.raises(BadConfig, match="`model` must be text"):
        Kit(model=wrong)


async def test_the_model_comes_from_the_call_the_request_the_kit_or_the_environment(
    seen: list[tuple[Any, Context]], monkeypatch: pytest.MonkeyPatch, nowhere: Path
) -> None:
    monkeypatch.setenv("AIKIT_MODEL", "own:environment")
    await Kit().generate("Hi")
    (nowhere / "aikit.toml").write_text('model = "own:file"')
    await Kit().generate("Hi")
    await Kit(model="own:kit").generate("Hi")
    request = ChatRequest(model="own:request", messages="Hi")  # type: ignore[arg-type]
    await Kit(model="own:kit").generate(request)
    await Kit(model="own:kit").generate(request, model="own:call")
    names = ["environment", "file", "kit", "request", "call"]
    assert [request.model for request, _ in seen] == names


@pytest.mark.usefixtures("seen")
async def test_tokens_are_counted_with_the_tools() -> None:
    async with Kit(model="echo:m") as kit:
        plain = await kit.count_tokens("four")
        assert (plain.tokens, plain.model) == (4, "count-1")
        assert plain.served_by is not None
        assert plain.served_by.provider == "echo"
        request = ChatRequest(model="echo:m", messages=(Message.user("four"),), tools=(Tool("f"),))
        assert (await kit.count_tokens(request)).tokens == 104
        with pytest.raises(BadInput, match="takes a ChatRequest, not a EmbedRequest"):
            await kit.count_tokens(EmbedRequest(model="echo:m", inputs="a"))  # type: ignore[arg-type]


async def test_a_provider_that_cannot_count_says_so(seen: list[tuple[Any, Context]]) -> None:
    with pytest.raises(Unsupported, match="'own' cannot count tokens"):
        await Kit().count_tokens("a", model="own:m")


@pytest.mark.parametrize("method", ["generate", "complete", "embed", "count_tokens"])
async def test_without_a_model_the_question_is_which(method: str) -> None:
    with pytest.raises(BadInput, match="which model"):
        await getattr(Kit(), method)("Hi")


@pytest.mark.parametrize(
    ("model", "error", "says"),
    [
        ("opnai:m", UnknownProvider, "did you mean 'openai'?"),
        ("openai:", BadInput, "names a provider but no model"),
        ("gpt-5", UnknownProvider, "names no provider"),
    ],
)
async def test_a_wrong_model_id_is_explained(model: str, error: type[AIError], says: str) -> None:
    for kit in (Kit(), Kit(model=model)):
        with pytest.raises(error) as caught:
            await kit.generate("Hi", model=model)
        assert says in str(caught.value)
        with pytest.raises(error):
            await kit.generate("Hi", model=model, api_key="k")


async def test_a_manifest_of_the_environment_is_a_provider(
    monkeypatch: pytest.MonkeyPatch, nowhere: Path
) -> None:
    async with Service(either) as service:
        (nowhere / "mine.toml").write_text(f'base_url = "{service.url}"')
        monkeypatch.setenv("AIKIT_MANIFEST_PATH", "mine.toml")
        monkeypatch.setenv("MINE_API_KEY", KEY)
        async with Kit() as kit:
            assert (await kit.generate("Hi", model="mine:org/model")).text == "Hello"
            assert "mine" in kit.providers()
        assert service.requests[0].json["model"] == "org/model"
        assert service.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_the_providers_are_those_that_are_installed_or_configured() -> None:
    kit = Kit(providers={"mine": {"use": "openai-compatible", "base_url": "http://x"}})
    assert {"mine", *DIALECTS} <= set(kit.providers())
    assert kit.dialect("mine:some/model") == ("mine", "openai-chat")
    assert kit.split("mine/some/model") == ("mine", "some/model")


# Keys and secrets


async def test_a_key_of_one_call_wins_and_does_not_stay() -> None:
    async with Service(either) as service, kit_for(service) as kit:
        await kit.generate("Hi", api_key="other-key")
        await kit.generate("Hi")
        keys = [request.headers["authorization"] for request in service.requests]
        assert keys == ["Bearer other-key", f"Bearer {KEY}"]


async def test_a_key_of_one_call_reaches_a_provider_under_another_name() -> None:
    async with Service(either) as service:
        settings = {"fast": {"use": "groq", "base_url": service.url, "api_key": "shared-key"}}
        async with Kit(model="fast:m", providers=settings) as kit:
            options: dict[str, Any] = {"fast": {"own": 1}, "groq": {"not": "for this one"}}
            response = await kit.generate("Hi", api_key="own-key", provider_options=options)
        (request,) = service.requests
        assert request.headers["authorization"] == "Bearer own-key"
        assert request.json["own"] == 1
        assert "not" not in request.json
        assert response.served_by
        assert response.served_by.provider == "fast"


async def test_a_missing_key_says_where_one_can_be_put() -> None:
    with pytest.raises(MissingKey) as caught:
        await Kit().generate("Hi", model="groq:m")
    assert (caught.value.provider, caught.value.model) == ("groq", "m")
    for place in ("GROQ_API_KEY", "`api_key=`", "[providers.groq]"):
        assert place in str(caught.value)


def parts(value: object, known: set[int]) -> Iterator[object]:
    """Yield everything of aikit's that can be reached from a value."""
    if id(value) in known:
        return
    known.add(id(value))
    inner: list[object] = []
    if isinstance(value, dict):
        inner += value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        inner += value
    elif type(value).__module__.startswith(("aikit", "aicore")):
        yield value
        inner += vars(value).values() if hasattr(value, "__dict__") else ()
        if is_dataclass(value):
            inner += [getattr(value, item.name) for item in fields(value)]
    for item in inner:
        yield from parts(item, known)


@pytest.mark.parametrize("streaming", [False, True])
async def test_keys_show_nowhere(caplog: pytest.LogCaptureFixture, streaming: bool) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [KEY, "call-key-77", "header-value-88", "setting-value-99"]
    context = Context()

    def script(request: Request) -> Script:
        assert request.headers["x-mine"] == "header-value-88"
        told = f"bad key {request.headers['authorization']}"
        return (whole({"error": {"message": told}}, status="401 Unauthorized"),)

    async with Service(script) as service:
        kit = kit_for(service, headers={"x-set": "setting-value-99"})
        keys: list[Any] = [{}, {"api_key": "call-key-77"}]
        for key in keys:
            with pytest.raises(Unauthorized) as caught:
                headers = {"x-mine": "header-value-88"}
                if streaming:
                    await kit.stream("Hi", headers=headers, context=context, **key).response()
                else:
                    await kit.generate("Hi", headers=headers, context=context, **key)
            error = caught.value
            seen = [repr(error), str(error), str(error.as_dict()), str(error.details)]
            seen += traceback.format_exception(error)
            seen += [repr(item) for item in parts([kit, context, vars(error)], set())]
            seen += [record.getMessage() for record in caplog.records] + [caplog.text]
            shown = [text for text in seen for secret in secrets if secret in text]
            assert shown == []
        assert len([*parts(kit, set())]) > 5
        await kit.aclose()
    request = HTTPRequest("POST", f"http://u:{KEY}@host/", {"authorization": KEY}, KEY.encode())
    assert KEY not in repr(request)
    assert KEY not in repr(Context(headers={"a": KEY}, idempotency_key=KEY))


# What comes back


async def test_an_answer_tells_its_attempt_times_and_origin() -> None:
    async with Service(either) as service, kit_for(service) as kit:
        for response in (await kit.generate("Hi"), await kit.stream("Hi").response()):
            (attempt,) = response.attempts
            assert (attempt.provider, attempt.model, attempt.error) == ("openai", "m", None)
            assert response.served_by
            assert (response.served_by.provider, response.served_by.model) == (
                "openai",
                "some-model",
            )
            assert response.timing
            assert response.timing.first_token
            assert 0 < response.timing.first_token <= response.timing.total < 2
            assert 0 < attempt.seconds <= response.timing.total


async def test_what_was_left_out_is_told_and_strict_refuses_before_anything_is_sent() -> None:
    async with Service(either) as service, kit_for(service) as kit:
        response = await kit.generate("Hi", top_k=5)
        (warning,) = response.warnings
        assert (warning.setting, warning.action, warning.provider) == ("top_k", "dropped", "openai")
        streamed = await kit.stream("Hi", top_k=5).response()
        assert streamed.warnings == response.warnings
        assert len(service.requests) == 2
        for call in (kit.generate("Hi", top_k=5, strict=True), read(kit, top_k=5, strict=True)):
            with pytest.raises(Unsupported, match="top_k"):
                await call
        assert len(service.requests) == 2
        assert not (await kit.generate("Hi", strict=True)).warnings


async def read(kit: Kit, **settings: Any) -> object:
    return await kit.stream("Hi", **settings).response()


@pytest.mark.parametrize("name", DIALECTS)
async def test_an_error_says_which_provider_and_model_it_is_of(name: str) -> None:
    script = (whole({"error": {"message": "Busy."}}, status="503 Unavailable"),)
    async with Service(script) as service, kit_for(service, name) as kit:
        for call in (kit.generate("Hi"), read(kit)):
            with pytest.raises(Overloaded, match=f"{name} 503: Busy") as caught:
                await call
            assert (caught.value.provider, caught.value.model) == (name, "m")


async def test_what_a_provider_cannot_do_is_said() -> None:
    kit = Kit(providers={"groq": {"api_key": KEY}})
    with pytest.raises(Unsupported, match="groq") as caught:
        await kit.complete("Once", model="groq:m")
    assert (caught.value.provider, caught.value.model) == ("groq", "m")


async def test_what_a_provider_has_no_way_to_do_is_said(install: Installer) -> None:
    install(providers=[provider("echo", chat=echo)])
    with pytest.raises(Unsupported, match="'echo' cannot embed") as caught:
        await Kit().embed("a", model="echo:m")
    assert (caught.value.provider, caught.value.model) == ("echo", "m")
    with pytest.raises(Unsupported, match="'echo' has no list of models"):
        await Kit().models("echo")


async def test_an_exception_of_a_broken_provider_is_a_bad_reply(install: Installer) -> None:
    async def chat(request: Any, context: Context) -> Batches:
        yield spoken("Hi")[0]
        raise KeyError("choices")

    async def models(context: Context) -> list[ModelInfo]:
        raise KeyError("data")

    install(providers=[provider("broken", chat=chat, models=models)])
    kit = Kit(model="broken:m")
    for call in (kit.generate("Hi"), read(kit), kit.models("broken")):
        with pytest.raises(BadReply, match="KeyError") as caught:
            await call
        assert isinstance(caught.value.__cause__, KeyError)
        assert caught.value.provider == "broken"


async def test_a_provider_that_refuses_its_settings_names_itself() -> None:
    kit = Kit(providers={"groq": {"base_ulr": "x"}})
    with pytest.raises(BadConfig, match="did you mean 'base_url'") as caught:
        await kit.generate("Hi", model="groq:m")
    assert (caught.value.provider, caught.value.model) == ("groq", "m")


# Lists of models


async def test_models_are_those_of_the_service_with_what_the_catalog_knows(
    install: Installer,
) -> None:
    known = ModelInfo(id="a", provider="openai", context_window=1000, max_output_tokens=10)
    install("aikit-catalog", aikit_models=lambda: [known])
    listed = {"data": [{"id": "a", "context_window": 5, "created": 1}, {"id": "never-heard-of"}]}
    async with Service((whole(listed),)) as service, kit_for(service) as kit:
        first, second = await kit.models("openai")
    assert (first.id, first.context_window, first.max_output_tokens) == ("a", 5, 10)
    assert first.created == 1
    assert (second.id, second.context_window) == ("never-heard-of", None)


async def test_an_error_of_a_list_of_models_names_the_provider(install: Installer) -> None:
    async def models(context: Context) -> list[ModelInfo]:
        raise Overloaded("busy")

    install(providers=[provider("echo", models=models)])
    with pytest.raises(Overloaded) as caught:
        await Kit().models("echo")
    assert caught.value.provider == "echo"
    with pytest.raises(UnknownProvider):
        await Kit().models("ehco")


@pytest.mark.parametrize("streaming", [False, True])
async def test_a_list_of_models_has_a_deadline_and_can_be_cancelled(streaming: bool) -> None:
    begun = (head(),) if streaming else ()
    async with Service((*begun, STALL)) as service, kit_for(service) as kit:
        with pytest.raises(TotalTimeout) as caught:
            await kit.models("openai", timeout=0.05)
        assert caught.value.provider == "openai"
        token = CancelToken()
        asyncio.get_running_loop().call_later(0.05, token.cancel)
        with pytest.raises(Cancelled):
            await kit.models("openai", cancel=token)
        async with asyncio.timeout(1):
            for peer in service.peers:
                await peer.gone


async def test_a_list_of_models_is_asked_for_with_the_key_of_the_call() -> None:
    async with Service((whole({"data": []}),)) as service, kit_for(service) as kit:
        assert await kit.models("openai", api_key="sk-other", headers={"x-team": "a"}) == []
    [request] = service.requests
    assert request.headers["authorization"] == "Bearer sk-other"
    assert request.headers["x-team"] == "a"


@pytest.mark.parametrize("settings", [{"temperature": 1}, {"timeout": 0}, {"timeout": "1"}])
async def test_a_list_of_models_takes_no_settings_of_a_request(settings: Any) -> None:
    with pytest.raises(BadInput, match=next(iter(settings))):
        await Kit().models("openai", **settings)


# Plugins


def middlewares(notes: list[str]) -> list[Noting]:
    return [
        Noting("b attempt", Layer.ATTEMPT, notes),
        Noting("a step", Layer.STEP, notes),
        Noting("b operation", Layer.OPERATION, notes),
    ]


@pytest.mark.usefixtures("seen")
async def test_layers_stand_around_a_call_in_their_order(install: Installer) -> None:
    notes: list[str] = []
    plugged = [
        Noting("a attempt", Layer.ATTEMPT, notes, after=("b attempt",)),
        Noting("b step", Layer.STEP, notes, before=("a step",)),
        Noting("a operation", Layer.OPERATION, notes),
    ]
    install("aikit-notes", aikit_middleware=lambda: plugged)
    async with Kit(model="own:m", middleware=middlewares(notes)) as kit:
        await kit.generate("Hi")
        order = ["a operation", "b operation", "b step", "a step", "b attempt", "a attempt"]
        assert notes == [f"{name} in" for name in order] + [f"{name} out" for name in order[::-1]]
        assert [item.name for item in kit.stack()] == order
        notes.clear()
        await kit.stream("Hi").response()
        assert notes[:3] == ["a operation in", "b operation in", "b step in"]
    assert {item.closed for item in plugged} == {1}


@pytest.mark.usefixtures("seen")
async def test_two_middleware_of_one_name_are_refused() -> None:
    notes: list[str] = []
    kit = Kit(model="own:m", middleware=[*middlewares(notes), *middlewares(notes)])
    for _ in range(2):
        with pytest.raises(BadConfig, match="two middleware are named"):
            await kit.generate("Hi")


@pytest.mark.usefixtures("seen")
@pytest.mark.parametrize("layer", Layer)
async def test_a_middleware_that_cannot_stand_around_calls_is_named_and_never_left_out(
    layer: Layer,
) -> None:
    class Clumsy(Noting):
        def wrap(self, call: Any) -> Any:
            raise ZeroDivisionError("in wrap")

    kit = Kit(model="own:m", middleware=[Clumsy("clumsy", layer, [])])
    for _ in range(2):
        with pytest.raises(PluginError, match=r"middleware 'clumsy' is broken: .*in wrap"):
            await kit.generate("Hi")


@pytest.mark.usefixtures("seen")
async def test_a_broken_plugin_hurts_only_itself(install: Installer) -> None:
    notes: list[str] = []

    def fail() -> Any:
        raise ZeroDivisionError("in a hook")

    good = ModelInfo(id="m", provider="own", context_window=7)
    install("aikit-no-import", entry="no_such_module_of_tests")
    install("aikit-no-hooks", aikit_middleware=fail, aikit_models=lambda: [good])
    install("aikit-wrong-things", aikit_middleware=lambda: [object()], aikit_models=lambda: ["m"])
    install("aikit-wrong-hook", aikit_models=lambda what: [])
    install("aikit-good", aikit_middleware=lambda: [Noting("good", Layer.STEP, notes)])
    kit = Kit(model="own:m")
    assert not kit.broken_plugins
    assert (await kit.generate("Hi")).text == "Hi"
    assert notes == ["good in", "good out"]
    found = kit.find_model("own", "m")
    assert found
    assert found.context_window == 7
    broken: list[PluginError] = [*kit.broken_plugins]
    errors = [str(error) for error in broken]
    assert {type(error) for error in broken} == {PluginError}
    for name in ("aikit-no-import", "aikit-no-hooks", "aikit-wrong-things", "aikit-wrong-hook"):
        assert any(name in error for error in errors), name
    assert not any("aikit-good" in error for error in errors)
    assert any("ZeroDivisionError: in a hook" in error for error in errors)


async def test_a_model_of_a_plugin_replaces_the_one_of_the_catalog(install: Installer) -> None:
    rates = Rates(input=Decimal(1_000_000), output=Decimal(0))
    info = ModelInfo(id="gpt-4o", provider="openai", prices=(Price(tiers=(rates,)),))
    install("aikit-catalog", aikit_models=lambda: [info])
    script = (whole({**answer(), "model": "gpt-4o"}),)
    async with Service(script) as service, kit_for(service) as kit:
        response = await kit.generate("Hi", model="openai:gpt-4o")
        assert response.cost
        assert response.cost.usd == 3
        assert Kit().find_model("openai", "gpt-4o") is kit.find_model("openai", "gpt-4o") is info
        assert kit.find_model("openai", "no-such-model") is None


# Opening and closing


def test_making_a_kit_opens_nothing(install: Installer) -> None:
    made = provider()
    install(providers=[made])
    kit = Kit(model="echo:m")
    assert made.hosts == []
    assert repr(kit) == "<Kit open=[]>"


async def test_a_closed_kit_opens_again(install: Installer) -> None:
    made = provider()
    install(providers=[made])
    kit = Kit(model="echo:m")
    for turn in range(1, 4):
        await kit.generate("Hi")
        await kit.generate("Hi")
        assert repr(kit) == "<Kit open=['echo']>"
        await kit.aclose()
        assert (len(made.hosts), made.closed) == (turn, turn)
        assert repr(kit) == "<Kit open=[]>"
    await kit.aclose()
    assert made.closed == 3


async def test_a_closed_kit_connects_again() -> None:
    async with Service(either) as service:
        kit = kit_for(service)
        for turn in range(1, 3):
            assert (await kit.generate("Hi")).text == "Hello"
            await kit.aclose()
            assert len(service.peers) == turn
            await service.peers[-1].gone


async def test_whatever_fails_to_close_the_rest_is_closed(install: Installer) -> None:
    class Sticky(Made):
        async def aclose(self) -> None:
            raise ZeroDivisionError

    notes: list[str] = []
    items = [Sticky("sticky", {"chat": echo}), provider("echo"), Sticky("glued", {"chat": echo})]
    install(providers=items)
    noting = Noting("n", Layer.STEP, notes)
    kit = Kit(middleware=[noting])
    for item in items:
        await kit.generate("Hi", model=f"{item.name}:m")
    with pytest.raises(ZeroDivisionError):
        await kit.aclose()
    assert items[1].closed == 1
    assert noting.closed == 1


async def test_a_kit_of_settings_that_cannot_be_read_is_not_made() -> None:
    with pytest.raises(BadConfig, match=r"missing\.toml"):
        Kit(config="missing.toml")


# Loops and threads


def test_one_kit_serves_one_loop_after_the_other() -> None:
    with in_thread(either) as service:
        kit = kit_for(service)
        for turn in range(1, 4):
            assert asyncio.run(twice(kit)) == ["Hello", "Hello"]
            assert len(service.peers) == turn
    # each loop has closed its connection as it ended, although nobody closed the kit


async def twice(kit: Kit) -> list[str]:
    return [(await kit.generate("Hi")).text, (await kit.stream("Hi").response()).text]


def test_loops_that_end_roughly_do_not_pile_up() -> None:
    with in_thread(either) as service:
        kit = kit_for(service)
        for _ in range(3):
            loop = asyncio.new_event_loop()
            loop.run_until_complete(twice(kit))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
        provider: Any = kit.provider("openai")
        assert not provider.service.transport._pools._held


def test_one_kit_serves_many_loops_at_once(install: Installer) -> None:
    notes: list[str] = []
    asked: list[str] = []

    def middleware() -> list[Noting]:
        asked.append("middleware")
        return [Noting("n", Layer.STEP, notes)]

    made = provider()
    install(providers=[made])
    install("aikit-notes", aikit_middleware=middleware)
    with in_thread(either) as service:
        settings = {"openai": {"base_url": service.url, "api_key": KEY}}
        kit = Kit(providers=settings)
        start, errors = threading.Barrier(6), list[BaseException]()

        async def work() -> None:
            for _ in range(3):
                answers = await asyncio.gather(
                    kit.generate("Hi", model="echo:m"),
                    kit.generate("Hi", model="openai:m"),
                    kit.stream("Hi", model="openai:m").response(),
                )
                assert [answer.text for answer in answers] == ["Hi", "Hello", "Hello"]

        def run() -> None:
            start.wait()
            try:
                asyncio.run(work())
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=run) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert len(made.hosts) == 1
        assert asked == ["middleware"]
        assert len(service.requests) == 36
        assert len(service.peers) <= 12


async def test_a_client_belongs_to_the_loop_that_uses_it() -> None:
    async with Service(either) as service, kit_for(service) as kit:
        await kit.generate("Hi")
        await asyncio.to_thread(lambda: asyncio.run(twice(kit)))
        assert (await kit.generate("Hi")).text == "Hello"
        assert [len(peer.requests) for peer in service.peers] == [2, 2]


async def test_many_calls_of_one_loop_share_their_connections() -> None:
    async with Service(either) as service, kit_for(service) as kit:
        for _ in range(3):
            answers = await asyncio.gather(*(kit.generate("Hi") for _ in range(10)))
            assert {item.text for item in answers} == {"Hello"}
        assert len(service.requests) == 30
        assert len(service.peers) == 10


async def test_text_arrives_while_the_answer_is_written() -> None:
    gate = asyncio.Event()

    async def chat(request: Any, context: Context) -> Batches:
        first, *rest = spoken("a", "b")
        yield first
        await gate.wait()
        for batch in rest:
            yield batch

    async with Stream(lambda: chat(None, Context())) as stream:
        async for event in stream:
            if isinstance(event, TextDelta) and event.text == "a":
                break
        gate.set()
        assert (await stream.response()).text == "ab"
