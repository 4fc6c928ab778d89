"""What a webhook brings about: who leaves has left at once; everything else is asked of Mailchimp itself."""

from collections.abc import Mapping
from typing import Any

from crm_mailchimp.answers import Member
from crm_mailchimp.audience import member_of
from crm_mailchimp.config import AudienceConfig
from crm_mailchimp.consent import hear_status
from crm_mailchimp.delivery import delivery_in
from crm_mailchimp.mailings import enqueue_mailings
from crm_mailchimp.mapping import mapping_of
from crm_mailchimp.membership import by_subscriber, keep, member_hash
from crm_mailchimp.push import active_account, enqueue_push
from crm_mailchimp.segment_tags import segment_tags_of
from crm_mailchimp.status import write_status
from crm_mailchimp.take import take_members
from crm_mailchimp.trouble import MailchimpTrouble
from crmcore import ChannelAccount, Job, PluginContext, RawDelivery, Retry

READ_MEMBER = "read_member"
_LEFT = {"unsubscribe": "unsubscribed", "cleaned": "cleaned"}


async def handle_delivery(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    """Work on one delivery. Leaving counts although Mailchimp may be away; the rest is read from there.

    So a delivery that lies can end a newsletter at most, and never subscribe anybody or change a field.
    """
    told = delivery_in(delivery.body)
    if told.audience and told.audience != account.config.audience_id:
        return
    if told.kind == "campaign":
        await enqueue_mailings(account.id, plugin)
        return
    for address in told.addresses:
        if told.kind in _LEFT:
            await _leave(address, _LEFT[told.kind], account, plugin)
        payload = {"account": str(account.id), "address": address}
        await plugin.enqueue(READ_MEMBER, payload, key=f"{account.id}:{member_hash(address)}")


async def _leave(address: str, status: str, account: ChannelAccount, plugin: PluginContext) -> None:
    subscriber = member_hash(address)
    membership = (await by_subscriber(account.id, [subscriber])).get(subscriber)
    if membership is None or membership.contact is None:
        return
    contact = await plugin.records.get("contact", membership.contact)
    if contact is None:
        return
    config: AudienceConfig = account.config
    member = Member(email_address=address, status=status)
    custom = await hear_status(membership, member, contact.document, config, plugin)
    membership.status = status
    await keep([membership])
    if custom:
        await plugin.records.update("contact", contact.id, {"custom": custom}, reason="Mailchimp")
    await write_status([contact.id], plugin)


async def read_member(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Ask for one member as it is now and take that over."""
    account = await active_account(payload, plugin)
    if account is None:
        return
    try:
        member = await member_of(account, member_hash(str(payload["address"])), plugin)
    except MailchimpTrouble as error:
        raise Retry(str(error), after_s=error.wait_s) from error
    if member is None:
        return
    rules = await mapping_of(account.id, plugin)
    tags = await segment_tags_of(account.id, plugin)
    for contact in await take_members([member], account, rules, plugin, tags):
        await enqueue_push(contact, account.id, plugin)


READ_MEMBER_JOB = Job(
    key=READ_MEMBER,
    run=read_member,
    label={"en": "Read a subscriber from Mailchimp", "ru": "Прочитать подписчика из Mailchimp"},
    at_once=1,
    max_attempts=24,
)
