"""The tables of the documentation say what the code says."""

from __future__ import annotations

import dataclasses
import inspect
import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import aicore.errors
import httpx2
from aicore.context import Deadlines
from aicore.errors import AIError, InvalidRequest, Overloaded, Unsupported
from aicore.events import Event
from aicore.messages import AudioPart, FilePart, ImagePart, Message, Part, VideoPart
from aicore.plugins import ALIASES, PROVIDERS, aliased, found, load_provider
from aicore.requests import JSONSchema, PromptCache
from aicore.responses import Response
from aicore.usage import Usage
from aikit import Kit
from aikit.host import open_provider
from aikit.model_ids import aliases_of_extras
from aikit.settings import ChatSettings, Circumstances, CompleteSettings, EmbedSettings
from aikit_wire.choose import VARIABLE
from aikit_wire.openai.manifest import FIELDS, Manifest
from aikit_wire.openai.operators import OPERATORS
from aikit_wire.settings import MEDIA_SETTINGS, SETTINGS
from aikit_wire.transport import Phases
from aikit_wire.vendor import Vendor

from .pages import ROOT, code, page

DIALECTS = {"cohere", "ollama", "watsonx"}
"""Providers that speak a dialect of their own; their tests hold their rows against them."""
YES = {True: "yes", False: "no"}
SCHEMA = {
    "strict": "enforced",
    "plain": "without `strict`",
    "prompt": "in the prompt",
    "": "in the prompt",
}


@cache
def manifests() -> Mapping[str, Manifest]:
    """Return the manifests of the providers that are here, by name."""
    from aikit_provider_llamacpp.provider import MANIFEST

    others = {"fixture", "scripted", "openai-compatible", MANIFEST.name}
    names = found(PROVIDERS).keys() - others - DIALECTS
    loaded = {name: load_provider(name) for name in names}
    rows = {name: spec for name, spec in loaded.items() if isinstance(spec, Manifest)}
    return {**rows, MANIFEST.name: MANIFEST}


def chatting() -> Mapping[str, Manifest]:
    """Return the manifests of those that chat, for what is said of chats."""
    return {name: it for name, it in manifests().items() if "chat" in it.abilities}


@cache
def dialects() -> Mapping[str, Vendor]:
    """Return the vendors of dialects of their own; what they can, they show when they are asked."""
    others = {"fixture", "scripted", "openai-compatible"}
    names = found(PROVIDERS).keys() - others - manifests().keys() - DIALECTS
    loaded = {name: load_provider(name) for name in names}
    vendors = {name: spec for name, spec in loaded.items() if isinstance(spec, Vendor)}
    assert vendors.keys() == loaded.keys(), "say here where these providers' facts are"
    return vendors


def rows_of(name: str, table: int = 0) -> list[list[str]]:
    """Return the rows of the vendors from a page's table of providers.

    Who has none there has that of `all others`, which comes last.
    """
    *rows, last = page(name).tables("Provider")[table]
    named = {code(row[0])[0] for row in rows}
    if last[0] == "all others":
        talking = chatting().keys() | dialects().keys()
        rows += [[f"`{other}`", *last[1:]] for other in talking - named]
    else:
        rows.append(last)
    silent = set() if last[0] != "all others" else vendors().keys() - talking
    assert {code(row[0])[0] for row in rows} == (vendors().keys() | DIALECTS) - silent
    return [row for row in rows if code(row[0])[0] in vendors()]


def vendors() -> Mapping[str, Vendor]:
    return {**manifests(), **dialects()}


async def refusal(name: str, question: Any = "Hi", **settings: Any) -> str:
    """Ask strictly, and return why nothing was sent; empty when something was."""

    def busy(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(529)

    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(busy)) as client,
        Kit(providers={name: PLACE}, http_client=client) as kit,
    ):
        try:
            await kit.generate(question, model=f"{name}:unknown", strict=True, **settings)
        except Unsupported as error:
            return error.message
        except (Overloaded, InvalidRequest):  # the latter where media by URL would be fetched
            return ""
    raise AssertionError("a busy service has answered")


