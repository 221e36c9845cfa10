"""What most chats are, a short way: texts and simple settings out, one text back.

Whatever is more than that goes the long way, which comes to the same for these (tests compare
both) at several times the cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Any, Final

from aicore.messages import Message, text_part
from aicore.models import ModelInfo
from aicore.rate_limits import RateLimits
from aicore.requests import ChatRequest
from aicore.responses import Candidate, Response, Step
from aicore.values import changed

from aikit_wire.encoded import Encoded
from aikit_wire.features import has
from aikit_wire.openai.candidate import CHOICE, RARE, USUAL
from aikit_wire.openai.cost import read_cost
from aikit_wire.openai.manifest import DIALECT, Manifest
from aikit_wire.openai.usage import read_usage

SIMPLE = frozenset(
    {
        "max_tokens",
        "temperature",
        "top_p",
        "top_k",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "logprobs",
        "top_logprobs",
        "n",
        "service_tier",
        "user",
    }
)
"""Settings whose value is one number, text or truth value."""
ALWAYS = frozenset({"model", "messages", "provider_options", "streaming"})

Names = tuple[tuple[str, str], ...]
"""Settings with their wire names."""

KEPT: Final = 1000


class PlainRequests:
    """Encodes chats that are texts and simple settings.

    `encode` is the long way. It is gone once for each model and set of settings, and if it sends
    all of them, with no warning, their wire names are kept for the requests that follow.
    """

    def __init__(
        self,
        manifest: Manifest,
        find: Callable[[str], ModelInfo | None],
        encode: Callable[[ChatRequest, Manifest, ModelInfo | None], Encoded],
    ) -> None:
        self._manifest = manifest
        self._find = find
        self._encode = encode
        self._names: dict[tuple[str, ...], Names | None] = {}

    def encode(self, request: ChatRequest) -> Encoded | None:
        """Encode a request; None if it is more than plain."""
        fields, manifest = vars(request), self._manifest
        if request.provider_options or None in fields.values():
            return None
        kind = (request.model, *fields)
        try:
            names = self._names[kind]
        except KeyError:
            names = self._learn(kind, request)
        if names is None or (messages := plain_messages(request.messages, manifest)) is None:
            return None
        body = {"model": request.model, **manifest.options, "messages": messages}
        for setting, name in names:
            body[name] = fields[setting]
        if request.streaming:
            body["stream"] = True
            if manifest.stream_usage:
                body["stream_options"] = {"include_usage": True}
        return Encoded(body, simple=True)

    def _learn(self, kind: tuple[str, ...], request: ChatRequest) -> Names | None:
        names, manifest, info = None, self._manifest, self._find(request.model)
        settings = vars(request).keys() - ALWAYS
        if not (
            manifest.encode
            or manifest.merge_system
            or has(info, "responses_only")
            or not settings <= SIMPLE
        ):
            words = changed(request, messages=(Message.user("."),), provider_options={})
            encoded = self._encode(words, manifest, info)
            wire = [(name, manifest.wire_name(name)) for name in vars(request) if name in settings]
            if not encoded.warnings and all(name in encoded.body for _, name in wire):
                names = tuple(wire)
        if len(self._names) >= KEPT:
            self._names.clear()
        self._names[kind] = names
        return names


def plain_messages(messages: Sequence[Message], manifest: Manifest) -> list[dict[str, Any]] | None:
    """Encode messages that are one text each; None if one is anything else."""
    encoded: list[dict[str, Any]] = []
    for message in messages:
        role: str = message.role
        if (text := message.only_text) is None or role == "tool":
            return None
        if role == "system":
            role = manifest.system_role
        encoded.append({"role": role, "content": text})
    return encoded


OF_ANSWER = frozenset({"id", "object", "created", "model", "choices", "usage"})
LOOKED_INTO = frozenset({"error", "type", "obfuscation", "x_groq", "citations", "search_results"})
"""Fields of an answer that are more than data to keep."""
READ_OF_CHOICE = frozenset({"index", "message", "finish_reason"})
READ_OF_MESSAGE = frozenset({"role", "content"})
OF_MESSAGE = USUAL | RARE


def plain_answer(
    answer: Any, manifest: Manifest, limits: RateLimits | None = None
) -> Response | None:
    """Read an answer that is one text; None where it is more than that, or anything else.

    Then the decoder reads it piece by piece, which tells the same events at five times the cost.
    """
    try:
        (choice,) = answer["choices"]
        message, reason = choice["message"], choice["finish_reason"]
        text = message["content"]
    except (KeyError, TypeError, ValueError):
        return None
    if not (type(text) is type(reason) is str and text and reason) or choice.get("index"):
        return None
    if manifest.think_tags or manifest.tool_tags or answer.get("object") == "error":
        return None
    if says_more(message, READ_OF_MESSAGE, OF_MESSAGE) or says_more(choice, READ_OF_CHOICE, CHOICE):
        return None
    id, model, created = answer.get("id"), answer.get("model"), answer.get("created")
    if created is not None and type(created) is not int:
        return None
    extra: Mapping[str, Any] = {}
    if beside := answer.keys() - OF_ANSWER:
        extra = {name: answer[name] for name in beside if answer[name] is not None}
        if not LOOKED_INTO.isdisjoint(extra):
            return None
    raw, usage, cost = answer.get("usage"), None, None
    if raw and type(raw) is dict:
        usage = read_usage(raw, reasoning_beside_output=manifest.reasoning_beside_output)
        cost = read_cost(raw, manifest) if manifest.cost else None
    candidate = Candidate((text_part(text),), manifest.finish_reason(reason), reason)
    step = Step((candidate,), usage, provider_data={DIALECT: extra} if extra else {})
    return Response(
        cost=cost,
        rate_limits=limits,
        id=id if type(id) is str else "",
        model=model if type(model) is str else None,
        created=created,
        steps=(step,),
    )


def says_more(fields: Mapping[str, Any], read: frozenset[str], known: frozenset[str]) -> bool:
    """Tell whether anything but the fields that are `read` has something to say.

    A known one that is empty has not; of an unknown one that is kept, only null says nothing.
    """
    if not read.issuperset(compress(fields, fields.values())):
        return True
    if known.issuperset(fields):
        return False
    return any(fields[name] is not None for name in fields.keys() - known)
