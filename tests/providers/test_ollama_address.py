"""An Ollama server is found by every form in which `OLLAMA_HOST` may name it."""

from __future__ import annotations

import pytest
from aicore.errors import BadConfig
from aikit_provider_ollama.address import address


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("box", "http://box:11434"),
        ("box:8080", "http://box:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("box/", "http://box:11434"),
        ("box:8080/path/", "http://box:8080/path"),
        (' "box" ', "http://box:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://0.0.0.0:11434", "http://127.0.0.1:11434"),
        ("192.168.1.5", "http://192.168.1.5:11434"),
        ("::1", "http://[::1]:11434"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("[::]:8080", "http://[::1]:8080"),
        ("http://box", "http://box:80"),
        ("http://box:11434/", "http://box:11434"),
        ("HTTPS://Box", "https://box:443"),
        ("https://box/path//", "https://box:443/path"),
        ("https://ollama.com", "https://ollama.com:443"),
        ("ollama.com", "https://ollama.com:443"),
    ],
)
def test_every_form_names_a_server(host: str, url: str) -> None:
    assert address(host) == url


@pytest.mark.parametrize("host", ["ftp://box", "box:port", "http://[::1", "box:99999"])
def test_what_is_no_address_is_told(host: str) -> None:
    with pytest.raises(BadConfig, match="OLLAMA_HOST"):
        address(host)