PLACE = {"api_key": "sk-none", "base_url": "https://vendor.example"}
OF_CHAT: Mapping[str, Any] = {
    "max_tokens": 5,
    "temperature": 0.5,
    "top_p": 0.5,
    "top_k": 5,
    "stop": "x",
    "seed": 5,
    "presence_penalty": 0.5,
    "frequency_penalty": 0.5,
    "logit_bias": {"5": 1},
    "logprobs": True,
    "top_logprobs": 5,
    "n": 2,
    "service_tier": "x",
    "parallel_tool_calls": False,
    "modalities": ("text", "audio"),
    "metadata": {"x": "x"},
    "user": "x",
    "prompt_cache_key": PromptCache(key="x"),
    "prompt_cache_ttl": PromptCache(ttl="5m"),
}
"""A value for every setting of `docs/providers.md`."""

SHOWN: Sequence[Part] = (
    ImagePart(url="https://a.example/b.png"),
    AudioPart(data=b"RIFF0000WAVE"),
    FilePart(data=b"%PDF-1.7"),
    VideoPart(url="https://a.example/b.mp4"),
)


async def left_out_by(name: str) -> set[str]:
    """Return the settings that a dialect cannot send."""
    left_out = set()
    for setting, value in OF_CHAT.items():
        field = "prompt_cache" if setting.startswith("prompt_cache") else setting
        if "dropped" in await refusal(name, **{field: value}):
            left_out.add(setting)
    return left_out


async def can_show(name: str) -> list[str]:
    """Return what a dialect can show its models, and whether it enforces a schema."""
    media = [not await refusal(name, [Message.user(part)]) for part in SHOWN]
    schema = JSONSchema({"type": "object", "properties": {}, "additionalProperties": False})
    enforced = not await refusal(name, response_format=schema)
    return [*(YES[flag] for flag in media), "enforced" if enforced else SCHEMA[""]]


def members(union: Any) -> tuple[type, ...]:
    """Return the classes of a union that is marked as told apart by type."""
    return get_args(get_args(union)[0])


def literals(annotation: Any) -> set[str]:
    """Return all strings that an annotation allows by name."""
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return set().union(*map(literals, get_args(annotation)))


def names(rows: list[list[str]]) -> list[str]:
    """Return what stands in backticks in the first column."""
    return [name for row in rows for name in code(row[0])]


def test_every_error_is_listed_with_its_remedy() -> None:
    classes = [
        kind
        for _, kind in inspect.getmembers(aicore.errors, inspect.isclass)
        if issubclass(kind, AIError)
    ]
    expected = {
        kind.__name__: [
            next((base.__name__ for base in kind.__mro__ if AIError in base.__bases__), ""),
            kind.code,
            *(YES[flag] for flag in (kind.retryable, kind.fallbackable, kind.health_relevant)),
        ]
        for kind in classes
    }
    rows = page("docs/errors.md").table("Error")
    listed = {row[0].strip("`"): [cell.strip("`") for cell in row[1:6]] for row in rows}
    assert listed == expected


def test_every_field_of_an_error_is_listed() -> None:
    fields = {*vars(AIError("text")), "code"} - {"retryable", "fallbackable", "health_relevant"}
    assert {*names(page("docs/errors.md").table("Field"))} == fields


def test_every_event_is_listed_with_its_fields() -> None:
    expected = {
        event.__name__: [item.name for item in dataclasses.fields(event) if item.name != "type"]
        for event in members(Event)
    }
    rows = page("docs/streaming.md").table("Event")
    assert {code(row[0])[0]: code(row[2]) for row in rows} == expected


def test_every_part_is_listed() -> None:
    listed = names(page("docs/messages.md").table("Part"))
    assert listed == [part.__name__ for part in members(Part)]


def test_every_setting_is_listed() -> None:
    of_call = {*Circumstances.__annotations__}
    of_request = {
        name
        for settings in (ChatSettings, CompleteSettings, EmbedSettings)
        for name in get_type_hints(settings)
    }
    tables = page("docs/settings.md").tables("Setting")
    assert [{*names(rows)} for rows in tables] == [of_request - of_call, of_call]


