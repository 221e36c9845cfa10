"""An address comes from settings, a variable or the vendor; what it leaves open is filled in."""

from __future__ import annotations

import pytest
from aicore.errors import BadConfig, Unsupported
from aikit_wire.address import base_url, located
from aikit_wire.vendor import Vendor

HOSTED = Vendor(name="acme", base_url="https://{ACME_ACCOUNT}.acme.example/v1")
OWN = Vendor(name="acme", base_url="{ACME_HOST}/v1", base_url_env="ACME_URL")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACME_ACCOUNT", "ACME_HOST", "ACME_URL"):
        monkeypatch.delenv(name, raising=False)


def test_variables_stand_in_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_ACCOUNT", " my-org_1.eu ")
    monkeypatch.setenv("ACME_HOST", "https://host.example/")
    assert base_url(HOSTED, "acme", {}) == "https://my-org_1.eu.acme.example/v1"
    assert base_url(OWN, "acme", {}) == "https://host.example/v1"


def test_a_given_address_needs_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert base_url(HOSTED, "acme", {"base_url": "http://x/v1/"}) == "http://x/v1"
    monkeypatch.setenv("ACME_URL", "http://y")
    assert base_url(OWN, "acme", {}) == "http://y"
    assert base_url(OWN, "acme", {"base_url": "http://x"}) == "http://x"


def test_a_missing_variable_is_named_with_the_other_way() -> None:
    with pytest.raises(
        BadConfig, match=r"set ACME_ACCOUNT, or give a base_url .*\[providers.lab\]"
    ):
        base_url(HOSTED, "lab", {})


@pytest.mark.parametrize("value", ["evil.example/", "evil.example/x", "a@evil.example", "a b", "#"])
def test_a_variable_inside_an_address_cannot_lead_elsewhere(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("ACME_ACCOUNT", f"{value}/..")
    with pytest.raises(BadConfig, match="ACME_ACCOUNT is to be a plain name") as caught:
        base_url(HOSTED, "acme", {})
    assert "/.." not in str(caught.value)


def test_no_address_at_all_is_told() -> None:
    with pytest.raises(BadConfig, match="'acme' needs a base_url: set it under"):
        base_url(Vendor(name="acme"), "acme", {})


def test_a_model_may_have_an_address_of_its_own() -> None:
    url = "https://x/deployments/{model}/chat/completions"
    assert located(url, "my-gpt", "acme") == "https://x/deployments/my-gpt/chat/completions"
    assert located(url, "a/../b?c#d", "acme").startswith(
        "https://x/deployments/a%2F..%2Fb%3Fc%23d/"
    )
    assert located("https://x/models", None, "acme") == "https://x/models"
    with pytest.raises(Unsupported, match="address of 'acme' is that of a model"):
        located(url, None, "acme")
