"""Where Bedrock is, and how requests to it are signed: checked against AWS's own client."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aicore.errors import BadConfig, Forbidden, MissingKey, Unauthorized
from aikit import Kit
from aikit.cli.exits import explain
from aikit_provider_bedrock.credentials import Signer
from aikit_provider_bedrock.sigv4 import Credentials, signed_headers
from hypothesis import given
from hypothesis import strategies as st

from .bedrock_service import SAID, bedrock

NOVA = "bedrock:us.amazon.nova-lite-v1:0"
ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "SESSIONTOKENEXAMPLE"
KEYS: dict[str, Any] = {"access_key_id": ACCESS, "secret_access_key": SECRET, "region": "eu-west-1"}
HOST = "https://bedrock-runtime.us-east-1.amazonaws.com"
URL = f"{HOST}/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse"
BODY = b'{"messages":[{"role":"user","content":[{"text":"hi"}]}]}'
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOTH = "content-type;host;x-amz-date"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        *("AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"),
    ):
        monkeypatch.delenv(name, raising=False)


def authorization(credentials: Credentials, url: str = URL, **fields: Any) -> str:
    asked = {"method": "POST", "headers": {"content-type": "application/json"}, "body": BODY}
    headers = signed_headers(
        url=url,
        credentials=credentials,
        region="us-east-1",
        service="bedrock",
        now=NOW,
        **{**asked, **fields},
    )
    return headers["authorization"]


@pytest.mark.parametrize(
    ("token", "signed", "signature"),
    [
        (None, BOTH, "c13f1c300eb718fd0dbaa6f8d0f25320529e6261df52587aed67be247bc47271"),
        (
            TOKEN,
            f"{BOTH};x-amz-security-token",
            "85818b13a0034fed72a4dfaee615ac95fdb149b52d27e70f085e34442b0fc0ef",
        ),
    ],
)
def test_the_vectors_of_awss_client_are_met(token: str, signed: str, signature: str) -> None:
    told = authorization(Credentials(ACCESS, SECRET, token))
    scope = f"{ACCESS}/20261120/us-east-1/bedrock/aws4_request"
    expected = f"Credential={scope}, SignedHeaders={signed}, Signature={signature}"
    assert told == f"AWS4-HMAC-SHA256 {expected}"


IDS = st.text("abcXYZ09.-_:/ ~+üλ", min_size=1, max_size=20)


@given(
    id=IDS,
    query=st.dictionaries(IDS, IDS, max_size=3),
    body=st.binary(max_size=50),
    port=st.sampled_from(["", ":443", ":8443"]),
    token=st.sampled_from([None, TOKEN]),
)
def test_whatever_is_asked_is_signed_as_awss_client_does_it(
    id: str, query: dict[str, str], body: bytes, port: str, token: str | None
) -> None:
    auth = pytest.importorskip("botocore.auth", reason="install the dev dependency `botocore`")
    if not hasattr(auth, "get_current_datetime"):
        pytest.skip("this botocore is too old to be told the time")
    from unittest.mock import patch
    from urllib.parse import quote, urlencode

    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as Theirs

    url = f"https://bedrock.us-east-1.amazonaws.com{port}/model/m{quote(id, safe='')}/converse"
    if query:
        url += f"?{urlencode(query)}"
    headers = {"content-type": "application/json", "x-amz-note": "a  b"}
    request = AWSRequest("POST", url, dict(headers), body)
    with patch("botocore.auth.get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        auth.SigV4Auth(Theirs(ACCESS, SECRET, token), "bedrock", "us-east-1").add_auth(request)
    ours = authorization(Credentials(ACCESS, SECRET, token), url, headers=headers, body=body)
    assert ours == request.headers["Authorization"]


async def test_a_bearer_key_is_sent_and_nothing_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-1")
    async with bedrock(**KEYS) as (kit, asked):
        await kit.generate("hi", model=NOVA)
    assert asked.authorization == "Bearer bedrock-api-key-1"
    assert "x-amz-date" not in asked[0].headers


async def test_keys_in_settings_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "another")
    async with bedrock(**KEYS) as (kit, asked):
        await kit.generate("hi", model=NOVA)
    assert asked.authorization.startswith(f"AWS4-HMAC-SHA256 Credential={ACCESS}/")
    assert "/eu-west-1/bedrock/aws4_request" in asked.authorization
    assert "x-amz-security-token" not in asked[0].headers
    path = "/model/us.amazon.nova-lite-v1%3A0/converse"
    assert str(asked[0].url) == f"https://bedrock-runtime.eu-west-1.amazonaws.com{path}"


async def test_keys_in_variables_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"{SECRET}\n")
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    async with bedrock() as (kit, asked):
        await kit.generate("hi", model=NOVA)
    assert asked[0].headers["x-amz-security-token"] == TOKEN
    assert "/us-east-1/bedrock/" in asked.authorization


async def test_what_was_sent_was_signed() -> None:
    async with bedrock(**KEYS) as (kit, asked):
        await kit.generate("Grüße", model=NOVA)
    [request] = asked
    when = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    again = signed_headers(
        "POST",
        str(request.url),
        {"content-type": request.headers["content-type"]},
        request.content,
        credentials=Credentials(ACCESS, SECRET),
        region="eu-west-1",
        service="bedrock",
        now=when,
    )
    assert request.headers["authorization"] == again["authorization"]
    assert datetime.now(UTC) - when < timedelta(minutes=5)


async def test_a_key_of_one_call_goes_before_signing() -> None:
    async with bedrock(**KEYS) as (kit, asked):
        await kit.generate("hi", model=NOVA, api_key="of-one-call")
        assert asked.authorization == "Bearer of-one-call"
        await kit.generate("hi", model=NOVA)
        assert asked.authorization.startswith("AWS4-HMAC-SHA256")


async def test_a_wrong_signature_shows_no_secret() -> None:
    """AWS repeats what was to be signed, and with it the session token."""
    said = {
        "message": f"The Canonical String should have been x-amz-security-token:{TOKEN} {SECRET}"
    }
    headers = {"x-amzn-errortype": "InvalidSignatureException", "x-amzn-requestid": "r-1"}
    async with bedrock(said, status=403, headers=headers, session_token=TOKEN, **KEYS) as (kit, _):
        with pytest.raises(Unauthorized) as raised:
            await kit.generate("hi", model=NOVA)
        shown = (
            f"{raised.value} {raised.value!r} {raised.value.as_dict()} {kit.provider('bedrock')!r}"
        )
    assert raised.value.vendor_code == "InvalidSignatureException"
    assert raised.value.request_id == "r-1"
    assert TOKEN not in shown
    assert SECRET not in shown
    assert SECRET not in repr(Credentials(ACCESS, SECRET, TOKEN))


async def test_a_denied_model_is_forbidden() -> None:
    headers = {"x-amzn-errortype": "AccessDeniedException:http://internal/"}
    said = {"Message": "You don't have access to the model."}
    async with bedrock(said, status=403, headers=headers, **KEYS) as (kit, _):
        with pytest.raises(Forbidden, match="You don't have access"):
            await kit.generate("hi", model=NOVA)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, r"no AWS region: set AWS_REGION, or `region` under \[providers.bedrock\]"),
        ({"region": "moon"}, "'moon' is no AWS region"),
        ({"region": "us-east-1.evil.example"}, "is no AWS region"),
        ({"region": 5}, "'region' must be text"),
        ({"region": "us-east-1", "access_key_id": "a"}, "belong together"),
        ({"region": "us-east-1", "profiles": ["a"]}, "'profiles' is a table"),
        ({"region": "us-east-1", "api": "chat"}, "one of auto, converse, invoke"),
        ({"region": "us-east-1", "acces_key_id": "a"}, "did you mean 'access_key_id'"),
    ],
)
async def test_a_wrong_setting_is_named(settings: dict[str, Any], message: str) -> None:
    async with bedrock(**settings) as (kit, _):
        with pytest.raises(BadConfig, match=message):
            await kit.generate("hi", model=NOVA)


async def test_the_region_is_read_off_an_address() -> None:
    keys: dict[str, Any] = {
        **KEYS,
        "region": None,
        "base_url": "https://vpce-1.bedrock-runtime.us-west-2.vpce.amazonaws.com",
    }
    async with bedrock(**keys) as (kit, asked):
        await kit.generate("hi", model=NOVA)
    assert "/us-west-2/bedrock/" in asked.authorization


async def test_an_address_that_tells_no_region_needs_one() -> None:
    async with bedrock(**{**KEYS, "region": "", "base_url": "https://proxy.example"}) as (kit, _):
        with pytest.raises(BadConfig, match="no AWS region: set AWS_REGION"):
            await kit.generate("hi", model=NOVA)


async def test_china_has_a_domain_of_its_own() -> None:
    async with bedrock(**{**KEYS, "region": "cn-north-1"}) as (kit, asked):
        await kit.generate("hi", model=NOVA)
    assert asked[0].url.host == "bedrock-runtime.cn-north-1.amazonaws.com.cn"


async def test_without_credentials_it_is_said_how_to_give_them() -> None:
    async with bedrock(region="us-east-1") as (kit, asked):
        with pytest.raises(MissingKey, match="AWS_BEARER_TOKEN_BEDROCK") as raised:
            await kit.generate("hi", model=NOVA)
    assert not asked
    assert "aikit-provider-bedrock[chain]" in explain(raised.value)


class Frozen:
    def __init__(self, number: int) -> None:
        self.access_key, self.secret_key, self.token = f"AK{number}", f"secret-{number}", "t"


class FakeChain:
    """A chain that has other credentials each time, as short-lived ones are."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.opened, self.asked = error, 0, 0

    def __call__(self, profile: str | None) -> FakeChain:
        self.profile, self.opened = profile, self.opened + 1
        return self

    def get_credentials(self) -> FakeChain:
        return self

    def get_frozen_credentials(self) -> Frozen:
        if self.error:
            raise self.error
        self.asked += 1
        return Frozen(self.asked)

    def get_config_variable(self, logical_name: str) -> None:
        return None


