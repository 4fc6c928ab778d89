"""What two contacts are compared by."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contacts.points import Point
from crmcore.duplicates.firms import firm_words
from crmcore.duplicates.letters import plain
from crmcore.duplicates.mailbox import Mailbox, handle_box, mailbox_of
from crmcore.duplicates.person_name import PersonName, person_name

# Beyond these, further addresses and numbers of one contact make the comparison slow and no better.
MOST_POINTS = 12


class Profile(Struct, frozen=True, kw_only=True):
    """A contact as it is compared: name and company in one spelling, mailboxes, digits of phone numbers.

    ``reachable`` tells whether there is any contact point, of whatever kind. ``shown`` are first name, last name and
    company as people wrote them, for the reasons.
    """

    name: PersonName
    mailboxes: tuple[Mailbox, ...] = ()
    phones: tuple[str, ...] = ()
    firm: str = ""
    job: str = ""
    reachable: bool = True
    shown: tuple[str, str, str] = ("", "", "")

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains of companies among the mail addresses."""
        return tuple(dict.fromkeys(box.at_work for box in self.mailboxes if box.at_work))


def profile_of(
    *, first: str, last: str, points: Iterable[Point], company: str = "", job: str = ""
) -> Profile:
    """Return the profile of a contact with these fields."""
    mailboxes: list[Mailbox] = []
    phones: list[str] = []
    reachable = False
    for point in points:
        reachable = True
        if point.kind == "email":
            mailboxes.append(mailbox_of(point.normalized))
        elif point.kind == "phone":
            phones.append(point.normalized.lstrip("+"))
        elif point.kind == "handle":
            mailboxes.append(handle_box(point.normalized))
    return Profile(
        name=person_name(first, last),
        mailboxes=tuple(dict.fromkeys(mailboxes[:MOST_POINTS])),
        phones=tuple(dict.fromkeys(phones[:MOST_POINTS])),
        firm=" ".join(firm_words(company)),
        job=" ".join(plain(job).split()),
        reachable=reachable,
        shown=(first, last, company),
    )


def profile_of_row(row: Mapping[str, Any]) -> Profile:
    """Return the profile of a row of ``contact`` with its ``company.name``."""
    points = row["points"]
    if isinstance(points, str):
        points = msgspec.json.decode(points)
    return profile_of(
        first=row["first_name"],
        last=row["last_name"],
        points=[Point(kind=p["kind"], raw=p["raw"], normalized=p["normalized"]) for p in points],
        company=row.get("company.name") or "",
        job=row.get("job_title") or "",
    )


class Candidate(Struct, frozen=True):
    """Somebody who may be the same person, and what is known of them."""

    id: UUID
    profile: Profile
