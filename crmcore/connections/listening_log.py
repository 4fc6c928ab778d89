"""How listening goes, as the account's page and the doctor show it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.clock import Clock, uuid7
from crmcore.connections.tables import ListeningRow
from crmcore.conversations.storable import storable_text
from crmcore.leases.tables import Lease
from crmcore.redaction import redact

if TYPE_CHECKING:
    from crmcore.database.database import Database

LEASE = "listen:"
"""What stands before an account's id in the name of the lease of who listens for it."""
DEAD_AFTER = timedelta(seconds=60)
_COLUMNS = (
    ListeningRow.state,
    ListeningRow.since,
    ListeningRow.error,
    ListeningRow.error_at,
    ListeningRow.again_at,
    ListeningRow.failures,
    ListeningRow.place,
)


class ListeningLog:
    """Writes the state of each account's listening; one row an account."""

    def __init__(self, database: "Database", clock: Clock, place: str) -> None:
        self._database = database
        self._clock = clock
        self._place = place

    async def began(self, account: UUID, failures: int) -> None:
        """Note that listening began, or began again after ``failures`` in a row."""
        now = self._clock()
        await self._write(
            account,
            {
                "state": "listening",
                "since": now,
                "again_at": None,
                "failures": failures,
                "place": self._place,
            },
        )

    async def ended(self, account: UUID, error: str, failures: int, pause_s: float) -> None:
        """Note why listening ended, and when it begins again."""
        now = self._clock()
        said = redact(storable_text(error))[:500]
        await self._write(
            account,
            {
                "state": "waiting",
                "error": said,
                "error_at": now,
                "again_at": now + timedelta(seconds=pause_s),
                "failures": failures,
                "place": self._place,
            },
        )

    async def stopped(self, accounts: Sequence[UUID]) -> None:
        """Note that this process listens for ``accounts`` no more, where no other does already."""
        await ListeningRow.update({"state": "stopped", "again_at": None}, force=True).where(
            ListeningRow.account.is_in(list(accounts)), ListeningRow.place == self._place
        )

    async def _write(self, account: UUID, values: dict[Any, Any]) -> None:
        async with self._database.transaction():
            updated = (
                await ListeningRow.update({**values}, force=True)
                .where(ListeningRow.account == account)
                .returning(ListeningRow.id)
            )
            if not updated:
                await ListeningRow.insert(ListeningRow(id=uuid7(), account=account, **values))


async def reported(account: UUID, trouble: str, now: datetime) -> None:
    """Note what the task that listens for ``account`` says itself: connected since ``now``, or what is in the way."""
    values: dict[Any, Any] = {"state": "listening", "since": now, "again_at": None, "failures": 0}
    if trouble:
        said = redact(storable_text(trouble))[:500]
        values = {"state": "waiting", "error": said, "error_at": now, "again_at": None}
    await ListeningRow.update(values, force=True).where(ListeningRow.account == account)


async def listening_states(now: datetime) -> dict[UUID, dict[str, Any]]:
    """Return how listening goes, by account; accounts for which nobody ever listened are not there.

    Where nobody has shown for a minute that it is alive, the process has died, and no other has begun.
    """
    rows = await ListeningRow.select(ListeningRow.account, *_COLUMNS)
    leases = await Lease.select(Lease.name).where(Lease.name.like(f"{LEASE}%"), Lease.at > now - DEAD_AFTER)
    alive = {row["name"] for row in leases}
    return {
        (account := row.pop("account")): row
        if f"{LEASE}{account}" in alive
        else row | {"state": "stopped", "again_at": None}
        for row in rows
    }


async def with_listening(documents: Sequence[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Return accounts' ``documents`` with how listening goes; None for those that nobody has listened for."""
    states = await listening_states(now) if any(document["listens"] for document in documents) else {}
    return [
        document | {"listening": states.get(document["id"]) if document["listens"] else None}
        for document in documents
    ]
