"""How Vertex AI answers a scenario, in the dialect of the model's family."""

from __future__ import annotations

from aikit_testing.conformance import Reply, Scenario, anthropic_reply, gemini_reply, openai_reply


def gemini_of_vertex(scenario: Scenario, streaming: bool) -> Reply:
    """Answer as the Gemini API does, but for lists of models and for vectors."""
    match scenario:
        case Scenario(status=200, ability="models", models=models):
            named = [{"name": f"publishers/google/models/{id}"} for id in models]
            return Reply.json({"publisherModels": named})
        case Scenario(status=200, ability="embed", vectors=vectors, input_tokens=tokens):
            each = [tokens, *[0] * (len(vectors) - 1)]
            predictions = [
                {"embeddings": {"values": vector, "statistics": {"token_count": count}}}
                for vector, count in zip(vectors, each, strict=False)
            ]
            return Reply.json({"predictions": predictions})
        case _:
            return gemini_reply(scenario, streaming)


def claude_of_vertex(scenario: Scenario, streaming: bool) -> Reply:
    """Answer as Anthropic does; models are listed by Google."""
    reply = gemini_of_vertex if scenario.ability == "models" else anthropic_reply
    return reply(scenario, streaming)


def open_of_vertex(scenario: Scenario, streaming: bool) -> Reply:
    """Answer as OpenAI does; models are listed by Google."""
    reply = gemini_of_vertex if scenario.ability == "models" else openai_reply
    return reply(scenario, streaming)
