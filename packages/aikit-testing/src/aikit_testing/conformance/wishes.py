"""What the caller says arrives at the service, or the caller is told why not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aicore.errors import Unsupported
from aicore.messages import Message
from aicore.requests import JSONSchema, NamedTool, PromptCache, Reasoning, Tool

from aikit_testing.conformance.author import Author, not_applicable, on_a_loop
from aikit_testing.conformance.bench import EMBEDDED, Bench
from aikit_testing.conformance.scenario import Ability

SAMPLING: Mapping[str, Any] = {
    "max_tokens": 4711,
    "temperature": 0.4711,
    "top_p": 0.4711,
    "top_k": 4711,
    "stop": "stop-4711",
    "seed": 4711,
    "presence_penalty": 0.4711,
    "frequency_penalty": 0.4711,
    "logit_bias": {"4711": 5},
    "user": "user-4711",
    "metadata": {"trace": "meta-4711"},
    "service_tier": "tier-4711",
}
SCHEMA = {
    "type": "object",
    "properties": {"field_4711": {"type": "string"}},
    "required": ["field_4711"],
    "additionalProperties": False,
}
TOOL = Tool("tool_4711", "A tool", SCHEMA)
SETTINGS: Mapping[Ability, Mapping[str, Any]] = {
    "chat": {
        **SAMPLING,
        "n": 4711,
        "tools": [TOOL],
        "response_format": JSONSchema(SCHEMA),
        "reasoning": Reasoning(budget_tokens=4711),
        "prompt_cache": PromptCache(key="cache-4711"),
    },
    "complete": {**SAMPLING, "suffix": "suffix-4711"},
    "embed": {
        "dimensions": 4711,
        "task": "task-4711",
        "user": "user-4711",
        "metadata": {"trace": "meta-4711"},
    },
    "rerank": {
        "top_n": 4711,
        "user": "user-4711",
        "metadata": {"trace": "meta-4711"},
    },
}
"""Values that nothing else in a request looks like, so that each can be found in what was sent."""
SWITCHES: Sequence[tuple[str, Any]] = [
    ("tool_choice", "none"),
    ("tool_choice", "required"),
    ("tool_choice", NamedTool(TOOL.name)),
    ("parallel_tool_calls", False),
    ("response_format", "json"),
    ("logprobs", True),
    ("modalities", ("text", "audio")),
]
"""Values that cannot be told from others: a request with one differs from a request without."""


class Wishes(Author):
    """Nothing that the caller said is lost in silence."""

    @on_a_loop
    async def test_what_was_asked_is_sent(self) -> None:
        ability = await self._main()
        async with self._served(ability) as bench:
            match ability:
                case "chat":
                    said = ["system-0815", "first-0815", "reply-0815", "last-0815"]
                    makers = (Message.system, Message.user, Message.assistant, Message.user)
                    await bench.ask([make(text) for make, text in zip(makers, said, strict=True)])
                case "complete":
                    said = ["question-4711"]
                    await bench.ask()
                case _:
                    said = list(EMBEDDED)
                    await bench.ask()
            sent = "".join(received.everything for received in bench.received)
        for text in (*said, self.model):
            assert text in sent, f"{text!r} was not sent"
        places = [sent.index(text) for text in said]
        assert places == sorted(places), "the conversation was not sent in its order"

    @on_a_loop
    async def test_settings_are_sent_or_warned_about(self) -> None:
        for ability in await self._writing():
            async with self._served(ability) as bench:
                for name, value in SETTINGS[ability].items():
                    warned = await self._warned(bench, name, value)
                    assert "4711" in without_question(bench) or warned, (
                        f"`{name}` was not sent, and no warning says so: yield Warned("
                        f"CallWarning({name!r}, 'dropped', why, provider))"
                    )

    @on_a_loop
    async def test_switches_are_sent_or_warned_about(self) -> None:
        tools: dict[str, Any] = {"tools": [TOOL]} if self.tools else {}
        async with self._served("chat") as bench:
            await bench.ask(**tools)
            without = bench.received[-1].said
            for name, value in SWITCHES:
                if "tool" in name and not tools:
                    continue
                warned = await self._warned(bench, name, value, **tools)
                assert bench.received[-1].said != without or warned, (
                    f"`{name}` {value!r} was not sent, and no warning says so"
                )

    @on_a_loop
    async def test_strict_refuses_before_sending(self) -> None:
        tried = 0
        for ability in await self._writing():
            async with self._served(ability) as bench:
                for name, value in SETTINGS[ability].items():
                    if not await self._warned(bench, name, value):
                        continue
                    tried, before = tried + 1, len(bench.received)
                    try:
                        await bench.ask(strict=True, **{name: value})
                    except Unsupported:
                        sent = len(bench.received) > before
                        assert not sent, f"`{name}` was refused only after the request was sent"
                    else:
                        raise AssertionError(f"strict=True has let `{name}` be lost")
        if not tried:
            not_applicable("every setting can be sent")

    @on_a_loop
    async def test_options_for_the_provider_are_sent(self) -> None:
        ability = await self._main()
        async with self._served(ability) as bench:
            other = next(name for name in bench.kit.providers() if name != self.provider)
            options = {self.provider: {"mine": "option-0815"}, other: {"its": "option-0816"}}
            await bench.ask(provider_options=options)
            assert "option-0815" in bench.sent, "`provider_options` of the provider were not sent"
            assert "option-0816" not in bench.sent, "options of another provider were sent"

    @on_a_loop
    async def test_headers_of_a_call_are_sent(self) -> None:
        async with self._served(await self._main()) as bench:
            await bench.ask(headers={"x-trace": "header-0815"})
            (received, *_) = bench.received
        assert received.headers.get("x-trace") == "header-0815", "`context.headers` were not sent"

    async def _writing(self) -> list[Ability]:
        if not self.over_http:
            not_applicable("the provider asks no service over HTTP")
        return [ability for ability in await self._abilities() if ability in SETTINGS]

    async def _warned(self, bench: Bench, name: str, value: Any, **others: Any) -> bool:
        """Ask with one setting, and tell whether a warning names it as not sent as it is."""
        answer = await bench.ask(**{**others, name: value})
        return any(
            (warning.setting or "").startswith(name) and warning.action != "noted"
            for warning in answer.warnings
        )


def without_question(bench: Bench) -> str:
    """Return what the last request said beside the words of the question, in headers too."""
    last = bench.received[-1]
    of_http = ("content-length", "host")  # whose numbers are anything
    told = {name: value for name, value in last.headers.items() if name.lower() not in of_http}
    sent = f"{told}\n{last.said}"
    for text in ("question-4711", *EMBEDDED):
        sent = sent.replace(text, "").replace(json.dumps(text), "")
    return sent
