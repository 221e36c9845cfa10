"""A URL leads where httpx2, as the oracle, says it leads."""

from __future__ import annotations

import httpx2
import pytest
from aicore.errors import BadConfig
from aikit_wire.http1.target import target_of

URLS = [
    "http://example.com",
    "HTTP://Example.COM/Path",
    "https://example.com/v1/chat?a=b&c=d",
    "https://example.com:443/",
    "http://example.com:80/x",
    "http://example.com:8080/x",
    "https://example.com:80/x",
    "http://127.0.0.1:1234/v1",
    "http://[::1]:8000/v1",
    "http://[2001:db8::1]/",
    "https://bücher.example/straße?q=ü",
    "https://例え.テスト/",
    "http://localhost/a b/%20/%2F?x=a b&y=%20",
    "http://localhost/?q=`{}\"<>|\\^'",
    "http://localhost/models/org/model:tag@1;v=2,3",
    "http://localhost/{model}",
    "http://localhost/x#fragment",
    "http://localhost?only=query",
    "http://my_host.internal/",
    "http://example.com./",
    "http://user:secret@example.com/x",
]


@pytest.mark.parametrize("url", URLS)
def test_it_leads_where_httpx2_says(url: str) -> None:
    target, expected = target_of(url), httpx2.URL(url)
    origin = target.origin
    assert origin.tls is (expected.scheme == "https")
    assert origin.host == expected.raw_host.decode()
    assert origin.port == (expected.port or (443 if origin.tls else 80))
    assert target.host_field.encode() == expected.netloc
    assert target.path.encode() == expected.raw_path


def test_what_is_shown_holds_neither_password_nor_query() -> None:
    target = target_of("https://user:secret@example.com:8443/x?key=secret")
    assert target.shown == "example.com:8443"
    assert "secret" not in repr(target)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://example.com/", "neither http:// nor https://"),
        ("example.com/v1", "neither http:// nor https://"),
        ("http://", "names no host"),
        ("https://:443/", "names no host"),
        ("http://example.com:x/", "port"),
        ("http://example.com:99999/", "port"),
        ("http://exa mple.com/", "no host name"),
        ("http://exa<mple.com/", "no host name"),
        ("http://ü" + "u" * 70 + ".example/", "no host name"),
        ("http://.example.com/", "no host name"),
        ("http://example..com/", "no host name"),
        ("http://./", "no host name"),
        (f"http://{'a' * 64}.example/", "no host name"),
        ("http://a\r\nb.example/", "printed"),
        ("http://example.com/\x00", "printed"),
        ("http://example.com/\x7f", "printed"),
        ("http://[::1/", "not a URL"),
    ],
)
def test_what_cannot_be_used_says_why(url: str, says: str) -> None:
    with pytest.raises(BadConfig, match=says) as caught:
        target_of(url)
    assert "base_url" in str(caught.value)


def test_a_refusal_shows_no_password() -> None:
    with pytest.raises(BadConfig) as caught:
        target_of("ftp://user:secret@example.com/")
    assert "secret" not in str(caught.value)
