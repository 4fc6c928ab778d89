"""Who wrote: contact points first compared, merges followed, and what a new contact is made of."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from crmcore.contacts.points import Point, PointRules
from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.messages import ContactMatch, Identity, InboundMessage
from crmcore.contracts.problems import InvalidValue
from crmcore.contracts.sayings import Saying
from crmcore.database.database import Database

KIND_LABELS: dict[str, Label] = {
    "email": {"en": "e-mail address", "ru": "адрес почты"},
    "phone": {"en": "phone number", "ru": "телефон"},
    "handle": {"en": "handle", "ru": "псевдоним"},
}
_MATCHED: Label = {
    "en": "The sender’s {kind} is this contact’s.",
    "ru": "Отправителя узнали: {kind} — этого контакта.",
}
# A chain of merges longer than this is a circle.
_MOST_MERGES = 50


def kind_name(kind: str, language: str) -> str:
    """Return what people call contact points of ``kind``."""
    return text_of(KIND_LABELS.get(kind, kind), language)


def points_of(
    identities: Iterable[Identity], rules: PointRules
) -> tuple[list[Point], list[tuple[Identity, InvalidValue]]]:
    """Return the contact points for ``identities`` without repetitions, and those that are none."""
    points: dict[tuple[str, str], Point] = {}
    refused = []
    for identity in identities:
        try:
            point = rules.point(identity.kind, identity.value)
        except InvalidValue as error:
            refused.append((identity, error))
        else:
            points.setdefault((point.kind, point.normalized), point)
    return list(points.values()), refused


async def owners_of(points: Sequence[Point]) -> dict[tuple[str, str], UUID]:
    """Return which contacts have ``points``, by kind and normalized form, in one statement."""
    if not points:
        return {}
    rows = await ContactPoint.select(ContactPoint.kind, ContactPoint.normalized, ContactPoint.contact).where(
        ContactPoint.kind.is_in(sorted({point.kind for point in points})),
        ContactPoint.normalized.is_in(sorted({point.normalized for point in points})),
    )
    return {(row["kind"], row["normalized"]): row["contact"] for row in rows}


async def match_points(points: Sequence[Point], language: str) -> ContactMatch | None:
    """Return the contact that has the first of ``points`` that anybody has."""
    owners = await owners_of(points)
    for point in points:
        owner = owners.get((point.kind, point.normalized))
        if owner is not None:
            reason = Saying.labelled(
                _MATCHED, language, kind={one: kind_name(point.kind, one) for one in ("en", "ru")}
            )
            return ContactMatch(contact_id=owner, reason=reason)
    return None


async def current_contact(id: UUID, database: Database) -> dict[str, Any] | None:
    """Return the row of contact ``id``, or of the contact it was merged into; None when it is deleted.

    Inside a transaction the row stays locked until its end, so that two messages of one person wait for each
    other and never open two conversations.
    """
    for _ in range(_MOST_MERGES):
        query = Contact.select().where(Contact.id == id)
        if database.kind == "postgres":
            query = query.lock_rows("NO KEY UPDATE")
        rows: list[dict[str, Any]] = await query
        if not rows:
            return None
        row = rows[0]
        if row["merged_into"] is None:
            return None if row["deleted_at"] is not None else row
        id = row["merged_into"]
    return None


def names_from(name: str) -> dict[str, str]:
    """Return first and last name from a name as people write it: ``Anna Petrova`` or ``Petrova, Anna``."""
    name = " ".join(name.split())
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.partition(" ")
    return {
        key: value
        for key, value in (("first_name", first.strip()[:120]), ("last_name", last.strip()[:120]))
        if value
    }


def new_contact(message: InboundMessage) -> dict[str, Any]:
    """Return the document of the contact that ``message`` makes, without its contact points."""
    document: dict[str, Any] = names_from(message.name) | dict(message.contact)
    if message.contact_custom:
        document["custom"] = dict(message.contact_custom)
    return document
