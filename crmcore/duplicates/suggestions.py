"""The stored list of pairs that may be one person, and what people decide about them."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.clock import Clock
from crmcore.contacts.tables import Contact
from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.database.database import Database
from crmcore.duplicates.evidence import Finding
from crmcore.duplicates.matching import pair_of
from crmcore.duplicates.tables import DuplicateSuggestion
from crmcore.errors import Conflict, NotFound
from crmcore.records.query import BadCursor
from crmcore.records.scope import demand, visible

_SAME = {"en": "These are the same contact.", "ru": "Это один и тот же контакт."}
_SHOWN = (
    Contact.id,
    Contact.first_name,
    Contact.last_name,
    Contact.points,
    Contact.job_title,
    Contact.company.name,
    Contact.version,
    Contact.created_at,
    Contact.last_contact_at,
)


class Suggestion(Struct, frozen=True, kw_only=True):
    """Two contacts, as their rows, that may be one person, with why and what was decided."""

    id: UUID
    score: int
    findings: list[Finding]
    state: str
    found_at: datetime
    one: dict[str, Any]
    other: dict[str, Any]


class _Place(Struct, frozen=True, array_like=True):
    score: int
    id: UUID


class Suggestions:
    """Lists and decides; whoever does it must see both contacts."""

    def __init__(self, database: Database, clock: Clock, contact_type: RecordType) -> None:
        self._database = database
        self._clock = clock
        self._type = contact_type

    async def page(
        self, *, actor: Actor, state: str = "open", minimum: int = 0, limit: int = 50, cursor: str = ""
    ) -> tuple[list[Suggestion], str | None]:
        """Return a page of suggestions, the likeliest first, and where the next begins."""
        table = DuplicateSuggestion
        select = table.select().where(*self._seen(actor), table.state == state, table.score >= minimum)
        if cursor:
            place = _place(cursor)
            select = select.where(
                (table.score < place.score) | ((table.score == place.score) & (table.id > place.id))
            )
        rows = await select.order_by(table.score, ascending=False).order_by(table.id).limit(limit + 1)
        following = None
        if len(rows) > limit:
            rows = rows[:limit]
            raw = msgspec.json.encode(_Place(rows[-1]["score"], rows[-1]["id"]))
            following = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        return await self._with_contacts(rows), following

    async def get(self, id: UUID, *, actor: Actor) -> Suggestion:
        """Return one suggestion; raises NotFound when it or one of its contacts is not to be seen."""
        rows = await DuplicateSuggestion.select().where(DuplicateSuggestion.id == id, *self._seen(actor))
        if not rows:
            raise NotFound()
        return (await self._with_contacts(rows))[0]

    async def decide(self, id: UUID, state: str, *, actor: Actor) -> Suggestion:
        """Dismiss a suggestion for good, or open it again."""
        demand(actor, "contact.write")
        await self.get(id, actor=actor)
        values: dict[Any, Any] = {
            "state": state,
            "decided_at": self._clock(),
            "decided_by": actor.label[:200],
        }
        await DuplicateSuggestion.update(values, force=True).where(DuplicateSuggestion.id == id)
        return await self.get(id, actor=actor)

    async def dismiss_pair(self, contact: UUID, other: UUID, *, actor: Actor) -> Suggestion:
        """Remember that two contacts are two people, whether or not a scan has suggested them."""
        demand(actor, "contact.write")
        if contact == other:
            raise Conflict(_SAME, code="same_contact")
        one, two = pair_of(contact, other)
        if (
            await Contact.count().where(
                Contact.id.is_in([one, two]), *visible(self._type, actor, action="write")
            )
            != 2
        ):
            raise NotFound()
        table = DuplicateSuggestion
        async with self._database.transaction():
            await table.insert(table(one=one, other=two, found_at=self._clock())).on_conflict(
                target=(table.one, table.other), action="DO NOTHING"
            )
            rows = await table.select(table.id).where(table.one == one, table.other == two)
            return await self.decide(rows[0]["id"], "dismissed", actor=actor)

    def _seen(self, actor: Actor) -> list[Any]:
        table = DuplicateSuggestion
        conditions = visible(self._type, actor)
        return [
            column.is_in(Contact.select(Contact.id).where(*conditions)) for column in (table.one, table.other)
        ]

    async def _with_contacts(self, rows: list[dict[str, Any]]) -> list[Suggestion]:
        ids = {row[side] for row in rows for side in ("one", "other")}
        people: Mapping[UUID, dict[str, Any]] = {}
        if ids:
            people = {
                row["id"]: row for row in await Contact.select(*_SHOWN).where(Contact.id.is_in(list(ids)))
            }
        return [
            Suggestion(
                id=row["id"],
                score=row["score"],
                findings=msgspec.json.decode(row["findings"], type=list[Finding]),
                state=row["state"],
                found_at=row["found_at"],
                one=people[row["one"]],
                other=people[row["other"]],
            )
            for row in rows
        ]


def _place(cursor: str) -> _Place:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=_Place)
    except (binascii.Error, ValueError) as error:
        raise BadCursor from error
