"""`aikit rerank`: documents from arguments or lines, the best first."""

from __future__ import annotations

import json

from .conftest import Run

QUERY, DOCUMENTS = "a fox", ("dog", "the fox", "a fox")
BEST = ["1.0000  a fox", "0.5000  the fox", "0.0000  dog"]


def test_documents_are_arguments_or_the_lines_of_what_is_piped_in(run: Run) -> None:
    for given, piped in ((DOCUMENTS, None), ((), "dog\n\nthe  fox\na fox\n")):
        result = run("rerank", QUERY, *given, "-m", "fixture:echo", input=piped)
        assert (result.exit_code, result.stdout.splitlines()) == (0, BEST)


def test_only_the_best_are_shown_if_so_many_are_wanted(run: Run) -> None:
    result = run("rerank", QUERY, *DOCUMENTS, "-m", "fixture:echo", "--top-n", "1")
    assert result.stdout.splitlines() == BEST[:1]


def test_the_whole_answer_is_json(run: Run) -> None:
    result = run("rerank", QUERY, *DOCUMENTS, "-m", "fixture:echo", "--json", "-n", "1")
    answer = json.loads(result.stdout)
    assert answer["results"] == [{"index": 2, "score": 1.0}]
    assert answer["served_by"]["provider"] == "fixture"


def test_a_document_has_no_power_over_the_terminal(run: Run) -> None:
    result = run("rerank", "a", "a \x1b[2J", "-m", "fixture:echo")
    assert "\x1b" not in result.stdout


def test_what_is_missing_or_wrong_is_said(run: Run) -> None:
    result = run("rerank", QUERY, "-m", "fixture:echo", input="")
    assert result.exit_code == 2
    assert "No documents" in result.stderr
    result = run("rerank", QUERY, "a", "-m", "fixture:echo", "-o", "topn=1")
    assert result.exit_code != 0
    assert "there is no setting `topn`; did you mean `top_n`?" in result.stderr


def test_a_provider_without_the_ability_says_so(run: Run) -> None:
    result = run("rerank", QUERY, "a", "-m", "mock:m")
    assert result.exit_code != 0
    assert "'mock' has no endpoint for 'rerank'" in result.stderr
