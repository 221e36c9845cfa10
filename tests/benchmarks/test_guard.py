"""The guard: the hot paths execute no more than is kept, and it notices when they do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.counts import ALLOWED, KEPT
from benchmarks.install import ROOT

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def guard(*options: str | Path) -> subprocess.CompletedProcess[str]:
    """Count in a process that nothing else traces."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.counts", *map(str, options)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def kept_elsewhere(folder: Path, times: float) -> Path:
    """Keep other counts than ours."""
    assert guard("--update", "--kept", folder / "counts.json").returncode == 0
    versions: dict[str, Any] = json.loads((folder / "counts.json").read_text())
    for by_kind in versions[VERSION].values():
        for what in by_kind:
            by_kind[what] *= times
    (folder / "counts.json").write_text(json.dumps(versions))
    return folder / "counts.json"


def test_the_hot_paths_execute_no_more_than_is_kept() -> None:
    done = guard()
    assert done.returncode == 0, done.stdout + done.stderr


def test_counts_are_the_same_every_time(tmp_path: Path) -> None:
    assert guard().stdout == guard().stdout
    assert guard("--kept", kept_elsewhere(tmp_path, 1)).returncode == 0


@pytest.mark.parametrize(("times", "code"), [(1 / (ALLOWED - 0.01), 0), (1 / (ALLOWED + 0.01), 1)])
def test_a_quarter_more_fails(tmp_path: Path, times: float, code: int) -> None:
    done = guard("--kept", kept_elsewhere(tmp_path, times))
    assert done.returncode == code
    assert ("WORSE  kit.generate" in done.stdout) is bool(code)
    assert ("benchmarks/guard --update" in done.stdout) is bool(code)


def test_a_path_without_a_kept_count_fails(tmp_path: Path) -> None:
    kept = kept_elsewhere(tmp_path, 1)
    versions = json.loads(kept.read_text())
    del versions[VERSION]["kit.generate"]
    kept.write_text(json.dumps(versions))
    done = guard("--kept", kept)
    assert (done.returncode, "kit.generate: no count is kept" in done.stdout) == (1, True)


def test_nothing_fails_on_a_python_without_counts(tmp_path: Path) -> None:
    (tmp_path / "counts.json").write_text("{}")
    done = guard("--kept", tmp_path / "counts.json")
    assert (done.returncode, "no counts are kept" in done.stdout) == (0, True)


def test_counts_are_kept_for_the_python_of_the_checks() -> None:
    assert "3.11" in json.loads(KEPT.read_text())
