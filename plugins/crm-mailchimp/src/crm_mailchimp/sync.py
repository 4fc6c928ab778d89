"""The job ``sync_audience``: bring a whole audience and all contacts in step, however many there are.

First the members are read, so that nobody who left is subscribed again; then contacts are looked at, page by page,
and what Mailchimp lacks goes there in batches. Where it stands is kept after each step: killed, it goes on there.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from crm_mailchimp.batches import results_of, state_of
from crm_mailchimp.handing_over import count_contacts, hand_over
from crm_mailchimp.mapping import FieldRule, mapping_of
from crm_mailchimp.outcomes import take_results
from crm_mailchimp.push import KEY, active_account
from crm_mailchimp.pushing_segments import enqueue_segment
from crm_mailchimp.reading import read_page
from crm_mailchimp.segment_tags import segment_tags_of, segments_of
from crm_mailchimp.sync_state import SyncState, keep_state, state_of_sync
from crm_mailchimp.trouble import MailchimpTrouble, NoSuchMember
from crmcore import ChannelAccount, Job, PluginContext, Retry

SYNC = "sync_audience"
NIGHTLY = "reconcile"
SLICE_S = 20.0
FIRST_POLL_S, POLL_S = 0.5, 10.0
# Mailchimp lets 500 batches wait. A few are enough to keep it busy, and few are lost when they are.
MOST_WAITING = 10
_OVERLAP = timedelta(minutes=10)


async def start_sync(account: UUID, plugin: PluginContext, *, whole: bool) -> bool:
    """Begin a synchronisation unless one is under way; ``whole`` reads all members, not only the changed ones."""
    before = await state_of_sync(account, plugin)
    now = plugin.now()
    if before is not None and before.phase != "done":
        await plugin.enqueue(SYNC, _payload(account, before), key=_key(account, before))
        return False
    since = ""
    if before is not None and before.began_at and not whole and not before.trouble:
        # Clocks differ, and so may the moments of a change and of its appearance.
        since = (datetime.fromisoformat(before.began_at) - _OVERLAP).isoformat()
    state = SyncState(run=now.isoformat(), began_at=now.isoformat(), since=since, whole=not since)
    await keep_state(account, state, plugin)
    await plugin.enqueue(SYNC, _payload(account, state), key=_key(account, state))
    return True


async def sync_audience(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Go on with an audience's synchronisation for some seconds, then leave the rest to the next job."""
    account = await active_account(payload, plugin)
    if account is None:
        return
    state = await state_of_sync(account.id, plugin)
    if state is None or state.run != payload.get("run") or state.phase == "done":
        return
    delay_s = 0.0
    if state.step == payload.get("step"):
        try:
            delay_s = await _go_on(state, account, plugin)
        except MailchimpTrouble as error:
            state.trouble = str(error)
            await keep_state(account.id, state, plugin)
            raise Retry(str(error), after_s=error.wait_s) from error
        if state.ended_at:
            for segment in await segments_of(account.id, plugin):
                await enqueue_segment(account.id, segment.id, plugin)
            return
        state.step += 1
        await keep_state(account.id, state, plugin)
    # Else its worker died between the two lines above and this one; the key makes one job of two.
    await plugin.enqueue(SYNC, _payload(account.id, state), key=_key(account.id, state), delay_s=delay_s)


async def _go_on(state: SyncState, account: ChannelAccount, plugin: PluginContext) -> float:
    """Do steps until the slice is over; return how many seconds to wait before the next one."""
    until = monotonic() + SLICE_S
    rules = await mapping_of(account.id, plugin)
    segment_tags = await segment_tags_of(account.id, plugin)
    while monotonic() < until:
        delay_s = 0.0
        if state.phase == "read":
            if await read_page(state, account, rules, segment_tags, plugin):
                # Read once more at the end, after results were lost, there is nothing left to hand over.
                state.phase = "wait" if state.reread else "push"
                state.contacts = await count_contacts(plugin)
                state.reread = False
        elif state.phase in ("push", "end") and len(state.batches) < MOST_WAITING:
            await hand_over(state, account, rules, plugin)
        elif await _collect(state, account, rules, segment_tags, plugin):
            if state.phase == "wait" and not state.batches:
                _finish(state, plugin)
        else:
            # Seldom asked where Mailchimp takes minutes, and soon where it takes a second.
            delay_s = min(POLL_S, FIRST_POLL_S * 2**state.idle)
            state.idle += 1
        if not delay_s:
            state.idle = 0
        state.trouble = ""
        await keep_state(account.id, state, plugin)
        await plugin.progress(state.done, max(state.done, state.total))
        if delay_s or state.phase == "done":
            return delay_s
    return 0.0


def _finish(state: SyncState, plugin: PluginContext) -> None:
    if state.reread:
        # What became of some operations is not known: the members themselves tell.
        state.phase, state.since, state.offset = "read", state.began_at, 0
        return
    state.phase, state.ended_at = "done", plugin.now().isoformat()


async def _collect(
    state: SyncState,
    account: ChannelAccount,
    rules: tuple[FieldRule, ...],
    segment_tags: frozenset[str],
    plugin: PluginContext,
) -> bool:
    """Take the results of the batches that are finished; tell whether there were any, or none is left."""
    waiting, moved = [], not state.batches
    for sent in state.batches:
        try:
            batch = await state_of(account, sent.id, plugin)
        except NoSuchMember:
            batch = None
        if batch is not None and batch.status != "finished":
            sent.finished = batch.finished_operations
            waiting.append(sent)
            continue
        moved = True
        try:
            results = await results_of(account, batch, plugin) if batch is not None else []
            outcomes = await take_results(results, account, rules, segment_tags, plugin)
        except MailchimpTrouble as error:
            plugin.log.warning("mailchimp_results_lost", batch=sent.id, reason=str(error))
            results = []
        if results:
            state.pushed += outcomes.through
            state.refused += outcomes.refused
        else:
            state.reread = True
            state.pushed += sent.operations
    state.batches = waiting
    return moved


def _payload(account: UUID, state: SyncState) -> dict[str, Any]:
    return {"account": str(account), "run": state.run, "step": state.step}


def _key(account: UUID, state: SyncState) -> str:
    return f"{account}:{state.run}:{state.step}"


async def reconcile(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Begin the nightly synchronisation of every audience: what changed there, and what was missed from here."""
    for account in await plugin.connections.list(KEY):
        whole = plugin.now().weekday() == WHOLE_ON
        await start_sync(account.id, plugin, whole=whole)


WHOLE_ON = 6
"""On Sundays all members are read: tags may change there without the member's own date."""

SYNC_JOB = Job(
    key=SYNC,
    run=sync_audience,
    label={"en": "Synchronise an audience with Mailchimp", "ru": "Синхронизировать аудиторию с Mailchimp"},
    priority="low",
    at_once=1,
    max_attempts=50,
    timeout_s=300.0,
    cancellable=True,
)

RECONCILE_JOB = Job(
    key=NIGHTLY,
    run=reconcile,
    label={"en": "Fetch what changed in Mailchimp", "ru": "Забрать изменения из Mailchimp"},
    # After midnight in the workspace, when nobody pushes.
    at="40 4 * * *",
)
