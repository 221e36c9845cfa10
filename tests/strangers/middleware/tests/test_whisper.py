"""Whisper lowers what is said, streamed or whole, and nothing else."""

from __future__ import annotations

from aikit import Kit, SyncKit

MODEL = "fixture:echo"


def test_an_answer_is_lowered_both_ways() -> None:
    with SyncKit() as kit:
        whole = kit.generate("MIND the Gap", model=MODEL)
        with kit.stream("MIND the Gap", model=MODEL) as stream:
            pieces = list(stream.text)
    assert whole.text == "".join(pieces) == "mind the gap"
    assert len(pieces) > 1


def test_it_stands_around_the_call() -> None:
    kit = Kit()
    assert "whisper" in [item.name for item in kit.stack()]
    assert not kit.broken_plugins
