"""Whose data it is: a contact, whoever was merged into it, and every text that names them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contacts.tables import Contact, ContactPoint, MergeLog
from crmcore.contracts.messages import Identity
from crmcore.contracts.personal_data import DataSubject
from crmcore.errors import NotFound

# A shorter text stands in words that have nothing to do with the person.
SHORTEST_WORD = 5


async def subject_of(contact: UUID, pseudonym: str = "") -> DataSubject:
    """Return the person behind ``contact``, deleted or not; the kept contact when it was merged into another.

    Raises NotFound.
    """
    kept = await _kept(contact)
    ids, found = [kept], [kept]
    while found:
        rows = await Contact.select(Contact.id).where(Contact.merged_into.is_in(found))
        found = [row["id"] for row in rows if row["id"] not in ids]
        ids += found
    people: list[Mapping[str, Any]] = list(await Contact.select().where(Contact.id.is_in(ids)))
    stored = await ContactPoint.select(ContactPoint.kind, ContactPoint.raw, ContactPoint.normalized).where(
        ContactPoint.contact.is_in(ids)
    )
    points: list[Mapping[str, Any]] = [*stored]
    for log in await MergeLog.select(MergeLog.kept, MergeLog.merged, MergeLog.before).where(
        MergeLog.kept.is_in(ids) | MergeLog.merged.is_in(ids)
    ):
        before = msgspec.json.decode(log["before"])
        for side, id in (("kept", log["kept"]), ("merged", log["merged"])):
            # A merge that was undone tells of somebody else too.
            if id in ids and isinstance(was := before.get(side), dict):
                people.append(was)
    for person in people:
        known = person.get("points") or []
        points += msgspec.json.decode(known) if isinstance(known, str | bytes) else known
    return DataSubject(
        contacts=tuple(ids),
        points=tuple(
            Identity(kind=kind, value=value)
            for kind, value in dict.fromkeys((point["kind"], point["normalized"]) for point in points)
        ),
        words=words_of_person(people, points),
        names=tuple(
            sorted(
                {
                    name
                    for row in people
                    for key in ("first_name", "last_name")
                    if (name := str(row.get(key) or ""))
                }
            )
        ),
        pseudonym=pseudonym,
    )


def words_of_person(
    people: Iterable[Mapping[str, Any]], points: Iterable[Mapping[str, Any]]
) -> tuple[str, ...]:
    """Return the texts that name a person by themselves, the longest first: one may be a part of another."""
    words = {text for point in points for text in (point["raw"], point["normalized"])}
    for person in people:
        first, last = (str(person.get(name) or "").strip() for name in ("first_name", "last_name"))
        if first and last:
            words |= {f"{first} {last}", f"{last} {first}", f"{last}, {first}"}
    return tuple(sorted((word for word in words if len(word) >= SHORTEST_WORD), key=lambda w: (-len(w), w)))


async def _kept(id: UUID) -> UUID:
    for _ in range(50):
        rows = await Contact.select(Contact.merged_into).where(Contact.id == id)
        if not rows:
            raise NotFound()
        if rows[0]["merged_into"] is None:
            return id
        id = rows[0]["merged_into"]
    raise NotFound()
