"""Jobs for programs without an event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from aicore.jobs import Job, JobState

from aikit.jobs import INTERVAL, Jobs
from aikit.settings import ChatSettings, Circumstances
from aikit.sync import Portal, SyncStream

if TYPE_CHECKING:
    from aicore.requests import ChatRequest
    from aicore.responses import Response

    from aikit.kit import Conversation


class SyncJobs:
    """Hands work to a service, and asks what has become of it."""

    def __init__(self, jobs: Jobs, portal: Portal) -> None:
        self._jobs = jobs
        self._portal = portal

    def submit(
        self,
        prompt: Conversation | ChatRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[ChatSettings],
    ) -> Job:
        """Have a conversation answered in the background."""
        return self._portal.run(self._jobs.submit(prompt, model=model, **settings))

    def poll(self, job: Job, **settings: Unpack[Circumstances]) -> JobState:
        """Ask what has become of a job."""
        return self._portal.run(self._jobs.poll(job, **settings))

    def cancel(self, job: Job, **settings: Unpack[Circumstances]) -> JobState:
        """End a job at the service."""
        return self._portal.run(self._jobs.cancel(job, **settings))

    def wait(
        self, job: Job, *, interval: float = INTERVAL, **settings: Unpack[Circumstances]
    ) -> Response:
        """Ask for a job every `interval` seconds until it has ended, and return the answer."""
        return self._portal.run(self._jobs.wait(job, interval=interval, **settings))

    def follow(
        self, job: Job, *, after: str | None = None, **settings: Unpack[Circumstances]
    ) -> SyncStream:
        """Stream the events of a job: all of them, or those `after` the `cursor` of a stream."""
        return SyncStream(self._jobs.follow(job, after=after, **settings), self._portal)
