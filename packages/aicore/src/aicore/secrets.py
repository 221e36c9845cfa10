"""A key that does not show."""

from __future__ import annotations

from typing import Protocol


class SecretLike(Protocol):
    """What we accept for a secret: ours, or pydantic's `SecretStr`."""

    def get_secret_value(self) -> str: ...


class Secret:
    """Holds a secret; only `get_secret_value` shows it. The interface is pydantic's `SecretStr`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def secret(value: str | SecretLike) -> SecretLike:
    """Hide a plain string; leave what is already a secret as it is."""
    return Secret(value) if isinstance(value, str) else value
