"""Reading members page by page, from where it stopped, without missing one that changes meanwhile."""

from collections.abc import Sequence
from datetime import timedelta

from crm_mailchimp.answers import Member, moment
from crm_mailchimp.audience import changed_members
from crm_mailchimp.mapping import FieldRule
from crm_mailchimp.push import enqueue_push
from crm_mailchimp.sync_state import SyncState
from crm_mailchimp.take import take_members
from crmcore import ChannelAccount, PluginContext


async def read_page(
    state: SyncState,
    account: ChannelAccount,
    rules: Sequence[FieldRule],
    segment_tags: frozenset[str],
    plugin: PluginContext,
) -> bool:
    """Take over one page of members and move ``state`` on; tell whether that was the last one.

    Members come in the order of their last change, and the place where it goes on is a moment, not a number: who
    changes meanwhile moves to the end and is read once more, and nobody slips through.
    """
    page = await changed_members(account, state.since, state.offset, plugin)
    to_push = await take_members(page.members, account, rules, plugin, segment_tags)
    if not state.whole or state.reread:
        # In a whole run all contacts are looked at afterwards anyway.
        for contact in to_push:
            await enqueue_push(contact, account.id, plugin)
    left = max(0, page.total_items - state.offset - len(page.members)) if page.members else 0
    state.members = max(state.members, left + len(page.members))
    state.read = max(state.read, state.members - left)
    _move(state, page.members)
    return left == 0


def _move(state: SyncState, members: Sequence[Member]) -> None:
    times = [at for member in members if (at := moment(member.last_changed)) is not None]
    since = moment(state.since) if state.since else None
    # Whether "since" takes in its own second is not written down anywhere: one second before does.
    last = max(times) - timedelta(seconds=1) if times else None
    if last is not None and (since is None or last > since):
        state.since, state.offset = last.isoformat(), 0
    else:
        state.offset += len(members)
