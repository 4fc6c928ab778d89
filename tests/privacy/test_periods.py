"""How long data is kept: previewed, deleted in batches with what hangs on it, the audit stays sound."""

from uuid import uuid4

import pytest
from canary import CANARY, MAIL, bystander, columns_with
from posting import ADMIN, conversations, drained, messages, post

from crmcore.contracts.actors import Actor
from crmcore.conversations.tables import InboundDelivery
from crmcore.errors import Forbidden, NotFound
from crmcore.events.tables import EventReplay, EventRow
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

DAY = 86_400


async def test_periods_are_kept(crm: Crm, clock: TurnableClock) -> None:
    await bystander(crm)
    await post(crm, email=MAIL, name=CANARY, subject=CANARY, text=f"I am {CANARY}")
    await drained(crm)
    old = (await conversations())[-1]
    await crm.records.update("conversation", old["id"], {"status": "closed"}, actor=ADMIN)
    await crm.records.delete("contact", old["contact"], actor=ADMIN)
    clock.advance(100 * DAY)
    periods = {period.kind: period for period in await crm.privacy.periods.all(actor=ADMIN)}
    assert periods["conversations"].days is None and periods["deliveries"].days == 30
    assert (periods["deliveries"].due, periods["conversations"].due) == (2, 0)
    assert await crm.privacy.periods.due("conversations", 60, actor=ADMIN) == 1
    with pytest.raises(Forbidden):
        await crm.privacy.periods.set("conversations", 60, actor=Actor(kind="user"))
    with pytest.raises(NotFound):
        await crm.privacy.periods.set("history", 60, actor=ADMIN)
    for kind in ("conversations", "deleted_records"):
        await crm.privacy.periods.set(kind, 60, actor=ADMIN)
    gone = await crm.privacy.periods.run()
    assert (gone["deliveries"], gone["conversations"], gone["deleted_records"]) == (2, 1, 1)
    assert await InboundDelivery.count() == 0
    assert len(await conversations()) == 1 and len(await messages("inbound")) == 1
    assert await columns_with(crm.database, CANARY) == []
    assert (await crm.audit.verify(actor=ADMIN)).sound
    assert await crm.privacy.periods.run() == {}
    # Needed periods fall back to their default, others end.
    await crm.privacy.periods.set("deliveries", None, actor=ADMIN)
    await crm.privacy.periods.set("conversations", None, actor=ADMIN)
    periods = {period.kind: period for period in await crm.privacy.periods.all(actor=ADMIN)}
    assert (periods["deliveries"].days, periods["conversations"].days) == (30, None)


async def test_the_worker_deletes_what_is_due_once_a_day(crm: Crm, clock: TurnableClock) -> None:
    await bystander(crm)
    assert await EventRow.exists()
    clock.advance(91 * DAY)
    await drained(crm)
    assert not await EventRow.exists() and await InboundDelivery.count() == 0
    assert len(await messages("inbound")) == 1, (
        "conversations are kept for ever unless somebody says otherwise"
    )


async def test_replays_go_when_they_are_over_and_old(crm: Crm, clock: TurnableClock) -> None:
    for state in ("done", "failed", "cancelled", "queued", "running"):
        at = clock()
        replay = EventReplay(plugin="shop", last=uuid4(), state=state, created_at=at, updated_at=at)
        await EventReplay.insert(replay)
    clock.advance(89 * DAY)
    assert await crm.privacy.periods.due("event_replays", 90, actor=ADMIN) == 0
    clock.advance(2 * DAY)
    assert await crm.privacy.periods.due("event_replays", 90, actor=ADMIN) == 3
    assert (await crm.privacy.periods.run())["event_replays"] == 3
    left = {row["state"] for row in await EventReplay.select(EventReplay.state)}
    assert left == {"queued", "running"}
