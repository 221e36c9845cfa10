"""Keys: where they come from, where they go, and where they never show."""

from __future__ import annotations

import logging
import re
import traceback
from itertools import product

import pytest
from aicore.errors import AIError, MissingKey

from aikit_testing.conformance.author import Author, not_applicable, on_a_loop
from aikit_testing.conformance.bench import KEY
from aikit_testing.conformance.scenario import Reply, Scenario
from aikit_testing.conformance.service import Delivery, Service

VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")
OTHER_KEY = "XwAnotherKeyForOneCall"


class Keys(Author):
    """A key is sent to its service and shown to nobody."""

    @on_a_loop
    async def test_a_missing_key_names_its_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ability = await self._main()
        async with self._served(ability, key=None) as bench:
            try:
                await bench.ask()
            except MissingKey as error:
                variables = VARIABLE.findall(str(error))
            except AIError as error:
                raise AssertionError(f"without a key comes {error!r}, not MissingKey") from error
            else:
                not_applicable("the service answers without a key")
            assert not bench.received, "a request was sent although there is no key"
        assert variables, "MissingKey does not name the variable that may hold the key"
        monkeypatch.setenv(variables[0], KEY)
        async with self._served(ability, key=None) as bench:
            await bench.ask()
            assert KEY in bench.sent, f"the key in {variables[0]} was not sent"

    @on_a_loop
    async def test_the_key_is_sent_and_not_in_the_url(self) -> None:
        self._need_key()
        async with self._served(await self._main()) as bench:
            await bench.ask()
            assert KEY in bench.sent, f"the setting {self.key_setting!r} was not sent"
            shown = any(KEY in received.path for received in bench.received)
            assert not shown, "the key is in the URL, which logs and proxies show"

    @on_a_loop
    async def test_a_key_of_one_call_goes_before(self) -> None:
        self._need_key()
        async with self._served(await self._main()) as bench:
            await bench.ask(api_key=OTHER_KEY)
            assert OTHER_KEY in bench.sent, "`context.api_keys` was not looked at"
            assert KEY not in bench.sent, "two keys were sent"
            await bench.ask()
            assert OTHER_KEY not in bench.sent, "the key of one call was used for another"

    @on_a_loop
    async def test_nothing_shows_the_key(self, caplog: pytest.LogCaptureFixture) -> None:
        self._need_key()
        ability = await self._main()
        caplog.set_level(logging.DEBUG)
        for status, streaming in product((400, 401, 500), {False, self._streams(ability)}):
            said = Scenario(ability=ability, status=status, message=f"The key {KEY} is not known.")
            async with self._served(ability, said) as bench:
                with pytest.raises(AIError) as raised:
                    await bench.ask(streaming=streaming)
                shown = [bench.kit, bench.kit.provider(self.provider), raised.value]
                details = [raised.value.as_dict(), vars(raised.value)]
                trace = "".join(traceback.format_exception(raised.value))
                assert KEY not in f"{shown} {raised.value} {details}", (
                    "an error or a repr shows the key: `exchange(…, secrets=…)` hides it"
                )
                assert KEY not in trace, "a traceback shows the key"
        assert KEY not in caplog.text, "a log shows the key"

    @on_a_loop
    async def test_a_redirect_does_not_take_the_key_along(self) -> None:
        self._need_key()
        ability = await self._main()
        async with self._served(ability) as bench:
            with Service(lambda received: Delivery(Reply.json({}))) as stranger:
                moved = Reply(307, {"location": f"{stranger.url}/elsewhere"})
                bench.deliver = lambda reply: Delivery(moved)
                with pytest.raises(AIError):
                    await bench.ask()
                told = [received.everything for received in stranger.received]
        assert not any(KEY in text for text in told), "another host was sent the key"

    def _need_key(self) -> None:
        if not self.key_setting:
            not_applicable("the service knows no keys")
