"""Requests of ours as Cohere takes them, and what is told of the rest."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.errors import Unsupported
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    OpaquePart,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    VideoPart,
)
from aicore.models import ModelInfo
from aicore.requests import (
    ChatRequest,
    CompleteRequest,
    EmbedRequest,
    JSONSchema,
    NamedTool,
    PromptCache,
    ProviderTool,
    Reasoning,
    Tool,
)
from aikit_provider_cohere.embed import encode_embed
from aikit_provider_cohere.encode import encode_chat
from aikit_provider_cohere.v1 import encode_chat_v1, encode_generate
from aikit_wire.encoded import Encoded
from aikit_wire.openai.encode import encode_chat as encode_openai
from aikit_wire.openai.manifest import FIELDS, Manifest

from ..docs.pages import code, page
from .cohere_cases import CASES, answered

WEATHER = Tool("weather", "The weather.", {"type": "object", "properties": {}})
NOW = Tool("now")
PIXEL = b"\x89PNG\r\n\x1a\n"


def chat(*messages: Message, model: ModelInfo | None = None, **settings: Any) -> Encoded:
    asked = messages or (Message.user("Hi"),)
    return encode_chat(ChatRequest(model="m", messages=asked, **settings), "cohere", model)


def told(encoded: Encoded) -> list[tuple[str | None, str]]:
    return [(warning.setting, warning.action) for warning in encoded.warnings]


def test_a_request_holds_what_was_said_and_no_more() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": False}
    assert chat().body == body
    assert chat(streaming=True).body == {**body, "stream": True}


def test_settings_have_cohere_s_names() -> None:
    encoded = chat(
        max_tokens=5,
        temperature=0.5,
        top_p=0.9,
        top_k=3,
        seed=7,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        stop="END",
        logprobs=True,
        n=1,
        modalities=("text",),
    )
    assert encoded.warnings == ()
    assert {name: encoded.body[name] for name in encoded.body if name not in chat().body} == {
        "max_tokens": 5,
        "temperature": 0.5,
        "p": 0.9,
        "k": 3,
        "seed": 7,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "stop_sequences": ["END"],
        "logprobs": True,
    }


DROPPED: dict[str, Any] = {
    "n": 2,
    "logit_bias": {"1": 2},
    "top_logprobs": 3,
    "service_tier": "flex",
    "parallel_tool_calls": False,
    "modalities": ("text", "audio"),
    "metadata": {"a": "b"},
    "user": "anna",
    "prompt_cache": PromptCache("key", "5m"),
}


def test_what_there_is_no_setting_for_is_told_as_the_page_lists_it() -> None:
    encoded = chat(**DROPPED)
    assert encoded.body == chat().body
    assert all(action == "dropped" for _, action in told(encoded))
    (row,) = (row for row in page("docs/providers.md").tables("Provider")[1] if "`cohere`" in row)
    names = {(name or "").replace("prompt_cache.", "prompt_cache_") for name, _ in told(encoded)}
    assert {*code(row[1])} == names
    assert names <= FIELDS.keys()


def test_options_of_the_provider_go_over_all() -> None:
    own = {"safety_mode": "STRICT", "temperature": 1, "citation_options": {"mode": "FAST"}}
    body = chat(temperature=0.5, provider_options={"cohere": own, "groq": {"x": 1}}).body
    assert body == {**chat().body, **own}


# Tools


def test_tools_and_the_choice_among_them() -> None:
    functions = [
        {"name": "weather", "description": "The weather.", "parameters": WEATHER.parameters},
        {"name": "now", "parameters": NOW.parameters},
    ]
    body = chat(tools=(WEATHER, NOW)).body
    assert body["tools"] == [{"type": "function", "function": item} for item in functions]
    assert "tool_choice" not in body
    assert "strict_tools" not in body
    assert "tool_choice" not in chat(tools=(NOW,), tool_choice="auto").body
    assert chat(tools=(NOW,), tool_choice="none").body["tool_choice"] == "NONE"
    assert chat(tools=(NOW,), tool_choice="required").body["tool_choice"] == "REQUIRED"
    named = chat(tools=(WEATHER, NOW), tool_choice=NamedTool("now"))
    assert [tool["function"]["name"] for tool in named.body["tools"]] == ["now"]
    assert named.body["tool_choice"] == "REQUIRED"
    assert told(named) == [("tool_choice", "rewritten")]
    assert told(chat(tool_choice="required")) == [("tool_choice", "dropped")]


def test_strict_tools_are_strict_together() -> None:
    strict, loose = Tool("a", strict=True), Tool("b", strict=False)
    assert (chat(tools=(strict,)).body["strict_tools"], told(chat(tools=(strict,)))) == (True, [])
    mixed = chat(tools=(strict, loose))
    assert mixed.body["strict_tools"] is True
    assert told(mixed) == [("tools.strict", "rewritten")]
    assert "strict_tools" not in chat(tools=(loose,)).body


def test_tools_of_the_service_are_sent_as_they_are() -> None:
    own, other = ProviderTool("cohere", {"type": "search"}), ProviderTool("gemini", {"a": 1})
    encoded = chat(tools=(own, other))
    assert encoded.body["tools"] == [{"type": "search"}]
    assert told(encoded) == [("tools", "dropped")]
    data = {"cohere": {"x": 1, "function": {"y": 2}}}
    (sent,) = chat(tools=(Tool("now", provider_data=data),)).body["tools"]
    assert (sent["x"], sent["function"]["y"], sent["function"]["name"]) == (1, 2, "now")


# JSON and thoughts


def test_json_is_asked_for_with_or_without_a_schema() -> None:
    schema = {"type": "object"}
    assert chat(response_format="json").body["response_format"] == {"type": "json_object"}
    encoded = chat(response_format=JSONSchema(schema, "answer", strict=True))
    assert encoded.body["response_format"] == {"type": "json_object", "json_schema": schema}
    assert encoded.warnings == ()
    assert "response_format" not in chat(response_format="text").body
    described = chat(response_format=JSONSchema(schema, description="A b.", strict=False))
    assert told(described) == [
        ("response_format.description", "dropped"),
        ("response_format.strict", "dropped"),
    ]


def test_thoughts_are_asked_for_with_a_budget_or_turned_off() -> None:
    assert chat(reasoning=Reasoning()).body["thinking"] == {"type": "enabled"}
    budget = chat(reasoning=Reasoning(budget_tokens=500))
    assert budget.body["thinking"] == {"type": "enabled", "token_budget": 500}
    assert budget.warnings == ()
    assert chat(reasoning=Reasoning("none")).body["thinking"] == {"type": "disabled"}
    effort = chat(reasoning=Reasoning("high"))
    assert effort.body["thinking"] == {"type": "enabled"}
    assert told(effort) == [("reasoning.effort", "rewritten")]


def test_a_model_that_is_known_not_to_think_is_not_asked_to() -> None:
    known = ModelInfo(id="m", features={"reasoning": False})
    encoded = chat(model=known, reasoning=Reasoning(budget_tokens=5))
    assert ("thinking" in encoded.body, told(encoded)) == (False, [("reasoning", "dropped")])
    silent = chat(model=known, reasoning=Reasoning("none"))
    assert ("thinking" in silent.body, silent.warnings) == (False, ())
    thinks = ModelInfo(id="m", features={"reasoning": True})
    assert "thinking" in chat(model=thinks, reasoning=Reasoning()).body


# Messages


def test_texts_and_pictures_are_parts_of_a_message() -> None:
    marked = TextPart("Look:", provider_data={"cohere": {"x": 1}, "gemini": {"y": 2}})
    seen = ImagePart(url="https://a.example/b.png", detail="low")
    here = ImagePart(data=PIXEL, detail="original")
    encoded = chat(Message.system("Be", " brief."), Message.user(marked, seen, here))
    system, user = encoded.body["messages"]
    assert system == {
        "role": "system",
        "content": [{"type": "text", "text": "Be"}, {"type": "text", "text": " brief."}],
    }
    assert user["content"] == [
        {"type": "text", "text": "Look:", "x": 1},
        {"type": "image_url", "image_url": {"url": "https://a.example/b.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": here.data_url()}},
    ]
    assert told(encoded) == [("messages.detail", "dropped")]


def test_files_are_documents_beside_the_messages() -> None:
    facts = FilePart(data="Über.".encode(), media_type="text/plain", name="facts.txt")
    more = FilePart(data=b"b", provider_data={"cohere": {"id": "mine"}})
    own = {"cohere": {"documents": ["first"]}}
    body = chat(Message.user("Hi", facts), Message.user(more), provider_options=own).body
    assert body["messages"] == [{"role": "user", "content": "Hi"}]
    assert body["documents"] == [
        "first",
        {"id": "doc:1", "data": {"title": "facts.txt", "text": "Über."}},
        {"id": "mine", "data": {"text": "b"}},
    ]
    assert chat(Message.user("Hi", facts)).body["documents"][0]["id"] == "doc:0"


def test_tool_results_are_texts_and_documents_and_their_pictures_follow() -> None:
    facts = FilePart(data=b"Rain.", name="facts", provider_data={"cohere": {"id": "d"}})
    results = (
        ToolResultPart("w_1", "Rain", provider_data={"cohere": {"x": 1}}),
        ToolResultPart("w_2", [TextPart("a"), TextPart("b"), facts], is_error=True),
        ToolResultPart("w_3", [ImagePart(data=PIXEL)]),
    )
    encoded = chat(Message.user("Hi"), Message("tool", [*results, TextPart("And?")]))
    first, second, third, after = encoded.body["messages"][1:]
    assert first == {"role": "tool", "tool_call_id": "w_1", "content": "Rain", "x": 1}
    document = {"data": {"text": "Rain.", "title": "facts"}, "id": "d"}
    assert second["content"] == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
        {"type": "document", "document": document},
    ]
    assert third == {"role": "tool", "tool_call_id": "w_3", "content": ""}
    assert after["role"] == "user"
    assert [item["type"] for item in after["content"]] == ["text", "image_url"]
    assert told(encoded) == [("messages", "noted"), ("messages", "rewritten")]
    alone = Message("tool", [results[0]], provider_data={"cohere": {"y": 2}})
    assert chat(alone).body["messages"][0]["y"] == 2


def test_what_a_service_cannot_be_shown_is_refused() -> None:
    for part, says in (
        (AudioPart(data=b"a", media_type="audio/wav"), "audio parts cannot be sent"),
        (VideoPart(url="https://a.example/b.mp4"), "video parts cannot be sent"),
        (FilePart(data=b"\xff\xfe\xfd"), "documents are sent as text"),
        (FilePart(file_id="f"), "documents are sent as text"),
        (ImagePart(file_id="f"), "an uploaded file cannot be sent as image"),
        (ToolCallPart("a", "b"), "a tool call can only stand in the model's turn"),
        (ToolResultPart("a", [AudioPart(data=b"a", media_type="audio/wav")]), "as tool results"),
    ):
        with pytest.raises(Unsupported, match=says):
            chat(Message.user(part))


def test_what_means_nothing_in_a_message_is_told() -> None:
    kept = OpaquePart("cohere", {"type": "sketch"})
    misplaced = (OpaquePart("gemini", {}), RefusalPart("No"), ReasoningPart("Hm"), SourcePart())
    encoded = chat(Message("user", ("Hi", kept, *misplaced), "anna"))
    assert encoded.body["messages"][0]["content"][1:] == [{"type": "sketch"}]
    assert told(encoded)[0] == ("messages.name", "dropped")
    assert {action for _, action in told(encoded)} == {"dropped"}
    empty = chat(Message.user(), Message.assistant(), Message.user("Hi"))
    assert len(empty.body["messages"]) == 1
    assert told(empty) == [("messages", "dropped")] * 2


def test_a_turn_of_elsewhere_is_told_as_well_as_it_can_be() -> None:
    parts = (
        ReasoningPart("Hm", provider_data={"claude": {"signature": "s"}}),
        RefusalPart("No."),
        AudioPart(data=b"a", media_type="audio/wav", transcript="Said."),
        AudioPart(data=b"a", media_type="audio/wav"),
        SourcePart(url="https://a.example"),
        OpaquePart("gemini", {}),
        ToolCallPart("c", "now", ""),
    )
    encoded = chat(Message.user("Hi"), Message("assistant", parts), Message.user("Go on"))
    assert encoded.body["messages"][1] == {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Hm"},
            {"type": "text", "text": "No."},
            {"type": "text", "text": "Said."},
        ],
        "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "now", "arguments": "{}"}}
        ],
    }
    actions = sorted(action for _, action in told(encoded))
    assert actions == ["dropped", "dropped", "noted", "rewritten", "rewritten"]


# Other dialects


def test_a_conversation_of_cohere_s_goes_on_elsewhere() -> None:
    acme = Manifest(name="acme", reasoning_history="reasoning_content")
    turn = answered(CASES["thoughts, a plan and a call"][1]).message
    results = [ToolResultPart(call.id, "7") for call in turn.tool_calls]
    talk = (Message.user("Hi"), turn, Message.tool(*results), Message.user("And?"))
    encoded = encode_openai(ChatRequest(model="m", messages=talk), acme)
    _, assistant, tool, _ = encoded.body["messages"]
    assert assistant["reasoning_content"] == "Look.Hmm"
    assert tool["tool_call_id"] == assistant["tool_calls"][0]["id"] == "n_1"
    cited = answered(CASES["citations"][1]).message
    encoded = encode_openai(ChatRequest(model="m", messages=(cited, Message.user("And?"))), acme)
    said = [item["text"] for item in encoded.body["messages"][0]["content"]]
    assert said == ["Oh.", "The sky is blue."]
    assert all(warning.action == "noted" for warning in encoded.warnings)


def test_a_conversation_of_elsewhere_goes_on_at_cohere() -> None:
    data = {"openai-chat": {"sig": "x"}}
    call = ToolCallPart("call_1", "weather", '{"city":"Oslo"}', provider_data=data)
    turn = Message.assistant(ReasoningPart("Hm"), TextPart("Well"), call)
    encoded = chat(Message.user("Hi"), turn, Message.tool(ToolResultPart("call_1", "Rain")))
    assert encoded.warnings == ()
    function = {"name": "weather", "arguments": '{"city":"Oslo"}'}
    assert encoded.body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Well"}],
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "Rain"},
    ]


# Vectors


def embedding(*inputs: str, **settings: Any) -> Encoded:
    request = EmbedRequest(model="e", inputs=inputs, **settings)
    return encode_embed(request, request.inputs, "cohere")


def test_texts_are_documents_unless_the_task_says_otherwise() -> None:
    common = {"model": "e", "embedding_types": ["float"]}
    assert embedding("a", "b").body == {
        **common,
        "texts": ["a", "b"],
        "input_type": "search_document",
    }
    asked = embedding("a", task="search_query", dimensions=256, user="anna", metadata={"a": "b"})
    assert (asked.body["input_type"], asked.body["output_dimension"]) == ("search_query", 256)
    assert told(asked) == [("user", "dropped"), ("metadata", "dropped")]
    own = {"cohere": {"truncate": "END", "embedding_types": ["int8"]}}
    body = embedding("a", provider_options=own).body
    assert (body["truncate"], body["embedding_types"]) == ("END", ["int8"])


def test_data_urls_of_pictures_are_pictures() -> None:
    url = "data:image/png;base64,iVBORw0KGgo="
    body = embedding(url, url).body
    assert (body["images"], body["input_type"]) == ([url, url], "image")
    assert embedding(url, task="search_query").body["input_type"] == "search_query"
    mixed = embedding("a", url).body
    assert "texts" not in mixed
    assert mixed["inputs"] == [
        {"content": [{"type": "text", "text": "a"}]},
        {"content": [{"type": "image_url", "image_url": {"url": url}}]},
    ]


# Version 1


def test_a_chat_of_v1_has_its_last_message_apart() -> None:
    talk = (
        Message.system("Be brief."),
        Message.user("Hi"),
        Message("assistant", (ReasoningPart("Hm"), TextPart("Hello"), SourcePart())),
        Message("user", "And?", "anna"),
    )
    settings: dict[str, Any] = {"temperature": 0.5, "response_format": JSONSchema({"a": 1})}
    request = ChatRequest(model="m", messages=talk, **settings)
    encoded = encode_chat_v1(request, "cohere")
    assert encoded.body == {
        "model": "m",
        "message": "And?",
        "stream": False,
        "temperature": 0.5,
        "response_format": {"type": "json_object", "schema": {"a": 1}},
        "chat_history": [
            {"role": "SYSTEM", "message": "Be brief."},
            {"role": "USER", "message": "Hi"},
            {"role": "CHATBOT", "message": "Hello"},
        ],
    }
    assert sorted(told(encoded)) == [
        ("messages", "noted"),
        ("messages", "noted"),
        ("messages.name", "dropped"),
    ]
    more = {"logprobs": True, "reasoning": Reasoning("low"), "tool_choice": "none"}
    plain = ChatRequest(model="m", messages="Hi", **DROPPED, **more)  # type: ignore[arg-type]
    assert all(action == "dropped" for _, action in told(encode_chat_v1(plain, "cohere")))
    assert "chat_history" not in encode_chat_v1(plain, "cohere").body


def test_what_v1_cannot_take_is_refused() -> None:
    picture = (Message.user(ImagePart(data=PIXEL)),)
    for fields, says in (
        ({"messages": "Hi", "tools": (NOW,)}, "tools cannot be sent to v1"),
        ({"messages": (Message.assistant("Hi"),)}, "a last message of the role 'assistant'"),
        ({"messages": picture}, "image parts cannot be sent to v1"),
    ):
        request = ChatRequest(model="m", **fields)
        with pytest.raises(Unsupported, match=says):
            encode_chat_v1(request, "cohere")


def test_a_completion_is_a_generation() -> None:
    own = {"cohere": {"truncate": "END"}}
    request = CompleteRequest(
        model="m", prompt="Once", n=2, logprobs=True, suffix=".", max_tokens=5, provider_options=own
    )
    encoded = encode_generate(request, "cohere")
    assert encoded.body == {
        "model": "m",
        "prompt": "Once",
        "stream": False,
        "max_tokens": 5,
        "num_generations": 2,
        "return_likelihoods": "GENERATION",
        "truncate": "END",
    }
    assert told(encoded) == [("suffix", "dropped")]
    silent = encode_generate(CompleteRequest(model="m", prompt="a", logprobs=False), "cohere")
    assert silent.body["return_likelihoods"] == "NONE"
