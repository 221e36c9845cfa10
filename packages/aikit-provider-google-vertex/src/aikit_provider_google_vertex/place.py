"""Where a project's models are: the hosts and paths of Vertex AI."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aicore.errors import BadConfig

PROJECT = ("GOOGLE_CLOUD_PROJECT", "GOOGLE_VERTEX_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID")
"""Where Google's client, Vercel's AI SDK and Anthropic's client look for the project."""
LOCATION = ("GOOGLE_CLOUD_LOCATION", "GOOGLE_VERTEX_LOCATION", "CLOUD_ML_REGION")
"""Where they look for the location."""
ADDRESS = "GOOGLE_VERTEX_BASE_URL"

VERSION = "v1beta1"
"""The version of the API that Gemini is asked by, as Google's client does."""

IN_A_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]*")
IN_A_HOST = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
GLOBAL = "aiplatform.googleapis.com"
WIDE = ("us", "eu")
"""Locations of several regions, whose hosts have a form of their own."""


@dataclass(frozen=True, slots=True)
class Place:
    """The root of the addresses, and the path of a project's location, empty in express mode."""

    root: str
    parent: str = ""


def express(settings: Mapping[str, Any]) -> Place:
    """Return the place of express mode, which knows neither projects nor locations."""
    return Place(root(settings, "global"))


def place(name: str, settings: Mapping[str, Any]) -> Place:
    """Return the place that the settings, or else the environment, name.

    Raises:
        BadConfig: the project or the location is not said, or cannot be one.
    """
    project = told(name, settings, "project", PROJECT, IN_A_PATH)
    location = told(name, settings, "location", LOCATION, IN_A_HOST)
    return Place(root(settings, location), f"projects/{project}/locations/{location}")


def found(settings: Mapping[str, Any], setting: str, variables: tuple[str, ...]) -> str:
    """Find what a setting, or the first variable that is set, holds; empty when none does."""
    values = (settings.get(setting), *map(os.environ.get, variables))
    return next((str(value).strip() for value in values if value), "")


def told(
    name: str,
    settings: Mapping[str, Any],
    setting: str,
    variables: tuple[str, ...],
    form: re.Pattern[str],
) -> str:
    value = found(settings, setting, variables)
    where = f"set {variables[0]}, or `{setting}` under [providers.{name}] in aikit.toml"
    if not value:
        raise BadConfig(f"{name!r} needs a {setting}: {where}")
    if not form.fullmatch(value):
        raise BadConfig(f"{name!r}: {value!r} is no {setting}: {where}")
    return value


def version(name: str, settings: Mapping[str, Any]) -> str:
    """Return the version of the API that Gemini is asked by.

    Raises:
        BadConfig: it is none.
    """
    given = found(settings, "api_version", ()) or VERSION
    if not IN_A_HOST.fullmatch(given):
        raise BadConfig(f"{name!r}: {given!r} is no version of an API, such as 'v1'")
    return given


def root(settings: Mapping[str, Any], location: str) -> str:
    """Return the root of the addresses of a location, unless another address is given.

    One that is given may end with the version of an API, as the official clients have it.
    """
    if given := found(settings, "base_url", (ADDRESS,)):
        return given.rstrip("/").removesuffix("/v1beta1").removesuffix("/v1")
    if location == "global":
        return f"https://{GLOBAL}"
    if location in WIDE:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-{GLOBAL}"
