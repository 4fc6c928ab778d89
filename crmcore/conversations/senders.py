"""The contact behind a message: found and completed, or made."""

from typing import Any
from uuid import UUID

from crmcore.contacts.resolve import current_contact, kind_name, owners_of
from crmcore.contacts.service import Contacts
from crmcore.contacts.tables import Contact
from crmcore.contracts.actors import system_actor
from crmcore.conversations.arrival import Arrival
from crmcore.conversations.offers import Offer, Refused
from crmcore.conversations.refusal import Refusal
from crmcore.conversations.sentences import sentence
from crmcore.database.database import Database
from crmcore.errors import Invalid
from crmcore.records.service import Records

# Names and technical facts: a different value is no contradiction worth a note.
_QUIET = frozenset({"first_name", "last_name", "language", "time_zone", "ip_address", "browser", "avatar"})
_NAMES = frozenset({"first_name", "last_name"})
_POINT_LISTS = frozenset({"emails", "phones", "handles"})


class Senders:
    """Brings arrivals together with contacts, in the caller's transaction."""

    def __init__(self, *, database: Database, records: Records, contacts: Contacts, language: str) -> None:
        self._database = database
        self._records = records
        self._contacts = contacts
        self._language = language

    async def contact_of(self, arrival: Arrival) -> tuple[UUID | None, bool]:
        """Return the contact, locked, and whether it was made just now; None when nobody can be told.

        A known contact gets what it lacks, and the time it was last heard of. Raises :class:`Refusal`.
        """
        if arrival.contact_id is not None:
            row = await current_contact(arrival.contact_id, self._database)
            if row is not None:
                if row["id"] != arrival.contact_id:
                    reason = arrival.contact_reason
                    arrival.contact_reason = sentence("followed_merge", self._language, reason=reason)
                await self._fill_blanks(arrival, row)
                await self._heard_of(arrival, row)
                found: UUID = row["id"]
                return found, False
        if arrival.contact is None:
            return None, False
        document = arrival.contact.document
        if not arrival.points and not any(document.get(name) for name in _NAMES | _POINT_LISTS):
            return None, False
        try:
            record = await self._records.create(
                "contact",
                document,
                actor=arrival.actor(None),
                reason=self._contacts.say_new(),
                internal={"point_list": arrival.points, **_last_contact(arrival)},
                incomplete=True,
            )
        except Invalid as invalid:
            raise Refusal("contact", invalid) from invalid
        return record.id, True

    async def other_points(self, arrival: Arrival, contact: UUID | None) -> list[Refused]:
        """Return the sender's contact points that are not this contact's: a person decides about them."""
        if contact is None or len(arrival.points) < 2:
            return []
        owners = await owners_of(arrival.points)
        found = []
        for point in arrival.points:
            owner = owners.get((point.kind, point.normalized))
            if owner != contact:
                name = "point_unknown" if owner is None else "point_elsewhere"
                reason = sentence(name, self._language)
                field = kind_name(point.kind, self._language)
                found.append(Refused(field=field, value=point.raw, reason=reason))
        return found

    async def _heard_of(self, arrival: Arrival, row: dict[str, Any]) -> None:
        """Keep when and through which channel the contact was last heard of. It is no edit of the contact."""
        if row["last_contact_at"] is None or row["last_contact_at"] < arrival.at:
            values: dict[Any, Any] = _last_contact(arrival)
            await Contact.update(values, force=True).where(Contact.id == row["id"])

    async def _fill_blanks(self, arrival: Arrival, row: dict[str, Any]) -> None:
        """Give a known contact what it has no value for; a value that differs is told, never overwritten."""
        if arrival.contact is None:
            return
        document = arrival.contact.document
        fresh = {name: value for name, value in document.items() if name not in _POINT_LISTS | {"custom"}}
        if row["first_name"] or row["last_name"]:
            fresh.pop("first_name", None)
            fresh.pop("last_name", None)
        custom = document.get("custom") or {}
        if not fresh and not custom:
            return
        known = (await self._records.get("contact", row["id"], actor=system_actor())).document
        changes = self._blanks(arrival.contact, fresh, known, "")
        if filled := self._blanks(arrival.contact, custom, known["custom"], "custom."):
            changes["custom"] = filled
        if not changes:
            return
        try:
            await self._records.update(
                "contact", row["id"], changes, actor=arrival.actor(row["id"]), incomplete=True
            )
        except Invalid as invalid:
            raise Refusal("contact", invalid) from invalid

    def _blanks(
        self, offer: Offer, given: dict[str, Any], known: dict[str, Any], prefix: str
    ) -> dict[str, Any]:
        changes = {}
        for name, value in given.items():
            if known.get(name) in (None, "", []):
                changes[name] = value
            elif known[name] != value and name not in _QUIET:
                reason = sentence("kept_value", self._language)
                refused = Refused(field=f"{prefix}{name}", value=str(value)[:200], reason=reason)
                if refused not in offer.refused:
                    offer.refused.append(refused)
        return changes


def _last_contact(arrival: Arrival) -> dict[str, Any]:
    return {"last_contact_at": arrival.at, "last_contact_channel": arrival.account.account.channel}
