"""Read the log probabilities of the Gemini dialect."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from aicore.responses import TokenLogprob, TopLogprob


def read_logprobs(raw: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    """Read a `logprobsResult`: the chosen tokens, and the likeliest ones in the place of each.

    JSON of protocol buffers leaves out a probability of 0.0, which is certainty.
    """
    chosen, tops = raw.get("chosenCandidates") or (), raw.get("topCandidates") or ()
    return tuple(
        TokenLogprob(
            **fields(token),
            top=tuple(TopLogprob(**fields(other)) for other in (top or {}).get("candidates") or ()),
        )
        for token, top in zip_longest(chosen, tops[: len(chosen)])
    )


def fields(token: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "token": str(token.get("token", "")),
        "logprob": float(token.get("logProbability", 0.0)),
    }
