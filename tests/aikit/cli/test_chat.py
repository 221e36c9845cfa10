"""`aikit chat`: a conversation over a pipe and on a terminal."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aicore.messages import Message
from aicore.values import from_json

from .conftest import Run, Start
from .service import KEY, Service


def test_each_line_is_answered_with_all_that_was_said_before(run: Run, service: Service) -> None:
    result = run("chat", "-s", "Be kind.", input="one\n\n   \ntwo\n")
    assert result.stdout == "one\ntwo\n"
    assert (result.stderr, result.exit_code) == ("", 0)
    said = [(message["role"], message["content"]) for message in service.last["messages"]]
    assert said == [
        ("system", "Be kind."),
        ("user", "one"),
        ("assistant", "one"),
        ("user", "two"),
    ]


def test_settings_hold_for_every_turn(run: Run, service: Service) -> None:
    run("chat", "--temperature", "0", "-v", input="one\ntwo\n")
    assert [request["temperature"] for request in service.requests] == [0, 0]


def test_a_turn_that_fails_is_told_and_not_kept(run: Run, service: Service) -> None:
    lines = ("one", "/model mock:busy", "two", "/model mock:cut", "three", "/model mock:echo")
    result = run("chat", input="\n".join((*lines, "four")))
    assert result.exit_code == 6
    assert result.stderr.count("error: mock") == 2
    assert "try again later" in result.stderr
    assert KEY not in result.output
    assert [message["content"] for message in service.last["messages"]] == ["one", "one", "four"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("one\n", 0),
        ("/model mock:busy\none\n", 5),
        ("/model mock:busy\none\n/model mock:echo\ntwo\n", 5),
        ("/model mock:busy\none\n/model mock:denied\ntwo\n", 3),
        ("/model nobody:x\n", 2),
        ("/save missing/talk.json\n", 1),
        ("/modle x\n", 2),
    ],
)
def test_piped_lines_end_with_the_code_of_the_last_that_failed(
    run: Run, lines: str, code: int
) -> None:
    assert run("chat", input=lines).exit_code == code


def test_model_goes_on_with_another_and_an_unknown_one_is_refused(
    run: Run, service: Service
) -> None:
    result = run("chat", input="/model mock:other\none\n/model nobody:x\ntwo\n")
    assert [request["model"] for request in service.requests] == ["other", "other"]
    assert "no provider 'nobody' is known" in result.stderr


def test_system_can_be_changed_and_forgotten(run: Run, service: Service) -> None:
    run("chat", "-s", "a", input="/system b\none\n/clear\n/system\ntwo\n")
    first, second = (request["messages"] for request in service.requests)
    assert first[0] == {"role": "system", "content": "b"}
    assert [message["content"] for message in second] == ["two"]


def test_save_writes_the_messages_as_json(run: Run, folder: Path) -> None:
    run("chat", "-s", "Be kind.", input="one\n/save talk.json\n")
    messages = from_json(tuple[Message, ...], (folder / "talk.json").read_bytes())
    assert [message.role for message in messages] == ["system", "user", "assistant"]
    assert json.loads((folder / "talk.json").read_bytes())[1]["role"] == "user"


def test_what_cannot_be_saved_is_told_and_the_conversation_goes_on(run: Run) -> None:
    result = run("chat", input="/save missing/talk.json\none\n")
    assert "error: " in result.stderr
    assert "missing/talk.json" in result.stderr
    assert result.stdout == "one\n"


def test_help_lists_the_commands_and_exit_leaves(run: Run, service: Service) -> None:
    result = run("chat", input="/help\n/exit\nunheard\n")
    for name in ("/model NAME", "/system TEXT", "/clear", "/save FILE", "/exit"):
        assert name in result.stderr
    assert service.requests == []


@pytest.mark.parametrize("line", ["/modle x", "/model", "/save", "/clear all"])
def test_an_unknown_command_is_not_sent(run: Run, service: Service, line: str) -> None:
    result = run("chat", input=f"{line}\n")
    assert f"'{line}' is no command; /help lists them" in result.stderr
    assert service.requests == []


def test_a_line_with_a_slash_can_be_sent_after_a_space(run: Run, service: Service) -> None:
    run("chat", input=" /etc/hosts\n")
    assert service.last["messages"][0]["content"] == " /etc/hosts"


def test_settings_that_are_wrong_end_it_before_it_begins(run: Run) -> None:
    assert run("chat", "-o", "messages=[]", input="hi\n").exit_code == 2


def test_ctrl_c_between_answers_only_drops_the_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str | type[BaseException]] = ["one", KeyboardInterrupt, "two", EOFError]

    def input(prompt: str) -> str:
        line = lines.pop(0)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr("builtins.input", input)
    result = run("chat")
    assert (result.stdout, result.exit_code) == ("one\ntwo\n", 0)


def test_a_closed_pipe_ends_it(start: Start) -> None:
    process = start("chat", "-m", "mock:long")
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(b"hi\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"line 0\n"
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(10) == 1


class Screen:
    """The side of a terminal where a person sits."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.seen = b""

    def wait_for(self, text: bytes) -> None:
        """Read until a text shows that was not there yet."""
        due = time.monotonic() + 15
        while text not in self.seen:
            ready, _, _ = select.select([self.descriptor], [], [], due - time.monotonic())
            assert ready, f"{text!r} never came, only {self.seen!r}"
            self.seen += os.read(self.descriptor, 4096)
        self.seen = self.seen.partition(text)[2]

    def type(self, text: bytes) -> None:
        os.write(self.descriptor, text)


