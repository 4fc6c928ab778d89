"""A subscriber's data at Mailchimp: given out, and deleted for good."""

from collections.abc import AsyncIterator

from crm_mailchimp.audience import delete_permanently, is_there, member_hash, status_of
from crm_mailchimp.trouble import UNCONFIGURED, MailchimpTrouble
from crmcore import DataItem, DataSubject, PersonalData, PluginContext


async def export_subscriber(subject: DataSubject, plugin: PluginContext) -> AsyncIterator[DataItem]:
    """Yield each membership: the hash that is kept here, and the status there when Mailchimp can be asked."""
    for subscriber in await _subscribers(subject, plugin):
        status = await status_of(subscriber, plugin) if plugin.settings.configured else ""
        if status or not plugin.settings.configured:
            yield DataItem(id=subscriber, data={"member": subscriber, "status": status or ""})


async def count_subscribers(subject: DataSubject, plugin: PluginContext) -> int:
    """Return how many addresses would be deleted at Mailchimp, if they are there."""
    if plugin.settings.configured:
        return len(await _subscribers(subject, plugin))
    return len(await _kept(subject, plugin))


async def erase_subscriber(subject: DataSubject, plugin: PluginContext) -> int:
    """Delete every address of the person at Mailchimp for good, then what is kept here.

    Raises :class:`~crm_mailchimp.trouble.MailchimpTrouble`, also when subscribers were pushed from here and there
    is no key any more to delete them with.
    """
    deleted = 0
    kept = await _kept(subject, plugin)
    if plugin.settings.configured:
        # An unknown audience answers like an unknown member: better asked before than believed.
        await is_there(plugin)
        for subscriber in await _subscribers(subject, plugin):
            deleted += await delete_permanently(subscriber, plugin)
    elif kept:
        raise MailchimpTrouble(UNCONFIGURED)
    for contact in subject.contacts:
        await plugin.store.delete(f"member:{contact}")
    return max(deleted, len(kept))


async def _subscribers(subject: DataSubject, plugin: PluginContext) -> list[str]:
    addresses = [point.value for point in subject.points if point.kind == "email"]
    return list(dict.fromkeys([*await _kept(subject, plugin), *map(member_hash, addresses)]))


async def _kept(subject: DataSubject, plugin: PluginContext) -> list[str]:
    found = [await plugin.store.get(f"member:{contact}") for contact in subject.contacts]
    return [subscriber for subscriber in found if subscriber]


SUBSCRIBER = PersonalData(
    key="subscriber",
    label={"en": "Subscriber at Mailchimp", "ru": "Подписчик в Mailchimp"},
    export=export_subscriber,
    erase=erase_subscriber,
    count=count_subscribers,
)
