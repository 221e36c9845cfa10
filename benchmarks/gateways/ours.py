"""aikit's gateway, as a program of three lines would serve it."""

from __future__ import annotations

import os

from aikit import Kit
from aikit_asgi import create_app, tune_process

kit = Kit(providers={"openai": {"api_key": "sk-test", "base_url": f"{os.environ['UPSTREAM']}/v1"}})
app = create_app(kit, models=["openai:*"])
tune_process()
