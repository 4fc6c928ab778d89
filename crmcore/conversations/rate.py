"""A limit on how often one address may send a public form, kept in the database for every process."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from uuid import UUID

from crmcore.clock import Clock, uuid7
from crmcore.conversations.tables import FormSending

# No form's window is longer.
REMEMBERED_S = 24 * 3600


class AddressLimit:
    """Counts per address in a sliding window.

    What lies in the future, because the clock was set back, is moved to now: nobody waits longer than the window.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def take(self, scope: str, address: str, limit: int, window_s: float) -> float:
        """Count one sending from ``address``; return 0, or the seconds to wait when it was one too many."""
        now = self._clock()
        subject = f"{scope}|{network_of(address)}"
        earlier = await self._earlier(subject, now, window_s)
        if len(earlier) < limit:
            id = uuid7()
            await FormSending.insert(FormSending(id=id, subject=subject, at=now))
            # Of many at the same moment, also in other processes, each sees those that came in before it.
            earlier = [found for found in await self._earlier(subject, now, window_s) if found < (now, id)]
            if len(earlier) < limit:
                return 0
            await FormSending.delete().where(FormSending.id == id)
        return max(1.0, window_s - (now - earlier[-limit][0]).total_seconds())

    async def is_full(self, scope: str, address: str, limit: int, window_s: float) -> bool:
        """Tell whether ``address`` has sent as often as it may; counts nothing."""
        subject = f"{scope}|{network_of(address)}"
        return len(await self._earlier(subject, self._clock(), window_s)) >= limit

    async def forget_old(self) -> None:
        """Delete what is too old to count."""
        before = self._clock() - timedelta(seconds=REMEMBERED_S)
        await FormSending.delete().where(FormSending.at < before)

    @staticmethod
    async def _earlier(subject: str, now: datetime, window_s: float) -> list[tuple[datetime, UUID]]:
        rows = await FormSending.select(FormSending.at, FormSending.id).where(
            FormSending.subject == subject, FormSending.at > now - timedelta(seconds=window_s)
        )
        if any(row["at"] > now for row in rows):
            # A moment before, so that they stay in front of what comes now.
            moved = now - timedelta(milliseconds=1)
            await FormSending.update({FormSending.at: moved}, force=True).where(
                FormSending.subject == subject, FormSending.at > now
            )
            rows = [{**row, "at": min(row["at"], moved)} if row["at"] > now else row for row in rows]
        return sorted((row["at"], row["id"]) for row in rows)


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