class FakeHost:
    """A host with settings alone."""

    name = "bedrock"

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    def secret(self, setting: str, *variables: str) -> None:
        return None


async def test_the_chain_is_opened_once_and_asked_for_every_request() -> None:
    chain = FakeChain()
    signer = Signer(FakeHost(profile="dev"), chain=chain)  # type: ignore[arg-type]
    assert [(await signer.credentials()).access_key_id for _ in range(2)] == ["AK1", "AK2"]
    assert (chain.opened, chain.profile) == (1, "dev")


async def test_a_chain_that_fails_is_a_refusal_that_says_why() -> None:
    signer = Signer(FakeHost(), chain=FakeChain(RuntimeError("the token has expired")))  # type: ignore[arg-type]
    with pytest.raises(Unauthorized, match="RuntimeError: the token has expired"):
        await signer.credentials()


async def test_a_chain_that_needs_a_package_says_which() -> None:
    signer = Signer(FakeHost(), chain=FakeChain(ImportError("install awscrt")))  # type: ignore[arg-type]
    with pytest.raises(MissingKey, match="install awscrt"):
        await signer.credentials()


async def test_without_botocore_there_is_no_chain() -> None:
    signer = Signer(FakeHost(), chain=lambda profile: None)  # type: ignore[arg-type]
    with pytest.raises(MissingKey):
        await signer.credentials()


async def test_a_profile_of_awss_files_is_read_by_awss_client(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    pytest.importorskip("botocore", reason="install the dev dependency `botocore`")
    file = tmp_path / "credentials"
    file.write_text(f"[dev]\naws_access_key_id = AKDEV\naws_secret_access_key = {SECRET}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    async with bedrock(region="us-east-1", profile="dev") as (kit, asked):
        await kit.generate("hi", model=NOVA)
    assert "Credential=AKDEV/" in asked.authorization


async def test_an_unknown_profile_is_named() -> None:
    pytest.importorskip("botocore", reason="install the dev dependency `botocore`")
    async with bedrock(region="us-east-1", profile="nobody") as (kit, _):
        with pytest.raises(Unauthorized, match="nobody"):
            await kit.generate("hi", model=NOVA)


def test_one_kit_signs_on_several_loops() -> None:
    async def ask(kit: Kit) -> str:
        return (await kit.generate("hi", model=NOVA)).text

    async def opened() -> list[str]:
        async with bedrock(SAID, **KEYS) as (kit, _):
            return [await ask(kit) for _ in range(2)]

    assert asyncio.run(opened()) == asyncio.run(opened()) == ["Hello", "Hello"]
