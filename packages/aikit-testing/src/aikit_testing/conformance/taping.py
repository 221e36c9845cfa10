"""Every call can be recorded and replayed: it goes through the transport that the user lends."""

from __future__ import annotations

from pathlib import Path

from aikit_testing.conformance.author import Author, on_a_loop
from aikit_testing.conformance.bench import KEY, facts
from aikit_testing.conformance.cases import both_ways
from aikit_testing.record import Recorder
from aikit_testing.replay import Replayer


class Taping(Author):
    """What passes through a Recorder comes out of a Replayer."""

    @both_ways
    @on_a_loop
    async def test_a_tape_replays_the_call(self, streaming: bool, tmp_path: Path) -> None:
        ability = await self._main()
        await self._streaming(ability, streaming)
        tape = tmp_path / "tape.jsonl"
        async with (
            Recorder(tape) as recorder,
            self._served(ability, http_client=recorder) as bench,
        ):
            live = await bench.ask(streaming=streaming)
        assert tape.exists(), (
            "`host.http_client` was not asked: send through `transport_for(host.http_client)`"
        )
        assert KEY not in tape.read_text("utf-8"), "the tape holds the key"
        replayer = Replayer(tape, match="order")
        asked = [exchange.asked for exchange in replayer.unused]
        async with self._served(ability, http_client=replayer) as bench:
            assert facts(await bench.ask(streaming=streaming)) == facts(live), "the replay differs"
            assert not bench.received, "the replay has asked the service"
        named = {(request.provider, request.ability) for request in asked}
        assert named == {(self.provider, ability)}, (
            "a tape tells who asks for what: HTTPRequest(…, provider=…, ability=…)"
        )
