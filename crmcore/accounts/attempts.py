"""The limit on failed sign-ins, per account and per address, kept in the database."""

import hashlib
import ipaddress
import math
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from crmcore.accounts.tables import SignInAttempt
from crmcore.clock import Clock, uuid7
from crmcore.errors import TooMany

REMEMBERED_S = 24 * 3600


class Limit(Struct, frozen=True):
    """After ``free`` failures the next attempt waits ``first_wait_s``, twice as long after each further one."""

    free: int
    first_wait_s: float
    longest_wait_s: float

    def wait_s(self, failures: int) -> float:
        """Return how long to wait after so many failures."""
        over = failures - self.free
        if over < 0:
            return 0
        return min(self.longest_wait_s, self.first_wait_s * 2.0 ** min(over, 30))


PER_ACCOUNT = Limit(5, 30, 900)
# An office shares one address.
PER_ADDRESS = Limit(30, 30, 900)


class SignInAttempts:
    """Counts failures and refuses the next attempt while it has to wait.

    The wait follows from the number of failures of a day, not from a window that ends. So a clock set forward
    lets one more attempt through, and the next has to wait longer still; a clock set back makes nobody wait
    longer than the wait itself, because what lies in the future is moved to now.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def begin(self, email: str, address: str) -> tuple[UUID, ...]:
        """Note an attempt as failed and return its ids; raise TooMany when it comes too early.

        It is noted before the password is looked at: of a hundred attempts at the same moment, each sees those
        before it.
        """
        now = self._clock()
        subjects = {_account(email): PER_ACCOUNT, _place(address): PER_ADDRESS}
        rows = [SignInAttempt(id=uuid7(), subject=subject, at=now) for subject in subjects]
        ids = tuple(row.id for row in rows)
        await SignInAttempt.insert(*rows)
        others = await SignInAttempt.select(SignInAttempt.subject, SignInAttempt.at).where(
            SignInAttempt.subject.is_in(list(subjects)), SignInAttempt.id.not_in(list(ids))
        )
        if any(row["at"] > now for row in others):
            await SignInAttempt.update({SignInAttempt.at: now}).where(
                SignInAttempt.subject.is_in(list(subjects)), SignInAttempt.at > now
            )
        waits = [self._left_s(now, limit, _times(others, subject)) for subject, limit in subjects.items()]
        if max(waits) > 0:
            # A refused attempt is no failure: who waits patiently is not made to wait longer by others.
            await self._forget(ids)
            seconds = math.ceil(max(waits))
            raise TooMany(seconds=seconds, headers={"Retry-After": str(seconds)})
        return ids

    async def succeeded(self, email: str, ids: tuple[UUID, ...]) -> None:
        """Forget the account's failures and this attempt; other failures of the address stay."""
        await SignInAttempt.delete().where(
            (SignInAttempt.subject == _account(email)) | SignInAttempt.id.is_in(list(ids))
        )

    async def forget_old(self) -> None:
        """Delete what is too old to count."""
        before = self._clock() - timedelta(seconds=REMEMBERED_S)
        await SignInAttempt.delete().where(SignInAttempt.at < before)

    async def _forget(self, ids: tuple[UUID, ...]) -> None:
        await SignInAttempt.delete().where(SignInAttempt.id.is_in(list(ids)))

    @staticmethod
    def _left_s(now: datetime, limit: Limit, times: list[datetime]) -> float:
        counted = [at for at in times if (now - at).total_seconds() < REMEMBERED_S]
        if not counted:
            return 0
        passed_s = max(0.0, (now - max(counted)).total_seconds())
        return limit.wait_s(len(counted)) - passed_s


def _times(rows: list[dict[str, datetime]], subject: str) -> list[datetime]:
    return [row["at"] for row in rows if row["subject"] == subject]


def _account(email: str) -> str:
    # A hash, because people type passwords where addresses belong.
    return f"account:{_hash(email)}"


def _place(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{_hash(address)}"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return f"address:{ip.ipv4_mapped}"
        # One subscriber has a /64 of addresses to spend.
        return f"address:{ipaddress.ip_network((ip, 64), strict=False)}"
    return f"address:{ip}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
