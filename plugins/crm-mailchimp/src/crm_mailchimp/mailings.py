"""Mailings of the last weeks come to the timeline by themselves: to whom each went, who opened and clicked.

One report per mailing tells of all its recipients, a thousand at a time: nobody is asked for one by one. Sources:
https://mailchimp.com/developer/marketing/api/campaigns/, …/api/sent-to-reports/, …/api/email-activity-reports/.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from msgspec import Struct, field

from crm_mailchimp.answers import Campaign, Campaigns, EmailActivity, SentTo, moment
from crm_mailchimp.client import ask
from crm_mailchimp.happened import Happened, keep_happened
from crm_mailchimp.membership import by_subscriber
from crm_mailchimp.push import KEY, active_account
from crm_mailchimp.tables import MailchimpActivity
from crm_mailchimp.trouble import MailchimpTrouble, NoSuchMember
from crmcore import ChannelAccount, Job, PluginContext, Retry

LOOK, READ = "look_for_mailings", "read_mailings"
LOOKED_BACK = timedelta(days=30)
KEPT = timedelta(days=730)
MOST_MAILINGS = 50
PAGE = 1000
SLICE_S = 60.0
# Reports are made up by Mailchimp with some delay, and clocks differ.
OVERLAP = timedelta(hours=1)
# A mailing of yesterday is asked about every hour, one of three weeks ago once a day.
_SELDOM = 20
_OFTEN = timedelta(minutes=25)
_HAPPENED = {"open": "open", "click": "click", "bounce": "bounce"}


class Mailing(Struct, kw_only=True):
    """Where the reading of one mailing stands: ``told`` once all recipients are kept.

    ``since`` is from when on activity is read, ``offset`` how far the pass under way has come, ``began`` when it
    began, ``read_at`` when the last one ended.
    """

    id: str
    title: str
    sent_at: datetime
    told: bool = False
    offset: int = 0
    since: datetime | None = None
    began: datetime | None = None
    read_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Tell whether there may be news of it."""
        if self.read_at is None or self.began is not None:
            return True
        return now - self.read_at >= max(_OFTEN, (now - self.sent_at) / _SELDOM)


class _Kept(Struct, kw_only=True):
    mailings: list[Mailing] = field(default_factory=list)


