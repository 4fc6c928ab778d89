"""Contact points as a plugin reads and marks them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crmcore.clock import Clock
from crmcore.contacts.points import PointRules
from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.contracts.actors import plugin_actor
from crmcore.contracts.points import ContactPointState
from crmcore.contracts.problems import InvalidValue
from crmcore.database.database import Database
from crmcore.events.outbox import Outbox
from crmcore.records.history import remember

MOST = 1_000
_TOLD_AS = {"opt_out": "opted_out", "bounced": "bounced"}


class PointsOfPlugin:
    """Implements :class:`crmcore.PluginPoints` for one plugin."""

    def __init__(
        self, *, database: Database, rules: PointRules, outbox: Outbox, clock: Clock, plugin: str
    ) -> None:
        self._database = database
        self._rules = rules
        self._outbox = outbox
        self._clock = clock
        self._actor = plugin_actor(plugin)

    async def of(self, contacts: Sequence[UUID], kind: str = "email") -> Sequence[ContactPointState]:
        """Return the points of ``kind`` of these contacts."""
        if not contacts:
            return []
        rows = (
            await ContactPoint.select()
            .where(ContactPoint.kind == kind, ContactPoint.contact.is_in(list(contacts)[:MOST]))
            .order_by(ContactPoint.contact, ContactPoint.position)
        )
        return [_state(row) for row in rows]

    async def find(self, kind: str, values: Sequence[str]) -> Sequence[ContactPointState]:
        """Return the points that are one of ``values``."""
        keys = {key for value in values[:MOST] if (key := self._key(kind, value))}
        if not keys:
            return []
        rows = await ContactPoint.select().where(
            ContactPoint.kind == kind, ContactPoint.normalized.is_in(sorted(keys))
        )
        return [_state(row) for row in rows]

    async def mark(
        self,
        kind: str,
        value: str,
        *,
        opt_out: bool | None = None,
        bounced: bool | None = None,
        reason: str = "",
    ) -> bool:
        """Set the marks that are not None, with a line in the contact's history and an event."""
        wanted = {"opt_out": opt_out, "bounced": bounced}
        async with self._database.transaction():
            row = (
                await ContactPoint.select()
                .where(ContactPoint.kind == kind, ContactPoint.normalized == self._key(kind, value))
                .first()
            )
            if row is None:
                return False
            new: dict[Any, bool] = {
                name: mark for name, mark in wanted.items() if mark is not None and row[name] != mark
            }
            if not new:
                return False
            await ContactPoint.update(new, force=True).where(ContactPoint.id == row["id"])
            contact = await Contact.select(Contact.version).where(Contact.id == row["contact"]).first()
            # Without the address, which is hidden from some who read histories.
            changes: dict[str, list[Any]] = {_TOLD_AS[name]: [not mark, mark] for name, mark in new.items()}
            await remember(
                "contact",
                row["contact"],
                version=contact["version"] if contact else 1,
                action="update",
                changes=changes,
                actor=self._actor,
                reason=reason,
                at=self._clock(),
            )
            await self._outbox.write(
                "contact_updated", "contact", row["contact"], self._actor, changes=changes
            )
        return True

    def _key(self, kind: str, value: str) -> str:
        """Return how ``value`` is compared; empty when it is no such point, which none is equal to."""
        try:
            return self._rules.point(kind, value).normalized
        except InvalidValue:
            return ""


def _state(row: dict[str, Any]) -> ContactPointState:
    return ContactPointState(
        contact=row["contact"],
        kind=row["kind"],
        value=row["raw"],
        normalized=row["normalized"],
        opt_out=row["opt_out"],
        bounced=row["bounced"],
        verified=row["verified"],
    )
