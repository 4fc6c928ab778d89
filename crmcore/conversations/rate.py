"""A limit on how often one address may send a public form."""

from collections import OrderedDict
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from crmcore.clock import Clock

MAX_ADDRESSES = 10_000


class AddressLimit:
    """Counts per address in a sliding window, in this process; forgets the longest unseen addresses first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, list[datetime]] = OrderedDict()

    def take(self, scope: str, address: str, limit: int, window_s: float) -> float:
        """Count one sending from ``address``; return 0, or the seconds to wait when it was one too many."""
        now = self._clock()
        key = f"{scope}|{network_of(address)}"
        times = [at for at in self._seen.pop(key, ()) if now - timedelta(seconds=window_s) < at <= now]
        wait_s = 0.0
        if len(times) >= limit:
            wait_s = max(1.0, window_s - (now - times[0]).total_seconds())
        else:
            times.append(now)
        self._seen[key] = times
        while len(self._seen) > MAX_ADDRESSES:
            self._seen.popitem(last=False)
        return wait_s


def network_of(address: str) -> str:
    """Return what one sender can change freely removed: of an IPv6 address, its /64."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(IPv6Address(int(ip) >> 64 << 64))
    return str(ip)
