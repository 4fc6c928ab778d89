"""The limit on failed sign-ins, per account and per address, kept in the database."""

import hashlib
import ipaddress
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from crmcore.accounts.tables import SignInAttempt, SignInPlace
from crmcore.clock import Clock, uuid7
from crmcore.contracts.labels import Label
from crmcore.errors import TooMany

REMEMBERED_S = 24 * 3600
PLACES_REMEMBERED = timedelta(days=90)

_TOO_MANY: Label = {
    "en": "Too many attempts. Try again in {seconds:en}.",
    "ru": "Слишком много попыток. Повторите через {seconds:ru}.",
}


class Limit(Struct, frozen=True):
    """After ``free`` attempts the next one waits ``first_wait_s``, twice as long after each further one."""

    free: int
    first_wait_s: float
    longest_wait_s: float

    def wait_s(self, failures: int) -> float:
        """Return how long to wait after so many failures."""
        over = failures - self.free
        if over < 0:
            return 0
        return min(self.longest_wait_s, self.first_wait_s * 2.0 ** min(over, 30))


# Of one account from one address: a person who mistypes.
PER_PAIR = Limit(5, 30, 900)
# Of one account from everywhere: many machines that guess. Where the account was signed in before, it does not
# count, or anybody could lock anybody out.
PER_ACCOUNT = Limit(20, 30, 900)
# An office shares one address.
PER_ADDRESS = Limit(30, 30, 900)
# Of the second step: six digits, three of which are right at any time.
PER_CODE = Limit(5, 30, 900)


class SignInAttempts:
    """Counts failures and refuses the next attempt while it has to wait.

    The wait follows from the number of failures of a day, not from a window that ends. So a clock set forward
    lets one more attempt through, and the next has to wait longer still; a clock set back makes nobody wait
    longer than the wait itself, because what lies in the future is moved to now.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def begin(self, email: str, address: str) -> tuple[UUID, ...]:
        """Note a sign-in as failed and return the attempt's ids; raise TooMany when it comes too early."""
        limits = {_pair(email, address): PER_PAIR, place_of(address): PER_ADDRESS}
        if not await SignInPlace.exists().where(SignInPlace.subject == _hash(_pair(email, address))):
            limits[account_of(email)] = PER_ACCOUNT
        return await self.spend(limits)

    async def spend(self, limits: Mapping[str, Limit]) -> tuple[UUID, ...]:
        """Note an attempt of every subject and return their ids; raise TooMany when one of them has to wait.

        It is noted before anything is looked at: of a hundred attempts at the same moment, each sees those
        before it.
        """
        now = self._clock()
        rows = [SignInAttempt(id=uuid7(), subject=subject, at=now) for subject in limits]
        ids = tuple(row.id for row in rows)
        await SignInAttempt.insert(*rows)
        others = await SignInAttempt.select(SignInAttempt.subject, SignInAttempt.at).where(
            SignInAttempt.subject.is_in(list(limits)), SignInAttempt.id.not_in(list(ids))
        )
        if any(row["at"] > now for row in others):
            await SignInAttempt.update({SignInAttempt.at: now}).where(
                SignInAttempt.subject.is_in(list(limits)), SignInAttempt.at > now
            )
        waits = [self._left_s(now, limit, _times(others, subject)) for subject, limit in limits.items()]
        if max(waits) > 0:
            # A refused attempt is no failure: who waits patiently is not made to wait longer by others.
            await self.forget(ids)
            seconds = math.ceil(max(waits))
            raise TooMany(_TOO_MANY, seconds=seconds, headers={"Retry-After": str(seconds)})
        return ids

    async def succeeded(self, email: str, address: str, ids: tuple[UUID, ...]) -> None:
        """Forget the account's failures from here and everywhere; other failures of the address stay."""
        subjects = [account_of(email), _pair(email, address)]
        await SignInAttempt.delete().where(
            SignInAttempt.subject.is_in(subjects) | SignInAttempt.id.is_in(list(ids))
        )

    async def remember_place(self, email: str, address: str) -> None:
        """Note that the account was signed in from this address."""
        subject, now = _hash(_pair(email, address)), self._clock()
        await SignInPlace.insert(SignInPlace(id=uuid7(), subject=subject, at=now)).on_conflict(
            target=SignInPlace.subject, action="DO UPDATE", values=[(SignInPlace.at, now)]
        )

    async def forget(self, ids: tuple[UUID, ...]) -> None:
        """Take attempts back."""
        await SignInAttempt.delete().where(SignInAttempt.id.is_in(list(ids)))

    async def clear(self, subject: str) -> None:
        """Forget every attempt of a subject."""
        await SignInAttempt.delete().where(SignInAttempt.subject == subject)

    async def forget_old(self) -> None:
        """Delete what is too old to count."""
        now = self._clock()
        await SignInAttempt.delete().where(SignInAttempt.at < now - timedelta(seconds=REMEMBERED_S))
        await SignInPlace.delete().where(SignInPlace.at < now - PLACES_REMEMBERED)

    @staticmethod
    def _left_s(now: datetime, limit: Limit, times: list[datetime]) -> float:
        counted = [at for at in times if (now - at).total_seconds() < REMEMBERED_S]
        if not counted:
            return 0
        passed_s = max(0.0, (now - max(counted)).total_seconds())
        return limit.wait_s(len(counted)) - passed_s


def account_of(email: str) -> str:
    """Return the subject of an account: a hash, because people type passwords where addresses belong."""
    return f"account:{_hash(email)}"


def place_of(address: str) -> str:
    """Return the subject of an address; of IPv6 the /64 that one subscriber has to spend."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{_hash(address)}"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return f"address:{ip.ipv4_mapped}"
        return f"address:{ipaddress.ip_network((ip, 64), strict=False)}"
    return f"address:{ip}"


def _pair(email: str, address: str) -> str:
    return f"{account_of(email)} {place_of(address)}"


def _times(rows: list[dict[str, datetime]], subject: str) -> list[datetime]:
    return [row["at"] for row in rows if row["subject"] == subject]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
