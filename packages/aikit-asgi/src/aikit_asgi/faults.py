"""Errors of the gateway itself, beside the requests that it refuses (`statuses`)."""

from __future__ import annotations

from aicore.errors import AIError, Overloaded

from aikit_asgi.statuses import RequestError


class GatewayError(AIError):
    """The gateway has a bug or a broken plugin; its log says which, under the request's id."""

    code = "gateway_error"

    def __init__(self) -> None:
        super().__init__("the gateway failed; its log says why, under this request's id")


class ShuttingDown(Overloaded):
    """The gateway is being stopped and had no time left to finish the answer."""

    code = "shutting_down"

    def __init__(self) -> None:
        super().__init__("the gateway is shutting down; ask again", retry_after=1.0)


class TooManyStreams(Overloaded):
    code = "too_many_streams"

    def __init__(self) -> None:
        super().__init__("too many streams are open; try again later", retry_after=1.0)


class TooManyRequests(Overloaded):
    code = "too_many_requests"

    def __init__(self) -> None:
        super().__init__("too many requests are being answered; try again later", retry_after=1.0)


class WrongKey(RequestError):
    code = "invalid_api_key"

    def __init__(self) -> None:
        super().__init__("missing or wrong API key: send `Authorization: Bearer KEY`", 401)