@pytest.fixture
def terminal() -> Iterator[tuple[Screen, int]]:
    person, program = os.openpty()
    yield Screen(person), program
    os.close(person)
    os.close(program)


def test_ctrl_c_stops_the_answer_but_not_the_conversation(
    start: Start, service: Service, terminal: tuple[Screen, int]
) -> None:
    screen, tty = terminal
    process = start("chat", "-m", "mock:stuck", stdin=tty, stdout=tty, stderr=tty)
    screen.wait_for(b"> ")
    screen.type(b"walrus\n")
    screen.wait_for(b"walrus\r\n")
    screen.wait_for(b"walrus")
    process.send_signal(signal.SIGINT)
    assert service.hung_up.wait(10)
    screen.wait_for(b"> ")
    screen.type(b"/model mock:numbers\nhow many?\n")
    screen.wait_for(b"messages: 1")
    screen.wait_for(b"> ")
    screen.type(b"\x04")
    assert process.wait(10) == 0


def test_a_terminal_gets_no_control_characters_of_the_model(
    start: Start, terminal: tuple[Screen, int]
) -> None:
    screen, tty = terminal
    process = start("generate", "hi", "-m", "mock:hostile", stdin=tty, stdout=tty, stderr=tty)
    screen.wait_for("\N{REPLACEMENT CHARACTER}[2J".encode())
    screen.wait_for(b"safe\r\n")
    assert process.wait(10) == 0


def test_a_pipe_gets_the_answer_to_the_letter(run: Run) -> None:
    result = run("generate", "hi", "-m", "mock:hostile")
    assert result.stdout_bytes == b"\x1b[2J\x1b]0;title\x07safe\r\n"


def test_thoughts_and_answer_stand_on_lines_of_their_own_on_a_terminal(
    start: Start, terminal: tuple[Screen, int]
) -> None:
    screen, tty = terminal
    command = ("generate", "hi", "-m", "mock:thinker", "--show-reasoning")
    process = start(*command, stdin=tty, stdout=tty, stderr=tty)
    screen.wait_for(b"\x1b[2mLet me \x1b[0m\x1b[2mthink.\x1b[0m\r\nYes.\r\n")
    assert process.wait(10) == 0
