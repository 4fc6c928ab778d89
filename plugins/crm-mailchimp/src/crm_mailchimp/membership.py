"""Memberships as they are kept here: one address in one audience."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct, field

from crm_mailchimp.answers import Member
from crm_mailchimp.tables import MailchimpMember

ACTIVE = ("subscribed", "pending")
_CHUNK = 500
_STORED = (
    MailchimpMember.contact,
    MailchimpMember.address,
    MailchimpMember.status,
    MailchimpMember.agreed,
    MailchimpMember.tags,
    MailchimpMember.left_here,
    MailchimpMember.marked,
    MailchimpMember.problem,
    MailchimpMember.rating,
    MailchimpMember.open_rate,
    MailchimpMember.click_rate,
    MailchimpMember.web_id,
    MailchimpMember.changed_at,
)


class Membership(Struct, kw_only=True):
    """What is known of a member; see :class:`~crm_mailchimp.tables.MailchimpMember`."""

    account: UUID
    subscriber: str
    contact: UUID | None = None
    address: str = ""
    status: str = ""
    agreed: dict[str, list[str]] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    left_here: bool = False
    marked: bool = False
    problem: str = ""
    rating: int = 0
    open_rate: float = 0.0
    click_rate: float = 0.0
    web_id: int = 0
    changed_at: datetime | None = None
    id: UUID | None = None
    activity_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Tell whether mailings go to the member, or will once they have confirmed."""
        return self.status in ACTIVE

    def hear(self, member: Member) -> None:
        """Take over what Mailchimp says of the member beside fields and tags."""
        self.address = member.email_address or self.address
        self.status = member.status[:40]
        self.rating, self.web_id = member.member_rating, member.web_id
        self.open_rate, self.click_rate = member.stats.avg_open_rate, member.stats.avg_click_rate
        self.changed_at = member.changed_at or self.changed_at
        self.problem = ""


def member_hash(address: str) -> str:
    """Return Mailchimp's id of a member: the MD5 of the address in lower case."""
    return hashlib.md5(address.lower().encode(), usedforsecurity=False).hexdigest()


async def by_subscriber(account: UUID, subscribers: Iterable[str]) -> dict[str, Membership]:
    """Return the memberships with these hashes in one audience."""
    wanted = sorted({_key(account, subscriber) for subscriber in subscribers})
    found: dict[str, Membership] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = await MailchimpMember.select().where(MailchimpMember.key.is_in(wanted[start : start + _CHUNK]))
        found |= {row["subscriber"]: _membership(row) for row in rows}
    return found


async def of_contacts(contacts: Sequence[UUID], account: UUID | None = None) -> dict[UUID, list[Membership]]:
    """Return the memberships of each contact, in one audience or in all of them."""
    found: dict[UUID, list[Membership]] = {contact: [] for contact in contacts}
    for start in range(0, len(contacts), _CHUNK):
        query = MailchimpMember.select().where(
            MailchimpMember.contact.is_in(list(contacts[start : start + _CHUNK]))
        )
        if account is not None:
            query = query.where(MailchimpMember.account == account)
        for row in await query.order_by(MailchimpMember.key):
            found[row["contact"]].append(_membership(row))
    return found


async def keep(memberships: Sequence[Membership]) -> None:
    """Store what is known of these members, new ones and known ones alike."""
    for start in range(0, len(memberships), _CHUNK):
        rows = [_row(membership) for membership in memberships[start : start + _CHUNK]]
        await MailchimpMember.insert(*rows).on_conflict(
            target=MailchimpMember.key, action="DO UPDATE", values=list(_STORED)
        )


async def forget(memberships: Sequence[Membership]) -> None:
    """Remove what is known of these members, with their activity."""
    keys = [_key(membership.account, membership.subscriber) for membership in memberships]
    if keys:
        await MailchimpMember.delete().where(MailchimpMember.key.is_in(keys))


def _key(account: UUID, subscriber: str) -> str:
    return f"{account.hex}.{subscriber}"


def _row(membership: Membership) -> MailchimpMember:
    values: dict[str, Any] = {
        name: getattr(membership, name)
        for name in Membership.__struct_fields__
        if name not in ("id", "agreed", "tags", "activity_at")
    }
    return MailchimpMember(
        id=membership.id or uuid4(),
        key=_key(membership.account, membership.subscriber),
        agreed=msgspec.json.encode(membership.agreed).decode(),
        tags=msgspec.json.encode(membership.tags).decode(),
        **values,
    )


def _membership(row: dict[str, Any]) -> Membership:
    return Membership(
        agreed=_decoded(row["agreed"]),
        tags=_decoded(row["tags"]),
        **{name: row[name] for name in Membership.__struct_fields__ if name not in ("agreed", "tags")},
    )


def _decoded(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value
