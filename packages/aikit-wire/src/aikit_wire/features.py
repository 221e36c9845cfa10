"""What is known of a model: that it has a feature, that it lacks one, or nothing."""

from __future__ import annotations

from aicore.models import ModelInfo


def has(info: ModelInfo | None, feature: str) -> bool:
    """Tell whether a model is known to have a feature."""
    return info is not None and info.features.get(feature) is True


def lacks(info: ModelInfo | None, feature: str) -> bool:
    """Tell whether a model is known not to have a feature; nothing is known of unknown ones."""
    return info is not None and info.features.get(feature) is False
