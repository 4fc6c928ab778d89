"""Who may be the same person as a contact, as the contact's page shows it."""

from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from crmcore.duplicates.shown import summary, visible_findings

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

MOST_SHOWN = 5
_MOST_REASONS = 3


class DuplicateView(Struct, frozen=True, kw_only=True):
    """Another contact; ``score`` is the chance in percent. ``decide`` is where it is decided, empty for readers."""

    id: UUID
    name: str
    line: str
    score: int
    reasons: tuple[str, ...]
    decide: str = ""


async def duplicates_view(visit: "Visit", contact: UUID) -> list[DuplicateView]:
    """Return those that the visitor may see, the likeliest first, with what he may do about them."""
    found = await visit.crm.duplicates.of_contact(contact, actor=visit.actor, limit=MOST_SHOWN)
    if not found:
        return []
    hidden = await visit.crm.duplicates.hidden(visit.actor)
    writes = visit.actor.may("contact.write")
    views = []
    for likeness in found:
        person = summary(likeness.row, hidden)
        other = person["id"]
        may = writes and await visit.crm.records.reach(
            "contact", (contact, other), "write", actor=visit.actor
        )
        known = (person["company"], *person["emails"][:1], *person["phones"][:1])
        reasons = [
            finding.text(visit.language)
            for finding in visible_findings(likeness.comparison.findings, hidden)
            if finding.bits > 0
        ]
        views.append(
            DuplicateView(
                id=other,
                name=person["name"],
                line=", ".join(part for part in known if part),
                score=likeness.comparison.score,
                reasons=tuple(dict.fromkeys(reasons))[:_MOST_REASONS],
                decide=f"/contacts/{contact}/duplicates/{other}" if may else "",
            )
        )
    return views
