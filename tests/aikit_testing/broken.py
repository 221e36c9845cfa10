"""Providers that are broken in one place, and the test of the conformance suite that sees it."""

from __future__ import annotations

from dataclasses import dataclass

PROVIDER = "src/{module}/__init__.py"
TYPED = "src/{module}/py.typed"
PROJECT = "pyproject.toml"
TEST = "tests/test_{name}.py"

WRAPPED = """from aikit_wire.exchange import read, exchange as sound
from aicore.errors import AIError
from contextlib import asynccontextmanager

@asynccontextmanager
async def exchange(*given, **named):
    try:
        async with sound(*given, **named) as response:
            yield response
    except AIError as error:
        {deed}
"""
IMPORT = "from aikit_wire.exchange import exchange, read\n"
CHAT = "    async def chat(self, request: ChatRequest, context: Context)"
DETACHED = """    async def chat(self, request: ChatRequest, context: Context):
        import asyncio
        queue = asyncio.Queue()
        async def pump():
            try:
                async for batch in self.attached(request, context):
                    queue.put_nowait(batch)
            except Exception as error:
                queue.put_nowait(error)
            queue.put_nowait(None)
        self.tasks = [*getattr(self, "tasks", []), asyncio.create_task(pump())]
        while (item := await queue.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item

    async def attached(self, request: ChatRequest, context: Context)"""
TOLERANT = """def tolerant(body):
    try:
        return json.loads(body)["items"]
    except ValueError:
        return [{"say": "…"}, {"end": "done", "read": 1, "wrote": 1}]


async def heard("""
END = "        turn.finish()\n"
LENIENT_END = '        turn.has_reason or turn.reason("stop")\n        turn.finish()\n'
WHOLE = 'json.loads(await read(response))["items"]'
FED = "lines.feed(chunk)"
READING = f"""        async for chunk in chunks:
            yield [json.loads(frame.data) for frame in {FED}]
"""
RANKING = """
class Ranking(Manifest):
    def __call__(self, host):
        from dataclasses import replace
        from aicore.errors import BadReply
        from aicore.events import Finished, Produced
        from aicore.responses import RerankResponse

        provider = Manifest.__call__(self, host)
        sound = provider.rerank

        async def rerank(request, context):
            try:
                batches = [batch async for batch in sound(request, context)]
                result = batches[-1][0].result
            except BadReply:
                {deed}
            yield Produced(replace(result, results={results})), Finished()

        provider.rerank = rerank
        return provider


PROVIDER = Ranking(
    abilities=frozenset({{"chat", "rerank"}}),"""
BACKWARDS = RANKING.format(deed="raise", results="result.results[::-1]")
UNRANKED = RANKING.format(deed="result = RerankResponse(results=())", results="result.results")
TRANSPORT = "transport_for(host.http_client)"
FOLLOWING = """
def following():
    import httpx2

    class Following(httpx2.AsyncClient):
        async def send(self, request, **options):
            return await super().send(request, **{**options, "follow_redirects": True})

    return Following()
"""
CLOSED = ("self._transport.aclose()", "self._transport._given.aclose()")
DECODED = "            turn.text(text)\n"


@dataclass(frozen=True)
class Broken:
    """A skeleton in which `changes` (what stood there, what stands there now) break a file.

    Without changes the file is missing.
    """

    test: str
    changes: tuple[tuple[str, str], ...] = ()
    file: str = PROVIDER
    kind: str = "dialect"


def broken(test: str, old: str, new: str, *more: tuple[str, str], **where: str) -> Broken:
    return Broken(f"test_{test}", ((old, new), *more), **where)


