"""Whisper lowers what is said, streamed or whole, and nothing else."""

from __future__ import annotations

from aikit import Kit

MODEL = "fixture:echo"


async def test_an_answer_is_lowered_both_ways() -> None:
    async with Kit() as kit:
        whole = await kit.generate("MIND the Gap", model=MODEL)
        async with kit.stream("MIND the Gap", model=MODEL) as stream:
            pieces = [piece async for piece in stream.text]
    assert whole.text == "".join(pieces) == "mind the gap"
    assert len(pieces) > 1


async def test_it_stands_around_the_call() -> None:
    async with Kit() as kit:
        assert "whisper" in [item.name for item in kit.stack()]
        assert not kit.broken_plugins
