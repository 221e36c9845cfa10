"""google-auth gets the access tokens, of a service account or the default credentials.

The endpoint that gives them is a server on loopback, which checks who signs.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from aicore.errors import AIError, BadConfig, MissingKey, Unauthorized, Unreachable
from aikit import Kit
from aikit_provider_google_vertex import adc
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

MODEL = "google-vertex:gemini-3.5-flash"
SIGNED = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = PRIVATE.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()


class TokenServer(ThreadingHTTPServer):
    """Gives numbered tokens for an hour each, to who signs with the right key."""

    daemon_threads = True
    status = 200
    lasts = 3600

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), TokenHandler)
        self.asked: list[dict[str, Any]] = []
        self.open = Event()
        self.open.set()
        self.begun = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/token"


class TokenHandler(BaseHTTPRequestHandler):
    server: TokenServer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        server = self.server
        server.asked.append(claims(form) if form["grant_type"] == [SIGNED] else form)
        server.begun.set()
        server.open.wait(10)
        token = {"access_token": f"token-{len(server.asked)}", "expires_in": server.lasts}
        if server.status != 200:
            token = {"error": "invalid_grant", "error_description": "Account is gone."}
        data = json.dumps(token).encode()
        self.send_response(server.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def claims(form: dict[str, list[str]]) -> dict[str, Any]:
    """Read what was signed, and check the signature."""
    head, body, signature = form["assertion"][0].split(".")
    PRIVATE.public_key().verify(
        bytes_of(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    read: dict[str, Any] = json.loads(bytes_of(body))
    return read


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    server = TokenServer()
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.open.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let google-auth find nothing on this machine, nor look for one of Google's."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_VERTEX_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


def account(tokens: TokenServer) -> dict[str, Any]:
    return {
        "type": "service_account",
        "project_id": "mine",
        "private_key_id": "key-1",
        "private_key": PEM,
        "client_email": "robot@mine.example",
        "token_uri": tokens.url,
    }


def said() -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": "Hello"}]}
    return {"candidates": [{"content": content, "finishReason": "STOP"}], "responseId": "r1"}


@asynccontextmanager
async def kit_for(
    refused: tuple[str, ...] = (), **settings: Any
) -> AsyncIterator[tuple[Kit, list[httpx2.Request]]]:
    asked: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        if request.headers["authorization"].rpartition(" ")[2] in refused:
            error = {"code": 401, "message": "Spent.", "status": "UNAUTHENTICATED"}
            return httpx2.Response(401, json={"error": error})
        return httpx2.Response(200, json=said())

    place = {"project": "mine", "location": "global"}
    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(handle)) as client,
        Kit(providers={"google-vertex": {**place, **settings}}, http_client=client) as kit,
    ):
        yield kit, asked


def shown(asked: list[httpx2.Request]) -> list[str]:
    return [request.headers["authorization"] for request in asked]


@pytest.mark.parametrize("form", ["content", "file", "path"])
async def test_a_service_account_signs_for_a_token_that_all_calls_share(
    form: str, tokens: TokenServer, tmp_path: Path
) -> None:
    given: Any = account(tokens)
    if form != "content":
        file = tmp_path / "account.json"
        file.write_text(json.dumps(given))
        given = file if form == "path" else str(file)
    async with kit_for(credentials=given) as (kit, asked):
        await asyncio.gather(*(kit.generate("Hi", model=MODEL) for _ in range(5)))
        await kit.generate("Hi", model=MODEL)
    assert shown(asked) == ["Bearer token-1"] * 6
    (signed,) = tokens.asked
    assert signed["iss"] == "robot@mine.example"
    assert signed["scope"] == "https://www.googleapis.com/auth/cloud-platform"
    assert "x-goog-user-project" not in asked[0].headers


async def test_a_token_that_is_about_to_end_is_renewed(tokens: TokenServer) -> None:
    tokens.lasts = 60
    async with kit_for(credentials=account(tokens)) as (kit, asked):
        await kit.generate("Hi", model=MODEL)
        await kit.generate("Hi", model=MODEL)
    assert shown(asked) == ["Bearer token-1", "Bearer token-2"]


async def test_a_token_that_is_refused_is_renewed_once(tokens: TokenServer) -> None:
    async with kit_for(("token-1",), credentials=account(tokens)) as (kit, asked):
        assert (await kit.generate("Hi", model=MODEL)).text == "Hello"
    assert shown(asked) == ["Bearer token-1", "Bearer token-2"]


async def test_the_default_credentials_are_those_of_the_machine(
    tokens: TokenServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = {
        "type": "authorized_user",
        "client_id": "id",
        "client_secret": "shh",
        "refresh_token": "again",
        "quota_project_id": "pays",
        "token_uri": tokens.url,
    }
    file = tmp_path / "user.json"
    file.write_text(json.dumps(user))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    made = adc.credentials(None, "google-vertex", adc.library("google-vertex"))
    made._token_uri = tokens.url  # which it takes for users from Google alone
    async with kit_for(credentials=made) as (kit, asked):
        await kit.generate("Hi", model=MODEL)
    assert shown(asked) == ["Bearer token-1"]
    assert asked[0].headers["x-goog-user-project"] == "pays"
    file.write_text(json.dumps(account(tokens)))
    async with kit_for() as (kit, asked):
        await kit.generate("Hi", model=MODEL)
    assert shown(asked) == ["Bearer token-2"]


async def test_without_credentials_it_is_said_how_to_give_some() -> None:
    async with kit_for() as (kit, asked):
        with pytest.raises(MissingKey, match="set GOOGLE_VERTEX_AUTH_TOKEN or GOOGLE_APPL"):
            await kit.generate("Hi", model=MODEL)
    assert not asked


async def test_an_account_that_is_gone_is_unauthorized(tokens: TokenServer) -> None:
    tokens.status = 400
    async with kit_for(credentials=account(tokens)) as (kit, _):
        with pytest.raises(Unauthorized, match=r"RefreshError: .*invalid_grant") as raised:
            await kit.generate("Hi", model=MODEL)
    assert "PRIVATE" not in f"{raised.value!r} {raised.value.as_dict()}"


@pytest.mark.long  # google-auth tries several times
async def test_an_endpoint_that_is_gone_is_unreachable(tokens: TokenServer) -> None:
    given = {**account(tokens), "token_uri": "http://127.0.0.1:9/token"}
    async with kit_for(credentials=given) as (kit, _):
        with pytest.raises(Unreachable, match="TransportError"):
            await kit.generate("Hi", model=MODEL)


@pytest.mark.parametrize("given", ["nowhere.json", {"type": "service_account"}, 5])
async def test_credentials_that_are_none_say_what_they_must_be(given: Any) -> None:
    async with kit_for(credentials=given) as (kit, _):
        with pytest.raises(BadConfig, match="must be the JSON file of a service account"):
            await kit.generate("Hi", model=MODEL)


async def test_without_google_auth_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    async with kit_for() as (kit, _):
        with pytest.raises(BadConfig, match=r"google-vertex\[adc\]>=1'`, or give an `auth_token`"):
            await kit.generate("Hi", model=MODEL)


async def test_waiting_for_a_token_holds_nobody_up(tokens: TokenServer) -> None:
    """The loop goes on meanwhile, and a deadline ends the wait."""
    tokens.open.clear()
    async with kit_for(credentials=account(tokens)) as (kit, asked):
        waiting = asyncio.ensure_future(kit.generate("Hi", model=MODEL))
        while not tokens.begun.is_set():
            await asyncio.sleep(0.001)
        with pytest.raises(AIError, match=r"0\.05"):
            await kit.generate("Hi", model=MODEL, timeout=0.05)
        tokens.open.set()
        assert (await waiting).text == "Hello"
    assert (len(asked), len(tokens.asked)) == (1, 1)


def test_opening_the_provider_imports_no_google_auth() -> None:
    program = (
        "import sys; from aikit import Kit\n"
        "Kit(providers={'google-vertex': {'project': 'p', 'location': 'global'}})"
        ".provider('google-vertex')\n"
        "assert 'google.auth' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
