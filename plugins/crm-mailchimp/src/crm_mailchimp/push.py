"""The job ``push_member``: bring one contact in step with one audience."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm_mailchimp import audience
from crm_mailchimp.mapping import mapping_of
from crm_mailchimp.membership import Membership, by_subscriber, keep, member_hash, of_contacts
from crm_mailchimp.plan import Step, address_for, steps_for, tags_after
from crm_mailchimp.segment_tags import segment_tags_of
from crm_mailchimp.status import write_status
from crm_mailchimp.take import take_members
from crm_mailchimp.trouble import WAIT_S, MailchimpTrouble
from crmcore import ChannelAccount, Job, NotFound, PluginContext, Record, Retry

PUSH_MEMBER = "push_member"
KEY = "audience"


async def enqueue_push(contact: UUID, account: UUID, plugin: PluginContext) -> None:
    """Have one contact brought in step with one audience; many wishes before that are one."""
    payload = {"account": str(account), "contact": str(contact)}
    await plugin.enqueue(PUSH_MEMBER, payload, key=f"{account}:{contact}")


async def push_member(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Subscribe the contact of ``payload["contact"]`` when it opted in, unsubscribe it when it no longer does.

    Reads the contact anew, so that running it late or twice ends in the same state, and asks nothing of Mailchimp
    when both sides agree.
    """
    account = await active_account(payload, plugin)
    contact = await plugin.records.get("contact", UUID(str(payload["contact"])))
    if account is None or contact is None:
        return
    try:
        await _push(contact, account, plugin)
    except MailchimpTrouble as error:
        # Never as a failure of the plugin: one address that Mailchimp refuses must not pause all the others.
        plugin.log.warning("mailchimp_push_failed", contact=str(contact.id), reason=str(error))
        raise Retry(str(error), after_s=error.wait_s + _stagger(contact.id)) from error


async def _push(contact: Record, account: ChannelAccount, plugin: PluginContext) -> None:
    rules = await mapping_of(account.id, plugin)
    points = await plugin.points.of([contact.id])
    known = await memberships_of(contact.id, points[0].value if points else "", account)
    address = address_for(contact.document, points, account.config)
    subscriber = member_hash(address) if address else ""
    if address and not any(one.subscriber == subscriber and one.status for one in known):
        member = await audience.member_of(account, subscriber, plugin)
        if member is not None:
            # They are there already: what Mailchimp knows comes first, above all that they have left.
            await take_members([member], account, rules, plugin, await segment_tags_of(account.id, plugin))
            contact = await plugin.records.get("contact", contact.id) or contact
            points = await plugin.points.of([contact.id])
            known = await memberships_of(contact.id, address, account)
    steps = steps_for(contact.id, contact.document, points, known, rules, account)
    for step in steps:
        await _carry_out(step, account, plugin)
    if steps:
        await write_status([contact.id], plugin)


async def memberships_of(contact: UUID, address: str, account: ChannelAccount) -> list[Membership]:
    """Return the memberships of the contact, and that of its address, whomever it was pushed for."""
    known = (await of_contacts([contact], account.id))[contact]
    if address and not any(one.subscriber == member_hash(address) for one in known):
        known += (await by_subscriber(account.id, [member_hash(address)])).values()
    return known


async def _carry_out(step: Step, account: ChannelAccount, plugin: PluginContext) -> None:
    membership = step.membership
    if step.kind == "put":
        try:
            member = await audience.upsert(account, membership.subscriber, step.body, plugin)
        except MailchimpTrouble as error:
            if not error.throttled:
                await _keep_problem(membership, error, account)
            raise
        membership.hear(member)
    elif step.kind == "tags":
        await audience.set_tags(account, membership.subscriber, step.body["tags"], plugin)
        membership.tags = tags_after(step)
    elif await audience.unsubscribe(account, membership.subscriber, plugin) is None:
        membership.status = ""
    else:
        membership.status, membership.left_here = "unsubscribed", True
    await keep([membership])


async def _keep_problem(membership: Membership, error: MailchimpTrouble, account: ChannelAccount) -> None:
    """Keep why Mailchimp refused, at what is known of the member from before."""
    found = await by_subscriber(account.id, [membership.subscriber])
    before = found.get(membership.subscriber) or Membership(
        account=account.id,
        subscriber=membership.subscriber,
        contact=membership.contact,
        address=membership.address,
    )
    before.problem = str(error)[:300]
    await keep([before])


async def active_account(payload: Mapping[str, Any], plugin: PluginContext) -> ChannelAccount | None:
    """Return the audience that a job is about, None when it was paused or removed meanwhile."""
    id = UUID(str(payload["account"]))
    try:
        account = await plugin.connections.get(id)
    except NotFound:
        return None
    return account if any(one.id == id for one in await plugin.connections.list(KEY)) else None


def _stagger(contact: UUID) -> float:
    """Return up to :data:`WAIT_S` seconds more, different per contact, so that not all come back at once."""
    return contact.int % 1000 / 1000 * WAIT_S


PUSH_MEMBER_JOB = Job(
    key=PUSH_MEMBER,
    run=push_member,
    label={"en": "Bring a subscriber in step with Mailchimp", "ru": "Обновить подписчика в Mailchimp"},
    # Mailchimp takes ten connections at a time. All jobs of the plugin together keep to eight; two are left for
    # people who look at a page or test the connection.
    at_once=3,
    max_attempts=24,
    timeout_s=90.0,
)