def test_every_field_of_a_response_is_listed() -> None:
    fields = {item.name for item in dataclasses.fields(Response)}
    properties = {name for name, _ in inspect.getmembers(Response, inspect.isdatadescriptor)}
    shown = {name for name in fields | properties if not name.startswith("_")}
    assert {*names(page("docs/quickstart.md").table("Field"))} == shown


def test_every_count_of_usage_is_listed() -> None:
    listed = names(page("docs/usage-and-costs.md").table("Field"))
    assert listed == [item.name for item in dataclasses.fields(Usage)]


def test_every_deadline_and_phase_is_listed() -> None:
    about = page("docs/deadlines-and-cancellation.md")
    limits = about.table("Limit")
    assert names(limits) == [item.name for item in dataclasses.fields(Deadlines)]
    for row in limits:
        assert hasattr(aicore.errors, code(row[2])[0])
    listed = {code(row[0])[0]: float(row[1]) for row in about.table("Phase")}
    assert listed == dataclasses.asdict(Phases())


def test_every_manifest_field_is_listed_with_its_default_and_its_values() -> None:
    hints = get_type_hints(Manifest)
    rows = page("docs/manifests.md").table("Field")
    expected = {item.name: default(item) for item in dataclasses.fields(Manifest)}
    assert {code(row[0])[0]: row[1].strip("`") for row in rows} == expected
    for name, shown, means in rows:
        for value in literals(hints[name.strip("`")]) - {""}:
            assert value in [*code(means), *code(shown)] or value in shown, (name, value)
        assert "" not in literals(hints[name.strip("`")]) or "(empty)" in means, name
    operators = next(row[2] for row in rows if row[0] == "`encode`")
    assert {*code(operators)} >= {*OPERATORS}


def default(item: dataclasses.Field[Any]) -> str:
    """Write a field's default as JSON."""
    if item.default is not dataclasses.MISSING:
        value = item.default
    elif item.default_factory is not dataclasses.MISSING:
        value = item.default_factory()
    else:
        return "required"
    return json.dumps(sorted(value) if isinstance(value, frozenset) else value)


def test_every_setting_with_a_wire_name_is_listed() -> None:
    section = page("docs/manifests.md").prose.partition("## Names of settings")[2]
    assert {*code(section.partition("##")[0])} == {*FIELDS, "fields"}


def test_providers_are_listed_with_key_address_and_abilities() -> None:
    expected = [*sorted(map(described, vendors().values()))]
    assert sorted(rows_of("docs/providers.md")) == expected


def abilities(vendor: Vendor) -> list[str]:
    """Return what a vendor offers."""
    if isinstance(vendor, Manifest):
        return sorted(vendor.abilities)
    opened = open_provider(vendor.name, PLACE, None, lambda *_: None)
    names = ("chat", "complete", "count_tokens", "embed", "models", "rerank")
    return [name for name in names if hasattr(opened, name)]


def described(manifest: Vendor) -> list[str]:
    keys = ", ".join(f"`{name}`" for name in manifest.api_key_env) or "none"
    optional = ", optional" if manifest.api_key_env and not manifest.key_required else ""
    here = manifest.name == "llamacpp"
    address = "in your process" if here else f"`{manifest.base_url}`"
    other = f", or `{manifest.base_url_env}`" if manifest.base_url_env else ""
    can = ", ".join(f"`{ability}`" for ability in abilities(manifest))
    return [f"`{manifest.name}`", keys + optional, address + other, can]


async def test_providers_are_listed_with_what_they_cannot_be_sent() -> None:
    cannot, media = (rows_of("docs/providers.md", table) for table in (1, 2))
    of_chat = FIELDS.keys() - {"dimensions", "suffix", "task", "top_n"}
    assert of_chat == OF_CHAT.keys()
    listed = {code(row[0])[0]: {*code(row[1])} for row in cannot}
    others = {name: await left_out_by(name) for name in dialects()}
    assert listed == others | {
        name: {setting for setting in of_chat if not manifest.wire_name(setting)}
        for name, manifest in chatting().items()
    }
    others_shown = {name: await can_show(name) for name in dialects()}
    assert {code(row[0])[0]: row[1:] for row in media} == others_shown | {
        name: [
            *(YES[bool(flag)] for flag in (it.images, it.audio, it.files, it.video)),
            SCHEMA[it.json_schema],
        ]
        for name, it in chatting().items()
    }


