"""What happened between a mailing and a member, kept once, whichever report told it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from crm_mailchimp.tables import MailchimpActivity

KINDS = ("sent", "open", "click", "bounce", "unsub")
# A mailing reaches a member once; reports differ by seconds in saying when.
_ONCE = frozenset({"sent", "bounce", "unsub"})
_CHUNK = 500


class Happened(Struct, frozen=True, kw_only=True):
    """A mailing was sent, opened, clicked, returned, or somebody left by it. ``url`` is the link that was clicked."""

    kind: str
    campaign: str
    title: str
    at: datetime
    url: str = ""

    def key(self, member: UUID) -> str:
        """Return what tells it from everything else that happened to anybody."""
        parts = [member.hex, self.kind, self.campaign]
        if self.kind not in _ONCE or not self.campaign:
            parts += [self.at.isoformat(), self.url]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()


async def keep_happened(what: Sequence[tuple[UUID | None, Happened]]) -> None:
    """Keep what happened to members, given by their rows' ids. What is kept already stays as it is."""
    rows = {}
    for member, one in what:
        if member is None:
            continue
        key = one.key(member)
        rows[key] = MailchimpActivity(
            key=key,
            member=member,
            kind=one.kind,
            campaign=one.campaign[:40],
            title=one.title[:200],
            url=one.url[:500],
            at=one.at,
        )
    made = list(rows.values())
    for start in range(0, len(made), _CHUNK):
        await MailchimpActivity.insert(*made[start : start + _CHUNK]).on_conflict(
            target=MailchimpActivity.key, action="DO NOTHING"
        )
