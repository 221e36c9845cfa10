"""The conformance suite: what a provider has to keep, as tests that it gets by subclassing."""

from aikit_testing.conformance.anthropic import anthropic_reply
from aikit_testing.conformance.cohere import cohere_reply
from aikit_testing.conformance.gemini import gemini_reply
from aikit_testing.conformance.openai import openai_reply
from aikit_testing.conformance.responses import responses_reply
from aikit_testing.conformance.scenario import Called, Reply, Scenario
from aikit_testing.conformance.suite import Conformance

__all__ = [
    "Called",
    "Conformance",
    "Reply",
    "Scenario",
    "anthropic_reply",
    "cohere_reply",
    "gemini_reply",
    "openai_reply",
    "responses_reply",
]
