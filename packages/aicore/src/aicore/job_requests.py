"""What a service is asked about jobs."""

from __future__ import annotations

from dataclasses import dataclass

from aicore.requests import ChatRequest, Request


@dataclass(frozen=True, kw_only=True)
class SubmitRequest(ChatRequest):
    """A conversation to be continued in the background."""


@dataclass(frozen=True, kw_only=True)
class PollRequest(Request):
    """Asks what has become of the job `id`."""

    id: str


@dataclass(frozen=True, kw_only=True)
class FollowRequest(Request):
    """Asks for the events of the job `id`: all of them, or those after the cursor `after`."""

    id: str
    after: str | None = None


@dataclass(frozen=True, kw_only=True)
class CancelRequest(Request):
    """Asks that the job `id` be ended."""

    id: str
