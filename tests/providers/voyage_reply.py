"""How Voyage answers a scenario: results in `data`, totals only, and errors as `detail`."""

from __future__ import annotations

from aikit_testing.conformance import Reply, Scenario
from aikit_testing.conformance.openai import embeddings, ranking


def voyage_reply(scenario: Scenario, streaming: bool) -> Reply:
    if scenario.status != 200:
        return Reply.json({"detail": scenario.message}, scenario.status)
    usage = {"total_tokens": scenario.input_tokens}
    if scenario.ability == "rerank":
        results = ranking(scenario)["results"]
        return Reply.json({"object": "list", "data": results, "model": "model-1", "usage": usage})
    return Reply.json({**embeddings(scenario), "usage": usage})
