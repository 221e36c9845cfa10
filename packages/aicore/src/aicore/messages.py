"""Messages: ordered parts, each able to carry a provider's own data through any round trip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from aicore.errors import BadInput
from aicore.media import data_url, read_data_url, sniff, type_of_name
from aicore.values import BY_TYPE, NONE_IF_ABSENT, Value, check

ProviderData: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Opaque JSON of a provider, keyed by wire dialect (`openai-chat`) or model family (`claude`).

A dialect merges what stands under its own key into what it sends, and leaves the rest alone.
"""

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
ROLES = ("system", "user", "assistant", "tool")
TEXT: Mapping[str, tuple[type, ...]] = {"text": (str,)}
MEDIA: Mapping[str, tuple[type, ...]] = {
    "data": (bytes,),
    "url": (str,),
    "file_id": (str,),
    "media_type": (str,),
    "name": (str,),
}
TOOL_CALL: Mapping[str, tuple[type, ...]] = {"id": (str,), "name": (str,), "arguments": (str,)}
TOOL_RESULT: Mapping[str, tuple[type, ...]] = {
    "call_id": (str,),
    "name": (str,),
    "is_error": (bool,),
}


@dataclass(frozen=True, slots=True)
class PartData(Value):
    """What every part has."""

    provider_data: ProviderData = field(default_factory=dict, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class TextPart(PartData):
    text: str
    type: Literal["text"] = field(default="text", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        check(self, TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media(PartData):
    """Bytes, a URL or the id of an uploaded file: exactly one of them.

    A `data:` URL is taken apart into bytes. `media_type` is read from the bytes when it is not
    given and they are of a common kind.

    Raises:
        BadInput: none or several sources are given, or a data URL is not valid.
    """

    data: bytes | None = field(default=None, repr=False)
    url: str | None = None
    file_id: str | None = None
    media_type: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("data", "url", "file_id") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise BadInput(f"give exactly one of `data`, `url` or `file_id` (found {found})")
        check(self, MEDIA)
        if self.url is not None and self.url[:5].lower() == "data:":
            media_type, data = read_data_url(self.url)
            object.__setattr__(self, "url", None)
            object.__setattr__(self, "data", data)
            object.__setattr__(self, "media_type", self.media_type or media_type)
        if self.data is not None and self.media_type is None:
            object.__setattr__(self, "media_type", sniff(self.data))

    @classmethod
    def from_path(cls, path: str | Path, **fields: Any) -> Self:
        """Read a file of this machine; its name and type come from the path."""
        path = Path(path)
        data = path.read_bytes()
        media_type = sniff(data) or type_of_name(path.name)
        return cls(**{"data": data, "media_type": media_type, "name": path.name, **fields})

    def data_url(self) -> str:
        """Return the bytes as a `data:` URL.

        Raises:
            BadInput: the part does not hold bytes, or their media type is not known.
        """
        if self.data is None or self.media_type is None:
            raise BadInput("a data URL needs `data` and a `media_type`")
        return data_url(self.media_type, self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePart(Media):
    """A picture; `detail` says how closely to look, where a service offers the choice."""

    detail: Literal["auto", "low", "high", "original"] | None = None
    type: Literal["image"] = field(default="image", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioPart(Media):
    transcript: str | None = None
    type: Literal["audio"] = field(default="audio", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoPart(Media):
    type: Literal["video"] = field(default="video", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart(Media):
    """A document, such as a PDF."""

    type: Literal["file"] = field(default="file", repr=False)


@dataclass(frozen=True, slots=True)
class ReasoningPart(PartData):
    """What a model thought. Signatures and redacted thoughts are in `provider_data`."""

    text: str
    type: Literal["reasoning"] = field(default="reasoning", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        check(self, TEXT)


@dataclass(frozen=True, slots=True)
class RefusalPart(PartData):
    """The model's own words for not answering, where a service tells them apart from text."""

    text: str
    type: Literal["refusal"] = field(default="refusal", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        check(self, TEXT)


@dataclass(frozen=True, slots=True)
class ToolCallPart(PartData):
    """A model's wish to have a tool called; `arguments` is the JSON text exactly as it came."""

    id: str
    name: str
    arguments: str = "{}"
    type: Literal["tool_call"] = field(default="tool_call", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        check(self, TOOL_CALL)


ResultPart: TypeAlias = Annotated[TextPart | ImagePart | AudioPart | VideoPart | FilePart, BY_TYPE]


@dataclass(frozen=True, slots=True)
class ToolResultPart(PartData):
    """What a tool answered; `call_id` is the id of the call, and text may be given as a string."""

    call_id: str
    parts: tuple[ResultPart, ...]
    name: str | None = None
    is_error: bool = False
    type: Literal["tool_result"] = field(default="tool_result", kw_only=True, repr=False)

    def __init__(
        self,
        call_id: str,
        parts: str | ResultPart | Sequence[str | ResultPart],
        name: str | None = None,
        is_error: bool = False,
        *,
        provider_data: ProviderData | None = None,
        type: Literal["tool_result"] = "tool_result",
    ) -> None:
        set_field = object.__setattr__
        set_field(self, "call_id", call_id)
        try:
            set_field(self, "parts", lifted(parts, (TextPart, Media)))
        except BadInput as error:
            advice = "give what a tool returned as text: json.dumps(result)"
            raise BadInput(f"{error.message}; {advice}") from None
        set_field(self, "name", name)
        set_field(self, "is_error", is_error)
        set_field(self, "provider_data", {} if provider_data is None else provider_data)
        set_field(self, "type", type)
        check(self, TOOL_RESULT)

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePart(PartData):
    """A citation; `start` and `end` are character offsets into the answer's text."""

    url: str | None = None
    title: str | None = None
    id: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    type: Literal["source"] = field(default="source", repr=False)


@dataclass(frozen=True, slots=True)
class OpaquePart(PartData):
    """An item that aikit does not know, kept in its place so that it can be sent back.

    `dialect` names the wire format that `data` belongs to; other dialects leave it out and warn.
    """

    dialect: str
    data: Annotated[Any, NONE_IF_ABSENT]
    type: Literal["opaque"] = field(default="opaque", kw_only=True, repr=False)


Part: TypeAlias = Annotated[
    TextPart
    | ImagePart
    | AudioPart
    | VideoPart
    | FilePart
    | ReasoningPart
    | RefusalPart
    | ToolCallPart
    | ToolResultPart
    | SourcePart
    | OpaquePart,
    BY_TYPE,
]


def lifted(parts: Any, allowed: type | tuple[type, ...] = PartData) -> tuple[Any, ...]:
    """Make a tuple of parts from one part, a string, or a sequence that mixes both."""
    items = (parts,) if isinstance(parts, str | PartData | Mapping) else parts
    try:
        items = tuple(TextPart(item) if isinstance(item, str) else item for item in items)
    except TypeError:
        raise BadInput(f"parts must be a string or parts, not {type(parts).__name__}") from None
    for item in items:
        if not isinstance(item, allowed):
            raise BadInput(f"{type(item).__name__} cannot stand among these parts")
    return items


@dataclass(frozen=True, slots=True)
class Message(Value):
    """One turn of a conversation; `parts` may also be a string, one part, or a list of both."""

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None
    provider_data: ProviderData = field(default_factory=dict, repr=False, kw_only=True)

    def __init__(
        self,
        role: Role,
        parts: str | Part | Sequence[str | Part],
        name: str | None = None,
        *,
        provider_data: ProviderData | None = None,
    ) -> None:
        if role not in ROLES:
            raise BadInput(f"a message's role is one of {', '.join(ROLES)}, not {role!r}")
        object.__setattr__(self, "role", role)
        object.__setattr__(self, "parts", lifted(parts))
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "provider_data", {} if provider_data is None else provider_data)

    @classmethod
    def system(cls, *parts: str | Part) -> Message:
        return cls("system", parts)

    @classmethod
    def user(cls, *parts: str | Part) -> Message:
        return cls("user", parts)

    @classmethod
    def assistant(cls, *parts: str | Part) -> Message:
        return cls("assistant", parts)

    @classmethod
    def tool(cls, *results: ToolResultPart) -> Message:
        return cls("tool", results)

    @property
    def text(self) -> str:
        """All text parts, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCallPart))

    @property
    def only_text(self) -> str | None:
        """The text of a message that is one text and says nothing else, not even a name."""
        if len(self.parts) == 1 and self.name is None and not self.provider_data:
            (part,) = self.parts
            if type(part) is TextPart and not part.provider_data:
                return part.text
        return None


def said(role: Role, text: str) -> Message:
    """Make a message of one text, where both are known to be of their kind: nothing is checked.

    For what happens in every call: the constructors take four times as long.
    """
    message = object.__new__(Message)
    _role(message, role)
    _parts(message, (text_part(text),))
    _name(message, None)
    _data(message, {})
    return message


def text_part(text: str) -> TextPart:
    """Make a part of what is known to be text: nothing is checked, as in `said`."""
    part = object.__new__(TextPart)
    _part_text(part, text)
    _part_type(part, "text")
    _part_data(part, {})
    return part


_part_data, _part_text, _part_type = (
    getattr(TextPart, name).__set__ for name in ("provider_data", "text", "type")
)
_role, _parts, _name, _data = (
    getattr(Message, name).__set__ for name in ("role", "parts", "name", "provider_data")
)


def as_message(value: Message | Mapping[str, Any]) -> Message:
    """Accept a message, or a mapping with `role` and `content` (or `parts`) as its JSON has them.

    Raises:
        BadInput: it is neither, or of another library; the message names what is wrong with it.
    """
    if isinstance(value, Message):
        return value
    if type(value) is dict and len(value) == 2:  # nearly always
        role, content = value.get("role"), value.get("content")
        if type(content) is str and role in ROLES:
            return said(role, content)
    if not isinstance(value, Mapping):
        raise BadInput(f"a message is a Message or a mapping, not {type(value).__name__}")
    fields = dict(value)
    if "content" in fields:
        fields["parts"] = fields.pop("content")
    parts = fields.get("parts")
    items = (parts,) if isinstance(parts, str | PartData) else parts
    if isinstance(items, tuple | list):
        fields["parts"] = [TextPart(item) if isinstance(item, str) else item for item in items]
    from pydantic import ValidationError

    from aicore.foreign import FOREIGN, is_foreign
    from aicore.values import adapter, describe

    try:
        message: Message = adapter(Message).validate_python(fields)
    except ValidationError as error:
        if is_foreign(value):
            raise BadInput(FOREIGN) from None
        if "parts" not in fields:
            raise BadInput("a message needs `content`") from None
        raise BadInput(f"not a message: {describe(error)}") from None
    return message