BROKEN = [
    # structure
    broken("the_entry_point_offers_the_provider", '    name = "', '    name = "x'),
    broken("the_distribution_says_what_it_is", 'license = "MIT"\n', "", file=PROJECT),
    broken("requirements_are_bounded", '"aicore>=1.0,<2"', '"aicore>=1.0"', file=PROJECT),
    broken("requirements_are_bounded", '"aikit-wire', '"aikit", "aikit-wire', file=PROJECT),
    Broken("test_types_are_shipped", file=TYPED),
    broken("importing_does_nothing", "VARIABLES =", 'print("Hello!")\nVARIABLES ='),
    broken("importing_does_nothing", "import json\n", "import json\nimport aikit\n"),
    broken(
        "opening_sends_nothing",
        "        self._name = host.name\n",
        "        self._name = host.name\n"
        '        __import__("urllib.request").request.urlopen(host.settings["base_url"]).close()\n',
    ),
    broken("unknown_settings_are_refused", "in host.settings.keys() - {*SETTINGS}", "in ()"),
    broken(
        "no_test_is_overridden",
        '    provider = "',
        '    test_usage_is_told = None\n    provider = "',
        file=TEST,
    ),
    broken(
        "no_test_is_overridden",
        "    def replies(",
        "    def test_text_is_answered(self) -> None: ...\n    def replies(",
        file=TEST,
    ),
    broken(
        "no_test_is_overridden",
        "    def replies(",
        "    def _need_tools(self) -> None: ...\n    def replies(",
        file=TEST,
    ),
    # answers
    broken(
        "it_can_do_something",
        "        headers = {",
        "        raise Unsupported('')\n        headers = {",
    ),
    broken("text_is_answered", DECODED, "            turn.text(text.strip())\n"),
    broken("a_length_limit_is_told", '"limit": "length"', '"limit": "stop"'),
    broken("usage_is_told", "output_tokens=written_tokens", "output_tokens=read_tokens"),
    broken("events_come_in_order", "yield warnings + batch", "yield warnings + batch + batch"),
    broken(
        "folding_undoes_unfolding",
        "output_tokens=written",
        'raw={"it": (1,)}, output_tokens=written',
    ),
    broken("a_stream_comes_to_the_same_as_one_answer", WHOLE, f"{WHOLE}[1:]"),
    broken(
        "text_arrives_while_it_is_written",
        READING,
        '        whole = b"".join([chunk async for chunk in chunks])\n'
        "        yield [json.loads(line) for line in whole.splitlines()]\n",
    ),
    broken(
        "network_reads_do_not_show",
        f"json.loads(frame.data) for frame in {FED}",
        "json.loads(line) for line in chunk.splitlines()",
    ),
    broken(
        "calls_at_once_do_not_mix",
        "        turn = Turn()\n",
        "        self.body = body\n"
        '        await __import__("asyncio").sleep(0)\n'
        "        body, turn = self.body, Turn()\n",
    ),
    # what a turn may hold
    broken(
        "parallel_tool_calls_stay_apart", "tool_call(id, id, name)", 'tool_call(id, "id", name)'
    ),
    broken("tool_results_go_back", '"result": part.text, ', ""),
    broken("thoughts_are_no_text", "turn.reasoning(text)", "turn.text(text)"),
    broken(
        "embeddings_keep_their_order",
        'in answer["vectors"]',
        'in answer["vectors"][::-1]',
        kind="medium",
    ),
    broken(
        "a_missing_vector_is_a_bad_reply",
        "if len(found) != len(texts):",
        "if False:",
        kind="medium",
    ),
    broken(
        "many_texts_are_sent_in_several_requests", "AT_ONCE = 96", "AT_ONCE = 97", kind="medium"
    ),
    broken("many_texts_are_sent_in_several_requests", "tokens +=", "tokens =", kind="medium"),
    broken(
        "many_texts_are_sent_in_several_requests",
        "vectors += found",
        "vectors = found + vectors",
        kind="medium",
    ),
    broken("documents_are_ranked", "PROVIDER = Manifest(", BACKWARDS, kind="row"),
    broken(
        "a_document_that_is_not_there_is_a_bad_reply", "PROVIDER = Manifest(", UNRANKED, kind="row"
    ),
    broken("models_are_listed", "for id in ids]", "for id in ids[1:]]"),
    # what the caller says
    broken("what_was_asked_is_sent", "in request.messages]", "in request.messages[-1:]]"),
    broken(
        "settings_are_sent_or_warned_about", "elif value is not None:", 'elif setting == "seed":'
    ),
    broken("switches_are_sent_or_warned_about", "elif value is not None:", "elif value:"),
    broken("strict_refuses_before_sending", "if context.strict and", "if False and"),
    broken("options_for_the_provider_are_sent", "**request.provider_options.get(name, {})", ""),
    broken("headers_of_a_call_are_sent", ", **context.headers}", "}"),
    # keys
    broken(
        "a_missing_key_names_its_variable",
        "missing_key(self._name, VARIABLES)",
        "missing_key(self._name, ())",
    ),
    broken(
        "a_missing_key_names_its_variable",
        "raise missing_key(self._name, VARIABLES)",
        "raise ValueError('key?')",
    ),
    broken(
        "the_key_is_sent_and_not_in_the_url",
        "self._url + path,",
        'self._url + path + "?key=" + key.get_secret_value(),',
    ),
    broken(
        "a_key_of_one_call_goes_before", "context.api_keys.get(self._name, self._key)", "self._key"
    ),
    broken("nothing_shows_the_key", "secrets = (key.get_secret_value(),)", "secrets = ()"),
    broken(
        "nothing_shows_the_key",
        "        headers |= auth",
        '        __import__("logging").warning(key.get_secret_value())\n        headers |= auth',
    ),
    broken(
        "a_redirect_does_not_take_the_key_along",
        TRANSPORT,
        "transport_for(following())",
        (IMPORT, IMPORT + FOLLOWING),
        ('"bearer", "authorization"', '"header", "x-key"'),
        CLOSED,
    ),
    # faults
    broken(
        "error_statuses_name_their_remedy",
        IMPORT,
        WRAPPED.format(deed="raise BadReply(error.message) from error"),
    ),
    broken(
        "retry_after_is_read",
        IMPORT,
        WRAPPED.format(deed="error.retry_after = None\n        raise"),
    ),
    broken(
        "a_service_that_is_not_there_is_unreachable",
        IMPORT,
        WRAPPED.format(deed="raise BadReply(error.message) from error"),
    ),
    broken("a_stream_without_its_end_is_an_error", END, LENIENT_END),
    broken(
        "half_an_answer_is_an_error",
        WHOLE,
        "tolerant(await read(response))",
        ("async def heard(", TOLERANT),
    ),
    broken(
        "nonsense_is_a_bad_reply",
        END,
        LENIENT_END,
        ("        case _:\n            raise BadReply(", "        case _:\n            str("),
    ),
    # stopping
    broken("leaving_a_stream_closes_the_connection", CHAT, DETACHED),
    broken("cancelling_before_the_answer_closes_the_connection", CHAT, DETACHED),
    broken("cancelling_amid_the_answer_closes_the_connection", CHAT, DETACHED),
    broken("a_cancel_token_closes_the_connection", CHAT, DETACHED),
    broken("a_deadline_closes_the_connection", CHAT, DETACHED),
    broken(
        "the_event_loop_stays_free",
        "        turn = Turn()\n",
        '        __import__("time").sleep(0.5)\n        turn = Turn()\n',
    ),
    broken("closing_closes_the_connections", "await self._transport.aclose()", "pass"),
    broken(
        "one_kit_serves_several_event_loops",
        TRANSPORT,
        'transport_for(__import__("httpx2").AsyncClient())',
        CLOSED,
    ),
    # taping
    broken("a_tape_replays_the_call", TRANSPORT, "transport_for(None)"),
    broken("a_tape_replays_the_call", ", self._name, ability)", ")"),
]
