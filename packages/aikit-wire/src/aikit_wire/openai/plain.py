"""What most chats are, a short way: texts and simple settings out, one text back.

Whatever is more than that goes the long way, which comes to the same for these (tests compare
both) at several times the cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import compress
from typing import Any

from aicore.messages import Role, text_part
from aicore.models import ModelInfo
from aicore.rate_limits import RateLimits
from aicore.requests import ChatRequest
from aicore.responses import Candidate, Response, Step

from aikit_wire.encoded import Encoded
from aikit_wire.features import has
from aikit_wire.openai.candidate import CHOICE, RARE, USUAL
from aikit_wire.openai.cost import read_cost
from aikit_wire.openai.manifest import DIALECT, Manifest
from aikit_wire.openai.usage import read_usage
from aikit_wire.plain import NUMBERS, PlainChats

SIMPLE = frozenset(
    {
        *NUMBERS,
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
ROLES: Mapping[Role, str] = {"user": "user", "assistant": "assistant", "tool": ""}
"""The wire names of roles; what a tool says is more than plain."""


class PlainRequests(PlainChats):
    """Encodes chats that are texts and simple settings; `encode` is the long way."""

    def __init__(
        self,
        manifest: Manifest,
        find: Callable[[str], ModelInfo | None],
        encode: Callable[[ChatRequest, Manifest, ModelInfo | None], Encoded],
    ) -> None:
        options = {"stream_options": {"include_usage": True}} if manifest.stream_usage else {}
        super().__init__({"stream": True, **options})
        self._manifest = manifest
        self._find = find
        self._long = encode
        self._roles = {**ROLES, "system": manifest.system_role}

    def _wire_names(self) -> Mapping[str, str]:
        return {setting: self._manifest.wire_name(setting) for setting in SIMPLE}

    def _sent(self, request: ChatRequest) -> Encoded | None:
        manifest, info = self._manifest, self._find(request.model)
        if manifest.encode or manifest.merge_system or has(info, "responses_only"):
            return None
        return self._long(request, manifest, info)

    def _body(self, request: ChatRequest) -> dict[str, Any] | None:
        roles = self._roles
        messages: list[dict[str, str]] = []
        for message in request.messages:
            role, text = roles[message.role], message.only_text
            if text is None or not role:
                return None
            messages.append({"role": role, "content": text})
        return {"model": request.model, **self._manifest.options, "messages": messages}


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
    (choice,) = answer["choices"]
    message, reason = choice["message"], choice["finish_reason"]
    text = message["content"]
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
