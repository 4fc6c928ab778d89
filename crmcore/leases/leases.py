"""Leases: one holder over all processes, and another when the holder has died.

A holder counts its beat up. Whoever wants the lease watches the beat by the steady clock of its own machine: when it
stood still for ``lease_s``, the holder is dead. No two machines have to agree on the time, and a clock that is set
takes nothing from anybody.
"""

import time
from collections.abc import Callable, Collection
from typing import NamedTuple
from uuid import uuid4

from crmcore.clock import Clock
from crmcore.database.statement import fetch
from crmcore.leases.tables import Lease

_TAKE = (
    "INSERT INTO lease (name, holder, beat, at) VALUES ({}, {}, 0, {}) ON CONFLICT DO NOTHING RETURNING name"
)
_TAKE_OVER = (
    "UPDATE lease SET holder = {}, beat = 0, at = {} "
    "WHERE name = {} AND holder = {} AND beat = {} RETURNING name"
)
_BEAT = "UPDATE lease SET beat = beat + 1, at = {} WHERE holder = {} RETURNING name"


class _Seen(NamedTuple):
    holder: str
    beat: int
    at: float


class Leases:
    """The leases of one workspace, as one process takes and keeps them.

    ``lease_s`` is how long a beat may stand still; who holds one counts up at least every third of that, and has to
    let go by itself when it could not for two thirds.
    """

    def __init__(
        self, clock: Clock, *, lease_s: float = 15.0, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self.lease_s = lease_s
        self._clock = clock
        self._steady = steady
        self._seen: dict[str, _Seen] = {}

    @staticmethod
    def new_holder() -> str:
        """Return a name for a holder that nobody else has."""
        return uuid4().hex

    async def take(self, name: str, holder: str) -> bool:
        """Take the lease ``name`` when it is free or its holder is dead; tell whether ``holder`` has it now."""
        rows = await Lease.select(Lease.holder, Lease.beat).where(Lease.name == name)
        if not rows:
            # Who finds somebody there only reads: many who wait keep no writer waiting.
            self._seen.pop(name, None)
            return bool(await fetch(_TAKE, name, holder, self._clock()))
        now, row = self._steady(), rows[0]
        seen = self._seen.get(name)
        if seen is None or (seen.holder, seen.beat) != (row["holder"], row["beat"]):
            if len(self._seen) > 10_000:
                self._seen.clear()
            self._seen[name] = _Seen(row["holder"], row["beat"], now)
            return False
        if now - seen.at < self.lease_s:
            return False
        taken = await fetch(_TAKE_OVER, holder, self._clock(), name, seen.holder, seen.beat)
        self._seen.pop(name, None)
        return bool(taken)

    async def beat(self, holder: str) -> set[str]:
        """Count the beats of all leases of ``holder`` up, with one statement, and return which those are.

        Those that another has taken over are not among them.
        """
        return {row["name"] for row in await fetch(_BEAT, self._clock(), holder)}

    async def release(self, names: Collection[str], holder: str) -> None:
        """Give the leases back; nothing happens to those that another has."""
        if names:
            await Lease.delete().where(Lease.name.is_in(list(names)), Lease.holder == holder)
