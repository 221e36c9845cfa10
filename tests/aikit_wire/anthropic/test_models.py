"""The list of models and the count of tokens, decoded."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from aicore.errors import BadReply, Overloaded
from aicore.models import ModelInfo
from aikit_wire.anthropic.models import decode_count, decode_models

ENTRY: dict[str, Any] = {
    "type": "model",
    "id": "claude-1",
    "display_name": "Claude 1",
    "created_at": "2026-02-03T00:00:00Z",
    "deprecated_at": "2026-10-01T00:00:00Z",
    "line": "opus",
    "max_input_tokens": 200_000,
    "max_tokens": 64_000,
    "capabilities": {
        "image_input": {"supported": True},
        "structured_outputs": {"supported": False},
        "thinking": {"supported": True, "types": {}},
        "hovering": {"supported": True},
        "effort": "who knows",
    },
}
ERROR = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy."}}


def page(*items: Any, **fields: Any) -> bytes:
    return json.dumps({"data": list(items), **fields}).encode()


def test_an_entry_tells_limits_and_abilities() -> None:
    found = decode_models(page(ENTRY), "anthropic")
    assert found.models == (
        ModelInfo(
            id="claude-1",
            provider="anthropic",
            name="Claude 1",
            family="opus",
            features={"vision": True, "json_schema": False, "reasoning": True},
            context_window=200_000,
            max_output_tokens=64_000,
            created=1770076800,
            deprecated=date(2026, 10, 1),
            raw=ENTRY,
        ),
    )
    assert found.after is None


def test_what_an_entry_does_not_tell_is_unknown() -> None:
    [info] = decode_models(page({"id": "m", "created_at": "1970-01-01T00:00:00Z"}), "a").models
    assert (info.name, info.created, info.deprecated, dict(info.features)) == (None, None, None, {})
    [info] = decode_models(page({"id": "m", "created_at": "soon"}, {"name": "none"}, 3), "a").models
    assert (info.id, info.created) == ("m", None)


def test_a_page_says_where_the_next_one_begins() -> None:
    assert decode_models(page(ENTRY, has_more=True, last_id="claude-1"), "a").after == "claude-1"
    assert decode_models(page(ENTRY, has_more=False, last_id="claude-1"), "a").after is None
    assert decode_models(page(ENTRY, has_more=True, last_id=None), "a").after is None


@pytest.mark.parametrize("body", [b"no json", b"[]", b"{}", b'{"data": 3}'])
def test_what_is_no_list_is_a_bad_reply(body: bytes) -> None:
    with pytest.raises(BadReply):
        decode_models(body, "anthropic")
    with pytest.raises(BadReply):
        decode_count(body, "anthropic", "m")


def test_an_error_under_a_good_status_is_an_error() -> None:
    body = json.dumps(ERROR).encode()
    with pytest.raises(Overloaded, match="Busy"):
        decode_models(body, "anthropic")
    with pytest.raises(Overloaded) as raised:
        decode_count(body, "anthropic", "claude-1")
    assert raised.value.model == "claude-1"


def test_a_count_is_what_the_service_says() -> None:
    count = decode_count(b'{"input_tokens": 12}', "anthropic", "claude-1")
    assert (count.tokens, count.model, count.raw) == (12, "claude-1", {"input_tokens": 12})
