"""A surface: what the places that serve the Gemini dialect do differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from aicore.values import Value

from aikit_wire.ledger import Ledger

DIALECT = "gemini"
"""The key of `provider_data` under which the dialect's own data stands.

It is the model family's as well: thought signatures hold wherever Gemini is served.
"""

BESIDE = "gemini-candidate"
"""The key of `provider_data` for what stands beside a candidate's content, such as grounding.

It is not sent back with the message, as the dialect's own data is.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface(Value):
    """One place that serves the dialect; its address and its keys are the vendor's affair."""

    name: str
    """The provider's name: the prefix of its model ids."""
    call_ids: bool = True
    """Whether function calls and their responses are sent with ids; Vertex AI takes none."""
    labels: bool = False
    """Whether `metadata` can be sent, as `labels`."""
    service_tier: bool = True
    """Whether `serviceTier` stands in the body."""
    tier_header: str = ""
    """The header that asks for a service tier, where it does not stand in the body."""
    whole_count: bool = True
    """Whether tokens are counted of a `generateContentRequest`; otherwise of its fields."""
    files: str = ""
    """What stands before `files/…` in the URI of an uploaded file."""
    predicts: bool = False
    """Whether texts are embedded by `predict`, as on Vertex AI; otherwise in batches."""
    embed_limit: int = 100
    """How many texts one request for embeddings may hold; more are sent in several."""
    collection: str = "models"
    """Where models are listed, and what stands before their ids."""
    parent: str = ""
    """What stands before their resource names, such as `projects/mine/locations/global`."""
    page: int = 1000
    """The most models that one page of the list may hold."""

    def path(self, model: str) -> str:
        """Return a model's resource name; one with a slash is a name already.

        Such are `tunedModels/mine`, or `endpoints/123` on Vertex AI.
        """
        name = model if "/" in model else f"{self.collection}/{model}"
        if self.parent and not name.startswith("projects/"):
            name = f"{self.parent}/{name}"
        return quote(name, safe="/@")

    def headers(self, tier: str | None) -> Mapping[str, str]:
        """Return the headers that ask for a service tier."""
        return {self.tier_header: tier} if tier and self.tier_header else {}


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a request is for: the surface, what is known of the model, and the request's ledger."""

    surface: Surface
    features: Mapping[str, bool]
    ledger: Ledger

    def has(self, feature: str) -> bool:
        """Whether the model is known to have a feature."""
        return self.features.get(feature) is True

    def lacks(self, feature: str) -> bool:
        """Whether the model is known to lack a feature; of unknown models nothing is known."""
        return self.features.get(feature) is False
