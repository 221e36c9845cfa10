"""`aikit job`: a prompt is handed over, and its answer fetched by what was written down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ...vendor import Vendor
from .conftest import Run


@pytest.fixture
def vendor(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    with Vendor() as vendor:
        monkeypatch.setenv("OPENAI_BASE_URL", vendor.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
        yield vendor


@pytest.fixture
def job(run: Run, vendor: Vendor) -> Path:
    result = run(
        "job", "submit", "Why is the sky blue?", "-m", "openai:gpt-5.2", "--max-tokens", "99"
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["provider"] == "openai"
    Path("job.json").write_text(result.stdout)
    return Path("job.json")


def test_a_job_is_fetched_by_its_file_or_piped_in(run: Run, job: Path) -> None:
    for result in (run("job", "poll", str(job)), run("job", "poll", input=job.read_text())):
        assert json.loads(result.stdout)["status"] == "succeeded"


def test_an_answer_is_waited_for_or_followed(run: Run, job: Path) -> None:
    said = "You said: Why is the sky blue?\n"
    waited = run("job", "wait", str(job), "--timeout", "60", "--interval", "0.1", "-v")
    assert waited.stdout == said
    assert "openai:gpt-5.2" in waited.stderr
    assert json.loads(run("job", "wait", str(job), "--json").stdout)["model"] == "gpt-5.2"
    assert run("job", "follow", str(job)).stdout == said
    assert said.endswith(run("job", "follow", str(job), "--after", "2").stdout)


def test_a_job_is_ended(run: Run, job: Path) -> None:
    assert json.loads(run("job", "cancel", str(job)).stdout)["status"] == "cancelled"


def test_what_could_not_be_sent_is_told(run: Run, vendor: Vendor) -> None:
    result = run("job", "submit", "Hi", "-m", "openai:gpt-5.2", "--seed", "7")
    assert "seed dropped" in result.stderr


def test_without_a_job_it_says_how_to_name_one(run: Run, vendor: Vendor) -> None:
    result = run("job", "poll", input="")
    assert result.exit_code != 0
    assert "which job? Name the file that `aikit job submit` wrote" in result.stderr


def test_a_dash_is_what_is_piped_in(run: Run, job: Path) -> None:
    result = run("job", "poll", "-", input=job.read_text())
    assert json.loads(result.stdout)["status"] == "succeeded"


def test_what_is_no_job_is_named(run: Run, vendor: Vendor) -> None:
    result = run("job", "poll", input='{"id": 5}')
    assert result.exit_code == 2
    assert "what is piped in is no job that `aikit job submit` wrote: " in result.stderr
    assert "provider: Field required" in result.stderr
    Path("note.txt").write_text("resp_1")
    assert (
        "note.txt is no job that `aikit job submit` wrote" in run("job", "poll", "note.txt").stderr
    )


def test_a_file_that_is_no_text_is_told_without_a_traceback(run: Run, vendor: Vendor) -> None:
    Path("job.json").write_bytes('{"id": "x"}'.encode("utf-16"))
    result = run("job", "poll", "job.json")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: job.json is not UTF-8 text")
