"""Handing contacts over in batches: those who opted in, then those whose subscription is no longer wanted."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from crm_mailchimp.batches import MOST_OPERATIONS, submit
from crm_mailchimp.fields import OPT_IN
from crm_mailchimp.mapping import FieldRule
from crm_mailchimp.membership import ACTIVE, by_subscriber, keep, member_hash, of_contacts
from crm_mailchimp.plan import Step, steps_for, tags_after
from crm_mailchimp.sync_state import SentBatch, SyncState
from crm_mailchimp.tables import MailchimpMember
from crmcore import ChannelAccount, ContactPointState, PluginContext, Record
from crmcore.tables import Contact

PAGE = 200
OPTED_IN = {"field": f"custom.{OPT_IN}", "op": "eq", "value": True}


async def count_contacts(plugin: PluginContext) -> int:
    """Return how many contacts opted in."""
    return await plugin.records.count("contact", OPTED_IN)


async def hand_over(
    state: SyncState, account: ChannelAccount, rules: Sequence[FieldRule], plugin: PluginContext
) -> None:
    """Hand the next contacts over that Mailchimp lacks something of, as one batch, and move ``state`` on."""
    steps: list[Step] = []
    # One request for the member and one for its tags; whoever needs more is cut off and comes the next night.
    while state.phase in ("push", "end") and len(steps) + 2 * PAGE <= MOST_OPERATIONS:
        records = await _next_records(state, account, plugin)
        steps += await _steps_of(records, account, rules, plugin)
    if not steps:
        return
    steps = steps[:MOST_OPERATIONS]
    batch = await submit(account, steps, plugin)
    # After the batch: without it nothing is agreed. Killed in between, the same contacts are handed over again.
    for step in steps:
        if step.kind == "tags":
            step.membership.tags = tags_after(step)
    touched = {step.membership.subscriber: step.membership for step in steps}
    await keep(list(touched.values()))
    state.batches.append(SentBatch(id=batch.id, contacts=len(touched), operations=len(steps)))
    state.submitted += len(steps)


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
