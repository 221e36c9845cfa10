"""Whose a model is, which decides what dialect it is asked in."""

from __future__ import annotations

from typing import Literal, TypeAlias

Family: TypeAlias = Literal["gemini", "claude", "open"]


def family(model: str) -> tuple[Family, str]:
    """Return the family of a model, and the name that its endpoint has for it.

    A name may say its publisher, as in `anthropic/claude-sonnet-5` or in its resource name
    `publishers/anthropic/models/claude-sonnet-5`. Publishers but Google and Anthropic are those
    of open models. Names of your own (`endpoints/123`) are tuned Gemini models.
    """
    if model.startswith(("endpoints/", "projects/")):
        return "gemini", model
    name = model.removeprefix("publishers/").replace("/models/", "/", 1)
    publisher, slash, rest = name.partition("/")
    if not slash:
        return ("claude" if name.startswith("claude") else "gemini"), name
    match publisher:
        case "google" | "models":
            return "gemini", rest
        case "anthropic":
            return "claude", rest
        case _:
            return "open", name
