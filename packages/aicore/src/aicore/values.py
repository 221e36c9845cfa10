"""What all values share: frozen slots dataclasses, whose JSON pydantic reads and writes.

Defining pydantic models costs more than all else that importing aikit does
(`docs/architecture.md` has the figures), so values are plain dataclasses, and pydantic is loaded
when JSON is first wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast, dataclass_transform, overload

from aicore.errors import BadInput

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class Value:
    """Refuses unknown fields; in JSON, bytes are base64 and a float without end is a word."""

    __slots__ = ()
    __pydantic_config__ = {  # noqa: RUF012  # pydantic reads this name and only this type
        "extra": "forbid",
        "ser_json_bytes": "base64",
        "val_json_bytes": "base64",
        "ser_json_inf_nan": "strings",
    }


K = TypeVar("K")


@overload
def record(kind: type[K], /) -> type[K]: ...
@overload
def record(*, kw_only: bool = False) -> Callable[[type[K]], type[K]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(kind: type[K] | None = None, /, *, kw_only: bool = False) -> Any:
    """Make a dataclass of what aikit itself makes in every call: events, results.

    Type checkers refuse to change one, and nobody may: it is shared by all who see it. At run
    time nothing stands in the way, because making a frozen one costs four times as much. What
    users make, messages and requests, is frozen.
    """
    made = dataclass(slots=True, unsafe_hash=True, kw_only=kw_only)
    return made if kind is None else made(kind)


class ByType:
    """Marks a union whose members are told apart by their field `type`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import Field

        return handler.generate_schema(Annotated[source, Field(discriminator="type")])


BY_TYPE = ByType()


class NoneIfAbsent:
    """Marks a required field that may be None, since JSON leaves out what is None."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core.core_schema import with_default_schema

        return with_default_schema(handler(source), default=None)


NONE_IF_ABSENT = NoneIfAbsent()


_adapters: dict[Any, TypeAdapter[Any]] = {}


def adapter(type_: Any) -> TypeAdapter[Any]:
    """Return the pydantic `TypeAdapter` of a value type, for its JSON and its JSON schema."""
    if type_ not in _adapters:
        from pydantic import TypeAdapter

        config: Any = None if isinstance(type_, type) else Value.__pydantic_config__
        _adapters[type_] = TypeAdapter(type_, config=config)
    return _adapters[type_]


def to_json(value: Any, type_: Any = None) -> bytes:
    """Write a value as JSON, leaving out fields that are None.

    Raises:
        BadInput: something in it, such as opaque data, has no form in JSON.
    """
    from pydantic_core import PydanticSerializationError

    try:
        return adapter(type_ or type(value)).dump_json(value, exclude_none=True)
    except PydanticSerializationError as error:
        raise BadInput(f"{type(value).__name__} cannot be written as JSON: {error}") from None


def from_json(type_: Any, data: str | bytes) -> Any:
    """Read a value that `to_json` has written.

    Raises:
        BadInput: the JSON does not describe such a value; the message names each wrong field.
    """
    from pydantic import ValidationError

    try:
        return adapter(type_).validate_json(data)
    except ValidationError as error:
        raise BadInput(describe(error)) from None


def describe(error: Any) -> str:
    """Say in one line what pydantic found wrong and where, without repeating the input.

    Of many faults it names the first ten.
    """
    found = error.errors(include_url=False, include_input=False, include_context=False)
    told = [
        f"{'.'.join(str(step) for step in item['loc']) or 'value'}: {item['msg']}"
        for item in found[:10]
    ]
    return "; ".join([*told, f"and {len(found) - 10} more"] if found[10:] else told)


V = TypeVar("V", bound=Value)


def made(kind: type[V], fields: Mapping[str, Any]) -> V:
    """Make a value of a class without slots of its fields by name: of those that are set.

    What the constructor does, for what happens in every call: that one sets every field, also to
    its default. There must be no unknown fields, and all that have no plain default.
    """
    value = object.__new__(kind)
    value.__dict__.update(fields)
    value.__post_init__()  # type: ignore[attr-defined]  # which checks them
    return value


def changed(value: V, **fields: Any) -> V:
    """Copy a value with other fields, which are not checked.

    For what happens in every call: `dataclasses.replace` checks everything again, at up to ten
    times the cost.
    """
    kind = type(value)
    copied = object.__new__(kind)
    if (held := getattr(value, "__dict__", None)) is not None:
        copied.__dict__.update(held, **fields)
        return copied
    slots = _slots(cast("Hashable", kind))
    for read, write in slots.values():
        write(copied, read(value))
    for name, new in fields.items():
        slots[name][1](copied, new)
    return copied


@cache
def _slots(kind: Any) -> dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], None]]]:
    """Return the reader and the writer of each field of a class with slots."""
    members = {name: getattr(kind, name) for name in kind.__dataclass_fields__}
    return {name: (member.__get__, member.__set__) for name, member in members.items()}


def check(value: object, types: Mapping[str, tuple[type, ...]]) -> None:
    """Check fields that are not None against their types.

    Raises:
        BadInput: one does not fit; the message names it. A bool is not a number.
    """
    for name, allowed in types.items():
        given = getattr(value, name)
        if given is not None and type(given) not in allowed:
            check_one(name, given, allowed)


def check_one(name: str, given: Any, allowed: tuple[type, ...]) -> None:
    """Check one field that is not None.

    Raises:
        BadInput: it does not fit.
    """
    if not isinstance(given, allowed) or (isinstance(given, bool) and bool not in allowed):
        wanted = " or ".join(item.__name__ for item in allowed)
        raise BadInput(f"`{name}` must be {wanted}, not {type(given).__name__}")
