"""What the page on performance promises about starting up holds on this machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

OURS = ("from aikit import Kit, Message; Kit()", "aikit --help", "aikit providers")
ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.long
def test_starting_up_stays_within_its_limits() -> None:
    only = [word for name in OURS for word in ("--only", name)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "start", "--rounds", "7", "--check", *only],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
