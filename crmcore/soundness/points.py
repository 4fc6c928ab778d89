"""A contact's row repeats its contact points, and both say the same."""

from collections import defaultdict
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.soundness.batches import batches
from crmcore.soundness.finding import Looked

if TYPE_CHECKING:
    from crmcore.workspace import Crm


async def contact_points(crm: "Crm") -> AsyncIterator[Looked | tuple[str, str]]:
    """Compare the points in each contact's row with the rows of its points; deleted contacts have none."""
    columns = (Contact.points, Contact.deleted_at)
    async for found in batches(Contact, *columns):
        yield Looked(len(found))
        rows = await ContactPoint.select().where(ContactPoint.contact.is_in([row["id"] for row in found]))
        owned: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        for point in rows:
            owned[point["contact"]].append(point)
        for row in found:
            stored = sorted(owned.get(row["id"], []), key=lambda point: int(point["position"]))
            subject = f"contact {row['id']}"
            if row["deleted_at"] is not None:
                if stored:
                    yield subject, "it is deleted, and still holds contact points that nobody else can have"
                continue
            repeated = {_of(point) for point in msgspec.json.decode(row["points"])}
            if repeated != {_of(point) for point in stored}:
                yield subject, "its row and the rows of its contact points differ"


def _of(point: dict[str, Any]) -> tuple[str, str, str]:
    return point["kind"], point["normalized"], point["raw"]
