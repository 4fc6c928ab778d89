"""The history: it goes on telling what happened and when, without telling of whom."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataItem, DataSubject
from crmcore.privacy.belongings import Belongings, belongings_of, chunks
from crmcore.privacy.naming import Naming
from crmcore.privacy.plain_rows import plain_row
from crmcore.privacy.rooms.room import Base
from crmcore.privacy.tables import Erasure
from crmcore.privacy.walk import rows_naming
from crmcore.records.tables import History

_BATCH = 500
_WHOLE = (History.changes, History.actor_label, History.reason, History.subject, History.address)
# What a change of these fields says is no secret of anybody: statistics are made of it.
KEPT_FIELDS = frozenset(
    {
        "status",
        "priority",
        "assignee",
        "assignee_id",
        "team",
        "team_id",
        "owner",
        "owner_id",
        "contact_id",
        "company_id",
        "merged_into",
        "number",
        "message_count",
        "due_at",
        "done_at",
        "snoozed_until",
        "closed_at",
        "waiting_since",
        "first_response_at",
        "last_inbound_at",
        "last_outbound_at",
        "last_activity_at",
        "last_contact_at",
    }
)


class Past(Base):
    """Rows of the history about the person and what is theirs, and all others that name them.

    Rows that lose words point to the entry of the audit that says why, so that the chain stays sound.
    """

    key: ClassVar[str] = "history"
    label: ClassVar[Label] = {"en": "History", "ru": "История"}

    async def export(self, subject: DataSubject, plugin: Any) -> AsyncIterator[DataItem]:
        """Yield who changed what of the contact; sensitive values are not in the history."""
        rows = (
            await History.select()
            .where(History.record_type == "contact", History.record_id.is_in(list(subject.contacts)))
            .order_by(History.id)
        )
        for row in rows:
            without = ("seal", "redacted_by", "plugin_version", "actor_id")
            yield DataItem(id=str(row["id"]), data=plain_row(row, documents=("changes",), without=without))

    async def count(self, subject: DataSubject, plugin: Any) -> int:
        """Return how many rows are about the person and what is theirs."""
        ids = (*subject.contacts, *(await belongings_of(subject)).all)
        return sum([int(await History.count().where(History.record_id.is_in(c))) for c in chunks(ids)])

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Put the pseudonym in the place of the person; a row that was given it already stays as it is."""
        entry = await self._entry(subject)
        belongings = await belongings_of(subject)
        naming = Naming(subject)
        changed = 0
        for chunk in chunks((*subject.contacts, *belongings.all), 500):
            last: UUID | None = None
            while True:
                async with self.crm.database.transaction():
                    query = History.select().where(History.record_id.is_in(chunk), History.id != entry)
                    query = query.order_by(History.id).limit(_BATCH)
                    rows = await (query if last is None else query.where(History.id > last))
                    for row in rows:
                        changed += await self._write(row, _emptied(row, subject, naming, belongings), entry)
                if len(rows) < _BATCH:
                    break
                last = rows[-1]["id"]
        # Elsewhere: who did something, the reason of a merge, an export of them, a company's changes.
        others = rows_naming(Naming(subject), _WHOLE, History.id != entry)
        found = [row["id"] async for row in others]
        by_them = await History.select(History.id).where(
            History.actor_kind == "contact", History.actor_id.is_in(list(map(str, subject.contacts)))
        )
        for chunk in chunks([*found, *(row["id"] for row in by_them)], 500):
            async with self.crm.database.transaction():
                for row in await History.select().where(History.id.is_in(chunk)):
                    changed += await self._write(row, _renamed(row, subject, naming), entry)
        return changed

    async def _write(self, row: Mapping[str, Any], values: dict[Any, Any], entry: UUID | None) -> int:
        if all(row[name] == value for name, value in values.items()):
            return 0
        values["redacted_by"] = entry
        await History.update(values, force=True).where(History.id == row["id"])
        return 1

    @staticmethod
    async def _entry(subject: DataSubject) -> UUID | None:
        rows = await Erasure.select(Erasure.entry).where(
            Erasure.contact == subject.contacts[0], Erasure.pseudonym == subject.pseudonym
        )
        return rows[0]["entry"] if rows else None


def _emptied(
    row: Mapping[str, Any], subject: DataSubject, naming: Naming, belongings: Belongings
) -> dict[Any, Any]:
    """Return the columns of a row about the person: which fields changed stays, their values go."""
    changes = msgspec.json.decode(row["changes"])
    new = {
        name: naming.replaced(pair)
        if name in KEPT_FIELDS
        else [_hidden(value, subject.pseudonym) for value in pair]
        for name, pair in changes.items()
    }
    return _renamed(row, subject, naming) | {
        "changes": row["changes"] if new == changes else msgspec.json.encode(new).decode(),
        "subject": subject.pseudonym if row["subject"] else "",
        "reason": "" if row["reason"] and row["actor_kind"] != "system" else naming.replaced(row["reason"]),
    }


def _renamed(row: Mapping[str, Any], subject: DataSubject, naming: Naming) -> dict[Any, Any]:
    """Return the columns of any other row with the pseudonym in place of the person's words."""
    values: dict[Any, Any] = {"changes": naming.replaced_json(row["changes"])}
    values |= {name: naming.replaced(row[name]) for name in ("actor_label", "reason", "subject")}
    if row["actor_kind"] == "contact" and row["actor_id"] in map(str, subject.contacts):
        values |= {"actor_label": subject.pseudonym, "address": ""}
    values["actor_label"] = values["actor_label"][:200]
    return values


def _hidden(value: Any, pseudonym: str) -> Any:
    """Return what stands for a value: nothing stays nothing, and what is no text says little by itself."""
    if value in (None, "", [], {}) or isinstance(value, bool):
        return value
    return pseudonym
