"""`aikit generate`: what goes in, what comes out, and where."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from aicore.events import Event
from aicore.fold import fold
from aicore.responses import Response
from aicore.values import from_json

from .conftest import Run, Start
from .service import KEY, Service

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


def test_the_answer_goes_to_stdout_and_nothing_to_stderr(run: Run) -> None:
    result = run("generate", "hello there")
    assert (result.stdout, result.stderr, result.exit_code) == ("hello there\n", "", 0)


def test_a_prompt_is_followed_by_what_is_piped_in(run: Run, service: Service) -> None:
    run("generate", "summarise", input="a long text\n")
    assert service.last["messages"] == [{"role": "user", "content": "summarise\n\na long text"}]


def test_a_prompt_may_be_piped_in_alone(run: Run) -> None:
    assert run("generate", input="only this\n").stdout == "only this\n"


def test_without_any_prompt_it_says_how_to_give_one(run: Run, service: Service) -> None:
    result = run("generate")
    assert result.exit_code == 2
    assert "give it as an argument or pipe it in" in result.stderr
    assert service.requests == []


def test_words_without_quotes_are_answered_with_quotes(run: Run, service: Service) -> None:
    result = run("generate", "hello", "there", "you")
    assert result.exit_code == 2
    assert "Put the prompt in quotes: 'hello there you'" in result.stderr
    assert service.requests == []


def test_two_forms_of_output_at_once_are_refused(run: Run, service: Service) -> None:
    result = run("generate", "hi", "--json", "--events")
    assert result.exit_code == 2
    assert "--json and --events exclude each other" in result.stderr
    assert service.requests == []


def test_a_missing_key_is_told_as_the_command_line_takes_it(run: Run) -> None:
    result = run("generate", "hi", "-m", "openai:gpt-5.2")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: no API key for 'openai': set OPENAI_API_KEY, "
        "or add `api_key` under [providers.openai] in aikit.toml\n"
    )


def test_what_is_piped_in_must_be_text(run: Run) -> None:
    result = run("generate", input=PNG)
    assert result.exit_code == 2
    assert "--attach" in result.stderr


def test_the_system_text_comes_first(run: Run, service: Service) -> None:
    run("generate", "-s", "Be brief.", "hi")
    assert [message["role"] for message in service.last["messages"]] == ["system", "user"]


def test_settings_reach_the_service_under_their_names(run: Run, service: Service) -> None:
    run(
        *("generate", "hi", "-m", "mock:other", "--temperature", "0", "--max-tokens", "9"),
        *("--top-p", "0.5", "--seed", "7", "--stop", "a", "--stop", "b", "--reasoning", "low"),
    )
    sent = service.last
    assert sent["model"] == "other"
    assert sent["temperature"] == 0
    assert sent["max_tokens"] == 9
    assert sent["top_p"] == 0.5
    assert sent["seed"] == 7
    assert sent["stop"] == ["a", "b"]
    assert sent["reasoning_effort"] == "low"


def test_only_settings_that_were_given_are_sent(run: Run, service: Service) -> None:
    run("generate", "hi")
    assert set(service.last) == {"model", "messages", "stream", "stream_options"}


def test_any_setting_can_be_given_as_json(run: Run, service: Service) -> None:
    tool = '[{"type": "tool", "name": "weather"}]'
    run(
        *("generate", "hi", "-o", f"tools={tool}", "-o", "presence-penalty=1"),
        *("-o", 'reasoning={"effort": "high"}', "-o", "user=me", "-o", 'stop=["a"]'),
        *("-o", 'headers={"x-a": "b"}'),
    )
    assert service.last["tools"][0]["function"]["name"] == "weather"
    assert service.last["presence_penalty"] == 1
    assert service.last["reasoning_effort"] == "high"
    assert service.last["user"] == "me"
    assert service.last["stop"] == ["a"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("temprature=1", "did you mean `temperature`?"),
        ("tools=[1]", "--option tools"),
        ("top_k=many", "`top_k` must be int"),
        ("messages=[]", "`messages` cannot be given with --option"),
        ("api_key=x", "`api_key` cannot be given with --option"),
        ("seed", "is not NAME=JSON"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_sent(
    run: Run, service: Service, option: str, message: str
) -> None:
    result = run("generate", "hi", "-o", option)
    assert result.exit_code == 2
    assert message in result.stderr
    assert service.requests == []


def test_a_schema_is_sent_as_the_response_format(run: Run, service: Service, folder: Path) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    (folder / "answer.json").write_text(json.dumps(schema))
    run("generate", "hi", "--schema", "answer.json")
    assert service.last["response_format"]["json_schema"]["schema"] == schema


def test_files_are_sent_as_what_they_are(run: Run, service: Service, folder: Path) -> None:
    (folder / "photo").write_bytes(PNG)
    (folder / "talk.mp3").write_bytes(b"ID3abc")
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7")
    attached = [word for name in ("photo", "talk.mp3", "paper.pdf") for word in ("--attach", name)]
    run("generate", "look", *attached)
    *files, text = service.last["messages"][0]["content"]
    assert [part["type"] for part in files] == ["image_url", "input_audio", "file"]
    assert base64.b64encode(PNG).decode() in files[0]["image_url"]["url"]
    assert text == {"type": "text", "text": "look"}


def test_files_may_come_without_words(run: Run, service: Service, folder: Path) -> None:
    (folder / "photo").write_bytes(PNG)
    run("generate", "--attach", "photo")
    assert [part["type"] for part in service.last["messages"][0]["content"]] == ["image_url"]


def test_json_is_the_whole_response(run: Run) -> None:
    result = run("generate", "hello there", "--json")
    response = from_json(Response, result.stdout)
    assert response.text == "hello there"
    assert response.usage.input_tokens == 12
    assert response.served_by.provider == "mock"


@pytest.mark.parametrize("how", [(), ("--no-stream",)])
def test_events_are_lines_of_json_that_fold_to_the_response(run: Run, how: list[str]) -> None:
    result = run("generate", "hello there", "--events", *how)
    events = [from_json(Event, line) for line in result.stdout.splitlines()]
    assert fold(events).text == "hello there"


def test_no_stream_asks_for_one_piece_and_shows_the_same(run: Run, service: Service) -> None:
    result = run("generate", "hello there", "--no-stream")
    assert result.stdout == "hello there\n"
    assert not service.last.get("stream")


def test_reasoning_shows_on_stderr_when_asked_for(run: Run) -> None:
    assert run("generate", "hi", "-m", "mock:thinker").stderr == ""
    result = run("generate", "hi", "-m", "mock:thinker", "--show-reasoning")
    assert (result.stdout, result.stderr) == ("Yes.\n", "Let me think.\n")


def test_tool_calls_are_written_on_lines_of_their_own(run: Run) -> None:
    result = run("generate", "hi", "-m", "mock:caller")
    assert result.stdout == 'One moment.\ntool call: weather {"city": "Paris"}\n'


def test_a_refusal_is_shown_as_the_answer_it_is(run: Run) -> None:
    assert run("generate", "hi", "-m", "mock:decliner").stdout == "I would rather not.\n"


def test_several_candidates_are_shown_one_after_another(run: Run) -> None:
    result = run("generate", "hi", "-m", "mock:twins", "-o", "n=2")
    assert result.stdout == "first\n\n[2]\nsecond\ntool call: weather {}\n"


def test_a_cut_off_answer_is_remarked(run: Run) -> None:
    assert "warning: the answer was cut off" in run("generate", "hi", "-m", "mock:short").stderr


def test_a_setting_that_cannot_be_sent_is_a_warning_or_with_strict_an_error(
    run: Run, service: Service
) -> None:
    loose = run("generate", "hi", "-o", "top_k=5")
    assert loose.stdout == "hi\n"
    assert "warning: mock: top_k dropped" in loose.stderr
    strict = run("generate", "hi", "-o", "top_k=5", "--strict")
    assert strict.exit_code == 2
    assert len(service.requests) == 1


def test_verbose_tells_who_answered_and_what_it_took(run: Run) -> None:
    told = run("generate", "hi", "-v").stderr
    assert told.startswith("mock:echo · 12 in, 5 out, 8 cached tokens · cost unknown (")
    assert "first token" in told


def test_verbose_says_when_tokens_are_only_estimated(run: Run) -> None:
    told = run("generate", "hi", "-m", "fixture:echo", "-v").stderr
    assert " out tokens (estimated) · " in told
    assert "estimated" not in run("generate", "hi", "-v").stderr


def test_the_model_may_come_from_the_settings_named_by_config(run: Run, folder: Path) -> None:
    settings = (folder / "aikit.toml").read_text().replace("mock", "twin")
    (folder / "other.toml").write_text(settings)
    assert "twin:echo" in run("generate", "hi", "-v", "--config", "other.toml").stderr


@pytest.mark.parametrize(
    ("model", "code", "advice"),
    [
        ("mock:denied", 3, "check the API key"),
        ("mock:refused", 4, "no, refused"),
        ("mock:gone", 4, "aikit models mock --live"),
        ("mock:busy", 5, "try again later"),
        ("mock:broken", 5, "try again later"),
        ("mock:cut", 6, "try again, or with another model"),
        ("nobody:x", 2, "nobody"),
    ],
)
def test_an_error_is_one_line_without_the_key_and_its_family_is_the_exit_code(
    run: Run, model: str, code: int, advice: str
) -> None:
    result = run("generate", "hi", "-m", model)
    assert result.exit_code == code
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert advice in result.stderr
    assert KEY not in result.output


def test_a_timeout_says_so_and_closes_the_connection(run: Run, service: Service) -> None:
    result = run("generate", "hi", "-m", "mock:stuck", "--timeout", "0.2")
    assert result.exit_code == 5
    assert "--timeout" in result.stderr
    assert result.stdout == "hi\n"
    assert service.hung_up.wait(5)


def test_text_arrives_before_the_answer_is_finished(start: Start, service: Service) -> None:
    process = start("generate", "once upon a time", "-m", "mock:stuck", stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 4) == b"once"


def test_ctrl_c_closes_the_connection_and_exits_with_130(start: Start, service: Service) -> None:
    process = start("generate", "hello there", "-m", "mock:stuck", stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 5) == b"hello"
    assert not service.hung_up.is_set()
    process.send_signal(signal.SIGINT)
    assert service.hung_up.wait(10)
    _, stderr = process.communicate(timeout=10)
    assert process.returncode == 130
    assert stderr.strip() == b""


def test_a_closed_pipe_ends_it_quietly(start: Start) -> None:
    process = start("generate", "hi", "-m", "mock:long", stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stdout.readline() == b"line 0\n"
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(10) == 1


def test_a_letter_that_stdout_has_no_code_for_does_not_break_it(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    process = start("generate", "m\u00fcde \u2026", stdin=subprocess.DEVNULL)
    assert process.communicate(timeout=10) == ("müde ?\n".encode("latin-1"), b"")
