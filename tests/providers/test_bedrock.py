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
from aicore.fold import fold
from aicore.messages import ImagePart, Message, OpaquePart, TextPart, ToolResultPart
from aicore.requests import ChatRequest, CompleteRequest, JSONSchema, ProviderTool, Tool
from aikit_provider_bedrock.models import Names
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.encode import encode_chat as encode_openai
from aikit_wire.openai.manifest import Manifest

from .bedrock_answers import (
    MODEL,
    PROFILE,
    answered,
    encoded,
    events,
    model,
    reasons,
    stream,
    streamed,
    told,
    whole,
)
from .bedrock_service import SAID, bedrock
from .eventstream import chunk, event, exception, message

NOVA = "bedrock:us.amazon.nova-lite-v1:0"
CLAUDE = "bedrock:us.anthropic.claude-sonnet-4-6"
PLACE: dict[str, Any] = {"region": "us-east-1", "api_key": "k"}
SEARCH = ProviderTool("anthropic-messages", {"type": "web_search_20250305", "name": "web_search"})
MESSAGE = {
    "id": "msg_1",
    "model": "claude",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 1},
}
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


def test_what_has_no_place_of_its_own_is_kept() -> None:
    response = answered(
        whole(
            {"text": "Hi"}, serviceTier={"type": "flex"}, trace={"guardrail": {}}, metrics={"a": 1}
        )
    )
    assert response.steps[0].provider_data["bedrock-converse"] == {
        "service_tier": "flex",
        "trace": {"guardrail": {}},
        "metrics": {"a": 1},
    }


def test_usage_counts_what_a_cache_gave_and_took() -> None:
    usage = {
        "inputTokens": 2,
        "outputTokens": 3,
        "cacheReadInputTokens": 4,
        "cacheWriteInputTokens": 5,
        "cacheDetails": [{"ttl": "1h", "inputTokens": 5}],
    }
    found = answered(whole({"text": "Hi"}, usage=usage)).usage
    assert found is not None
    assert (found.input_tokens, found.output_tokens) == (11, 3)
    assert (found.cache_read_tokens, found.cache_write_tokens) == (4, 5)
    assert found.cache_write_1h_tokens == 5


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        *(("end_turn", "stop"), ("max_tokens", "length"), ("content_filtered", "content-filter")),
        *(("malformed_tool_use", "error"), ("something_new", "other")),
        ("model_context_window_exceeded", "length"),
    ],
)
def test_why_an_answer_ended_is_unified(stop: str, reason: str) -> None:
    response = answered(whole({"text": "Hi"}, stop=stop))
    assert (response.finish_reason, response.raw_finish_reason) == (reason, stop)


@pytest.mark.parametrize("answer", [whole({"text": "Hi"}, stop=None), {"output": {}}, {}])
def test_an_answer_that_is_none_is_an_error(answer: Any) -> None:
    with pytest.raises(GarbledError):
        answered(answer)


def test_a_text_in_the_tool_for_it_is_the_answer() -> None:
    call = {"toolUse": {"toolUseId": "t", "name": "answer_in_json", "input": {"a": 1}}}
    for response in (
        answered(whole(call, stop="tool_use"), answer_tool="answer_in_json"),
        streamed(stream(*events(call, stop="tool_use")), answer_tool="answer_in_json"),
    ):
        assert (response.text, response.finish_reason) == ('{"a": 1}', "stop")
        assert not response.tool_calls


async def test_a_model_without_schemas_answers_by_a_tool() -> None:
    call = {"toolUse": {"toolUseId": "t", "name": "answer_in_json", "input": {"a": 1}}}
    shape = JSONSchema({"type": "object", "properties": {"a": {"type": "integer"}}})
    async with bedrock(whole(call, stop="tool_use"), **PLACE) as (kit, asked):
        response = await kit.generate("hi", model=NOVA, response_format=shape)
    assert response.text == '{"a": 1}'
    assert asked.body["toolConfig"]["toolChoice"] == {"tool": {"name": "answer_in_json"}}


def test_a_thought_that_is_no_text_stays_as_it_is() -> None:
    block = {"reasoningContent": {"redactedContent": "/w=="}}
    [part] = answered(whole(block)).parts
    assert part.provider_data == {"claude": {"redactedContent": "/w=="}}


def test_pieces_of_items_that_are_not_known_grow() -> None:
    at = {"contentBlockIndex": 0}
    told_events = [
        {"contentBlockStart": {**at, "start": {"audio": {"format": "wav"}}}},
        {"contentBlockDelta": {**at, "delta": {"audio": {"data": "ab", "n": 1}}}},
        {"contentBlockDelta": {**at, "delta": {"audio": {"data": "cd", "n": 2}}}},
        {"messageStop": {"stopReason": "end_turn"}},
    ]
    [part] = streamed(stream(*told_events)).parts
    assert part == OpaquePart(
        "bedrock-converse", {"audio": {"format": "wav", "data": "abcd", "n": 2}}
    )


