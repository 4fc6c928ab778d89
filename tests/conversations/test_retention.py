from posting import api_account, deliveries, drained, messages, post
from structlog.testing import capture_logs

from crmcore.conversations.tables import InboundDelivery
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


async def test_handled_deliveries_are_deleted_after_their_time_and_others_are_told(
    crm: Crm, clock: TurnableClock
) -> None:
    await api_account(crm)
    for number in range(4):
        await post(crm, email=f"old{number}@example.com", delivery_key=f"old{number}")
    await drained(crm)
    old = await deliveries()
    for row, state in zip(old[1:], ("dropped", "held", "quarantined"), strict=True):
        await InboundDelivery.update({InboundDelivery.state: state}).where(InboundDelivery.id == row["id"])
    clock.advance(20 * 86_400)
    await post(crm, email="new@example.com", delivery_key="new")
    await drained(crm)
    assert len(await deliveries()) == 5

    clock.advance(11 * 86_400)
    with capture_logs() as logs:
        await drained(crm)  # the daily job
    assert [row["state"] for row in await deliveries()] == ["held", "quarantined", "done"]
    assert [line["deliveries"] for line in logs if line["event"] == "old_deliveries_not_done"] == [2]
    assert len(await messages("inbound")) == 5

    # What is delivered once more after all that time is known by its message.
    await post(crm, email="old0@example.com", delivery_key="old0")
    await drained(crm)
    assert len(await messages("inbound")) == 5
