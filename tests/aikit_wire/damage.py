"""Right answers, damaged: in their JSON, and in their bytes."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

words = st.sampled_from(
    [
        *("id", "index", "text", "type", "thinking", "content", "error", "message", "function"),
        *("name", "arguments", "done", "images", "delta", "parts", "usage"),
    ]
)
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([10**7, 10**30, 1.5, "", "a", "<think>", "thinking", "error", "\ud83c"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=5,
)
TOKENS = [
    *(b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b",", b'"', b"\\", b"{", b"}", b"[", b"]"),
    *(b"null", b"NaN", b"-1", b"1e999", b"9" * 5000, b"\xff", b"\xef\xbb\xbf", b"\\ud800"),
    *(b"[" * 300, b"[" * 5000, b'{"a":' * 300, b'{"content":' * 5000),
    *(b"data: ", b"event: ", b"data: [DONE]\n\n", b"\n\n", b"<think>", b"</think>", b"<html>"),
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in a JSON value, as the container and the key in it."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


def mutate(value: Any, data: st.DataObject) -> Any:
    """Replace, remove or add something somewhere."""
    value = copy.deepcopy(value)
    for _ in range(data.draw(st.integers(1, 2))):
        if found := list(places(value)):
            container, key = data.draw(st.sampled_from(found))
            how = data.draw(st.sampled_from(["replace", "remove", "add"]))
            if how == "remove":
                del container[key]
            elif how == "add" and isinstance(container, dict):
                container[data.draw(words)] = data.draw(values)
            else:
                container[key] = data.draw(values)
    return value


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes], tokens: Sequence[bytes] = TOKENS) -> bytes:
    """Draw a body with some of it changed, doubled, moved or lost."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.integers(0, 40)))
        match draw(st.sampled_from(["lose", "double", "insert", "change", "cut", "join"])):
            case "lose":
                data = data[:at] + data[to:]
            case "double":
                data = data[:to] + data[at:]
            case "insert":
                data = data[:at] + draw(st.sampled_from(tokens)) + data[at:]
            case "change":
                data = data[:at] + draw(st.binary(min_size=1, max_size=3)) + data[at + 1 :]
            case "cut":
                data = data[:at]
            case _:
                data = data[:at] + draw(st.sampled_from(seeds))
    return data
