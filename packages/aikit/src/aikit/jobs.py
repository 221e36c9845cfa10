"""Jobs: answers that a service works on in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from aicore.calls import Batches
from aicore.errors import BadInput, BadReply, Cancelled
from aicore.guard import within
from aicore.job_requests import CancelRequest, FollowRequest, PollRequest
from aicore.jobs import Job, JobState
from aicore.requests import ChatRequest, Request
from aicore.responses import Response

from aikit.asking import folded
from aikit.settings import ChatSettings, Circumstances, only_circumstances
from aikit.stream import Stream

if TYPE_CHECKING:
    from aicore.context import Context

    from aikit.kit import Conversation

INTERVAL = 2.0
"""Seconds between two questions for a job: what OpenAI's own examples wait."""

R = TypeVar("R", bound=Request)


class Jobs:
    """Hands work to a service, and asks what has become of it.

    A `Job` is a value: store it, and any process that has the same provider goes on with it.
    Leaving a call, or cancelling one, leaves the job alone; only `cancel` ends it.
    """

    def __init__(
        self, ask: Callable[..., Batches], call: Callable[[Request, Context], Batches]
    ) -> None:
        self._ask = ask
        self._call = call

    async def submit(
        self,
        prompt: Conversation | ChatRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[ChatSettings],
    ) -> Job:
        """Have a conversation answered in the background; returns as soon as the service agrees.

        It is not sent again where it may have arrived, unless `idempotency_key` says which it is.

        Raises:
            Unsupported: the provider has no such work.
        """
        found = await folded(self._ask("submit", prompt, model, dict(settings)))
        response = found.response()
        if found.job is None or not found.job.id or response.served_by is None:
            raise BadReply("the service told no id to ask for the answer by")
        provider, asked = response.served_by.provider, response.attempts[-1].model
        return Job(provider=provider, model=asked, id=found.job.id, warnings=response.warnings)

    async def poll(self, job: Job, **settings: Unpack[Circumstances]) -> JobState:
        """Ask what has become of a job.

        Raises:
            AIError: the job has failed, and `details["job_status"]` says so; or it could not be
                asked for.
        """
        return await self._state(*asked(PollRequest, job, dict(settings)))

    async def cancel(self, job: Job, **settings: Unpack[Circumstances]) -> JobState:
        """End a job at the service; one that has ended already stays what it is."""
        return await self._state(*asked(CancelRequest, job, dict(settings)))

    async def wait(
        self, job: Job, *, interval: float = INTERVAL, **settings: Unpack[Circumstances]
    ) -> Response:
        """Ask for a job every `interval` seconds until it has ended, and return the answer.

        `timeout` is for all of it.

        Raises:
            AIError: the job has failed, or could not be asked for.
            Cancelled: the job was ended before it had an answer.
            TotalTimeout: it has not ended in time; it goes on.
        """
        if not interval > 0:
            raise BadInput(f"`interval` must be more than 0 seconds, not {interval}")
        request, context = asked(PollRequest, job, dict(settings))
        state = await within(self._ended(request, context, interval), context)
        if state.status == "cancelled" or state.response is None:
            raise Cancelled(f"the job {job.id!r} was cancelled", provider=job.provider)
        return state.response

    def follow(
        self, job: Job, *, after: str | None = None, **settings: Unpack[Circumstances]
    ) -> Stream:
        """Stream the events of a job: all of them, or those `after` the `cursor` of a stream.

        Nothing is sent before the first event is asked for.
        """
        given = dict(settings)

        def start() -> Batches:
            more = {"after": after, "streaming": True}
            return self._call(*asked(FollowRequest, job, given, **more))

        return Stream(start)

    async def _ended(self, request: Request, context: Context, interval: float) -> JobState:
        while True:
            state = await self._state(request, context)
            if state.ended:
                return state
            await asyncio.sleep(interval)

    async def _state(self, request: Request, context: Context) -> JobState:
        found = await folded(self._call(request, context))
        response, job = found.response(), found.job
        if job is None:
            raise BadReply("the service did not tell what has become of the job")
        return JobState(
            status=job.status,
            raw_status=job.raw_status,
            cursor=job.cursor,
            response=response if job.status in ("succeeded", "cancelled") else None,
        )


def asked(kind: type[R], job: Any, settings: dict[str, Any], **fields: Any) -> tuple[R, Context]:
    """Make the request and the context of a call about a job.

    Raises:
        BadInput: this is no job, or a setting does not exist or has the wrong type.
    """
    if not isinstance(job, Job):
        raise BadInput(f"a job is what `submit` returned, not {type(job).__name__}")
    context = only_circumstances(settings, job.provider)
    named: Any = {"model": f"{job.provider}:{job.model}", "id": job.id, **fields}
    return kind(**named), context
