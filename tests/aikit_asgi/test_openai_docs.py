"""What `docs/openai-compatible.md` shows works, and what its tables say holds."""

from __future__ import annotations

import inspect
import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aicore.errors
import openai
import pytest
from aicore.errors import AIError, Cancelled
from aikit_asgi.openai.write import write_error
from aikit_asgi.statuses import status_of

from ..docs.pages import Block, code, page
from ..vendor import Vendor
from .node_client import run
from .server import serve

PAGE = page("docs/openai-compatible.md")
SAID = "Air scatters blue light more than red."
PLACE = "http://localhost:8080"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the page's own gateway, with a vendor on loopback behind it."""
    folder = tmp_path_factory.mktemp("gateway")
    with Vendor(answers={"sky": SAID}) as vendor, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("OPENAI_API_KEY", "sk-dummy")
        (folder / "aikit.toml").write_text(f'[providers.openai]\nbase_url = "{vendor.url}"\n')
        (folder / "gateway.py").write_text(named("gateway.py").text)
        app = runpy.run_path(str(folder / "gateway.py"))["app"]
        with serve(app) as address:
            yield address


def named(file: str) -> Block:
    """Return the block whose first line is a comment that names a file."""
    (found,) = (
        block
        for block in PAGE.blocks("python", "js")
        if block.text.split("\n")[0].lstrip("#/ ") == file
    )
    return found


def printed(after: Block) -> str:
    """Return what the page says that a block prints."""
    blocks = PAGE.blocks("python", "js", "bash", "json", "text")
    following = blocks[blocks.index(after) + 1]
    assert (following.language, following.follows) == ("text", after.language)
    return following.text


def lay_out(block: Block, folder: Path, name: str, address: str) -> Path:
    assert PLACE in block.text
    path = folder / name
    path.write_text(block.text.replace(PLACE, address))
    return path


def test_the_example_in_python_prints_what_the_page_says(address: str, tmp_path: Path) -> None:
    path = lay_out(named("ask.py"), tmp_path, "ask.py", address)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)], capture_output=True, text=True, timeout=60
    )
    assert (done.stderr, done.stdout) == ("", printed(named("ask.py")))


def test_the_example_in_javascript_prints_what_the_page_says(address: str, tmp_path: Path) -> None:
    path = lay_out(named("ask.mjs"), tmp_path, "ask.mjs", address)
    assert run(path) == printed(named("ask.mjs"))


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_example_with_curl_is_answered(address: str, tmp_path: Path) -> None:
    (block,) = (item for item in PAGE.blocks("bash") if item.text.startswith("curl"))
    path = lay_out(block, tmp_path, "ask.sh", address)
    without_proxy = {name: value for name, value in os.environ.items() if "proxy" not in name}
    done = subprocess.run(
        ["bash", str(path)], capture_output=True, text=True, timeout=60, env=without_proxy
    )
    assert json.loads(done.stdout)["choices"][0]["message"]["content"] == "You said: Hi"


def test_the_table_of_endpoints_is_what_is_served(address: str) -> None:
    with openai.OpenAI(base_url=address, api_key="sk-gate") as client:
        described = client.get("/openapi.json", cast_to=object)
    assert isinstance(described, dict)
    served = {
        f"{method.upper()} {path}"
        for path, methods in described["paths"].items()
        for method in methods
        if path.startswith("/v1/")
    }
    assert {code(row[0])[0] for row in PAGE.table("Endpoint")} == served


def test_the_table_of_errors_holds_and_names_them_all() -> None:
    known = {
        name
        for name, kind in inspect.getmembers(aicore.errors, inspect.isclass)
        if issubclass(kind, AIError) and kind is not Cancelled
    }
    listed = []
    for status, kind, told, names, raised in PAGE.table("Status"):
        for name in code(names):
            error = getattr(aicore.errors, name)("text")
            body = write_error(error)["error"]
            assert (str(status_of(error)), f"`{body['type']}`") == (status, kind), name
            assert body["code"] == (error.code if told == "its own" else code(told)[0]), name
            listed.append(name)
        by_status = getattr(openai, code(raised)[0])
        assert issubclass(by_status, openai.APIStatusError)
        assert int(status) >= 500 or by_status.status_code == int(status)
    assert sorted(listed) == sorted(known)
