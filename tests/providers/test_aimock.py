"""aimock through every dialect that it speaks: answers, tools, thoughts, vectors and faults."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aicore.errors import AIError, BadReply, BusyError, GarbledError, NotFound, RateLimited
from aicore.requests import CompleteRequest
from aikit import Kit, Message, Tool, ToolResultPart

from .aimock import aimock

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool("get_weather", "The weather in a city.", CITY)
GREETING = "Hi there, 🌍!"
CALLS = [("get_weather", '{"city": "Oslo"}'), ("get_weather", '{"city": "Nîmes"}')]
VECTOR = [0.25, -0.5, 1.0]
FIXTURES = [
    {
        "match": {"userMessage": "too often"},
        "response": {"error": {"message": "Slow down.", "type": "rate_limit_error"}, "status": 429},
    },
    {
        "match": {"userMessage": "weather", "hasToolResult": False},
        "response": {"toolCalls": [{"name": name, "arguments": told} for name, told in CALLS]},
    },
    {"match": {"hasToolResult": True}, "response": {"content": "It snows."}},
    {
        "match": {"userMessage": "think"},
        "response": {"content": "So it is.", "reasoning": "Let me see."},
    },
    {"match": {"userMessage": "hello"}, "response": {"content": GREETING}},
    {"match": {"inputText": "a fox"}, "response": {"embedding": VECTOR}},
]


@dataclass(frozen=True)
class Served:
    """How a dialect of aimock's is spoken to, and how it says that it calls tools."""

    model: str
    path: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    ended: tuple[str, str] = ("tool-calls", "tool_calls")

    @property
    def provider(self) -> str:
        return self.model.partition(":")[0]


PROJECT = {
    "api_key": "",
    "auth_token": "any",
    "api_version": "v1",
    "project": "mine",
    "location": "global",
}
CLAUDE, REGION = "bedrock:anthropic.claude-sonnet-4-6", {"region": "us-east-1"}
SERVED: Mapping[str, Served] = {
    "openai-chat": Served("openai:gpt-5.2", "/v1", {"api": "chat"}),
    "openai-responses": Served(
        "openai:gpt-5.2", "/v1", {"api": "responses"}, ("tool-calls", "completed")
    ),
    "anthropic": Served("anthropic:claude-sonnet-5", ended=("tool-calls", "tool_use")),
    "gemini": Served("google:gemini-2.5-flash", "/v1beta", ended=("other", "FUNCTION_CALL")),
    "vertex": Served(
        "google-vertex:gemini-2.5-flash", settings=PROJECT, ended=("other", "FUNCTION_CALL")
    ),
    "ollama": Served("ollama:llama3", ended=("tool-calls", "stop")),
    "mistral": Served("mistral:mistral-large-latest", "/v1"),
    "groq": Served("groq:openai/gpt-oss-120b", "/openai/v1"),
    "deepseek": Served("deepseek:deepseek-chat", "/v1"),
    "openrouter": Served("openrouter:openai/gpt-5.2", "/api/v1"),
    "azure": Served("azure-openai:my-gpt-5", "/openai/deployments/{model}"),
    "cohere": Served("cohere:command-a-03-2025", ended=("tool-calls", "TOOL_CALL")),
    "bedrock-converse": Served(CLAUDE, settings=REGION, ended=("tool-calls", "tool_use")),
    "bedrock-invoke": Served(
        CLAUDE, settings=REGION | {"api": "invoke"}, ended=("tool-calls", "tool_use")
    ),
}

