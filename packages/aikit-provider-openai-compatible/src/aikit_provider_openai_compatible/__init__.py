"""Any service that speaks the OpenAI chat dialect, described by its settings alone."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Host, Provider, Spec
from aikit_wire.manifests import read_manifest
from aikit_wire.openai.manifest import Manifest
from aikit_wire.settings import SETTINGS


class OpenAICompatible:
    """Opens a provider whose settings are the fields of a manifest (`docs/manifests.md`)."""

    name = "openai-compatible"

    def __call__(self, host: Host) -> Provider:
        """Open it under the name it has in the settings.

        Raises:
            BadConfig: a field is wrong; the message names it and the nearest right one.
        """
        own = SETTINGS - {"base_url", "headers", "query"} | {"api"}
        fields = {key: value for key, value in host.settings.items() if key not in own}
        manifest = read_manifest({"key_required": False, **fields, "name": host.name})
        return manifest(host, more_settings=Manifest.__dataclass_fields__)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [OpenAICompatible()]
