"""Hypothesis strategies for every value of aicore that travels as JSON."""

from __future__ import annotations

from typing import Any

from aicore import events
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    VideoPart,
)
from aicore.rate_limits import RateLimit, RateLimits
from aicore.requests import (
    ChatRequest,
    JSONSchema,
    NamedTool,
    PromptCache,
    ProviderTool,
    Reasoning,
    Tool,
)
from aicore.responses import (
    Attempt,
    CallWarning,
    Candidate,
    Embeddings,
    Response,
    ServedBy,
    Step,
    Timing,
    TokenLogprob,
    TopLogprob,
)
from aicore.usage import COUNTS, Cost, Usage
from hypothesis import strategies as st

Strategy = st.SearchStrategy

text = st.text(max_size=8)
maybe_text = st.none() | text
count = st.integers(0, 10**9)
index = st.integers(0, 5)
number = st.floats(allow_nan=False, allow_infinity=False)
json: Strategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | number | text,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(text, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(text, json, max_size=2)
provider_data = st.dictionaries(text, objects, max_size=2)


def some(of: Strategy[Any], least: int = 0, most: int = 2) -> Strategy[tuple[Any, ...]]:
    return st.lists(of, min_size=least, max_size=most).map(tuple)


def media(cls: type[Any], **more: Strategy[Any]) -> Strategy[Any]:
    sources = (
        st.fixed_dictionaries({"data": st.binary(max_size=12)})
        | st.fixed_dictionaries({"url": text.map("https://example.test/{}".format)})
        | st.fixed_dictionaries({"file_id": text})
    )
    fields = {"media_type": maybe_text, "name": maybe_text, "provider_data": provider_data, **more}
    return st.builds(
        lambda source, others: cls(**source, **others), sources, st.fixed_dictionaries(fields)
    )


texts: Strategy[Part] = st.builds(TextPart, text, provider_data=provider_data)
pictures: Strategy[Part] = media(
    ImagePart, detail=st.sampled_from([None, "auto", "low", "high", "original"])
)
sounds: Strategy[Part] = media(AudioPart, transcript=maybe_text)
results: Strategy[Any] = st.builds(
    ToolResultPart,
    text,
    some(st.one_of(texts, pictures, sounds, media(VideoPart), media(FilePart))),
    maybe_text,
    st.booleans(),
    provider_data=provider_data,
)
parts: Strategy[Part] = st.one_of(
    texts,
    pictures,
    sounds,
    media(VideoPart),
    media(FilePart),
    st.builds(ReasoningPart, text, provider_data=provider_data),
    st.builds(RefusalPart, text, provider_data=provider_data),
    st.builds(ToolCallPart, text, text, text, provider_data=provider_data),
    results,
    st.builds(
        SourcePart,
        url=maybe_text,
        title=maybe_text,
        id=maybe_text,
        quote=maybe_text,
        start=st.none() | index,
        end=st.none() | index,
        provider_data=provider_data,
    ),
    st.builds(OpaquePart, text, json, provider_data=provider_data),
)
messages = st.builds(
    Message,
    st.sampled_from(["system", "user", "assistant", "tool"]),
    some(parts, most=3),
    maybe_text,
    provider_data=provider_data,
)

usages = st.builds(
    Usage,
    **dict.fromkeys(COUNTS, st.none() | count),
    estimated=st.booleans(),
    lower_bound=st.booleans(),
    raw=st.none() | objects,
)
costs = st.builds(
    Cost,
    usd=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
    reason=maybe_text,
    lower_bound=st.booleans(),
    source=maybe_text,
)
token_bytes = st.none() | some(st.integers(0, 255))
logprob = st.floats(max_value=0, allow_nan=False)
logprobs = st.builds(
    TokenLogprob,
    text,
    logprob,
    token_bytes,
    some(st.builds(TopLogprob, text, logprob, token_bytes)),
)
warnings = st.builds(
    CallWarning, maybe_text, st.sampled_from(["dropped", "rewritten", "noted"]), text, maybe_text
)
served_by = st.builds(ServedBy, text, maybe_text, maybe_text)
timings = st.builds(Timing, number, st.none() | number)
attempts = st.builds(Attempt, text, text, number, st.none() | number, maybe_text)
reasons = st.sampled_from(["stop", "length", "tool-calls", "content-filter", "error", "other"])
candidates = st.builds(
    Candidate, some(parts, most=3), reasons, maybe_text, some(logprobs), provider_data=provider_data
)
steps = st.builds(Step, some(candidates, least=1), st.none() | usages, provider_data=provider_data)
rate_limits = some(
    st.builds(
        RateLimit,
        unit=text,
        limit=st.none() | number,
        remaining=st.none() | number,
        reset=st.none() | number,
        window=st.none() | number,
    )
).map(lambda limits: RateLimits(tuple(limits)))
outcome: dict[str, Strategy[Any]] = {
    "served_by": st.none() | served_by,
    "cost": st.none() | costs,
    "timing": st.none() | timings,
    "attempts": some(attempts),
    "rate_limits": st.none() | rate_limits,
}
responses = st.builds(
    Response,
    id=maybe_text,
    model=maybe_text,
    created=st.none() | count,
    steps=some(steps, least=1),
    warnings=some(warnings),
    **outcome,
)
embeddings = st.builds(
    Embeddings,
    model=maybe_text,
    vectors=some(some(number)),
    usage=st.none() | usages,
    raw=st.none() | objects,
    warnings=some(warnings),
    **outcome,
)

BY_EVENT: dict[type, Strategy[Any]] = {
    events.Started: st.builds(events.Started, maybe_text, maybe_text, st.none() | count),
    events.StepStarted: st.builds(events.StepStarted, index),
    events.PartStarted: st.builds(
        events.PartStarted,
        index,
        index,
        st.sampled_from(["text", "reasoning", "refusal", "tool_call"]),
        index,
        maybe_text,
        maybe_text,
    ),
    events.TextDelta: st.builds(events.TextDelta, index, index, text),
    events.ReasoningDelta: st.builds(events.ReasoningDelta, index, index, text),
    events.RefusalDelta: st.builds(events.RefusalDelta, index, index, text),
    events.ArgumentsDelta: st.builds(events.ArgumentsDelta, index, index, text),
    events.PartFinished: st.builds(events.PartFinished, index, index, provider_data),
    events.PartAdded: st.builds(events.PartAdded, index, index, parts, index),
    events.LogprobsAdded: st.builds(events.LogprobsAdded, index, some(logprobs), index),
    events.UsageReported: st.builds(events.UsageReported, index, usages),
    events.Warned: st.builds(events.Warned, warnings),
    events.CandidateFinished: st.builds(
        events.CandidateFinished, index, reasons, maybe_text, index, provider_data
    ),
    events.StepFinished: st.builds(events.StepFinished, index, provider_data),
    events.Produced: st.builds(events.Produced, embeddings),
    events.JobReported: st.builds(
        events.JobReported,
        text,
        st.sampled_from(["pending", "running", "succeeded", "failed", "cancelled"]),
        text,
        maybe_text,
    ),
    events.Finished: st.builds(events.Finished, *outcome.values()),
}

tools = st.builds(
    Tool, text, maybe_text, objects, st.none() | st.booleans(), provider_data=provider_data
) | st.builds(ProviderTool, text, objects)
chat_requests = st.builds(
    ChatRequest,
    model=text,
    messages=some(messages, least=1),
    user=maybe_text,
    metadata=st.none() | st.dictionaries(text, text, max_size=2),
    provider_options=provider_data,
    streaming=st.booleans(),
    max_tokens=st.none() | st.integers(1, 10**6),
    temperature=st.none() | number | st.integers(0, 2),
    top_p=st.none() | number,
    top_k=st.none() | count,
    stop=st.none() | some(text),
    seed=st.none() | st.integers(),
    presence_penalty=st.none() | number,
    frequency_penalty=st.none() | number,
    logit_bias=st.none() | st.dictionaries(text, number, max_size=2),
    logprobs=st.none() | st.booleans(),
    top_logprobs=st.none() | index,
    n=st.none() | st.integers(1, 5),
    service_tier=maybe_text,
    tools=some(tools),
    tool_choice=st.sampled_from([None, "auto", "none", "required"]) | st.builds(NamedTool, text),
    parallel_tool_calls=st.none() | st.booleans(),
    response_format=st.sampled_from([None, "text", "json"])
    | st.builds(JSONSchema, objects, text, maybe_text, st.none() | st.booleans()),
    reasoning=st.none() | st.builds(Reasoning, maybe_text, st.none() | count),
    modalities=st.none() | some(st.sampled_from(["text", "audio", "image"])),
    prompt_cache=st.none() | st.builds(PromptCache, maybe_text, maybe_text),
)
