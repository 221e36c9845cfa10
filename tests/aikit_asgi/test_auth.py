"""Keys are kept as hashes, and nobody is let in without one."""

from __future__ import annotations

import hmac
from collections.abc import AsyncGenerator, Mapping
from hashlib import sha256
from typing import Any

import pytest
from aicore.calls import Batch
from aicore.context import Context
from aicore.errors import BadConfig
from aikit_asgi import APIKeys, create_app
from aikit_asgi.auth import hashed

from .asgi import CHAT, CLOSING, OPENAI_CHAT, OPENING, ask, scripted

KEY = "gateway-key-1"
ROUTES = [
    ("/generate", CHAT),
    ("/generate/stream", CHAT),
    ("/embed", {"model": "fixture:echo", "input": "a"}),
    ("/provider-models", None),
    ("/openapi.json", None),
    ("/v1/chat/completions", OPENAI_CHAT),
    ("/v1/embeddings", {"model": "fixture:echo", "input": "a"}),
    ("/v1/models", None),
    ("/v1/models/fixture:echo", None),
    ("/nowhere", None),
]


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


@pytest.mark.parametrize(("path", "body"), ROUTES)
@pytest.mark.parametrize(
    "headers",
    [{}, bearer("wrong"), bearer(""), {"authorization": f"Basic {KEY}"}, {"x-api-key": ""}],
)
async def test_without_a_right_key_nothing_is_answered(
    path: str, body: Any, headers: Mapping[str, str]
) -> None:
    answer = await ask(create_app(auth=APIKeys([KEY])), path, body, headers=headers)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.error["code"] == "invalid_api_key"
    assert KEY not in answer.body.decode()


@pytest.mark.parametrize(
    "headers",
    [
        bearer(KEY),
        {"authorization": f"bearer   {KEY}"},
        {"x-api-key": KEY},
        {"authorization": "Basic dXNlcjpwYXNz", "x-api-key": KEY},
    ],
)
@pytest.mark.parametrize("given", [KEY, hashed(KEY), hashed(KEY).upper().replace("SHA", "sha")])
async def test_a_right_key_is_let_in_however_it_is_sent_and_kept(
    headers: Mapping[str, str], given: str
) -> None:
    app = create_app(auth=APIKeys([given]))
    assert (await ask(app, "/generate", CHAT, headers=headers)).status == 200


async def test_health_needs_no_key() -> None:
    app = create_app(auth=APIKeys([KEY]))
    for path in ("/healthz", "/healthz/"):
        assert (await ask(app, path)).json == {"status": "ok"}


async def test_the_hash_of_a_key_opens_nothing() -> None:
    app = create_app(auth=APIKeys([KEY]))
    for sent in (hashed(KEY), hashed(KEY).removeprefix("sha256:")):
        assert (await ask(app, "/generate", CHAT, headers=bearer(sent))).status == 401


async def test_calls_know_whose_key_was_used() -> None:
    owners = []

    async def note(request: Any, context: Context) -> AsyncGenerator[Batch, None]:
        owners.append(context.owner)
        yield OPENING + CLOSING

    named = create_app(scripted(note), auth=APIKeys({KEY: "ada", "other-key": ""}))
    for key in (KEY, "other-key"):
        assert (await ask(named, "/generate", CHAT, headers=bearer(key))).status == 200
    open_to_all = create_app(scripted(note))
    await ask(open_to_all, "/generate", CHAT, headers=bearer(KEY))
    assert owners == ["ada", f"key-{sha256(b'other-key').hexdigest()[:8]}", None]


def test_every_key_is_compared_in_constant_time_whichever_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys, compared = APIKeys(["a", "b", "c"]), list[Any]()
    compare = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    for key in ("a", "c", "wrong"):
        keys.owner(bearer(key))
        assert len(compared) == 3
        assert {len(one) for pair in compared for one in pair} == {64}
        compared.clear()


def test_a_key_beyond_ascii_is_compared_as_it_was_sent() -> None:
    keys = APIKeys({"schlüssel": "ada"})
    assert keys.owner({"x-api-key": "schlüssel".encode().decode("latin-1")}) == "ada"
    assert keys.owner({"x-api-key": "schlüssel"}) is None


def test_one_key_may_be_given_alone() -> None:
    keys = APIKeys("secret")
    assert keys.owner(bearer("secret"))
    assert keys.owner(bearer("s")) is None


def test_keys_do_not_show() -> None:
    keys = APIKeys([KEY])
    assert repr(keys) == "<APIKeys: 1>"
    assert KEY not in repr(vars(keys))


@pytest.mark.parametrize(
    "keys", [[], {}, "", ["a", ""], [" a"], ["a\n"], ["sha256:abc"], ["sha256:" + "g" * 64]]
)
def test_keys_that_could_not_be_used_are_refused(keys: Any) -> None:
    with pytest.raises(BadConfig) as caught:
        APIKeys(keys)
    assert "abc" not in str(caught.value)


class Vip:
    def owner(self, headers: Mapping[str, str]) -> str | None:
        return headers.get("x-vip")


async def test_who_may_call_can_be_decided_in_another_way() -> None:
    app = create_app(auth=Vip())
    assert (await ask(app, "/generate", CHAT, headers={"X-VIP": "ada"})).status == 200
    assert (await ask(app, "/generate", CHAT)).status == 401


async def test_asking_for_the_methods_of_a_route_needs_no_key() -> None:
    answer = await ask(create_app(auth=APIKeys([KEY])), "/generate", method="OPTIONS")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
