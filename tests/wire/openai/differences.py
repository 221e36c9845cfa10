"""The differences between a recorded request and ours that mean the same at the vendor.

Each is a function that takes the recorded and the sent body, changes both so that they agree on
that one matter, and says in its docstring why the vendor cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..api import Difference
from ..corpus import Json, Pair
from .reader import modern, only


def null_is_absent(recorded: Json, sent: Json) -> None:
    """The vendors' documents give null as the default of every optional field."""
    for body in (recorded, sent):
        spoken = body.get("messages", ())
        for item in (body, *spoken, *content(spoken)):
            for name in [name for name, value in item.items() if value is None]:
                del item[name]


def stream_false_is_absent(recorded: Json, sent: Json) -> None:
    """`stream` is false by default."""
    for body in (recorded, sent):
        if body.get("stream") is False:
            del body["stream"]


def usage_may_be_asked_for(recorded: Json, sent: Json) -> None:
    """`include_usage` adds one chunk of counts at the end and changes nothing else.

    Only ours may ask where the recorded client did not; not asking where it did is a difference.
    """
    if sent.get("stream_options") == {"include_usage": True} and "stream_options" not in recorded:
        del sent["stream_options"]


def one_choice_is_absent(recorded: Json, sent: Json) -> None:
    """`n` is 1 by default."""
    for body in (recorded, sent):
        if body.get("n") == 1:
            del body["n"]


def no_tools_are_absent(recorded: Json, sent: Json) -> None:
    """An empty list of tools offers none."""
    for body in (recorded, sent):
        if body.get("tools") == []:
            del body["tools"]


def text_may_be_a_part(recorded: Json, sent: Json) -> None:
    """Content that is one plain text part is that text: a string is its short form."""
    for item in messages(recorded, sent):
        match item.get("content"):
            case [{"type": "text", "text": str(text), **others}] if not others:
                item["content"] = text


def silent_content_is_absent(recorded: Json, sent: Json) -> None:
    """An assistant that only called tools said nothing: null, "", [] or no content at all."""
    for item in messages(recorded, sent):
        if item.get("tool_calls") and item.get("content") in ("", []):
            del item["content"]


def no_calls_is_absent(recorded: Json, sent: Json) -> None:
    """Mistral takes an empty list of tool calls for what it says: there are none."""
    for item in messages(recorded, sent):
        if item.get("tool_calls") == []:
            del item["tool_calls"]


def name_of_a_result_is_ignored(recorded: Json, sent: Json) -> None:
    """OpenAI's tool messages have no `name`: the call's id says which tool it was."""
    for item in messages(recorded, sent):
        if item["role"] == "tool":
            item.pop("name", None)


def thinking_may_be_named(recorded: Json, sent: Json) -> None:
    """DeepSeek thinks unless told not to, and `reasoning_effort` is a setting of that thinking.

    Only ours may say so where the recorded client did not.
    """
    if "reasoning_effort" in recorded and sent.get("thinking") == {"type": "enabled"}:
        recorded.setdefault("thinking", sent["thinking"])


def functions_are_tools(recorded: Json, sent: Json) -> None:
    """`functions` is OpenAI's deprecated form of `tools`; we write the form that replaced it."""
    for body in (recorded, sent):
        modernised = modern(body)
        body.clear()
        body.update(modernised)


def limit_has_two_names(recorded: Json, sent: Json) -> None:
    """`max_tokens` is OpenAI's and Groq's deprecated name of `max_completion_tokens`."""
    for body in (recorded, sent):
        if "max_completion_tokens" in body:
            body["max_tokens"] = body.pop("max_completion_tokens")


def type_is_function(recorded: Json, sent: Json) -> None:
    """Mistral's `type` of a tool and of a tool call is "function" by default."""
    for body in (recorded, sent):
        calls = (call for item in body["messages"] for call in item.get("tool_calls", ()))
        for item in (*body.get("tools", ()), *calls):
            item.setdefault("type", "function")


def any_is_required(recorded: Json, sent: Json) -> None:
    """Mistral's `any` and `required` both mean that some tool must be called."""
    for body in (recorded, sent):
        if body.get("tool_choice") == "any":
            body["tool_choice"] = "required"


def image_may_be_a_string(recorded: Json, sent: Json) -> None:
    """Mistral takes an image's URL as a string or inside an object."""
    for item in content(messages(recorded, sent)):
        match item.get("image_url"):
            case {"url": url, **others} if not others:
                item["image_url"] = url