def test_ids_tell_whose_a_model_is_and_what_is_known_of_it() -> None:
    facts = {"anthropic.claude-x": model(top_k=False), "us.anthropic.claude-x-v1:0": model()}
    names = Names({"mine": "eu.amazon.nova-lite-v1:0"}, facts.get)
    assert names.base("us.anthropic.claude-x-v1:0") == "anthropic.claude-x-v1:0"
    assert (
        names.vendor("arn:aws:bedrock:us-east-1:1:inference-profile/us.meta.llama-v1:0") == "meta"
    )
    assert (names.vendor("mine"), names.vendor("arn:aws:bedrock:::provisioned-model/a1")) == (
        "amazon",
        "",
    )
    assert names.info("us.anthropic.claude-x-v1:0") is facts["anthropic.claude-x"]
    assert names.info("unheard.of") is None


OPENAI = Manifest(name="openai")


def test_a_turn_of_bedrocks_is_told_to_openai() -> None:
    turn = answered(
        whole(
            {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}},
            {"citationsContent": {"content": [{"text": "Look:"}], "citations": [{"title": "A"}]}},
            {"toolUse": {"toolUseId": "s", "name": "n", "input": {}, "type": "server_tool_use"}},
            {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}},
            stop="tool_use",
        )
    ).message
    talk = (Message.user("Hi"), turn, Message.tool(ToolResultPart("t1", "4")))
    found = encode_openai(ChatRequest(model="gpt-1", messages=talk), OPENAI)
    _, said, result = found.body["messages"]
    assert said["content"] == "Look:"
    assert said["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a": 1}'}
    assert result == {"role": "tool", "tool_call_id": "t1", "content": "4"}
    assert "an item of 'bedrock-converse' means nothing here" in reasons(found.warnings)
    assert len(found.warnings) == 3


def test_a_turn_of_openais_is_told_to_bedrock() -> None:
    said = {
        "role": "assistant",
        "content": "Look:",
        "reasoning_content": "Hm",
        "annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example"}}],
        "tool_calls": [
            {"id": "call 1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
        ],
    }
    choice = {"index": 0, "message": said, "finish_reason": "tool_calls"}
    answer = {"id": "c1", "model": "gpt-1", "choices": [choice]}
    turn = fold(ChatDecoder(OPENAI, "gpt-1").body(json.dumps(answer).encode())).message
    talk = [Message.user("Hi"), turn, Message.tool(ToolResultPart("call 1", "4"))]
    found = encoded(talk, tools=(Tool("f"),))
    assert found.body["messages"][1]["content"] == [
        {"text": "Look:"},
        {"toolUse": {"toolUseId": "call_1", "name": "f", "input": {"a": 1}}},
    ]
    result = {"toolUseId": "call_1", "content": [{"text": "4"}]}
    assert found.body["messages"][2]["content"] == [{"toolResult": result}]
    assert told(found) == [("messages", "noted"), ("messages", "noted")]


async def test_claudes_thoughts_go_from_one_host_to_another() -> None:
    """What Claude thought over Converse goes back to Claude in Anthropic's own dialect."""
    thought = {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}}
    hidden = {"reasoningContent": {"redactedContent": base64.b64encode(b"secret").decode()}}
    turn = answered(whole(thought, hidden, {"text": "So."})).message
    async with bedrock(MESSAGE, **PLACE, api="invoke") as (kit, asked):
        await kit.generate([Message.user("a"), turn, Message.user("b")], model=CLAUDE)
    assert asked.body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "secret"},
        {"type": "text", "text": "So."},
    ]


async def test_what_is_lost_makes_a_strict_call_fail() -> None:
    async with bedrock(**PLACE) as (kit, asked):
        for call in (
            lambda: kit.generate("hi", model=NOVA, seed=1, strict=True),
            lambda: kit.count_tokens("hi", model=NOVA, seed=1, strict=True),
            lambda: kit.embed(["a"], model="bedrock:cohere.embed-v4:0", user="u", strict=True),
            lambda: kit.complete("a", model="bedrock:meta.llama3-8b-v1:0", seed=1, strict=True),
        ):
            with pytest.raises(Unsupported, match="strict"):
                await call()
    assert not asked


def test_text_parts_of_an_answer_are_told_apart() -> None:
    response = answered(whole({"text": "a"}, {"text": "b"}))
    assert [part.text for part in response.parts if isinstance(part, TextPart)] == ["a", "b"]
