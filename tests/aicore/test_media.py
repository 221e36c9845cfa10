"""Media types are read from bytes and names; data URLs as RFC 2397 has them."""

from __future__ import annotations

import pytest
from aicore.errors import BadInput
from aicore.media import data_url, read_data_url, sniff, type_of_name
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"%PDF-1.7", "application/pdf"),
        (b"ID3\x04", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
        (b"fLaC", "audio/flac"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
        (b"RIFF", None),
        (b"", None),
        (b"hello", None),
    ],
)
def test_common_files_announce_their_type(data: bytes, media_type: str | None) -> None:
    assert sniff(data) == media_type


def test_a_name_tells_the_type_by_its_ending() -> None:
    assert type_of_name("report.pdf") == "application/pdf"
    assert type_of_name("report") is None


@given(st.binary())
def test_a_data_url_gives_its_bytes_back(data: bytes) -> None:
    assert read_data_url(data_url("audio/wav", data)) == ("audio/wav", data)


@pytest.mark.parametrize(
    ("url", "media_type", "data"),
    [
        ("data:,hello%20world", None, b"hello world"),
        ("data:text/plain;charset=utf-8,h%C3%A9", "text/plain", "hé".encode()),
        ("data:;base64,aGk=", None, b"hi"),
        ("data:text/plain;charset=utf-8;BASE64,aGk", "text/plain", b"hi"),
        ("data:text/plain;base64,aGk%3D", "text/plain", b"hi"),
        ("data:text/csv,a,b", "text/csv", b"a,b"),
    ],
)
def test_data_urls_are_read(url: str, media_type: str | None, data: bytes) -> None:
    assert read_data_url(url) == (media_type, data)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("data:image/png;base64", "needs a comma"),
        ("data:image/png;base64,a", "not valid base64"),
        ("data:image/png;base64,a*b=", "not valid base64"),
    ],
)
def test_broken_data_urls_are_refused(url: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_data_url(url)
