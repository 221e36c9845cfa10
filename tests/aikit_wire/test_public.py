"""Which addresses are public, told apart from every kind that is not."""

from __future__ import annotations

import pytest
from aicore.errors import Unreachable
from aikit_wire.public import is_public, look_up


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_an_address_of_the_public_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.200",  # metadata of Alibaba
        "169.254.169.254",  # metadata of AWS, Google, Azure
        "192.0.0.192",  # metadata of Oracle
        "168.63.129.16",  # Azure's platform
        "198.18.0.1",
        "203.0.113.5",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",  # metadata of AWS
        "ff02::1",
        "ff0e::1",
        "2001:db8::1",
        "2001::7f00:1",
        "2002:7f00:1::",
        "::ffff:127.0.0.1",
        "::ffff:168.63.129.16",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "2001:10::1",
        "3fff::1",
        "4000::1",
        "localhost",
        "",
    ],
)
def test_any_other_address_is_not(address: str) -> None:
    assert not is_public(address)


async def test_the_system_finds_the_addresses_of_a_host() -> None:
    assert set(await look_up("localhost", 80)) <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "017700000001"])
async def test_an_address_in_disguise_is_seen_as_what_it_is(host: str) -> None:
    assert await look_up(host, 80) == ["127.0.0.1"]


async def test_a_host_without_addresses_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="no address was found"):
        await look_up("nowhere.invalid", 80)
