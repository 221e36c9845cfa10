"""What has to be known of a wire protocol to replay its traffic, and to judge what comes of it.

Nothing here is taken from the product: it is written from the vendors' documents, as the second
opinion that requests and answers are held against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from aicore.errors import (
    AIError,
    BusyError,
    Forbidden,
    InvalidRequest,
    NotFound,
    QuotaSpent,
    RateLimited,
    RefusedError,
    Unauthorized,
)
from aicore.messages import ToolCallPart
from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest, RerankRequest
from aicore.responses import FinishReason, Response
from aicore.usage import Usage

from .corpus import Exchange, Json


@dataclass(frozen=True)
class ListModels:
    """Asks a provider which models it serves."""

    provider: str


AnyRequest: TypeAlias = ChatRequest | CompleteRequest | EmbedRequest | RerankRequest | ListModels
"""To count tokens is asked with a `CountTokensRequest`, which is a `ChatRequest`."""

Difference: TypeAlias = Callable[[Json, Json], None]
"""Changes the recorded body and the sent one so that they agree on one matter.

Its docstring says why the vendor cannot tell the two apart.
"""


def bearer(key: str) -> tuple[str, str]:
    return "authorization", f"Bearer {key}"


def asked_in_body(exchange: Exchange) -> bool:
    """Tell whether a stream was asked for; a refusal of one comes back as plain JSON."""
    if exchange.asked is not None:
        return bool(exchange.asked.get("stream"))
    return bool(exchange.recorded["response"]["stream"])


def no_vectors(answer: Any) -> Sequence[tuple[float, ...]]:
    raise ValueError("this protocol has no embeddings")


def no_reason(answer: Any) -> str | None:
    return None


def nothing_more(expected: Mapping[str, Any], found: Response) -> Iterator[str]:
    return iter(())


def no_settings(exchange: Exchange) -> Mapping[str, Any]:
    return {}


def as_told(exchange: Exchange) -> Mapping[str, Any] | None:
    return exchange.expected


def told_reason(expected: Mapping[str, Any]) -> str:
    """Return why an answer ended, in the vendor's word."""
    return str(expected.get("finish_reason") or "")


def all_thoughts(response: Response) -> str:
    return response.reasoning


def all_calls(response: Response) -> Sequence[ToolCallPart]:
    return response.tool_calls


def nothing_ignored(provider: str) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, kw_only=True)
class Api:
    """One wire protocol, as its vendors' documents describe it."""

    path: Callable[[Exchange], str]
    """What an address has behind the base URL, the query included."""
    read: Callable[[Json, Exchange], AnyRequest]
    """Turns a recorded body into the request that a user of ours would have written.

    It shares no code with what encodes requests. What has no setting of ours stays the provider's
    own option, or the own data of a message, part or tool.
    """
    minimal: Callable[[Exchange], AnyRequest]
    """Makes the shortest request there is, for answers whose request was not recorded."""
    differences: Callable[[str], Sequence[Difference]]
    """Returns the differences between bodies that mean the same at a provider."""
    finish_reason: Callable[[str | None, bool], FinishReason]
    """Unifies a raw finish reason; the second argument says whether tools were called."""
    raw_reason: Callable[[Mapping[str, Any]], str] = told_reason
    """Returns the raw finish reason, by what an answer is known to mean."""
    usage: Callable[[Mapping[str, Any] | None], Usage | None]
    """Reads the token counts, without `raw`."""
    settings: Callable[[Exchange], Mapping[str, Any]] = no_settings
    """Returns what the provider must be told besides its key and its address."""
    key_setting: str = "api_key"
    """The setting that holds the key."""
    method: str = "POST"
    authorization: Callable[[str], tuple[str, str]] = bearer
    """Returns the header that must carry a key."""
    streaming: Callable[[Exchange], bool] = asked_in_body
    ignored: Callable[[str], frozenset[str]] = nothing_ignored
    """Names settings that a provider ignores: not sent, if the answer warns of it."""
    meaning: Callable[[Exchange], Mapping[str, Any] | None] = as_told
    """Says what an answer means where the corpus, which knows no vendor's ways, takes it literally.
    """
    vectors: Callable[[Any], Sequence[tuple[float, ...]]] = no_vectors
    """Reads the vectors of an answer, in the order of the inputs."""
    reason: Callable[[Any], str | None] = no_reason
    """Finds a word in the answer of an error that says more than the error's code."""
    codes: Mapping[str, type[AIError]]
    """Error codes and types that say more than the status beside them."""
    more: Callable[[Mapping[str, Any], Response], Iterator[str]] = nothing_more
    """Names what else is wrong in an answer, by what this protocol alone tells of one."""
    thoughts: Callable[[Response], str] = all_thoughts
    """Returns the thoughts of an answer, put together as the recordings' readers do it."""
    calls: Callable[[Response], Sequence[ToolCallPart]] = all_calls
    """Returns the tool calls of an answer that the recordings' readers tell as such."""
    request_id: str = "x-request-id"
    """The header that tells the vendor's id of a request."""

    def error(self, status: int | None, *words: Any) -> type[AIError]:
        """Name the family of a failure: a telling code decides, else the status.

        A failure inside a stream has no status of its own unless its frame states one.
        """
        for word in words:
            if isinstance(word, str) and word in self.codes:
                return self.codes[word]
        if status is None:
            return AIError
        return STATUSES.get(status, BusyError if status >= 500 else RefusedError)


STATUSES: Mapping[int, type[AIError]] = {
    400: InvalidRequest,
    401: Unauthorized,
    402: QuotaSpent,
    403: Forbidden,
    404: NotFound,
    408: BusyError,
    409: BusyError,
    413: RefusedError,
    422: InvalidRequest,
    429: RateLimited,
    498: BusyError,  # Groq: flex capacity exceeded
}
