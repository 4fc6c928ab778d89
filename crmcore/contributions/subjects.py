"""The record that a contribution stands beside, as its viewer sees it."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.records import Record
from crmcore.contracts.subjects import Slot, Subject
from crmcore.errors import NotFound

if TYPE_CHECKING:
    from crmcore.workspace import Crm

SLOTS: tuple[Slot, ...] = ("conversation", "contact", "company")


class Beside(Struct, frozen=True, kw_only=True):
    """A record with the contact it belongs to; a contact is its own."""

    record: Record
    contact: Record | None

    def subject(self, slot: Slot, actor: Actor, language: str) -> Subject:
        """Return what plugins are told of it."""
        return Subject(
            record_type=slot,
            id=self.record.id,
            document=self.record.document,
            contact=self.contact.document if self.contact else None,
            language=language,
            actor=actor,
        )


def slot_of(name: str) -> Slot:
    """Return ``name`` when panels stand beside such records; raises NotFound."""
    slot = next((known for known in SLOTS if known == name), None)
    if slot is None:
        raise NotFound
    return slot


async def beside(crm: "Crm", record_type: str, id: UUID, *, actor: Actor) -> Beside:
    """Return the record ``id`` with its contact, as ``actor`` sees them; raises NotFound and Forbidden."""
    record = await crm.records.get(record_type, id, actor=actor)
    if record.type == "contact":
        return Beside(record=record, contact=record)
    contact: dict[str, Any] = record.document.get("contact") or {}
    if not isinstance(contact, dict) or not contact.get("id"):
        return Beside(record=record, contact=None)
    try:
        found = await crm.records.get("contact", contact["id"], actor=actor)
    except NotFound:
        found = None
    return Beside(record=record, contact=found)
