"""The suite's claims about Google's wire: it accepts what is right and notices what is not."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from aicore.messages import ToolCallPart, ToolResultPart
from aicore.requests import ChatRequest, EmbedRequest, NamedTool, Reasoning, Tool

from ..comparison import answered, problems
from ..corpus import Exchange, Json
from ..corruption import corruptions
from ..differences import differences
from ..replay import replay
from . import invented
from .reader import read_body
from .vertex import read_texts

CHAT = ("google", "gemini-generateContent")
EMBEDDING = ("google", "gemini-batchEmbedContents")


@pytest.mark.parametrize("exchange", invented.ALL, ids=lambda exchange: exchange.name)
async def test_a_right_exchange_has_no_problems(exchange: Exchange) -> None:
    outcomes, sent = await replay(exchange)
    assert not list(problems(exchange, outcomes, sent))
    unseen = [
        fact
        for fact, corrupted in corruptions(exchange)
        if not any(answered(corrupted, outcomes["whole"]))
    ]
    assert not unseen


REQUESTS: list[tuple[Any, ...]] = [
    (invented.STREAMED, "system_instruction", "parts", "text", "Be long."),
    (invented.STREAMED, "contents", 0, "parts", 0, "text", "What is the weather in Nîmes?"),
    (invented.STREAMED, "tools", "function_declarations", 0, "name", "whether"),
    (invented.STREAMED, "tools", "function_declarations", 0, "parameters", "properties", {}),
    (invented.STREAMED, "toolConfig", "functionCallingConfig", "mode", "ANY"),
    (invented.STREAMED, "generationConfig", "temperature", 0.4),
    (invented.STREAMED, "generationConfig", "thinkingConfig", "thinkingLevel", "HIGH"),
    (invented.WHOLE, "contents", 0, "parts", 1, "inline_data", "data", "_-9="),
    (invented.WHOLE, "contents", 1, "parts", 0, "thoughtSignature", "_-9="),
    (invented.WHOLE, "contents", 1, "parts", 0, "functionCall", "id", "c2"),
    (invented.WHOLE, "contents", 2, "parts", 0, "functionResponse", "response", "sky", "blue"),
    (invented.WHOLE, "tools", 0, {"googleSearch": {}}),
    (invented.WHOLE, "generationConfig", "responseSchema", "nullable", False),
    (invented.WHOLE, "safetySettings", 0, "threshold", "BLOCK_LOW_AND_ABOVE"),
    (invented.VECTORS, "requests", 1, "content", "parts", 0, "text", "three"),
    (invented.VECTORS, "requests", 1, "taskType", "CLASSIFICATION"),
    (invented.VECTORS, "requests", 1, "model", "models/thinker-2"),
    (invented.VERTEX, "labels", "team", "b"),
    (invented.VERTEX, "generationConfig", "temperature", 0.4),
    (invented.PREDICTED, "instances", 1, "content", "c"),
    (invented.PREDICTED, "instances", 0, "title", "U"),
    (invented.PREDICTED, "parameters", "outputDimensionality", 3),
    (invented.PREDICTED, "parameters", "autoTruncate", True),
]


def named(corruption: Sequence[Any]) -> str:
    return "-".join(str(step) for step in (corruption[0].name, *corruption[1:]))


@pytest.mark.parametrize("corruption", REQUESTS, ids=named)
async def test_a_corrupted_request_is_noticed(corruption: tuple[Exchange, Any]) -> None:
    exchange, *path = corruption
    replayed = await replay(exchange)
    recorded: Any = copy.deepcopy(exchange.recorded)
    place = recorded["request"]["body"]["json"]
    *steps, name, value = path
    for step in steps:
        place = place[step]
    assert place[name] != value
    place[name] = value
    found = list(problems(replace(exchange, recorded=recorded), *replayed))
    assert any(problem.startswith("body.") for problem in found)


async def test_another_model_is_noticed() -> None:
    replayed = await replay(invented.STREAMED)
    recorded: Any = copy.deepcopy(invented.STREAMED.recorded)
    recorded["request"]["path"] = "/v1beta/models/thinker-2:streamGenerateContent"
    found = list(problems(replace(invented.STREAMED, recorded=recorded), *replayed))
    assert [problem.split(":")[0] for problem in found] == ["url"]


FUNCTION: Json = {"name": "f", "parametersJsonSchema": {"type": "object", "properties": {}}}


RESPONSE: Json = {"functionResponse": {"name": "f", "response": {"output": "1"}}}
UNSIGNED = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="


def part(**fields: Any) -> Json:
    return {"contents": [{"role": "user", "parts": [fields]}]}


SAME: list[tuple[Json, Json]] = [
    (
        {"system_instruction": {"parts": {"text": "a"}}},
        {"systemInstruction": {"parts": [{"text": "a"}]}},
    ),
    ({"systemInstruction": {"role": "user", "parts": []}}, {"systemInstruction": {"parts": []}}),
    ({"generationConfig": {}}, {}),
    ({"generationConfig": {"thinkingConfig": {"includeThoughts": False}}}, {}),
    ({"toolConfig": {"includeServerSideToolInvocations": False}}, {}),
    ({"tools": []}, {}),
    (
        {"tools": {"functionDeclarations": FUNCTION}},
        {"tools": [{"functionDeclarations": [FUNCTION]}]},
    ),
    (
        {"tools": [{"functionDeclarations": [{"name": "f", "description": ""}]}]},
        {"tools": [{"functionDeclarations": [FUNCTION]}]},
    ),
    (
        {"tools": [{"googleSearch": {}}, {"functionDeclarations": [FUNCTION]}]},
        {"tools": [{"functionDeclarations": [FUNCTION]}, {"googleSearch": {}}]},
    ),
    (
        {
            "tools": [{"functionDeclarations": [FUNCTION]}],
            "toolConfig": {"functionCallingConfig": {"mode": "any", "allowedFunctionNames": ["f"]}},
        },
        {
            "tools": [{"functionDeclarations": [FUNCTION]}],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        },
    ),
    (part(inlineData={"data": "_-8"}), part(inlineData={"data": "/+8="})),
    (part(functionCall={"name": "f"}), part(functionCall={"name": "f"}, thoughtSignature=UNSIGNED)),
    (part(functionResponse={"response": {}}), part(functionResponse={})),
    (part(fileData={"fileUri": "a"}), part(fileData={"fileUri": "a", "mimeType": "image/png"})),
    ({"contents": {"parts": {"text": "a"}}}, part(text="a")),
    (
        {"contents": [{"role": "function", "parts": [RESPONSE]}, {"parts": [RESPONSE]}]},
        {"contents": [{"role": "user", "parts": [RESPONSE, RESPONSE]}]},
    ),
    ({"tools": [{"functionDeclarations": []}]}, {}),
    ({"generationConfig": {"stopSequences": []}}, {}),
    (
        {"generationConfig": {"responseModalities": ["Text"]}},
        {"generationConfig": {"responseModalities": ["TEXT"]}},
    ),
    (part(functionCall={"name": "f", "args": {}}), part(functionCall={"name": "f"})),
]
OTHER: list[tuple[Json, Json]] = [
    ({"systemInstruction": {"parts": [{"text": "a"}]}}, {}),
    ({"generationConfig": {"seed": 0}}, {}),
    ({"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}, {}),
    ({"tools": [{"googleSearch": {}}]}, {}),
    ({"labels": {"a_b": "1"}}, {"labels": {"aB": "1"}}),
    (
        part(functionCall={"name": "f", "args": {"a_b": 1}}),
        part(functionCall={"name": "f", "args": {"aB": 1}}),
    ),
    (part(text="a", thought=True), part(text="a")),
    (part(functionCall={"name": "f"}, thoughtSignature="eA=="), part(functionCall={"name": "f"})),
    (part(functionCall={"name": "f"}, thoughtSignature=UNSIGNED), part(functionCall={"name": "f"})),
    (part(fileData={"fileUri": "a", "mimeType": "image/png"}), part(fileData={"fileUri": "a"})),
    (
        {"contents": [{"role": "user", "parts": [{"text": "a"}]}, {"parts": [{"text": "b"}]}]},
        {"contents": [{"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}]},
    ),
    (
        {"toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}}},
        {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
    ),
    (
        {"generationConfig": {"responseSchema": {"type": "STRING", "nullable": True}}},
        {"generationConfig": {"responseJsonSchema": {"type": "string"}}},
    ),
]


@pytest.mark.parametrize(("recorded", "sent"), SAME)
def test_bodies_that_mean_the_same_are_no_difference(recorded: Json, sent: Json) -> None:
    assert not list(differences({"contents": []} | recorded, {"contents": []} | sent, CHAT))


@pytest.mark.parametrize(("recorded", "sent"), OTHER)
def test_bodies_that_mean_something_else_are_a_difference(recorded: Json, sent: Json) -> None:
    assert list(differences({"contents": []} | recorded, {"contents": []} | sent, CHAT))


def chat(body: Json) -> ChatRequest:
    request = read_body({"contents": [], **body}, "google:gemini-2.5-flash", CHAT[1])
    assert isinstance(request, ChatRequest)
    return request


HI: Json = {"contents": [{"parts": [{"text": "Hi"}]}]}


@pytest.mark.parametrize(
    ("thinking", "reasoning"),
    [
        ({"includeThoughts": True}, Reasoning()),
        ({"include_thoughts": True, "thinking_level": "HIGH"}, Reasoning("high")),
        ({"includeThoughts": True, "thinkingBudget": 5}, Reasoning(None, 5)),
        ({"thinkingBudget": 0}, Reasoning("none")),
    ],
)
def test_thinking_is_read(thinking: Json, reasoning: Reasoning) -> None:
    request = chat({**HI, "generationConfig": {"thinkingConfig": thinking}})
    assert request.reasoning == reasoning
    assert not request.provider_options


def test_settings_without_a_word_of_ours_are_the_providers_own() -> None:
    kept = {
        "generationConfig": {
            "thinkingConfig": {"thinkingLevel": "low"},
            "responseModalities": ["VIDEO"],
            "responseMimeType": "text/x.enum",
        },
        "toolConfig": {
            "functionCallingConfig": {"mode": "ANY", "streamFunctionCallArguments": True}
        },
        "safetySettings": [],
    }
    assert chat({**HI, **kept}).provider_options == {"google": kept}


@pytest.mark.parametrize(
    ("names", "choice"),
    [(["f"], NamedTool("f")), (["f", "g"], "required"), ([], "required")],
)
def test_names_of_functions_are_a_choice(names: list[str], choice: Any) -> None:
    calling: Json = {"mode": "ANY"} | ({"allowedFunctionNames": names} if names else {})
    declared = [{"name": "f"}, {"name": "g"}]
    body = {
        **HI,
        "tools": [{"functionDeclarations": declared}],
        "toolConfig": {"functionCallingConfig": calling},
    }
    assert chat(body).tool_choice == choice


def test_validated_calls_are_those_of_strict_tools() -> None:
    body = {
        **HI,
        "tools": [{"functionDeclarations": [{"name": "f", "behavior": "BLOCKING"}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}},
    }
    own = {"gemini": {"behavior": "BLOCKING"}}
    assert chat(body).tools == (Tool("f", strict=True, provider_data=own),)


def test_calls_without_ids_are_matched_by_name_and_order() -> None:
    def function(kind: str, name: str, **more: Any) -> Json:
        return {kind: {"name": name, **more}}

    called = [function("functionCall", name) for name in ("f", "g", "f")]
    told = [
        function("functionResponse", name, response={"output": str(number)})
        for number, name in enumerate(("f", "f", "g", "h"))
    ]
    model, tool = chat(
        {"contents": [{"role": "model", "parts": called}, {"role": "user", "parts": told}]}
    ).messages
    calls = [part for part in model.parts if isinstance(part, ToolCallPart)]
    results = [part for part in tool.parts if isinstance(part, ToolResultPart)]
    assert [part.call_id for part in results] == [calls[0].id, calls[2].id, calls[1].id, "nobody's"]
    assert (tool.role, results[0].text) == ("tool", "0")


def test_texts_that_differ_in_their_settings_go_as_they_are() -> None:
    requests = [
        {"model": "models/m", "content": {"parts": [{"text": "a"}]}, "taskType": "CLUSTERING"},
        {"model": "models/m", "content": {"parts": [{"text": "b"}]}},
    ]
    request = read_body({"requests": requests}, "google:m", EMBEDDING[1])
    assert isinstance(request, EmbedRequest)
    assert request.inputs == ("", "")
    assert request.provider_options["google"]["requests"] == requests


def test_what_a_call_a_response_and_a_file_say_besides_is_their_own() -> None:
    contents = [
        {
            "role": "model",
            "parts": [{"functionCall": {"name": "f", "id": "a", "args": None, "x": 1}}],
        },
        {
            "parts": [
                {"functionResponse": {"name": "f", "id": "a", "scheduling": "SILENT"}},
                {"inlineData": {"mimeType": "image/png", "data": "AAAA", "displayName": "A"}},
            ]
        },
    ]
    model, tool = chat({"contents": contents}).messages
    call, (result, picture) = model.parts[0], tool.parts
    assert call.provider_data == {"gemini": {"functionCall": {"x": 1}}}
    assert result.provider_data == {"gemini": {"functionResponse": {"scheduling": "SILENT"}}}
    assert picture.provider_data == {"gemini": {"inlineData": {"displayName": "A"}}}


ELSEWHERE = (
    "/v1beta1/projects/other/locations/europe-west4/publishers/google/models/thinker-1"
    ":generateContent"
)


async def test_another_place_is_noticed() -> None:
    replayed = await replay(invented.VERTEX)
    for name, value in (("host", "aiplatform.googleapis.com"), ("path", ELSEWHERE)):
        recorded: Any = copy.deepcopy(invented.VERTEX.recorded)
        recorded["request"][name] = value
        assert "url" in {
            problem.split(":")[0]
            for problem in problems(replace(invented.VERTEX, recorded=recorded), *replayed)
        }


def test_texts_of_predict_that_differ_in_their_settings_go_as_they_are() -> None:
    body = {"instances": [{"content": "a", "taskType": "X"}, {"content": "b"}]}
    request = read_texts(body, invented.PREDICTED)
    assert isinstance(request, EmbedRequest)
    assert request.inputs == ("", "")
    assert request.provider_options["google-vertex"] == body
