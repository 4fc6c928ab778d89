"""Which network addresses plugins may reach."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Special-purpose ranges of the IANA registries (RFC 6890 and later). The standard library knows most of them, but
# its answers changed between Python releases; the list makes all of them agree.
_REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
# All of the IPv6 internet is here (IANA IPv6 address space); what lies elsewhere is special or not given out.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Tell whether the address ``text`` belongs to the public internet.

    Addresses that carry another inside (IPv4-mapped, NAT64 of RFC 6052, 6to4) are judged by both.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    inner = _carried(address)
    if inner is not None and not _is_public(inner):
        return False
    mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
    return mapped or _is_public(address)


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        placed = address in _GLOBAL_UNICAST or address in _NAT64
        if address.scope_id is not None or not placed:
            return False
    if any(address.version == network.version and address in network for network in _REFUSED):
        return False
    # 6to4 and NAT64 were judged by what they carry; some Python releases call them private as a whole.
    return _carried(address) is not None or address.is_global


def _carried(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address inside ``address``."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None