async def look_for_mailings(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Have every audience's mailings read, and let go of what happened two years ago."""
    await MailchimpActivity.delete().where(MailchimpActivity.at < plugin.now() - KEPT)
    for account in await plugin.connections.list(KEY):
        await enqueue_mailings(account.id, plugin)


async def enqueue_mailings(account: UUID, plugin: PluginContext, part: str = "") -> None:
    """Have an audience's mailings read."""
    await plugin.enqueue(READ, {"account": str(account)}, key=f"{account}{part}")


async def read_mailings(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Read what is new of the audience's mailings for a minute, then leave the rest to the next job.

    Where it stands is kept after each page, and reading a page twice adds nothing.
    """
    account = await active_account(payload, plugin)
    if account is None:
        return
    until = monotonic() + SLICE_S
    try:
        mailings = await _known_and_new(account, plugin)
        due = [one for one in mailings if one.is_due(plugin.now())]
        for number, mailing in enumerate(due):
            while not await _page(mailing, account, plugin):
                await _keep(account.id, mailings, plugin)
                if monotonic() > until:
                    part = f":{mailing.id}:{mailing.told}:{mailing.offset}"
                    await enqueue_mailings(account.id, plugin, part)
                    return
            await _keep(account.id, mailings, plugin)
            await plugin.progress(number + 1, len(due))
    except MailchimpTrouble as error:
        raise Retry(str(error), after_s=error.wait_s) from error


async def _known_and_new(account: ChannelAccount, plugin: PluginContext) -> list[Mailing]:
    """Return the audience's mailings of the last weeks, the newest first, with where the reading of each stands."""
    since = plugin.now() - LOOKED_BACK
    names = ("id", "send_time", "settings.title", "settings.subject_line")
    query = {
        "list_id": account.config.audience_id,
        "status": "sent",
        "since_send_time": since.isoformat(timespec="seconds"),
        "sort_field": "send_time",
        "sort_dir": "DESC",
        "count": MOST_MAILINGS,
        "fields": ",".join(f"campaigns.{name}" for name in names),
    }
    found = await ask(account, plugin, "GET", f"/campaigns?{urlencode(query)}", Campaigns)
    kept = msgspec.convert(await plugin.store.get(_key(account.id)) or {}, _Kept)
    known = {one.id: one for one in kept.mailings}
    return [known.get(one.id) or made for one in found.campaigns if (made := _mailing(one)) is not None]


def _mailing(campaign: Campaign) -> Mailing | None:
    at = moment(campaign.send_time)
    title = (campaign.settings.title or campaign.settings.subject_line)[:200]
    return None if at is None else Mailing(id=campaign.id, title=title, sent_at=at)


async def _page(mailing: Mailing, account: ChannelAccount, plugin: PluginContext) -> bool:
    """Read the next page of a mailing; tell whether that was all for now."""
    mailing.began = mailing.began or plugin.now()
    happened: dict[str, list[Happened]]
    if not mailing.told:
        happened, count, total = await _recipients(mailing, account, plugin)
    else:
        happened, count, total = await _activity(mailing, account, plugin)
    members = await by_subscriber(account.id, happened)
    await keep_happened(
        [(members[one].id, what) for one in members for what in happened[one] if members[one].id is not None]
    )
    mailing.offset += count
    if count and mailing.offset < total:
        return False
    mailing.offset = 0
    if not mailing.told:
        mailing.told = True
        return False
    mailing.since, mailing.read_at, mailing.began = mailing.began - OVERLAP, plugin.now(), None
    return True


async def _recipients(
    mailing: Mailing, account: ChannelAccount, plugin: PluginContext
) -> tuple[dict[str, list[Happened]], int, int]:
    fields = "sent_to.email_id,sent_to.status,total_items"
    answer = await _asked(f"/reports/{mailing.id}/sent-to", fields, mailing, account, plugin, SentTo)
    happened: dict[str, list[Happened]] = {}
    for one in answer.sent_to:
        kinds = ["sent"] if one.status == "sent" else ["sent", "bounce"]
        happened[one.email_id] = [_what(mailing, kind, mailing.sent_at) for kind in kinds]
    return happened, len(answer.sent_to), answer.total_items


async def _activity(
    mailing: Mailing, account: ChannelAccount, plugin: PluginContext
) -> tuple[dict[str, list[Happened]], int, int]:
    fields = "emails.email_id,emails.activity,total_items"
    path = f"/reports/{mailing.id}/email-activity"
    answer = await _asked(path, fields, mailing, account, plugin, EmailActivity)
    happened: dict[str, list[Happened]] = {}
    for email in answer.emails:
        happened[email.email_id] = [
            _what(mailing, _HAPPENED[one.action], at, one.url)
            for one in email.activity
            if one.action in _HAPPENED and (at := moment(one.timestamp)) is not None
        ]
    return happened, len(answer.emails), answer.total_items


async def _asked(
    path: str,
    fields: str,
    mailing: Mailing,
    account: ChannelAccount,
    plugin: PluginContext,
    answer: type[Any],
) -> Any:
    query: dict[str, Any] = {"count": PAGE, "offset": mailing.offset, "fields": fields}
    if mailing.told and mailing.since is not None:
        query["since"] = mailing.since.isoformat(timespec="seconds")
    try:
        return await ask(account, plugin, "GET", f"{path}?{urlencode(query)}", answer, max_bytes=8_000_000)
    except NoSuchMember:
        # Deleted since, or a mailing that has no such report.
        return answer()


def _what(mailing: Mailing, kind: str, at: datetime, url: str = "") -> Happened:
    return Happened(kind=kind, campaign=mailing.id, title=mailing.title, at=at, url=url)


async def _keep(account: UUID, mailings: Sequence[Mailing], plugin: PluginContext) -> None:
    await plugin.store.set(_key(account), msgspec.to_builtins(_Kept(mailings=list(mailings))))


async def read_from_the_start(account: UUID, plugin: PluginContext) -> None:
    """Have an audience's mailings read as if none had been, for what was kept of them is gone."""
    await plugin.store.delete(_key(account))
    await enqueue_mailings(account, plugin)


def _key(account: UUID) -> str:
    return f"mailings:{account}"


LOOK_FOR_MAILINGS_JOB = Job(
    key=LOOK,
    run=look_for_mailings,
    label={"en": "Look for news of mailings", "ru": "Проверить новости рассылок"},
    every_s=1800.0,
)
READ_MAILINGS_JOB = Job(
    key=READ,
    run=read_mailings,
    label={"en": "Read what became of mailings", "ru": "Прочитать результаты рассылок"},
    priority="low",
    at_once=1,
    max_attempts=24,
    timeout_s=300.0,
)