def audio_may_be_an_object(recorded: Json, sent: Json) -> None:
    """Mistral takes audio as base64 text or inside an object, and sees its format itself."""
    for item in content(messages(recorded, sent)):
        match item.get("input_audio"):
            case {"data": data}:
                item["input_audio"] = data


def thoughts_may_be_cut(recorded: Json, sent: Json) -> None:
    """A thinking chunk of Mistral's is the concatenation of its text pieces."""
    for item in content(messages(recorded, sent)):
        if item.get("type") == "thinking":
            item["thinking"] = "".join(piece["text"] for piece in item["thinking"])


def one_text_may_be_a_list(recorded: Json, sent: Json) -> None:
    """One prompt, one input or one stop sequence means the same as a list of one."""
    for body in (recorded, sent):
        for name in ("prompt", "input", "stop"):
            if name in body:
                body[name] = only(body[name])


def no_bias_is_absent(recorded: Json, sent: Json) -> None:
    """An empty `logit_bias` biases nothing."""
    for body in (recorded, sent):
        if body.get("logit_bias") == {}:
            del body["logit_bias"]


def floats_are_the_default(recorded: Json, sent: Json) -> None:
    """Vectors come as `float` unless `base64` is asked for, and are the same numbers."""
    for body in (recorded, sent):
        if body.get("encoding_format") == "float":
            del body["encoding_format"]


def tools_that_may_not_be_called_may_be_left_out(recorded: Json, sent: Json) -> None:
    """`tool_choice: none` calls no tool, whichever there are.

    Mistral garbles answers that have tools which they may not call (pydantic-ai).
    """
    if recorded.get("tool_choice") == "none" and "tools" not in sent:
        recorded.pop("tools", None)
        recorded.pop("parallel_tool_calls", None)
        sent.pop("parallel_tool_calls", None)
        del recorded["tool_choice"]


def messages(*bodies: Json) -> Iterator[Json]:
    for body in bodies:
        yield from body["messages"]


def content(messages: Iterable[Json]) -> Iterator[Json]:
    for item in messages:
        if isinstance(item.get("content"), list):
            yield from item["content"]


ALLOWED: Mapping[str, tuple[Difference, ...]] = {
    "openai-chat": (
        functions_are_tools,
        null_is_absent,
        stream_false_is_absent,
        usage_may_be_asked_for,
        one_choice_is_absent,
        one_text_may_be_a_list,
        no_bias_is_absent,
        no_tools_are_absent,
        text_may_be_a_part,
        silent_content_is_absent,
    ),
    "openai-completions": (
        null_is_absent,
        stream_false_is_absent,
        usage_may_be_asked_for,
        one_choice_is_absent,
        one_text_may_be_a_list,
        no_bias_is_absent,
    ),
    "openai-models": (),
    "openai-embeddings": (null_is_absent, one_text_may_be_a_list, floats_are_the_default),
}

ALLOWED_LIKE: Mapping[str, str] = {"writer-chat": "openai-chat"}
"""Protocols that are another but for their path."""

ALLOWED_AT: Mapping[Pair, tuple[Difference, ...]] = {
    ("openai", "openai-chat"): (limit_has_two_names, name_of_a_result_is_ignored),
    ("groq", "openai-chat"): (limit_has_two_names,),
    ("deepseek", "openai-chat"): (thinking_may_be_named,),
    ("mistral", "openai-chat"): (
        no_calls_is_absent,
        tools_that_may_not_be_called_may_be_left_out,
        type_is_function,
        any_is_required,
        image_may_be_a_string,
        audio_may_be_an_object,
        thoughts_may_be_cut,
    ),
}


IGNORED: Mapping[str, frozenset[str]] = {
    "deepseek": frozenset({"logit_bias", "n", "parallel_tool_calls", "seed", "top_k", "user"}),
    "groq": frozenset(
        {"frequency_penalty", "logit_bias", "logprobs", "presence_penalty", "top_logprobs"}
    ),
}
"""Settings that a vendor's document does not list or calls unsupported, and that it ignores.

One of them need not be sent, but then the answer must carry a warning that it was dropped.
"""


def allowed(api: str, provider: str) -> tuple[Difference, ...]:
    if api == "openai-models":
        return ()
    return (*ALLOWED[ALLOWED_LIKE.get(api, api)], *ALLOWED_AT.get((provider, api), ()))


def ignored(provider: str) -> frozenset[str]:
    return IGNORED.get(provider, frozenset())