def test_every_alias_is_listed_with_its_provider() -> None:
    rows = page("docs/providers.md").table("Alias")
    listed = {code(row[0])[0]: code(row[1])[0] for row in rows}
    assert listed == aliases_of_extras()
    assert listed == {alias: aliased(alias) for alias in found(ALIASES)}


def test_reasoning_is_asked_for_and_found_where_the_page_says() -> None:
    for row in rows_of("docs/reasoning.md"):
        manifest = manifests().get(code(row[0])[0])
        if manifest is None:
            continue
        assert code(row[1])[0] == manifest.reasoning_request
        assert not code(row[2]) or code(row[2]) == [*manifest.reasoning_fields]


def test_every_variable_is_listed() -> None:
    of_vendors = {
        variable
        for manifest in vendors().values()
        for variable in (
            *manifest.api_key_env,
            *manifest.token_env,
            manifest.base_url_env,
            *manifest.headers_env.values(),
        )
    }
    ours = {"OLLAMA_API_KEY", "OLLAMA_HOST"}  # of dialects
    ours |= {"AIKIT_MODEL", "AIKIT_MANIFEST_PATH", "AIKIT_FIXTURES", VARIABLE}
    ours |= {"AWS_REGION", "AWS_DEFAULT_REGION"}
    ours |= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    listed = {*names(page("docs/configuration.md").table("Variable"))}
    _, keys, addresses, _ = zip(*page("docs/providers.md").table("Provider"), strict=True)
    beside = {name for cell in (*keys, *addresses) for name in code(cell)}
    assert ours <= listed <= of_vendors | ours
    assert of_vendors - {""} <= listed | beside


def test_every_setting_of_a_provider_is_listed() -> None:
    assert {*names(page("docs/configuration.md").table("Setting"))} == SETTINGS | MEDIA_SETTINGS | {
        "use"
    }


def test_the_readme_names_every_provider_that_can_be_installed() -> None:
    project = tomllib.loads((ROOT / "packages/aikit/pyproject.toml").read_text())
    extras = {*project["project"]["optional-dependencies"]}
    rows = page("README.md").table("Extra")
    section = page("README.md").prose.partition("## Providers")[2].partition("##")[0]
    provided = extras & ({*found(PROVIDERS)} | {"testing"})
    assert {*names(rows)} < provided <= {*code(section)}
    for row in rows:
        vendor = vendors().get(code(row[0])[0])
        if vendor is not None:
            assert code(row[2]) == [*vendor.api_key_env]


ROW, DIALECT = 30, 1750
"""How many lines of code the data of a service may be, and a whole dialect."""
MORE_THAN_DATA = {"bedrock", "google-vertex", "llamacpp"}
"""Providers that run models themselves, or lead to several dialects with credentials of a cloud."""


def test_a_service_is_a_few_lines_and_a_dialect_is_written_once() -> None:
    """The counts are those of `scripts/provider-tables`, which `scripts/check` holds them to."""
    about = page("docs/providers.md")
    dialects = {code(row[0])[0]: int(row[1]) for row in about.table("Dialect")}
    assert all(lines <= DIALECT for lines in dialects.values()), dialects
    named = set[str]()
    for _, providers, speaks, lines in about.table("Distribution"):
        named |= {*code(providers)}
        own_dialect = dialects.get(code(speaks)[0]) == int(lines)
        if not own_dialect and not {*code(providers)} & MORE_THAN_DATA:
            assert int(lines) <= ROW * len(code(providers)), providers
        assert {*code(speaks)} <= dialects.keys()
    assert named == {*found(PROVIDERS)} - {"fixture", "scripted"}