BARE = "what invoke streams stands bare in its frames, where Bedrock has it in `bytes` (botocore)"
FAULTS: Mapping[str, str] = {
    "test_it_answers[mistral-streamed]": "a stream tells no usage unasked; Mistral does",
    "test_it_thinks[ollama": "`reasoning_content`, where Ollama has `thinking` (ollama 0.6.3)",
    "test_it_thinks[groq": "`reasoning_content`, where Groq has `reasoning` (groq 1.7)",
    "test_it_thinks[openrouter-streamed]": "`reasoning_content`, where OpenRouter has `reasoning`",
    "test_it_thinks[cohere": "thoughts are `text`, where Cohere has `thinking` (cohere 7.3)",
    **{
        f"test_{name}[bedrock-invoke-streamed]": BARE
        for name in ("it_answers", "it_calls_tools_and_takes_the_results", "it_thinks")
    },
    "test_it_embeds[ollama]": "one `embedding`, where Ollama has `embeddings` (ollama 0.6.3)",
    "test_it_embeds[gemini]": "`batchEmbedContents` is not there",
    "test_it_embeds[vertex]": "`:predict` is not there",
    "test_it_lists_models[gemini]": "`/v1beta/models` is not there",
    "test_it_lists_models[vertex]": "`/v1/publishers/google/models` is not there",
    "test_it_lists_models[cohere]": "`/v1/models` is OpenAI's",
    "test_it_lists_models[bedrock": "`/foundation-models` is not there",
    "test_it_counts_tokens[bedrock": "`count-tokens` is not there",
    "test_it_counts_tokens[anthropic]": "`/v1/messages/count_tokens` is not there",
    "test_it_counts_tokens[gemini]": "`:countTokens` is not there",
    "test_it_counts_tokens[vertex]": "`:countTokens` is not there",
}
"""What aimock 1.43 does not do as the vendors do, by the tests that show it.

It also ends Gemini's answers that call functions with `FUNCTION_CALL`, a reason that Google does
not have (google-genai 3.6: `types.FinishReason`), so that nothing is known of it.
"""


@pytest.fixture(autouse=True)
def known(request: pytest.FixtureRequest) -> None:
    """Expect the known faults, and be told when one is gone."""
    for name, reason in FAULTS.items():
        if request.node.name.startswith(name):
            request.applymarker(pytest.mark.xfail(reason=f"aimock: {reason}", strict=True))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with aimock(FIXTURES) as url:
        yield url


@pytest.fixture(params=SERVED)
def served(request: pytest.FixtureRequest) -> Served:
    return SERVED[request.param]


def opened(served: Served, url: str, **settings: Any) -> Kit:
    given = {"base_url": url + served.path, "api_key": "sk-any", **dict(served.settings)}
    return Kit(providers={served.provider: {**given, **settings}})


@pytest.fixture
async def kit(served: Served, url: str) -> AsyncIterator[Kit]:
    async with opened(served, url) as kit:
        yield kit


async def ask(kit: Kit, served: Served, prompt: Any, streaming: bool, **settings: Any) -> Any:
    if not streaming:
        return await kit.generate(prompt, model=served.model, **settings)
    async with kit.stream(prompt, model=served.model, **settings) as stream:
        return await stream.response()


both = pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])


@both
async def test_it_answers(kit: Kit, served: Served, streaming: bool) -> None:
    response = await ask(kit, served, "hello", streaming, temperature=0.5)
    assert (response.text, response.finish_reason) == (GREETING, "stop")
    assert response.usage is not None
    assert response.served_by.provider == served.provider


@both
async def test_it_calls_tools_and_takes_the_results(
    kit: Kit, served: Served, streaming: bool
) -> None:
    asked = await ask(kit, served, "How is the weather?", streaming, tools=[WEATHER])
    assert [
        (call.name, call.arguments.replace('":"', '": "')) for call in asked.tool_calls
    ] == CALLS
    assert (asked.finish_reason, asked.raw_finish_reason) == served.ended
    results = [ToolResultPart(call.id, "Snow.") for call in asked.tool_calls]
    talk = [Message.user("How is the weather?"), asked.message, Message.tool(*results)]
    assert (await ask(kit, served, talk, streaming, tools=[WEATHER])).text == "It snows."


@both
async def test_it_thinks(kit: Kit, served: Served, streaming: bool) -> None:
    response = await ask(kit, served, "think", streaming, reasoning="low")
    assert (response.reasoning, response.text) == ("Let me see.", "So it is.")
    talk = [Message.user("think"), response.message, Message.user("hello")]
    assert (await ask(kit, served, talk, streaming)).text == GREETING


