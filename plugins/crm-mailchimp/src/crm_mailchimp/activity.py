"""Mailings and a member: what was sent, opened, clicked. Read when somebody looks, and kept."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from crm_mailchimp.answers import ActivityFeed
from crm_mailchimp.audience import member_path
from crm_mailchimp.client import ask
from crm_mailchimp.membership import Membership, by_subscriber, of_contacts
from crm_mailchimp.push import active_account
from crm_mailchimp.tables import MailchimpActivity, MailchimpMember
from crm_mailchimp.trouble import MailchimpTrouble, NoSuchMember
from crmcore import ChannelAccount, Job, PluginContext, Retry

READ_ACTIVITY = "read_activity"
KINDS = ("sent", "open", "click", "bounce", "unsub")
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
    rows = {}
    for happened in feed.activity:
        if happened.activity_type not in KINDS or (at := happened.at) is None:
            continue
        parts = (
            member.hex,
            happened.activity_type,
            happened.campaign_id,
            at.isoformat(),
            happened.link_clicked,
        )
        key = hashlib.sha256("|".join(parts).encode()).hexdigest()
        rows[key] = MailchimpActivity(
            key=key,
            member=member,
            kind=happened.activity_type,
            campaign=happened.campaign_id,
            title=happened.campaign_title[:200],
            url=happened.link_clicked[:500],
            at=at,
        )
    if rows:
        await MailchimpActivity.insert(*rows.values()).on_conflict(
            target=MailchimpActivity.key, action="DO NOTHING"
        )
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
