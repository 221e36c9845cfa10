"""What a service tells of an answer's cost is the answer's cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from aicore.events import Finished
from aicore.usage import Cost, Usage
from aikit_wire.openai.cost import read_cost, sum_of_costs
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.manifest import Manifest

from .answers import USAGE, answered, chunk, sse, stream_events, whole

PLAIN = Manifest(name="acme", cost="cost")
WITHIN = Manifest(name="acme", cost="cost.total_cost")
TICKS = Manifest(name="acme", cost="cost_in_usd_ticks")


def told(usd: str, **more: Any) -> Cost:
    return Cost(usd=Decimal(usd), source="told by acme", **more)


@pytest.mark.parametrize(
    ("manifest", "usage", "cost"),
    [
        (PLAIN, {"cost": 0.0001008}, told("0.0001008")),
        (PLAIN, {"cost": 1.4e-07}, told("1.4E-7")),
        (PLAIN, {"cost": 0, "is_byok": False}, told("0")),
        (PLAIN, {"cost": 0.001, "is_byok": True}, told("0.001", lower_bound=True)),
        (WITHIN, {"cost": {"total_cost": 0.00502, "request_cost": 0.005}}, told("0.00502")),
        (TICKS, {"cost_in_usd_ticks": 1641500}, told("0.00016415")),
        (PLAIN, {}, None),
        (PLAIN, {"cost": None}, None),
        (PLAIN, {"cost": True}, None),
        (PLAIN, {"cost": "free"}, None),
        (PLAIN, {"cost": float("inf")}, None),
        (PLAIN, None, None),
        (WITHIN, {"cost": 0.1}, None),
        (WITHIN, {"cost": {}}, None),
        (Manifest(name="acme"), {"cost": 0.1}, None),
    ],
)
def test_a_cost_is_read_in_usd(manifest: Manifest, usage: Any, cost: Cost | None) -> None:
    assert read_cost(usage, manifest) == cost


def test_an_answer_brings_its_cost_whole_or_streamed() -> None:
    usage = {**USAGE, "cost": 0.25}
    assert answered(whole({"content": "Hi"}, usage=usage), PLAIN).cost == told("0.25")
    body = sse(
        chunk({"content": "Hi"}, usage={**USAGE, "cost": 0.1}), chunk({}, "stop", usage=usage)
    )
    *_, last = stream_events(body, ChatDecoder(PLAIN, "m1"))
    assert last == Finished(cost=told("0.25"))


def test_an_answer_of_another_service_leaves_its_cost_to_the_price_list() -> None:
    assert answered(whole({"content": "Hi"}, usage={**USAGE, "cost": 0.25})).cost is None


def test_several_answers_cost_what_they_cost_together() -> None:
    usages = [Usage(raw={"cost": 0.1}), Usage(raw={"cost": 0.2, "is_byok": True})]
    assert sum_of_costs(usages, PLAIN) == told("0.3", lower_bound=True)
    assert sum_of_costs([*usages, None], PLAIN) is None
    assert sum_of_costs([], PLAIN) is None
