"""Read a piece of a request, and name its place when it cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from aicore.errors import BadInput

from aikit_asgi.statuses import RequestError

T = TypeVar("T")


def require(body: Mapping[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    """Return a field that must be there.

    Raises:
        RequestError: it is missing or of another kind.
    """
    value = body.get(name)
    if value is None:
        raise RequestError(f"you must provide a {name} parameter", param=name)
    if not isinstance(value, kind):
        raise RequestError(f"invalid type for {name!r}", param=name)
    return value


def read_at(where: str, read: Callable[[Any], T], value: Any) -> T:
    """Read a piece; a fault inside it is named by the whole way there, `messages[1].role`.

    Raises:
        RequestError: it cannot be read.
    """
    try:
        return read(value)
    except RequestError as error:
        raise RequestError(error.message, param=f"{where}.{error.param}") from None
    except BadInput as error:
        raise RequestError(error.message, param=where) from None
    except KeyError as error:
        raise RequestError(f"{where} needs {error.args[0]!r}", param=where) from None
    except (TypeError, ValueError, AttributeError):
        raise RequestError(f"cannot read {where}", param=where) from None


def read_each(body: Mapping[str, Any], name: str, read: Callable[[Any], T]) -> list[T]:
    """Read a list that may be absent.

    Raises:
        RequestError: it is no list, or one of its items cannot be read.
    """
    items = body.get(name)
    if items is None:
        return []
    if not isinstance(items, list):
        raise RequestError(f"{name!r} must be a list", param=name)
    return [read_at(f"{name}[{index}]", read, item) for index, item in enumerate(items)]
