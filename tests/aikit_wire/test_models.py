"""A service's list of models is read, with the limits that it tells."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aicore.errors import BadReply, Unauthorized
from aicore.models import ModelInfo
from aikit_wire.openai.models import decode_models


def models(answer: Any) -> list[ModelInfo]:
    return decode_models(json.dumps(answer).encode(), "acme", ("hunter22",))


def test_an_entry_keeps_all_that_the_service_said() -> None:
    entry = {"id": "m1", "object": "model", "created": 1700000000, "owned_by": "acme"}
    assert models({"object": "list", "data": [entry]}) == [
        ModelInfo(id="m1", provider="acme", created=1700000000, raw=entry)
    ]


def test_the_bare_list_is_read() -> None:
    assert [model.id for model in models([{"id": "a"}, {"id": "b"}])] == ["a", "b"]


@pytest.mark.parametrize(
    "name", ["context_window", "context_length", "max_context_length", "max_model_len"]
)
def test_the_context_window_is_found_under_the_vendors_name(name: str) -> None:
    assert models([{"id": "a", name: 8192}])[0].context_window == 8192


@pytest.mark.parametrize("name", ["max_completion_tokens", "max_output_length"])
def test_the_limit_of_the_answer_is_found_under_the_vendors_name(name: str) -> None:
    assert models([{"id": "a", name: 4096}])[0].max_output_tokens == 4096


def test_mistral_tells_names_and_aliases() -> None:
    entry = {"id": "m-2512", "name": "M Large", "aliases": ["m-latest", "m"]}
    model = models({"data": [entry]})[0]
    assert (model.name, model.aliases) == ("M Large", ("m-latest", "m"))


@pytest.mark.parametrize("aliases", [None, [], "m-latest", 5])
def test_what_is_no_list_of_aliases_is_none(aliases: Any) -> None:
    assert models([{"id": "a", "aliases": aliases, "name": 5}])[0].aliases == ()


def test_an_entry_without_an_id_goes_by_its_name_or_not_at_all() -> None:
    answer = {"data": [{"name": "n"}, {"object": "model"}, "text", None, {"id": 7}]}
    assert [model.id for model in models(answer)] == ["n", "7"]


@pytest.mark.parametrize("answer", [{"data": None}, {"data": {}}, {}, "text", None, 5])
def test_what_holds_no_list_is_a_bad_reply(answer: Any) -> None:
    with pytest.raises(BadReply, match="no list of models"):
        models(answer)


def test_what_is_no_json_is_a_bad_reply() -> None:
    with pytest.raises(BadReply, match="no list of models"):
        decode_models(b"<html>", "acme")


def test_an_error_with_a_good_status_is_an_error() -> None:
    with pytest.raises(Unauthorized, match=r"no: \*\*\*") as caught:
        models({"error": {"message": "no: hunter22", "code": "invalid_api_key"}})
    assert caught.value.provider == "acme"
