"""Encode requests for Cohere's older API, v1: chats of texts, and completions."""

from __future__ import annotations

from aicore.errors import Unsupported
from aicore.messages import Message, ReasoningPart, SourcePart, TextPart
from aicore.requests import ChatRequest, CompleteRequest
from aikit_wire.encoded import Encoded
from aikit_wire.ledger import Ledger

from aikit_provider_cohere.encode import (
    NONE,
    drop_missing,
    drop_others,
    encode_format,
    encode_sampling,
)
from aikit_provider_cohere.sources import Json

ROLES = {"user": "USER", "assistant": "CHATBOT", "system": "SYSTEM"}


def encode_chat_v1(request: ChatRequest, provider: str) -> Encoded:
    """Encode a chat, whose last message is the user's and stands apart from those before it.

    Raises:
        Unsupported: it holds tools or more than texts, for which there is v2.
    """
    ledger = Ledger(provider)
    *before, last = request.messages
    if request.tools or last.role != "user":
        what = "tools" if request.tools else f"a last message of the role {last.role!r}"
        raise Unsupported(f"{what} cannot be sent to v1; leave out `api`", provider=provider)
    body: Json = {
        "model": request.model,
        "message": text_of(last, provider, ledger),
        "stream": request.streaming,
        **encode_sampling(request, ledger),
        **encode_format(request, ledger, "schema"),
    }
    if before:
        body["chat_history"] = [
            {"role": ROLES[message.role], "message": text_of(message, provider, ledger)}
            for message in before
        ]
    settings = ("logprobs", "tool_choice", "parallel_tool_calls", "reasoning")
    drop_missing(request, settings, ledger)
    drop_others(request, ledger)
    return Encoded(body | dict(request.provider_options.get(provider, {})), ledger.warnings)


def text_of(message: Message, provider: str, ledger: Ledger) -> str:
    if message.name is not None:
        ledger.dropped("messages.name", "the service takes no names of who speaks")
    for part in message.parts:
        if isinstance(part, ReasoningPart | SourcePart):
            ledger.noted("messages", f"a {part.type} part is not sent back to the model")
        elif not isinstance(part, TextPart):
            told = f"{part.type} parts cannot be sent to v1; leave out `api`"
            raise Unsupported(told, provider=provider)
    return message.text


def encode_generate(request: CompleteRequest, provider: str) -> Encoded:
    """Encode a text to go on with, for `/v1/generate`."""
    ledger = Ledger(provider)
    body: Json = {
        "model": request.model,
        "prompt": request.prompt,
        "stream": request.streaming,
        **encode_sampling(request, ledger),
    }
    if request.n is not None:
        body["num_generations"] = request.n
    if request.logprobs is not None:
        body["return_likelihoods"] = "GENERATION" if request.logprobs else "NONE"
    if request.suffix is not None:
        ledger.dropped("suffix", NONE)
    return Encoded(body | dict(request.provider_options.get(provider, {})), ledger.warnings)
