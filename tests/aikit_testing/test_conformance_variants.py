"""What the guide advises for services of other kinds passes the conformance suite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from aikit_testing.new_provider import files

from .distributions import install, run_pytest

PROVIDER, TEST = "src/aikit_provider_{0}/__init__.py", "tests/test_{0}.py"

Change = tuple[str, str, str]

VARIANTS: Mapping[str, list[Change]] = {
    "events": [
        (PROVIDER, "NDJSONDecoder", "SSEDecoder"),
        (PROVIDER, "json.loads(frame.data) for", "load(frame.data) for"),
        (
            PROVIDER,
            "def decode(",
            "def load(data: Any) -> Any:\n"
            '    return {} if data == b"[DONE]" else json.loads(data)\n\n\n'
            "def decode(",
        ),
        (
            PROVIDER,
            "    match item:\n",
            "    match item:\n        case {} if not item:\n            pass\n",
        ),
        (TEST, "Reply.lines(found)", 'Reply.sse(found, end="[DONE]")'),
    ],
    "header": [(PROVIDER, '"bearer", "authorization"', '"header", "x-key"')],
    "account": [
        (PROVIDER, "SETTINGS = (", 'SETTINGS = ("account", '),
        (
            PROVIDER,
            "        self._key =",
            '        if "account" not in host.settings:\n'
            '            raise BadConfig("set `account`")\n'
            "        self._url += f\"/{host.settings['account']}\"\n"
            "        self._key =",
        ),
        (
            TEST,
            "    def replies(",
            "    def settings(self, url):\n"
            '        return {"base_url": url, "account": "mine"}\n\n'
            "    def replies(",
        ),
    ],
    "nameless": [
        (PROVIDER, "import json\n", "import json\nfrom uuid import uuid4\n"),
        (PROVIDER, 'case {"call": {"id": str(id), ', 'case {"call": {'),
        (
            PROVIDER,
            "            turn.tool_call(",
            '            id = f"call_{uuid4().hex}"\n            turn.tool_call(',
        ),
        (TEST, '{"id": call.id, ', "{"),
    ],
    "endless": [
        (PROVIDER, 'ENDS.get(end, "other"), end', '"tool-calls" if turn.has_calls else "stop"'),
        (
            TEST,
            "    def replies(",
            '    expected_failures = {"test_a_length_limit_is_told": "it does not say why"}\n\n'
            "    def replies(",
        ),
    ],
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    folder = tmp_path_factory.mktemp("variants")
    for name, changes in VARIANTS.items():
        texts = files(name, "dialect")
        for place, old, new in changes:
            path = place.format(name)
            assert old in texts[path], f"the skeleton has no {old!r}"
            texts[path] = texts[path].replace(old, new)
        install(folder / "site", texts)
        (folder / f"test_{name}.py").write_text(texts[f"tests/test_{name}.py"])
    providers, _ = run_pytest(folder)
    return {report["provider"]: report for report in providers}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_passes(name: str, reports: Mapping[str, Mapping[str, Any]]) -> None:
    report = reports[name]
    expected = {"passed", "not applicable"} | ({"expected to fail"} if name == "endless" else set())
    assert set(report["counts"]) == expected, report["reasons"]
