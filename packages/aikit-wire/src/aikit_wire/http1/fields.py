"""The header fields of an answer, read out of its head when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar, overload

T = TypeVar("T")


class Fields(Mapping[str, str]):
    """Names are in lower case; fields of one name are joined (RFC 9110, section 5.3).

    Services send up to 25 and a call looks at two or three. Reading all of 25 takes 4 µs,
    finding one 0.3, and seeing that it is not there 0.1.
    """

    __slots__ = ("_head", "_lower", "_read")

    def __init__(self, head: str) -> None:
        """Take a head that a strict parser let pass; each of its lines ends in CRLF."""
        self._head = head
        self._lower = head.lower()  # of the same length, for it is of Latin-1
        self._read: dict[str, str] | None = None

    @overload
    def get(self, key: str, /) -> str | None: ...
    @overload
    def get(self, key: str, /, default: str | T) -> str | T: ...
    def get(self, key: str, /, default: str | T | None = None) -> str | T | None:
        begin = f"\r\n{key}:"
        start = self._lower.find(begin)
        if start < 0:
            return default
        start += len(begin)
        if self._lower.find(begin, start) > 0:
            return self._all[key]
        return self._head[start : self._head.find("\r\n", start)].strip(" \t")

    def __contains__(self, key: object) -> bool:
        return f"\r\n{key}:" in self._lower

    def __getitem__(self, key: str) -> str:
        if (value := self.get(key)) is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @property
    def _all(self) -> dict[str, str]:
        if self._read is None:
            self._read = read = dict[str, str]()
            for line in self._head.split("\r\n")[1:-1]:
                raw, _, value = line.partition(":")
                name, value = raw.lower(), value.strip(" \t")
                read[name] = f"{read[name]}, {value}" if name in read else value
        return self._read
