"""What pytest gets from aikit: the fixture `aikit_tape`, and the option `--aikit-record`."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from aikit_wire.transport import Transport

RECORD = "AIKIT_RECORD"
NAME_LENGTH = 100


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("aikit").addoption(
        "--aikit-record",
        action="store_true",
        help=f"ask the real services and record the tapes of `aikit_tape` anew (or {RECORD}=1)",
    )


@pytest.fixture
def aikit_tape(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Transport]:
    """Answer from the test's own tape, or record it: `Kit(http_client=aikit_tape)`.

    The tape is `tapes/<module>/<test>.jsonl` beside the test's file. Replaying needs no key: each
    provider on the tape that has none is given one that does not work.
    """
    path = tape_path(request.path, request.node.nodeid)
    record = os.environ.get(RECORD, "") not in ("", "0")
    if record or request.config.getoption("--aikit-record"):
        from aikit_testing.record import Recorder

        recorder = Recorder(path)
        yield recorder
        recorder.flush()
        return
    if not path.exists():
        pytest.fail(
            f"there is no tape {path}; record it: pytest --aikit-record '{request.node.nodeid}'",
            pytrace=False,
        )
    from aikit_testing.replay import Replayer

    replayer = Replayer(path)
    for name in {exchange.asked.provider for exchange in replayer.unused} - {""}:
        variable = f"{name}_api_key".upper().replace("-", "_")
        if not os.environ.get(variable):
            monkeypatch.setenv(variable, "replayed-without-a-key")
    yield replayer


def tape_path(file: Path, nodeid: str) -> Path:
    """Name the tape of a test; what no file name may hold is told by a hash."""
    name = nodeid.partition("::")[2].replace("::", ".").replace("[", "-").removesuffix("]")
    plain = re.sub(r"[^\w.-]", "_", name)[:NAME_LENGTH]
    if plain != name:
        plain += f"-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return file.parent / "tapes" / file.stem / f"{plain}.jsonl"
