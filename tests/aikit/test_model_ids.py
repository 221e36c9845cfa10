"""A model id is split once, on the name of a provider; what is wrong with one is said."""

from __future__ import annotations

from importlib import metadata

import pytest
from aicore.errors import BadInput, UnknownProvider
from aikit import model_ids
from aikit.model_ids import available, split, unknown
from hypothesis import given
from hypothesis import strategies as st

KNOWN = ("groq", "openai", "openai-compatible", "openrouter", "vllm")


@pytest.mark.parametrize(
    ("id", "provider", "model"),
    [
        ("openai:gpt-5", "openai", "gpt-5"),
        ("openai/gpt-5", "openai", "gpt-5"),
        ("openrouter:openai/gpt-5", "openrouter", "openai/gpt-5"),
        ("openrouter/openai/gpt-5", "openrouter", "openai/gpt-5"),
        ("openrouter/openai/gpt-5:free", "openrouter", "openai/gpt-5:free"),
        ("vllm/org/model:tag", "vllm", "org/model:tag"),
        ("vllm:openai:gpt-5", "vllm", "openai:gpt-5"),
        ("openai-compatible:x", "openai-compatible", "x"),
        ("groq:/models/a b.gguf", "groq", "/models/a b.gguf"),
    ],
)
def test_an_id_is_split_once_on_the_provider(id: str, provider: str, model: str) -> None:
    assert split(id, KNOWN) == (provider, model)


@given(st.sampled_from(KNOWN), st.sampled_from(":/"), st.text(min_size=1))
def test_what_follows_the_provider_is_not_looked_into(name: str, separator: str, rest: str) -> None:
    assert split(f"{name}{separator}{rest}", KNOWN) == (name, rest)


@pytest.mark.parametrize("id", ["openai:", "openai/"])
def test_a_provider_alone_is_no_model(id: str) -> None:
    with pytest.raises(BadInput, match="names a provider but no model"):
        split(id, KNOWN)


@pytest.mark.parametrize(
    ("id", "says"),
    [
        ("gpt-5.2", "'gpt-5.2' names no provider; did you mean 'openai:gpt-5.2'?"),
        ("my-own", "'my-own' names no provider; write provider:model; installed are: groq, openai"),
        ("nope:gpt-5", "no provider 'nope' is known; installed are: groq, openai"),
        ("opnai:gpt-5", "no provider 'opnai'; did you mean 'openai'?"),
        ("opnai/gpt-5", "did you mean 'openai'?"),
        ("OpenAI:gpt-5", "did you mean 'openai'?"),
        ("meta/llama:free", "no provider 'meta' is known; installed are: groq, openai"),
        (":gpt-5", "no provider '' is known"),
        ("", "'' names no provider"),
        (
            "mistral:small",
            "'mistral' is installed; aikit-provider-mistral brings it: `pip install ",
        ),
        ("mistral:small", "`pip install 'aikit[mistral]>=1'`"),
        ("zai:glm-5", "aikit-provider-more brings it: `pip install 'aikit[zai]>=1'`"),
        ("fixture:echo", "aikit-testing brings it: `pip install 'aikit[testing]>=1'`"),
        (
            "mistrall:small",
            "did you mean 'mistral'? It is not installed; aikit-provider-mistral brings it: "
            "`pip install 'aikit[mistral]>=1'`",
        ),
    ],
)
def test_what_is_wrong_with_an_id_is_said(
    id: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring = {"groq": "aikit-provider-groq", "mistral": "aikit-provider-mistral"}
    bring |= {"zai": "aikit-provider-more", "fixture": "aikit-testing"}
    monkeypatch.setattr(model_ids, "available", lambda: bring)
    with pytest.raises(UnknownProvider) as caught:
        split(id, KNOWN)
    assert says in str(caught.value)


def test_without_any_provider_it_is_said_how_to_get_one() -> None:
    assert unknown("my-own", ()).endswith("write provider:model; installed are: none")
    assert unknown("gpt-5.2", ()).endswith(
        "did you mean 'openai:gpt-5.2'? It is not installed; aikit-provider-openai brings it: "
        "`pip install 'aikit[openai]>=1'`"
    )
    assert unknown("qqqq:gpt-5", ()) == "no provider 'qqqq' is known; installed are: none"


def test_the_extras_that_are_offered_are_those_of_providers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needed = [
        "aicore<2,>=1.0",
        "aikit-provider-groq<2,>=1.0; extra == 'all'",
        "aikit-provider-groq<2,>=1.0; extra == 'groq'",
        "aikit-provider-openai-compatible; extra == 'openai-compatible'",
        "aikit-testing; extra == 'testing'",
    ]
    monkeypatch.setattr(metadata, "requires", lambda name: needed)
    assert available() == {
        "fixture": "aikit-testing",
        "groq": "aikit-provider-groq",
        "openai-compatible": "aikit-provider-openai-compatible",
        "scripted": "aikit-testing",
    }
    monkeypatch.setattr(metadata, "requires", lambda name: None)
    assert available() == {}


def test_a_copy_without_metadata_offers_no_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert available() == {}
