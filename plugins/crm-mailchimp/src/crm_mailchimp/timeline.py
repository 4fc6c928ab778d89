"""Mailings in the timeline of a contact."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crm_mailchimp.activity import activity_of, see_to
from crm_mailchimp.membership import of_contacts
from crm_mailchimp.words import ACTIVITY_ICONS, ACTIVITY_TONES, ACTIVITY_WORDS, said
from crmcore import PluginContext, Subject, TimelineEntry, TimelineSource


async def load_timeline(
    subject: Subject, before: datetime | None, limit: int, plugin: PluginContext
) -> Sequence[TimelineEntry]:
    """Return what is kept of the contact's mailings; what is old is read anew meanwhile, by a job."""
    if subject.contact is None:
        return []
    contact = subject.contact["id"]
    if before is None:
        active = {account.id for account in await plugin.connections.list("audience")}
        memberships = (await of_contacts([contact]))[contact]
        await see_to([one for one in memberships if one.account in active], plugin)
    return [entry_of(row, subject.language) for row in await activity_of(contact, before, limit)]


def entry_of(row: Mapping[str, Any], language: str) -> TimelineEntry:
    """Return one line of the timeline."""
    kind = row["kind"]
    return TimelineEntry(
        at=row["at"],
        title=said(ACTIVITY_WORDS[kind], language),
        text=" – ".join(part for part in (row["title"], row["url"]) if part),
        icon=ACTIVITY_ICONS[kind],
        tone=ACTIVITY_TONES.get(kind, "neutral"),
        href=row["url"] if row["url"].startswith("https://") else "",
    )


MAILINGS = TimelineSource(
    key="mailings",
    label={"en": "Mailings", "ru": "Рассылки"},
    load=load_timeline,
    slots=("contact", "conversation"),
)
