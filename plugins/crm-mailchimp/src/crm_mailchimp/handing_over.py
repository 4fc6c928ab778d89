"""Handing contacts over in batches: those who opted in, then those whose subscription is no longer wanted."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from crm_mailchimp.answers import Batch
from crm_mailchimp.batches import MOST_OPERATIONS, handed_over, submit
from crm_mailchimp.fields import OPT_IN
from crm_mailchimp.mapping import FieldRule
from crm_mailchimp.membership import ACTIVE, by_subscriber, keep, member_hash, of_contacts
from crm_mailchimp.plan import Step, steps_for, tags_after
from crm_mailchimp.sync_state import Sending, SentBatch, SyncState, keep_state
from crm_mailchimp.tables import MailchimpMember
from crmcore import ChannelAccount, ContactPointState, PluginContext, Record
from crmcore.tables import Contact

PAGE = 200
MOST_REMEMBERED = 500  # as many may wait at Mailchimp
OPTED_IN = {"field": f"custom.{OPT_IN}", "op": "eq", "value": True}


async def count_contacts(plugin: PluginContext) -> int:
    """Return how many contacts opted in."""
    return await plugin.records.count("contact", OPTED_IN)


async def hand_over(
    state: SyncState, account: ChannelAccount, rules: Sequence[FieldRule], plugin: PluginContext
) -> None:
    """Hand the next contacts over that Mailchimp lacks something of, as one batch, and move ``state`` on.

    It is not moved before Mailchimp has taken the batch: whatever goes wrong, the same contacts come again.
    """
    ahead = msgspec.structs.replace(state)
    steps: list[Step] = []
    # One request for the member and one for its tags; whoever needs more is cut off and comes the next night.
    while ahead.phase in ("push", "end") and len(steps) + 2 * PAGE <= MOST_OPERATIONS:
        records = await _next_records(ahead, account, plugin)
        steps += await _steps_of(records, account, rules, plugin)
    if steps:
        sent = await _hand_over(steps[:MOST_OPERATIONS], state, account, plugin)
        ahead.batches = [*state.batches, sent]
        ahead.submitted = state.submitted + sent.operations
        ahead.sent = [*state.sent, sent.id][-MOST_REMEMBERED:]
        ahead.sending = None
    for name in SyncState.__struct_fields__:
        setattr(state, name, getattr(ahead, name))


async def _hand_over(
    steps: Sequence[Step], state: SyncState, account: ChannelAccount, plugin: PluginContext
) -> SentBatch:
    batch = await _handed_over_before(state, len(steps), account, plugin)
    if batch is None:
        # What is on its way is kept with where it stands still: killed from here on, the batch is found again.
        state.sending = Sending(operations=len(steps), at=plugin.now())
        await keep_state(account.id, state, plugin)
        batch = await submit(account, steps, plugin)
    # After the batch: without it nothing is agreed.
    for step in steps:
        if step.kind == "tags":
            step.membership.tags = tags_after(step)
    touched = {step.membership.subscriber: step.membership for step in steps}
    await keep(list(touched.values()))
    return SentBatch(id=batch.id, contacts=len(touched), operations=len(steps))


async def _handed_over_before(
    state: SyncState, operations: int, account: ChannelAccount, plugin: PluginContext
) -> Batch | None:
    """Return the batch that a worker handed over and did not live to note, None when there is none."""
    sending = state.sending
    if sending is None or sending.operations != operations:
        return None
    return await handed_over(account, operations, sending.at, state.sent, plugin)


async def _next_records(state: SyncState, account: ChannelAccount, plugin: PluginContext) -> Sequence[Record]:
    if state.phase == "push":
        page = await plugin.records.page("contact", OPTED_IN, cursor=state.cursor, limit=PAGE)
        state.seen += len(page.items)
        state.cursor = page.next
        if not page.next:
            state.phase = "end"
        return page.items
    rows = (
        await MailchimpMember.select(MailchimpMember.key, MailchimpMember.contact)
        .where(
            MailchimpMember.account == account.id,
            MailchimpMember.status.is_in(list(ACTIVE)),
            MailchimpMember.contact.is_not_null(),
            MailchimpMember.key > state.cursor,
        )
        .order_by(MailchimpMember.key)
        .limit(PAGE)
    )
    if len(rows) < PAGE:
        state.phase = "wait"
    state.cursor = rows[-1]["key"] if rows else ""
    found = [await plugin.records.get("contact", id) for id in await _out_of(rows)]
    return [record for record in found if record is not None]


async def _out_of(rows: Sequence[dict[str, Any]]) -> list[UUID]:
    """Return the contacts of these members that have not opted in; they are few, and read one by one."""
    ids = list({row["contact"] for row in rows})
    if not ids:
        return []
    contacts = await Contact.select(Contact.id, Contact.custom).where(
        Contact.id.is_in(ids), Contact.deleted_at.is_null()
    )
    return [row["id"] for row in contacts if msgspec.json.decode(row["custom"]).get(OPT_IN) is not True]


async def _steps_of(
    records: Sequence[Record], account: ChannelAccount, rules: Sequence[FieldRule], plugin: PluginContext
) -> list[Step]:
    ids = [record.id for record in records]
    points: dict[UUID, list[ContactPointState]] = {id: [] for id in ids}
    for point in await plugin.points.of(ids):
        points[point.contact].append(point)
    known = await of_contacts(ids, account.id)
    firsts = {id: member_hash(found[0].value) for id, found in points.items() if found}
    by_hash = await by_subscriber(account.id, firsts.values())
    steps: list[Step] = []
    for record in records:
        memberships = known[record.id]
        first = by_hash.get(firsts.get(record.id, ""))
        if first is not None and all(one.subscriber != first.subscriber for one in memberships):
            memberships = [*memberships, first]
        steps += steps_for(record.id, record.document, points[record.id], memberships, rules, account)
    return steps