@both
async def test_its_errors_are_named(kit: Kit, served: Served, streaming: bool) -> None:
    with pytest.raises(RateLimited, match="Slow down"):
        await ask(kit, served, "too often", streaming)
    with pytest.raises(NotFound):
        await ask(kit, served, "something that it has no answer to", streaming)


@both
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("ratelimit", RateLimited),
        ("drop", BusyError),
        ("malformed", GarbledError),
        ("disconnect", (BusyError, GarbledError)),
    ],
)
async def test_its_chaos_is_named(
    served: Served, url: str, streaming: bool, fault: str, kind: type[AIError]
) -> None:
    async with opened(served, url, headers={f"x-aimock-chaos-{fault}": "1"}) as kit:
        with pytest.raises(kind) as raised:
            await ask(kit, served, "hello", streaming)
    assert raised.value.provider == served.provider
    assert raised.value.retryable


def of(*dialects: str) -> pytest.MarkDecorator:
    """Ask only the dialects that have something."""
    return pytest.mark.parametrize("served", dialects, indirect=True)


@of("openai-chat", "mistral", "ollama", "gemini", "vertex", "cohere")
async def test_it_embeds(kit: Kit, served: Served) -> None:
    found = await kit.embed(["a fox"], model=f"{served.provider}:embed")
    assert [list(vector) for vector in found.vectors] == [VECTOR]


@of(*(name for name in SERVED if name != "azure"))
async def test_it_lists_models(kit: Kit, served: Served) -> None:
    models = await kit.models(served.provider)
    assert models
    assert all(model.id and model.provider == served.provider for model in models)


@of("anthropic", "gemini", "vertex", "bedrock-converse", "bedrock-invoke")
async def test_it_counts_tokens(kit: Kit, served: Served) -> None:
    assert (await kit.count_tokens("hello", model=served.model)).tokens > 0


@of("ollama")
async def test_it_completes(kit: Kit, served: Served) -> None:
    assert (await kit.complete("hello", model=served.model)).text == GREETING
    async with kit.stream(CompleteRequest(model=served.model, prompt="hello")) as stream:
        assert (await stream.response()).text == GREETING


@of("anthropic")
async def test_its_thoughts_are_signed(kit: Kit, served: Served) -> None:
    thought, _ = (await ask(kit, served, "think", False, reasoning="low")).parts
    assert thought.provider_data["claude"]["signature"]


@of("openai-responses")
async def test_a_talk_goes_over_to_chat_completions(kit: Kit, served: Served) -> None:
    asked = await ask(kit, served, "How is the weather?", False, tools=[WEATHER])
    results = [ToolResultPart(call.id, "Snow.") for call in asked.tool_calls]
    talk = [Message.user("How is the weather?"), asked.message, Message.tool(*results)]
    chat: Any = {"openai": {"api": "chat"}}
    answer = await ask(kit, served, talk, False, tools=[WEATHER], provider_options=chat)
    assert (answer.text, answer.raw_finish_reason) == ("It snows.", "stop")


@of("cohere")
async def test_it_ranks(kit: Kit, served: Served) -> None:
    documents = ["a", "b", "c"]
    answer = await kit.rerank("which?", documents, model="cohere:rerank-v3.5", top_n=2)
    scores = [item.score for item in answer.results]
    assert scores == sorted(scores, reverse=True)
    assert {item.index for item in answer.results} <= {0, 1, 2}


@of("bedrock-converse")
async def test_it_is_signed_to_as_well(served: Served, url: str) -> None:
    keys = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "none"}
    async with opened(served, url, api_key="", **keys) as kit:
        assert (await ask(kit, served, "hello", False)).text == GREETING


@of("bedrock-invoke")
async def test_its_frames_of_invoke_are_not_bedrocks(kit: Kit, served: Served) -> None:
    with pytest.raises(BadReply, match="bytes"):
        await ask(kit, served, "hello", True)
