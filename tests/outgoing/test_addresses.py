"""Which addresses are public."""

import pytest

from crmcore.outgoing.addresses import is_public
from crmcore.outgoing.hosts import AllowedHosts


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "8.8.8.8",
        "1.1.1.1",
        "2606:2800:220:1:248:1893:25c8:1946",
        "2a00:1450:4001:830::200e",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::a00:1",
        "64:ff9b:1::808:808",
        "2002:7f00:1::1",
        "2002:c0a8:101::1",
        "2001:0:7f00:1::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "2606:2800:220:1:248:1893:25c8:1946%eth0",
        "fec0::1",
        "ff02::1",
        "not an address",
        "",
        "127.1",
        "2130706433",
    ],
)
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(address)


def test_listed_hosts_are_allowed_by_name_and_port() -> None:
    hosts = AllowedHosts(["pbx.lan", " Shop.Local:8443 ", "[::1]:9000", "10.0.0.5", ""])

    assert hosts.allow("PBX.lan", 80)
    assert hosts.allow("pbx.lan.", 8088)
    assert hosts.allow("shop.local", 8443)
    assert not hosts.allow("shop.local", 443)
    assert hosts.allow("::1", 9000)
    assert not hosts.allow("::1", 80)
    assert hosts.allow("10.0.0.5", 1)
    assert not hosts.allow("evil-pbx.lan", 80)
    assert not hosts.allow("", 80)
