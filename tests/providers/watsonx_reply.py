"""How watsonx.ai answers a scenario: chats as OpenAI does, and texts in its own words."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from aikit_testing.conformance.openai import openai_reply
from aikit_testing.conformance.scenario import Reply, Scenario

STOP = {"stop": "eos_token", "length": "max_tokens"}


def watsonx_reply(scenario: Scenario, streaming: bool) -> Reply:
    if scenario.sent.startswith(b"grant_type="):
        (key,) = parse_qs(scenario.sent.decode())["apikey"]
        return Reply.json({"access_token": key, "expires_in": 3600, "token_type": "Bearer"})
    if scenario.status != 200:
        error = {"code": "failed", "message": scenario.message, "more_info": "https://ibm.example"}
        return Reply.json({"errors": [error], "trace": "t1"}, scenario.status)
    if scenario.ability != "complete":
        return openai_reply(scenario, streaming)
    if not streaming:
        return Reply.json(piece(scenario, scenario.whole_text, scenario.output_tokens, last=True))
    pieces = [
        piece(scenario, text, number, first=number == 1)
        for number, text in enumerate(scenario.text, 1)
    ]
    end = piece(scenario, "", scenario.output_tokens, first=not pieces, last=True)
    return Reply.sse([*pieces, end])


def piece(
    scenario: Scenario, text: str, written: int, *, first: bool = True, last: bool = False
) -> dict[str, Any]:
    result = {
        "generated_text": text,
        "generated_token_count": written,
        "input_token_count": scenario.input_tokens if first else 0,
        "stop_reason": STOP[scenario.finish_reason] if last else "not_finished",
    }
    return {"model_id": "model-1", "created_at": "2026-11-28T10:00:00.5Z", "results": [result]}
