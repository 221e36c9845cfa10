"""The gateway: one ASGI app that serves any aikit model to native and OpenAI clients."""

from aikit_asgi.app import create_app
from aikit_asgi.auth import APIKeys
from aikit_asgi.limits import Limits
from aikit_asgi.tune import tune_process

__all__ = ["APIKeys", "Limits", "create_app", "tune_process"]
