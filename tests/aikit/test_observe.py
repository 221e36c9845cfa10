"""Every call tells who served it, how long it took, and every attempt."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aicore.calls import Batch, Batches
from aicore.context import Context
from aicore.errors import (
    AIError,
    BadReply,
    CutOff,
    Overloaded,
    PluginError,
    TotalTimeout,
    Unsupported,
)
from aicore.events import Finished, Produced, Warned
from aicore.requests import ChatRequest
from aicore.responses import CallWarning, Candidate, Embeddings, Response, ServedBy, Step
from aicore.whole import Single, Whole
from aikit.costs import Costs
from aikit.observe import accounted, answered, observed

from .plugins import spoken

COSTS = Costs(lambda provider, model: None)
REQUEST = ChatRequest(model="m", messages="Hi")  # type: ignore[arg-type]


def scripted(*steps: Batch | Exception | float) -> Any:
    """Make a call that yields batches, raises exceptions and waits seconds."""

    async def call(request: Any, context: Context) -> Batches:
        for step in steps:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, float):
                await asyncio.sleep(step)
            else:
                yield step

    return call


async def read(call: Any, context: Context) -> list[Batch]:
    return [batch async for batch in accounted(observed(call, "p", COSTS))(REQUEST, context)]


def finish_of(batches: list[Batch]) -> Finished:
    last = batches[-1][-1]
    assert isinstance(last, Finished)
    return last


async def test_an_answer_says_who_gave_it_and_how_long_it_took() -> None:
    context = Context()
    batches = await read(scripted(0.02, *spoken("a", "b"), 0.01), context)
    assert [len(batch) for batch in batches] == [len(batch) for batch in spoken("a", "b")]
    finished = finish_of(batches)
    assert finished.served_by == ServedBy("p", "echo-1")
    assert finished.timing
    assert finished.timing.first_token
    assert 0.02 <= finished.timing.first_token <= finished.timing.total < 1
    (attempt,) = context.attempts
    assert finished.attempts == (attempt,)
    assert (attempt.provider, attempt.model, attempt.error) == ("p", "m", None)
    assert attempt.first_token
    assert 0.02 <= attempt.first_token <= attempt.seconds


async def test_who_knows_better_who_answered_is_not_overruled() -> None:
    *batches, last = spoken("a")
    end = replace(finish_of([last]), served_by=ServedBy("p", "other", "eu"))
    batches = await read(scripted(*batches, (*last[:-1], end)), Context())
    assert finish_of(batches).served_by == ServedBy("p", "other", "eu")


async def test_a_result_in_one_piece_says_its_model() -> None:
    result = Embeddings(model="embed-1", vectors=((1.0,),))
    batches = await read(scripted((Produced(result), Finished())), Context())
    assert finish_of(batches).served_by == ServedBy("p", "embed-1")


async def test_an_answer_that_names_no_model_was_given_by_the_one_asked_for() -> None:
    batches = await read(
        scripted((Warned(CallWarning("n", "noted", "why")),), (Finished(),)), Context()
    )
    assert finish_of(batches).served_by == ServedBy("p", "m")
    assert finish_of(batches).timing


async def test_a_context_used_again_tells_only_the_attempts_of_its_last_call() -> None:
    context = Context()
    await read(scripted(*spoken("a")), context)
    second = await read(scripted(*spoken("a")), context)
    assert len(context.attempts) == 2
    assert finish_of(second).attempts == (context.attempts[1],)


async def test_an_error_is_named_and_recorded() -> None:
    context = Context()
    with pytest.raises(Overloaded) as caught:
        await read(scripted(spoken("a")[0], Overloaded("busy")), context)
    assert (caught.value.provider, caught.value.model) == ("p", "m")
    assert [attempt.error for attempt in context.attempts] == ["overloaded"]
    assert context.attempts[0].first_token is not None


async def test_an_error_that_knows_its_origin_keeps_it() -> None:
    with pytest.raises(Overloaded) as caught:
        await read(scripted(Overloaded("busy", provider="q", model="n")), Context())
    assert (caught.value.provider, caught.value.model) == ("q", "n")


@pytest.mark.parametrize("broken", [KeyError("choices"), RuntimeError("eh"), TypeError("None")])
async def test_an_exception_of_a_broken_provider_is_a_bad_reply(broken: Exception) -> None:
    context = Context()
    with pytest.raises(BadReply, match=type(broken).__name__) as caught:
        await read(scripted(broken), context)
    assert caught.value.__cause__ is broken
    assert str(broken) not in caught.value.message, (
        "it may hold what the answer does, such as a key"
    )
    assert (caught.value.provider, caught.value.model) == ("p", "m")
    assert [attempt.error for attempt in context.attempts] == ["bad_reply"]


@pytest.mark.parametrize(
    ("batch", "kind"), [((), r"\(\)"), ([Finished()], "list"), (Finished(), "Finished")]
)
async def test_what_is_no_batch_is_the_fault_of_the_provider(batch: Any, kind: str) -> None:
    context = Context()
    says = f"provider 'p' must yield batches, tuples of at least one event, not {kind}"
    with pytest.raises(PluginError, match=says):
        await read(scripted(batch), context)
    assert [attempt.error for attempt in context.attempts] == ["plugin_error"]


async def test_an_answer_without_an_end_is_cut_off() -> None:
    context = Context()
    with pytest.raises(CutOff, match="ended before the answer was finished"):
        await read(scripted(*spoken("a")[:-1]), context)
    assert [attempt.error for attempt in context.attempts] == ["cut_off"]


@pytest.mark.parametrize("late", [Overloaded("late"), KeyError("late")])
async def test_what_goes_wrong_after_the_end_is_no_error(late: Exception) -> None:
    context = Context()
    batches = await read(scripted(*spoken("a"), late), context)
    assert finish_of(batches).attempts == tuple(context.attempts)
    assert [attempt.error for attempt in context.attempts] == [None]


async def test_leaving_early_is_recorded() -> None:
    context = Context()
    batches = observed(scripted(*spoken("a", "b")), "p", COSTS)(REQUEST, context)
    await anext(batches)
    await batches.aclose()
    assert [attempt.error for attempt in context.attempts] == ["cancelled"]


async def test_leaving_after_the_end_is_not_leaving_early() -> None:
    context = Context()
    batches = observed(scripted((Finished(),), 9.0), "p", COSTS)(REQUEST, context)
    await anext(batches)
    await batches.aclose()
    assert [attempt.error for attempt in context.attempts] == [None]


async def test_an_error_around_the_attempts_is_given_the_origin_of_the_last() -> None:
    attempt = observed(scripted(Overloaded("busy")), "p", COSTS)

    async def late(request: Any, context: Context) -> Batches:
        with pytest.raises(Overloaded):
            await anext(attempt(request, context))
        async for batch in scripted(TotalTimeout("late"))(request, context):
            yield batch

    with pytest.raises(TotalTimeout) as caught:
        await anext(accounted(late)(REQUEST, Context()))
    assert (caught.value.provider, caught.value.model) == ("p", "m")


async def test_an_error_before_any_attempt_is_given_the_model_that_was_asked_for() -> None:
    with pytest.raises(TotalTimeout) as caught:
        await anext(accounted(scripted(TotalTimeout("late")))(REQUEST, Context()))
    assert (caught.value.provider, caught.value.model) == (None, "m")


@pytest.mark.parametrize("action", ["dropped", "rewritten"])
async def test_strict_refuses_what_a_provider_only_warns_of(action: Any) -> None:
    warning = Warned(CallWarning("seed", action, "no such thing", "p"))
    call = scripted((warning, *spoken("a")[0]), spoken("a")[1])
    assert len(await read(call, Context())) == 2
    with pytest.raises(Unsupported, match=rf"p: seed {action}: no such thing \(strict\)") as caught:
        await read(call, Context(strict=True))
    assert caught.value.provider == "p"


async def test_strict_does_not_mind_remarks() -> None:
    warning = Warned(CallWarning(None, "noted", "slow today", "p"))
    assert await read(scripted((warning,), *spoken("a")), Context(strict=True))


async def in_one_piece(answer: Whole | Exception, context: Context) -> Response:
    """Run a call that is a single answer to its end, with nothing around it."""

    async def make() -> Whole:
        if isinstance(answer, Exception):
            raise answer
        return answer

    folder = await answered(lambda request, context: Single(make), "p", COSTS)(REQUEST, context)
    return folder.response()


def responded(**fields: Any) -> Response:
    return Response(steps=(Step((Candidate(),)),), model="echo-1", **fields)


async def test_a_response_in_one_piece_is_kept_the_same_books_of() -> None:
    context = Context()
    response = await in_one_piece(responded(), context)
    assert response.served_by == ServedBy("p", "echo-1")
    assert response.cost
    assert response.timing
    assert response.attempts == tuple(context.attempts)
    (attempt,) = context.attempts
    assert (attempt.provider, attempt.model, attempt.error) == ("p", "m", None)
    better = ServedBy("q", "other", "eu")
    assert (await in_one_piece(responded(served_by=better), Context())).served_by == better


async def test_a_response_in_one_piece_keeps_the_promise_of_strict() -> None:
    dropped = responded(warnings=(CallWarning("seed", "dropped", "unknown"),))
    with pytest.raises(Unsupported, match="seed dropped"):
        await in_one_piece(dropped, Context(strict=True))
    noted = responded(warnings=(CallWarning("seed", "noted", "unknown"),))
    assert (await in_one_piece(noted, Context(strict=True))).warnings == noted.warnings


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Overloaded("busy"), Overloaded),
        (KeyError("choices"), BadReply),
        ((), PluginError),
        ((Warned(CallWarning("seed", "noted", "unknown")),), CutOff),
    ],
)
async def test_an_answer_in_one_piece_that_fails_is_named_and_recorded(
    answer: Any, error: type[AIError]
) -> None:
    context = Context()
    with pytest.raises(error) as raised:
        await in_one_piece(answer, context)
    assert (raised.value.provider, raised.value.model) == ("p", "m")
    assert [attempt.error for attempt in context.attempts] == [error.code]


def test_every_error_says_where_it_came_from() -> None:
    assert str(Overloaded("busy", provider="p", status=503)) == "p 503: busy"
    assert isinstance(Overloaded("busy"), AIError)
