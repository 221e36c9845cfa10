"""The tiny models; what they say is tested with the engine that runs them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from aikit_testing.tiny_model import GREETING, words, write_tiny_model


def test_a_model_is_small_and_always_the_same(tmp_path: Path) -> None:
    one = write_tiny_model(tmp_path / "one.gguf", "tool")
    two = write_tiny_model(str(tmp_path / "two.gguf"), "tool")
    assert one.read_bytes() == two.read_bytes()
    assert one.read_bytes()[:4] == b"GGUF"
    assert one.stat().st_size < 1_500_000
    assert write_tiny_model(tmp_path / "chat.gguf").read_bytes() != one.read_bytes()


def test_a_sentence_is_written_word_by_word() -> None:
    assert words(GREETING)[0] == "Hello"
    assert "".join(words(GREETING)).replace("▁", " ") == GREETING


@pytest.mark.parametrize("missing", ["gguf", "numpy"])
def test_the_error_names_what_is_missing(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=rf"needs {missing}; .*aikit-testing\[gguf\]"):
        write_tiny_model(tmp_path / "x.gguf")
