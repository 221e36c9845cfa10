"""The provider: the OpenAI dialect, spoken with llama.cpp in this process."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace

from aicore.calls import Batch
from aicore.context import Context
from aicore.errors import NotFound
from aicore.providers import Host
from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.provider import OpenAIProvider

from aikit_provider_llamacpp.settings import SETTINGS, read_settings
from aikit_provider_llamacpp.transport import LlamaTransport

MANIFEST = Manifest(
    name="llamacpp",
    base_url="llamacpp:",
    key_required=False,
    auth="none",
    fields={
        "top_k": "top_k",
        "modalities": "",
        "user": "",
        "dimensions": "",
        "suffix": "",
    },
    images="",  # these need a projector file beside the model
    audio="",
    files="",
    text_parts=False,  # llama.cpp would put line breaks between them
    named_choice=False,
    reasoning_request="chat_template_kwargs",
    reasoning_fields=("reasoning_content",),
    reasoning_history="reasoning_content",
)
"""What llama.cpp takes, after its `tools/server/README.md`.

Schemas of answers and of tool arguments hold by grammar, so `strict` is always kept.
"""


class LlamaProvider(OpenAIProvider):
    """An open llama.cpp; model ids are names from the settings, or paths of GGUF files."""

    def __init__(self, host: Host) -> None:
        settings = read_settings(host.name, host.settings)
        self._named = settings.models
        self._llama = LlamaTransport(host.name, settings)
        manifest = replace(MANIFEST, name=host.name)
        super().__init__(manifest, host, transport=self._llama, more_settings=SETTINGS)

    def chat(self, request: ChatRequest, context: Context) -> AsyncGenerator[Batch, None]:
        self._open_to(request.model, context)
        return super().chat(request, context)

    def complete(self, request: CompleteRequest, context: Context) -> AsyncGenerator[Batch, None]:
        self._open_to(request.model, context)
        return super().complete(request, context)

    def embed(self, request: EmbedRequest, context: Context) -> AsyncGenerator[Batch, None]:
        self._open_to(request.model, context)
        return super().embed(request, context)

    def _open_to(self, model: str, context: Context) -> None:
        """Keep requests from the network to the models that the settings name.

        Raises:
            NotFound: a remote request asks for a file by its path.
        """
        if context.remote and model not in self._named:
            raise NotFound(
                f"no model is named {model!r} here: over a network, models are asked for by the "
                "names in the setting `models`, not by their paths"
            )

    async def metrics(self, model: str) -> Mapping[str, float]:
        """Return llama.cpp's own counters of the text that a model has read and written.

        Among them are `prompt_tokens_total`, `tokens_predicted_total`, `n_decode_total` (passes
        through the model) and `requests_processing`. A model that was not asked for text yet has
        none.

        Raises:
            NotFound: the id is neither a name from the settings nor a path.
        """
        return await self._llama.metrics(model)
