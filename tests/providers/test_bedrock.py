"""Bedrock as a user meets it: which operation is asked, and what comes of its answers."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx2
import pytest
from aicore.errors import (
    AIError,
    BadInput,
    BadReply,
    CutOff,
    GarbledError,
    Overloaded,
    RateLimited,
    Unsupported,
)
from aicore.messages import ImagePart, Message, OpaquePart
from aicore.requests import CompleteRequest, ProviderTool

from .bedrock_answers import (
    MODEL,
    PROFILE,
    events,
    reasons,
    stream,
)
from .bedrock_service import CLAUDE, MESSAGE, NOVA, PLACE, SAID, bedrock
from .eventstream import chunk, event, exception, message

SEARCH = ProviderTool("anthropic-messages", {"type": "web_search_20250305", "name": "web_search"})
HELLO = stream(*events({"text": "Hello"}))


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


async def test_a_chat_goes_over_converse() -> None:
    async with bedrock(**PLACE) as (kit, asked):
        response = await kit.generate("hi", model=NOVA)
    assert response.text == "Hello"
    assert asked[0].url.raw_path == b"/model/us.amazon.nova-lite-v1%3A0/converse"
    assert asked[0].headers["accept"] == "application/json"


async def test_a_stream_goes_over_converse_stream() -> None:
    async with bedrock(HELLO, **PLACE) as (kit, asked), kit.stream("hi", model=NOVA) as answer:
        response = await answer.response()
    assert (response.text, response.finish_reason) == ("Hello", "stop")
    assert asked[0].url.path.endswith("/converse-stream")
    assert asked[0].headers["accept"] == "application/vnd.amazon.eventstream"


async def test_an_arn_stands_in_the_path_as_one_piece() -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1"
    async with bedrock(**PLACE) as (kit, asked):
        await kit.generate("hi", model=f"bedrock:{arn}")
    assert asked[0].url.raw_path.count(b"/") == 3


@pytest.mark.parametrize(
    ("settings", "options", "tools", "verb"),
    [
        ({}, {}, (SEARCH,), "invoke"),
        ({"api": "invoke"}, {}, (), "invoke"),
        ({"api": "invoke"}, {"api": "converse"}, (), "converse"),
        ({}, {"api": "invoke"}, (), "invoke"),
    ],
)
async def test_claude_is_invoked_where_it_is_told_or_needed(
    settings: Any, options: Any, tools: Any, verb: str
) -> None:
    said = MESSAGE if verb == "invoke" else SAID
    async with bedrock(said, **PLACE, **settings) as (kit, asked):
        response = await kit.generate(
            "hi", model=CLAUDE, tools=tools, provider_options={"bedrock": options}
        )
    assert response.text == "Hello"
    assert asked[0].url.path.endswith(f"/{verb}")
    assert "api" not in asked.body
    if verb == "invoke":
        assert asked.body["anthropic_version"] == "bedrock-2023-05-31"
        assert not {"model", "stream"} & asked.body.keys()


async def test_items_of_anthropics_dialect_go_back_in_it() -> None:
    item = OpaquePart("anthropic-messages", {"type": "server_tool_use", "id": "s", "name": "n"})
    talk = [Message.user("hi"), Message.assistant(item, "So."), Message.user("?")]
    async with bedrock(MESSAGE, **PLACE) as (kit, asked):
        await kit.generate(talk, model=CLAUDE)
    assert asked[0].url.path.endswith("/invoke")
    assert asked.body["messages"][1]["content"][0]["id"] == "s"


async def test_nova_is_invoked_in_its_own_form() -> None:
    body = b"".join(map(chunk, events({"text": "Hello"})))
    settings: dict[str, Any] = {"top_k": 5, "max_tokens": 9}
    async with (
        bedrock(body, **PLACE, api="invoke") as (kit, asked),
        kit.stream("hi", model=NOVA, **settings) as answer,
    ):
        response = await answer.response()
    assert response.text == "Hello"
    assert asked.body["schemaVersion"] == "messages-v1"
    assert asked.body["inferenceConfig"] == {"maxTokens": 9, "topK": 5}
    assert asked[0].url.path.endswith("/invoke-with-response-stream")


async def test_others_are_not_invoked_in_a_chat() -> None:
    async with bedrock(**PLACE, api="invoke") as (kit, _):
        with pytest.raises(Unsupported, match="go over Converse"):
            await kit.generate("hi", model="bedrock:meta.llama3-70b-instruct-v1:0")


async def test_an_unknown_operation_is_refused() -> None:
    async with bedrock(**PLACE) as (kit, _):
        with pytest.raises(BadInput, match="one of auto, converse, invoke"):
            await kit.generate("hi", model=NOVA, provider_options={"bedrock": {"api": "chat"}})


async def test_a_picture_on_the_web_is_fetched_for_the_service() -> None:
    def respond(request: httpx2.Request) -> Any:
        return SAID

    async with bedrock(respond, **PLACE) as (kit, asked):
        with pytest.raises(AIError):  # of this machine, so it is not fetched for anybody
            await kit.generate([Message.user(ImagePart(url="http://127.0.0.1/a.png"))], model=NOVA)
    assert not asked


async def test_tokens_are_counted_in_the_form_that_is_sent() -> None:
    async with bedrock({"inputTokens": 7}, **PLACE) as (kit, asked):
        count = await kit.count_tokens("hi", model=NOVA, max_tokens=5)
        assert count.tokens == 7
        assert asked.body["input"]["converse"].keys() == {"messages"}
        await kit.count_tokens("hi", model=CLAUDE, tools=[SEARCH])
    body = json.loads(base64.b64decode(asked.body["input"]["invokeModel"]["body"]))
    assert body["tools"] == [SEARCH.data]
    assert asked[-1].url.path.endswith("/count-tokens")


async def test_a_count_that_is_none_is_a_bad_reply() -> None:
    async with bedrock({"tokens": 7}, **PLACE) as (kit, _):
        with pytest.raises(BadReply, match="no count"):
            await kit.count_tokens("hi", model=NOVA)


COMPLETIONS: list[tuple[str, Any, str, str]] = [
    (
        "meta.llama3-8b-instruct-v1:0",
        {"generation": "Hi", "stop_reason": "length"},
        "length",
        "max_gen_len",
    ),
    (
        "mistral.mistral-7b-instruct-v0:2",
        {"outputs": [{"text": "Hi", "stop_reason": "stop"}]},
        "stop",
        "max_tokens",
    ),
    (
        "anthropic.claude-v2",
        {"completion": "Hi", "stop_reason": "max_tokens"},
        "length",
        "max_tokens_to_sample",
    ),
    (
        "ai21.j2-ultra-v1",
        {"completions": [{"data": {"text": "Hi"}, "finishReason": {"reason": "endoftext"}}]},
        "stop",
        "maxTokens",
    ),
    (
        "cohere.command-text-v14",
        {"generations": [{"text": "Hi", "finish_reason": "COMPLETE"}]},
        "stop",
        "max_tokens",
    ),
    (
        "arn:aws:bedrock:us-east-1:1:imported-model/a",
        {"choices": [{"text": "Hi", "finish_reason": "stop"}]},
        "stop",
        "max_tokens",
    ),
]


@pytest.mark.parametrize(("model", "answer", "reason", "limit"), COMPLETIONS)
async def test_texts_are_completed_in_the_form_of_each_maker(
    model: str, answer: Any, reason: str, limit: str
) -> None:
    headers = {"x-amzn-bedrock-input-token-count": "3", "x-amzn-bedrock-output-token-count": "1"}
    async with bedrock(answer, headers=headers, **PLACE) as (kit, asked):
        response = await kit.complete("Once", model=f"bedrock:{model}", max_tokens=5, seed=1)
    assert (response.text, response.finish_reason) == ("Hi", reason)
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 1)
    assert asked.body == {"prompt": "Once", limit: 5, **({"seed": 1} if "arn" in model else {})}
    assert len(response.warnings) == (0 if "arn" in model else 1)


async def test_titan_has_its_settings_in_an_object() -> None:
    said = {
        "inputTextTokenCount": 3,
        "results": [{"tokenCount": 1, "outputText": "Hi", "completionReason": "FINISH"}],
        "amazon-bedrock-guardrailAction": "NONE",
    }
    async with bedrock(said, **PLACE) as (kit, asked):
        response = await kit.complete(
            "Once",
            model="bedrock:amazon.titan-text-express-v1",
            temperature=0.5,
            provider_options={"bedrock": {"textGenerationConfig": {"topP": 1}}},
        )
    assert asked.body == {
        "inputText": "Once",
        "textGenerationConfig": {"temperature": 0.5, "topP": 1},
    }
    assert response.usage is not None
    assert response.usage.raw == {"inputTextTokenCount": 3, "tokenCount": 1}
    [step] = response.steps
    assert step.provider_data["bedrock-invoke"] == {"amazon-bedrock-guardrailAction": "NONE"}


async def test_claude_of_old_is_told_a_limit() -> None:
    async with bedrock({"completion": "Hi"}, **PLACE) as (kit, asked):
        response = await kit.complete("Once", model="bedrock:anthropic.claude-v2")
    assert asked.body["max_tokens_to_sample"] == 4096
    assert response.finish_reason == "other"
    assert "the service needs a limit" in reasons(response.warnings)


async def test_who_completes_no_texts_says_so() -> None:
    async with bedrock(**PLACE) as (kit, _):
        with pytest.raises(Unsupported, match="ask it in a chat"):
            await kit.complete("Once", model=NOVA)


async def test_a_completion_that_breaks_off_is_an_error() -> None:
    model = "bedrock:meta.llama3-8b-instruct-v1:0"
    async with bedrock(chunk({"generation": "Hi"}), **PLACE) as (kit, _):
        with pytest.raises(CutOff):
            async with kit.stream(CompleteRequest(model=model, prompt="Once")) as answer:
                await answer.response()


async def test_texts_are_embedded_one_by_one_where_the_model_takes_one() -> None:
    def respond(request: httpx2.Request) -> Any:
        text = json.loads(request.content)["inputText"]
        return {"embedding": [float(len(text)), 1], "inputTextTokenCount": 2}

    async with bedrock(respond, **PLACE) as (kit, asked):
        found = await kit.embed(
            ["a", "bcd"], model="bedrock:amazon.titan-embed-text-v2:0", dimensions=2, task="x"
        )
    assert found.vectors == ((1.0, 1.0), (3.0, 1.0))
    assert found.usage is not None
    assert found.usage.input_tokens == 4
    assert asked.body == {"inputText": "bcd", "dimensions": 2}
    assert [warning.setting for warning in found.warnings] == ["task"]


@pytest.mark.parametrize(
    ("model", "answer", "sent"),
    [
        (
            "cohere.embed-english-v3",
            {"embeddings": [[1, 2]]},
            {"texts": ["a"], "input_type": "search_document", "output_dimension": 2},
        ),
        (
            "us.cohere.embed-v4:0",
            {"embeddings": {"int8": [[1, 2]]}},
            {"texts": ["a"], "input_type": "search_document", "output_dimension": 2},
        ),
        (
            "amazon.nova-2-multimodal-embeddings-v1:0",
            {"embeddings": [{"embeddingType": "TEXT", "embedding": [1, 2]}]},
            {
                "taskType": "SINGLE_EMBEDDING",
                "singleEmbeddingParams": {
                    "embeddingPurpose": "GENERIC_INDEX",
                    "embeddingDimension": 2,
                    "text": {"truncationMode": "END", "value": "a"},
                },
            },
        ),
    ],
)
async def test_each_maker_of_embeddings_has_a_form(model: str, answer: Any, sent: Any) -> None:
    headers = {"x-amzn-bedrock-input-token-count": "3"}
    async with bedrock(answer, headers=headers, **PLACE) as (kit, asked):
        found = await kit.embed(["a"], model=f"bedrock:{model}", dimensions=2, user="u")
    assert found.vectors == ((1.0, 2.0),)
    assert found.usage is not None
    assert found.usage.input_tokens == 3
    assert asked.body == sent
    assert [(item.setting, item.action) for item in found.warnings] == [
        ("task", "noted"),
        ("user", "dropped"),
    ]


async def test_a_profile_is_told_what_it_stands_for() -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1"
    said = {"embedding": [1.0]}
    async with bedrock(said, **PLACE) as (kit, _):
        with pytest.raises(Unsupported, match=r"\[providers.bedrock.profiles\]"):
            await kit.embed(["a"], model=f"bedrock:{arn}")
    profiles = {arn: "amazon.titan-embed-text-v2:0"}
    async with bedrock(said, **PLACE, profiles=profiles) as (kit, asked):
        await kit.embed(["a"], model=f"bedrock:{arn}")
    assert asked.body == {"inputText": "a"}


async def test_models_and_profiles_are_listed_page_by_page() -> None:
    def respond(request: httpx2.Request) -> Any:
        if request.url.path == "/foundation-models":
            return {"modelSummaries": [MODEL, {"modelName": "no id"}]}
        if "nextToken" in request.url.params:
            return {"inferenceProfileSummaries": []}
        return {"inferenceProfileSummaries": [PROFILE], "nextToken": "a b"}

    async with bedrock(respond, **PLACE) as (kit, asked):
        found = await kit.models("bedrock")
    assert [item.id for item in found] == ["amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1:0"]
    assert found[0].features == found[1].features == {"vision": True, "streaming": True}
    assert {str(request.url.host) for request in asked} == {"bedrock.us-east-1.amazonaws.com"}
    assert len(asked) == 3


async def test_a_list_without_an_end_is_a_bad_reply() -> None:
    said = {"modelSummaries": [], "inferenceProfileSummaries": [], "nextToken": "a"}
    async with bedrock(said, **PLACE) as (kit, _):
        with pytest.raises(BadReply, match="more than 100 pages"):
            await kit.models("bedrock")


START = event("messageStart", {"role": "assistant"})
TEXT = event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hel"}})
UNKNOWN = message({":message-type": "error", ":error-code": "Odd", ":error-message": "What?"}, b"")


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (exception("throttlingException", "Slow down."), RateLimited, "Slow down."),
        (exception("internalServerException", "Oh."), Overloaded, "Oh."),
        (exception("modelStreamErrorException", "Broken."), BadReply, "Broken."),
        (UNKNOWN, AIError, "What?"),
        (b"", CutOff, "before the service said"),
        (HELLO[len(HELLO) // 2 :], GarbledError, "AWS"),
        (TEXT[:-3], GarbledError, "cut off"),
        (event("contentBlockDelta", [1]), BadReply, "Converse"),
        (event("contentBlockDelta", {"contentBlockIndex": 7}), BadReply, "KeyError"),
    ],
)
async def test_a_stream_that_fails_after_some_text(body: bytes, error: Any, words: str) -> None:
    async with bedrock(START + TEXT + body, **PLACE) as (kit, _):
        said = ""
        with pytest.raises(error, match=words) as raised:
            async with kit.stream("hi", model=NOVA) as answer:
                async for piece in answer.text:
                    said += piece
    assert said == "Hel"
    assert raised.value.provider == "bedrock"


async def test_a_failure_before_the_first_event_has_its_code() -> None:
    body = exception("serviceUnavailableException", "Later.")
    async with bedrock(body, **PLACE) as (kit, _):
        with pytest.raises(Overloaded) as raised:
            async with kit.stream("hi", model=NOVA) as answer:
                await answer.response()
    assert (raised.value.vendor_code, raised.value.status) == ("serviceUnavailableException", 503)
    assert raised.value.retryable
