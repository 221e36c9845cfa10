"""Open a GGUF file with xllamacpp, quietly and without holding up the rest of the program."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from aicore.errors import BadConfig, NotFound

from aikit_provider_llamacpp.settings import LlamaSettings, how_to_give

QUIET = -1
EMBEDDING_BATCH = 2048
"""The most tokens of one text to embed; buffers grow with it, by the size of the vocabulary."""


def open_server(
    path: str, provider: str, settings: LlamaSettings, *, embeddings: bool = False
) -> Any:
    """Open a model; blocks until it is loaded.

    Raises:
        NotFound: there is no such file.
        BadConfig: it is not a GGUF file, llama.cpp cannot load it, or a setting is not known.
    """
    read_ahead(path, provider)
    if not embeddings:
        return start(path, provider, settings)
    pooling = settings.pooling
    server = start(path, provider, settings, pooling or "unspecified")
    if pooling is None and b'"error"' in server.handle_embeddings(b'{"input":"a"}')[:10]:
        return start(path, provider, settings, "mean")  # the model has no pooling of its own
    return server


def read_ahead(path: str, provider: str) -> None:
    """Check the file, and read it once so that the system has it in memory.

    xllamacpp holds the GIL while llama.cpp opens a file. With the file in memory that is short:
    0.04 s instead of 0.65 s for 0.8 GB.

    Raises:
        NotFound: there is no such file.
        BadConfig: it is not a GGUF file.
    """
    try:
        with Path(path).open("rb", buffering=0) as file:
            if file.read(4) != b"GGUF":
                raise BadConfig(
                    f"{path} is not a GGUF file; convert the model, or download it as GGUF",
                    provider=provider,
                    model=path,
                )
            piece = bytearray(1 << 22)
            while file.readinto(piece):
                pass
    except OSError as error:
        raise NotFound(
            f"cannot read a model from {path}: {error.strerror}; {how_to_give(provider)}",
            provider=provider,
            model=path,
        ) from None


def start(path: str, provider: str, settings: LlamaSettings, pooling: str | None = None) -> Any:
    """Start llama.cpp; with a way of pooling it makes embeddings."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {Path(path).stem}
    params.n_parallel = settings.n_parallel
    params.n_ctx = settings.n_ctx * settings.n_parallel
    if settings.n_threads is not None:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings.n_threads
    if settings.n_gpu_layers is not None:
        params.n_gpu_layers = settings.n_gpu_layers
    if pooling is not None:
        params.embedding = True
        params.kv_unified = True  # else texts in one batch are pooled over their last tokens only
        params.n_batch = params.n_ubatch = min(settings.n_ctx, EMBEDDING_BATCH)
        types = xllamacpp.llama_pooling_type
        params.pooling_type = getattr(types, f"LLAMA_POOLING_TYPE_{pooling.upper()}")
    params.verbosity = QUIET
    params.warmup = False
    params.offline = True
    params.endpoint_metrics = True
    params.cache_ram_mib = 0  # its default may take 8 GiB from the program it runs in
    # It always listens on a port of this machine, too; nobody knows the key.
    params.api_keys = [secrets.token_urlsafe(32)]
    params.n_threads_http = 1
    params.ui = False
    for name, value in settings.params.items():
        try:
            setattr(params, name, value)
        except (AttributeError, TypeError, ValueError) as error:
            raise BadConfig(f"`params` of provider {provider!r}: {error}") from None
    try:
        server = xllamacpp.Server(params)
    except RuntimeError:
        raise BadConfig(
            f"llama.cpp {xllamacpp.__version__} cannot load {path}: the file is damaged or of an "
            "unknown architecture, memory is short, or `params` contradict each other",
            provider=provider,
            model=path,
        ) from None
    server.handle_metrics()  # waits for its loop; freed before that begins, it would hang for ever
    return server
