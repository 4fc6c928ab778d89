# ruff: noqa: ASYNC110 - the conditions are plain lists and rows
"""Events told again to one plugin: in order per record, with their ids, and nobody else waits for it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from uuid import UUID

import httpx2
import pytest
from listening import ADMIN, Listener, happen

from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor
from crmcore.errors import Conflict, Forbidden, Invalid
from crmcore.events.replay import NewReplay
from crmcore.events.tables import EventReplay
from crmcore.http.app import create_app
from crmcore.jobs.tables import JobRow
from crmcore.records.tables import History
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


async def worked(crm: Crm, until: Callable[[], bool]) -> None:
    """Let a worker work until the condition holds and the queue has no replays left."""
    stop = asyncio.Event()
    working = asyncio.create_task(crm.worker.run(stop))
    try:
        async with asyncio.timeout(20):
            while not until():
                await asyncio.sleep(0.02)
            while await EventReplay.exists().where(EventReplay.finished_at.is_null()):
                await asyncio.sleep(0.05)
    finally:
        stop.set()
        await working


async def test_a_span_is_told_again_in_order_with_the_same_ids_to_one_plugin(
    told: Crm, listeners: dict[str, Listener], clock: TurnableClock
) -> None:
    shop, news = listeners["shop"], listeners["news"]
    records = [uuid7() for _ in range(7)]
    await happen(told, 30, records)
    clock.advance(60)
    middle = clock()
    ids = await happen(told, 230, records)
    await told.worker.drain()
    assert len(shop.seen) == len(news.seen) == 260
    shop.seen.clear()

    replay = await told.replays.begin(NewReplay(plugin="shop", since=middle), actor=ADMIN)
    assert (replay.total, replay.state) == (230, "queued")
    await worked(told, lambda: len(shop.seen) >= 230)
    assert sorted(event.id for event in shop.seen) == sorted(ids[30:])
    for record in records:
        mine = [event.id for event in shop.seen if event.record_id == record]
        assert mine == sorted(mine)
    assert len(news.seen) == 260
    done = await told.replays.get(replay.id, actor=ADMIN)
    assert (done.state, done.done, done.waiting) == ("done", 230, 0)
    noted = await History.select(History.action, History.subject).where(History.record_type == "plugin")
    assert {"action": "replay", "subject": "shop"} in noted


async def test_spans_are_chosen_by_ids_and_names(
    told: Crm, listeners: dict[str, Listener], clock: TurnableClock
) -> None:
    shop = listeners["shop"]
    ids = await happen(told, 20, [uuid7() for _ in range(3)])
    await told.worker.drain()
    shop.seen.clear()
    new = NewReplay(plugin="shop", first=ids[1], last=ids[10], names=["contact_updated"])
    replay = await told.replays.begin(new, actor=ADMIN)
    assert replay.total == 8
    await worked(told, lambda: len(shop.seen) >= 8)
    assert sorted(event.id for event in shop.seen) == ids[3:11]


async def test_nonsense_is_refused(told: Crm, listeners: dict[str, Listener], clock: TurnableClock) -> None:
    now, day = clock(), 86_400
    refused: list[tuple[NewReplay, str]] = [
        (NewReplay(plugin="nobody", since=now), "/plugin"),
        (NewReplay(plugin="mute", since=now), "/plugin"),
        (NewReplay(plugin="shop"), "/since"),
        (NewReplay(plugin="shop", since=clock.advance(day)), ""),
        (NewReplay(plugin="shop", since=now, until=now), "/until"),
        (NewReplay(plugin="shop", first=UUID(int=9), last=UUID(int=8)), "/last"),
        (NewReplay(plugin="shop", since=now, names=["deal_moved"]), "/names/0"),
    ]
    clock.advance(-day)
    for new, path in refused:
        if path:
            with pytest.raises(Invalid) as error:
                await told.replays.begin(new, actor=ADMIN)
            assert error.value.problems[0].path == path
        else:
            with pytest.raises(Invalid):
                await told.replays.begin(new, actor=ADMIN)
    with pytest.raises(Conflict) as nothing:
        await told.replays.begin(NewReplay(plugin="shop", since=now), actor=ADMIN)
    assert nothing.value.code == "no_events"
    viewer = Actor(kind="user", id="v", label="Vic", permissions=frozenset({"job.read"}))
    with pytest.raises(Forbidden):
        await told.replays.begin(NewReplay(plugin="shop", since=now), actor=viewer)
    await happen(told, 3, [uuid7()])
    begun = await told.replays.begin(NewReplay(plugin="shop", since=now), actor=ADMIN)
    with pytest.raises(Conflict) as under_way:
        await told.replays.begin(NewReplay(plugin="shop", since=now), actor=ADMIN)
    assert under_way.value.code == "replay_under_way"
    await told.replays.cancel(begun.id, actor=ADMIN)
    with pytest.raises(Conflict):
        await told.replays.cancel(begun.id, actor=ADMIN)


async def test_a_replay_to_a_plugin_that_hangs_delays_neither_news_nor_others(
    told: Crm, listeners: dict[str, Listener], clock: TurnableClock
) -> None:
    shop, news = listeners["shop"], listeners["news"]
    await happen(told, 150, [uuid7() for _ in range(50)])
    await told.worker.drain()
    news.seen.clear()
    shop.hanging = True
    await told.replays.begin(NewReplay(plugin="shop", since=clock()), actor=ADMIN)
    stop = asyncio.Event()
    working = asyncio.create_task(told.worker.run(stop))
    try:
        async with asyncio.timeout(20):
            while not await JobRow.exists().where(JobRow.plugin == "shop", JobRow.state == "running"):
                await asyncio.sleep(0.02)
            took = []
            for n in range(10):
                began = time.monotonic()
                await happen(told, 1, [uuid7()])
                while len(news.seen) <= n:
                    await asyncio.sleep(0.005)
                took.append(time.monotonic() - began)
            # Never more than a bite of the replay is in the queue.
            assert await JobRow.count().where(JobRow.plugin == "shop") <= 100 + 10
    finally:
        stop.set()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert sorted(took)[5] < 0.5


async def test_over_http_and_on_the_page(
    told: Crm, listeners: dict[str, Listener], clock: TurnableClock
) -> None:
    await told.accounts.create_user(
        "anna@example.com", name="Anna", role="admin", password="correct horse battery"
    )
    await happen(told, 5, [uuid7()])
    await told.worker.drain()
    app = create_app(told, start=False, worker=False)
    async with AsyncExitStack() as stack:
        headers = {"sec-fetch-site": "same-origin", "accept": "text/html"}
        client = await stack.enter_async_context(
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1:8000", headers=headers
            )
        )
        signed = {"email": "anna@example.com", "password": "correct horse battery"}
        assert (await client.post("/login", data=signed)).status_code == 303
        page = "/settings/jobs/replays"
        assert "contact_updated" in (await client.get(page)).text
        for sent in ({"since": "soon"}, {"since": ""}, {"plugin": "mute", "since": "2020-01-01T00:00"}):
            assert (await client.post(page, data={"plugin": "shop"} | sent)).status_code == 422
        begun = await client.post(page, data={"plugin": "shop", "since": "2020-01-01T00:00"})
        assert begun.status_code == 303
        listed = (await client.get("/api/event-replays")).json()
        assert listed["listeners"]["shop"] == ["contact_created", "contact_updated"]
        assert [(item["plugin"], item["total"]) for item in listed["items"]] == [("shop", 5)]
        again = await client.post(
            "/api/event-replays", json={"plugin": "shop", "since": "2020-01-01T00:00:00Z"}
        )
        assert (again.status_code, again.json()["code"]) == (409, "replay_under_way")
        bad = await client.post("/api/event-replays", json={"plugin": "shop", "since": "2020-01-01T00:00:00"})
        assert bad.status_code == 422
        cancelled = await client.post(f"{page}/{listed['items'][0]['id']}/cancel")
        assert cancelled.status_code == 303
        assert (await client.get(f"/api/event-replays/{listed['items'][0]['id']}")).json()[
            "state"
        ] == "cancelled"
