"""A subscriber's data at Mailchimp: given out, and deleted for good."""

from collections.abc import AsyncIterator
from uuid import UUID

from crm_mailchimp.activity import activity_of
from crm_mailchimp.audience import delete_permanently, member_of, name_of
from crm_mailchimp.membership import Membership, by_subscriber, forget, member_hash, of_contacts
from crm_mailchimp.tables import MailchimpTagged
from crm_mailchimp.trouble import UNCONFIGURED, MailchimpTrouble
from crmcore import ChannelAccount, DataItem, DataSubject, PersonalData, PluginContext


async def export_subscriber(subject: DataSubject, plugin: PluginContext) -> AsyncIterator[DataItem]:
    """Yield each membership, as Mailchimp has it when it can be asked, and what happened with mailings."""
    accounts = await plugin.connections.list("audience")
    for account in accounts:
        known = {one.subscriber: one for one in await _kept(subject, account.id)}
        for subscriber in [*known, *(one for one in _hashes(subject) if one not in known)]:
            try:
                member = await member_of(account, subscriber, plugin)
            except MailchimpTrouble:
                member = None
            if member is None and subscriber not in known:
                continue
            kept = known.get(subscriber)
            data: dict[str, object] = {
                "audience": account.name,
                "member": subscriber,
                "address": member.email_address if member else kept.address if kept else "",
                "status": member.status if member else kept.status if kept else "",
            }
            if member is not None:
                data |= {"fields": member.merge_fields, "tags": [tag.name for tag in member.tags]}
            yield DataItem(id=f"{account.id}:{subscriber}", data=data)
    for contact in subject.contacts:
        for row in await activity_of(contact, None, 10_000):
            names = ("kind", "campaign", "title", "url", "at")
            yield DataItem(id=str(row["id"]), data={name: row[name] for name in names})


async def count_subscribers(subject: DataSubject, plugin: PluginContext) -> int:
    """Return how many addresses would be deleted at Mailchimp, if they are there."""
    accounts = await plugin.connections.list("audience")
    kept = await _kept(subject)
    found = {(one.account, one.subscriber) for one in kept}
    found |= {(account.id, subscriber) for account in accounts for subscriber in _hashes(subject)}
    return len(found)


async def erase_subscriber(subject: DataSubject, plugin: PluginContext) -> int:
    """Delete every address of the person at Mailchimp for good, then what is kept here.

    Raises :class:`~crm_mailchimp.trouble.MailchimpTrouble`, also when somebody is a subscriber of an audience
    that is no longer connected.
    """
    accounts = {account.id: account for account in await plugin.connections.list("audience")}
    kept = await _kept(subject)
    if any(one.account not in accounts and one.status for one in kept):
        raise MailchimpTrouble(UNCONFIGURED)
    deleted = 0
    for account in accounts.values():
        deleted += await _erase_there(account, subject, kept, plugin)
    await forget(kept)
    addresses = {point.value for point in subject.points if point.kind == "email"}
    addresses |= {one.address for one in kept}
    if addresses:
        await MailchimpTagged.delete().where(MailchimpTagged.address.is_in(sorted(addresses)))
    return max(deleted, len(kept))


async def _erase_there(
    account: ChannelAccount, subject: DataSubject, kept: list[Membership], plugin: PluginContext
) -> int:
    known = [one.subscriber for one in kept if one.account == account.id]
    subscribers = list(dict.fromkeys([*known, *_hashes(subject)]))
    if not subscribers:
        return 0
    # An unknown audience answers like an unknown member: better asked before than believed.
    await name_of(account, plugin)
    return sum([await delete_permanently(account, subscriber, plugin) for subscriber in subscribers])


def _hashes(subject: DataSubject) -> list[str]:
    return [member_hash(point.value) for point in subject.points if point.kind == "email"]


async def _kept(subject: DataSubject, account: UUID | None = None) -> list[Membership]:
    found = await of_contacts(subject.contacts, account)
    kept = {(one.account, one.subscriber): one for many in found.values() for one in many}
    if account is not None:
        others = await by_subscriber(account, _hashes(subject))
        kept |= {(account, subscriber): one for subscriber, one in others.items()}
    return list(kept.values())


SUBSCRIBER = PersonalData(
    key="subscriber",
    label={"en": "Subscriber at Mailchimp", "ru": "Подписчик в Mailchimp"},
    export=export_subscriber,
    erase=erase_subscriber,
    count=count_subscribers,
)
