"""What recorded streams of text generation mean: the corpus says nothing of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..corpus import Exchange


def of_stream(exchange: Exchange) -> Mapping[str, Any] | None:
    """Put the pieces of a stream together, as the vendor's own client does it; name the model.

    The pieces count what was generated so far, and the first alone what was put in.
    """
    if exchange.expected is not None:
        answer = exchange.answer or {}
        told = {"model": answer["model_id"]} if "results" in answer else {}
        return {**told, **exchange.expected}
    if not exchange.recorded["response"]["stream"]:
        return None
    lines = exchange.body.decode().splitlines()
    pieces = [json.loads(line[5:]) for line in lines if line.startswith("data:")]
    results = [result for piece in pieces for result in piece.get("results", ())]
    if not results:
        return None
    return {
        "kind": "completion",
        "model": pieces[0]["model_id"],
        "text": "".join(result["generated_text"] for result in results),
        "finish_reason": results[-1]["stop_reason"],
        "usage": {
            "input_token_count": max(result["input_token_count"] for result in results),
            "generated_token_count": results[-1]["generated_token_count"],
        },
    }
