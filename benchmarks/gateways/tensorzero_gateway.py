"""The gateway inside TensorZero's wheel, without a database; prints its port."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from urllib.parse import urlsplit

from tensorzero.tensorzero import _start_http_gateway  # type: ignore[import-not-found]

MODEL = """
[models.{name}]
routing = ["mock"]
[models.{name}.providers.mock]
type = "openai"
model_name = "{name}"
api_base = "{upstream}/v1/"
api_key_location = "none"
"""

with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
    config.write("[gateway]\nobservability.enabled = false\n")
    for name in sys.argv[1:]:
        config.write(MODEL.format(name=name, upstream=os.environ["UPSTREAM"]))
    config.flush()
    gateway = _start_http_gateway(
        config_file=config.name,
        clickhouse_url=None,
        postgres_url=None,
        valkey_url=None,
        async_setup=False,
    )
print(urlsplit(gateway.base_url).port, flush=True)
threading.Event().wait()
