"""Mailings and a member: what was sent, opened, clicked. Read anew when somebody looks, and kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from crm_mailchimp.answers import ActivityFeed
from crm_mailchimp.audience import member_path
from crm_mailchimp.client import ask
from crm_mailchimp.happened import KINDS, Happened, keep_happened
from crm_mailchimp.membership import Membership, by_subscriber, of_contacts
from crm_mailchimp.push import active_account
from crm_mailchimp.tables import MailchimpActivity, MailchimpMember
from crm_mailchimp.trouble import MailchimpTrouble, NoSuchMember
from crmcore import ChannelAccount, Job, PluginContext, Retry

READ_ACTIVITY = "read_activity"
FRESH = timedelta(minutes=10)
_COUNT = 200


async def see_to(memberships: Sequence[Membership], plugin: PluginContext) -> None:
    """Have the activity of these members read anew where it is older than ten minutes."""
    for membership in memberships:
        if membership.activity_at is None or membership.activity_at < plugin.now() - FRESH:
            payload = {"account": str(membership.account), "subscriber": membership.subscriber}
            await plugin.enqueue(READ_ACTIVITY, payload, key=f"{membership.account}:{membership.subscriber}")


async def read_activity(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Read what happened to a member and keep what is new. Read twice, it adds nothing."""
    account = await active_account(payload, plugin)
    subscriber = str(payload["subscriber"])
    if account is None or not (known := await by_subscriber(account.id, [subscriber])):
        return
    try:
        feed = await _feed(account, subscriber, plugin)
    except MailchimpTrouble as error:
        raise Retry(str(error), after_s=error.wait_s) from error
    member: UUID = known[subscriber].id or uuid4()
    happened = [
        Happened(
            kind=one.activity_type,
            campaign=one.campaign_id,
            title=one.campaign_title,
            at=at,
            url=one.link_clicked,
        )
        for one in feed.activity
        if one.activity_type in KINDS and (at := one.at) is not None
    ]
    await keep_happened([(member, one) for one in happened])
    await MailchimpMember.update({MailchimpMember.activity_at: plugin.now()}).where(
        MailchimpMember.id == member
    )


async def _feed(account: ChannelAccount, subscriber: str, plugin: PluginContext) -> ActivityFeed:
    query = urlencode({"count": _COUNT, "activity_filters": ",".join(KINDS)})
    path = f"{member_path(account, subscriber)}/activity-feed?{query}"
    try:
        return await ask(account, plugin, "GET", path, ActivityFeed)
    except NoSuchMember:
        return ActivityFeed()


async def activity_of(contact: UUID, before: datetime | None, limit: int) -> list[dict[str, Any]]:
    """Return what is kept of a contact's mailings, the newest first."""
    members = [one.id for one in (await of_contacts([contact]))[contact] if one.id is not None]
    if not members:
        return []
    query = MailchimpActivity.select().where(MailchimpActivity.member.is_in(members))
    if before is not None:
        query = query.where(MailchimpActivity.at < before)
    rows: list[dict[str, Any]] = await query.order_by(MailchimpActivity.at, ascending=False).limit(limit)
    return rows


READ_ACTIVITY_JOB = Job(
    key=READ_ACTIVITY,
    run=read_activity,
    label={"en": "Read a subscriber's activity from Mailchimp", "ru": "Прочитать активность подписчика"},
    priority="high",
    at_once=1,
    max_attempts=4,
)
