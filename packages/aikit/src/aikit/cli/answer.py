"""Ask the Kit, and show an answer while its events come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click
from aicore.events import (
    ArgumentsDelta,
    Event,
    PartAdded,
    PartFinished,
    PartStarted,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
)
from aicore.fold import unfold
from aicore.messages import Media, Message
from aicore.responses import Response

from aikit.cli.exits import say
from aikit.cli.terminal import Terminal
from aikit.kit import Kit

ENDINGS = {
    "length": "the answer was cut off at the limit of tokens; give --max-tokens a higher number",
    "content-filter": "the service's content filter cut the answer off",
    "error": "the service broke the answer off with an error",
}
"""What to remark about an answer that did not end by itself, by its finish reason."""


async def answer(
    kit: Kit,
    messages: Sequence[Message],
    model: str | None,
    settings: dict[str, Any],
    show: Callable[[Event], None],
    *,
    streaming: bool = True,
) -> Response:
    """Ask for an answer and hand each event of it to `show`."""
    if not streaming:
        response = await kit.generate(messages, model=model, **settings)
        for event in unfold(response):
            show(event)
        return response
    async with kit.stream(messages, model=model, **settings) as stream:
        async for event in stream:
            show(event)
        return await stream.response()


class Screen:
    """Shows the first candidate as it comes, and the others once the answer is whole."""

    def __init__(self, terminal: Terminal, *, reasoning: bool) -> None:
        self._terminal = terminal
        self._reasoning = reasoning
        self._parts: dict[tuple[int, int], PartStarted] = {}
        self._arguments: dict[tuple[int, int], str] = {}

    def show(self, event: Event) -> None:
        terminal = self._terminal
        match event:
            case PartStarted():
                self._parts[event.step, event.part] = event
            case TextDelta() | RefusalDelta() if self._is_first(event):
                terminal.text(event.text)
            case ReasoningDelta() if self._reasoning and self._is_first(event):
                terminal.remark(event.text)
            case ArgumentsDelta():
                key = event.step, event.part
                self._arguments[key] = self._arguments.get(key, "") + event.text
            case PartFinished() if self._is_first(event):
                part = self._parts[event.step, event.part]
                if part.kind == "tool_call":
                    arguments = self._arguments.get((event.step, event.part), "")
                    terminal.line(tool_call(part.name or "", arguments))
            case PartAdded() if event.candidate == 0 and isinstance(event.value, Media):
                what = event.value.media_type or event.value.type
                say(f"the answer holds a part of type {what}; --json shows it", "note")

    def _is_first(self, event: Any) -> bool:
        return self._parts[event.step, event.part].candidate == 0

    def finish(self, response: Response) -> None:
        """Show what is left of the answer."""
        self._terminal.end_text()
        for number, candidate in enumerate(response.candidates[1:], 2):
            self._terminal.line(f"\n[{number}]")
            self._terminal.text(candidate.text)
            for call in candidate.tool_calls:
                self._terminal.line(tool_call(call.name, call.arguments))
            self._terminal.end_text()


def tool_call(name: str, arguments: str) -> str:
    return f"tool call: {name} {arguments}".rstrip()


def remark(response: Response, *, verbose: bool) -> None:
    """Tell on stderr what the user should know of a whole answer."""
    for warning in response.warnings:
        say(str(warning), "warning")
    if response.finish_reason in ENDINGS:
        say(ENDINGS[response.finish_reason], "warning")
    if verbose:
        click.echo(summary(response), err=True)


def summary(response: Response) -> str:
    """Say in one line who answered, and what it took."""
    served, usage = response.served_by, response.usage
    facts = [f"{served.provider}:{served.model}" if served else "unknown provider"]
    if usage is None:
        facts.append("unknown tokens")
    else:
        counts = {"in": usage.input_tokens, "out": usage.output_tokens}
        details = {"cached": usage.cache_read_tokens, "reasoning": usage.reasoning_tokens}
        told = [f"{'unknown' if count is None else count} {name}" for name, count in counts.items()]
        told += [f"{count} {name}" for name, count in details.items() if count]
        guess = " (estimated)" if usage.estimated else ""
        facts.append(", ".join(told) + f" tokens{guess}")
    if (cost := response.cost) and cost.usd is not None:
        facts.append(f"{'at least ' if cost.lower_bound else ''}${cost.usd.normalize():f}")
    else:
        facts.append("cost unknown" + (f" ({cost.reason})" if cost and cost.reason else ""))
    if timing := response.timing:
        first = timing.first_token
        beginning = "" if first is None else f", first token {first:.2f} s"
        facts.append(f"{timing.total:.2f} s{beginning}")
    if len(response.attempts) > 1:
        facts.append(f"{len(response.attempts)} attempts")
    return " · ".join(facts)
