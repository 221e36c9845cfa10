"""One interface to every AI model: install the providers you need, switch models by a string."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aicore.context import CancelToken as CancelToken
    from aicore.context import Deadlines as Deadlines
    from aicore.errors import AIError as AIError
    from aicore.jobs import Job as Job
    from aicore.messages import AudioPart as AudioPart
    from aicore.messages import FilePart as FilePart
    from aicore.messages import ImagePart as ImagePart
    from aicore.messages import Message as Message
    from aicore.messages import ReasoningPart as ReasoningPart
    from aicore.messages import TextPart as TextPart
    from aicore.messages import ToolCallPart as ToolCallPart
    from aicore.messages import ToolResultPart as ToolResultPart
    from aicore.messages import VideoPart as VideoPart
    from aicore.requests import ChatRequest as ChatRequest
    from aicore.requests import CompleteRequest as CompleteRequest
    from aicore.requests import EmbedRequest as EmbedRequest
    from aicore.requests import JSONSchema as JSONSchema
    from aicore.requests import NamedTool as NamedTool
    from aicore.requests import PromptCache as PromptCache
    from aicore.requests import ProviderTool as ProviderTool
    from aicore.requests import Reasoning as Reasoning
    from aicore.requests import RerankRequest as RerankRequest
    from aicore.requests import Tool as Tool
    from aicore.responses import Embeddings as Embeddings
    from aicore.responses import RankedDocument as RankedDocument
    from aicore.responses import RerankResponse as RerankResponse
    from aicore.responses import Response as Response
    from aicore.responses import TokenCount as TokenCount
    from aicore.usage import Cost as Cost
    from aicore.usage import Usage as Usage

    from aikit.kit import Kit as Kit
    from aikit.stream import Stream as Stream
    from aikit.sync import SyncKit as SyncKit
    from aikit.sync import SyncStream as SyncStream

HOME = {
    "aicore.context": ("CancelToken", "Deadlines"),
    "aicore.errors": ("AIError",),
    "aicore.jobs": ("Job",),
    "aicore.messages": (
        "AudioPart",
        "FilePart",
        "ImagePart",
        "Message",
        "ReasoningPart",
        "TextPart",
        "ToolCallPart",
        "ToolResultPart",
        "VideoPart",
    ),
    "aicore.requests": (
        "ChatRequest",
        "CompleteRequest",
        "EmbedRequest",
        "JSONSchema",
        "NamedTool",
        "PromptCache",
        "ProviderTool",
        "Reasoning",
        "RerankRequest",
        "Tool",
    ),
    "aicore.responses": (
        "Embeddings",
        "RankedDocument",
        "RerankResponse",
        "Response",
        "TokenCount",
    ),
    "aicore.usage": ("Cost", "Usage"),
    "aikit.kit": ("Kit",),
    "aikit.stream": ("Stream",),
    "aikit.sync": ("SyncKit", "SyncStream"),
}
"""Where each name lives; a module is imported when one of its names is first used."""

MODULES = {name: module for module, names in HOME.items() for name in names}

__all__ = list(MODULES)


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module 'aikit' has no attribute {name!r}")
    value = getattr(import_module(MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *MODULES})
