"""The tiles of the overview that the core brings along: real figures, within what the viewer sees."""

from datetime import timedelta
from typing import Any

import msgspec
from posting import ADMIN, api_account, conversations, drained, post

from crmcore.contracts.actors import Actor
from crmcore.contracts.blocks import Chart, Items, Meter, Stats
from crmcore.contracts.values import Num
from crmcore.workspace import Crm


async def blocks(crm: Crm, key: str, actor: Actor = ADMIN, language: str = "en") -> tuple[Any, ...]:
    before = crm.database.statements
    loaded = await crm.contributions.tiles.load(f"core.{key}", actor=actor, language=language, again=True)
    assert crm.database.statements - before <= 2
    assert loaded is not None and loaded.content is not None
    return loaded.content.blocks


def figures(stats: Stats) -> list[float]:
    return [item.value.value for item in stats.items if isinstance(item.value, Num)]


async def test_the_tiles_tell_what_waits_within_the_viewers_sight(crm: Crm, clock: Any) -> None:
    account = await api_account(crm)
    for number in range(4):
        await post(crm, email=f"p{number}@example.com", thread_key=str(number), subject=f"Subject {number}")
        await drained(crm)
        clock.advance(60)
    rows = sorted(await conversations(), key=lambda row: row["number"])
    agent = await crm.accounts.create_user(
        "agent@example.com", "Agent", "a long enough password", role="agent"
    )
    await crm.conversations.assign(rows[2]["id"], agent, actor=ADMIN)
    await crm.conversations.reply(rows[0]["id"], "Done.", actor=ADMIN)
    await crm.conversations.close(rows[3]["id"], actor=ADMIN)
    await drained(crm)
    for due in (clock() - timedelta(hours=1), clock() + timedelta(days=3)):
        task = {"title": "Call", "due_at": due.isoformat(), "conversation_id": str(rows[1]["id"])}
        await crm.records.create("task", task, actor=ADMIN)

    [work] = await blocks(crm, "work")
    assert figures(work) == [3, 2, 2, 1]
    [waiting] = await blocks(crm, "waiting", language="ru")
    assert isinstance(waiting, Items)
    assert [item.title for item in waiting.items] == ["#2 Subject 1", "#3 Subject 2"]
    [tasks] = await blocks(crm, "tasks")
    assert (figures(tasks)[0], figures(tasks)[2]) == (1, 2)
    [meter] = await blocks(crm, "channels")
    assert isinstance(meter, Meter) and (meter.value, meter.max) == (3, 3) and meter.label
    [chart] = await blocks(crm, "days", language="ru")
    assert isinstance(chart, Chart) and len(chart.x) == 14 and sum(chart.series[0].values) == 4

    own = crm.registry.row_scopes["own"].item
    narrow = msgspec.structs.replace(ADMIN, kind="user", id=str(agent), rows={"*": own})
    [work] = await blocks(crm, "work", narrow)
    assert figures(work)[0] == 1
    [meter] = await blocks(crm, "channels", narrow)
    assert meter.value == 1
    blind = msgspec.structs.replace(ADMIN, hidden={"conversation": frozenset({"account", "account_id"})})
    assert await blocks(crm, "channels", blind) == ()
    assert account


async def test_without_work_the_tiles_say_so(crm: Crm) -> None:
    for key in ("work", "waiting", "tasks", "channels", "days"):
        assert await blocks(crm, key, language="ru") == ()
