"""Waking, sleeping, and changes of the file."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from hosted import Served, Written

from crmcore.plugins.tables import PluginLedger
from crmcore.testing.clock import TurnableClock

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Serve = Callable[[Path], Served]


async def test_asleep_it_has_no_task_thread_or_file_and_wakes_where_it_was(
    written: Written, serve: Serve
) -> None:
    served = serve(written("one"))
    tenant = served.host.tenants["one"]
    client = await served.signed_in("one")
    await client.post("/api/contacts", json={"first_name": "Ann"})
    tasks, threads = len(asyncio.all_tasks()), threading.active_count()
    await tenant.sleep_when_idle(60, 60)
    assert tenant.state == "awake"
    await tenant.sleep_when_idle(0, 60)
    assert (tenant.state, tenant.built) == ("asleep", True)
    assert len(asyncio.all_tasks()) == 1 < tasks
    assert threading.active_count() < threads or served.host.settings
    answer = await client.get("/api/contacts")
    assert [item["first_name"] for item in answer.json()["items"]] == ["Ann"]
    assert (tenant.state, tenant.wakes) == ("awake", 2)
    await tenant.sleep_when_idle(0, 60)
    await tenant.forget()
    assert not tenant.built
    assert (await client.get("/api/contacts")).status_code == 200


async def test_it_wakes_without_taking_over_again_what_its_plugins_define_unless_that_is_gone(
    written: Written, serve: Serve
) -> None:
    served = serve(written("one", one='plugins = ["validators"]'))
    tenant, client = served.host.tenants["one"], await served.signed_in("one")
    await tenant.sleep_when_idle(0, 60)
    seen = []
    for purged in (False, True):
        if purged:
            async with tenant.used() as (crm, _):
                with crm.bound():
                    await PluginLedger.delete().where(PluginLedger.name == "validators")
            await tenant.sleep_when_idle(0, 60)
        assert (await client.get("/api/contacts")).status_code == 200
        async with tenant.used() as (crm, _):
            with crm.bound():
                entry = await crm.ledger.entry("validators")
                assert entry is not None
                seen.append(entry.last_seen_at)
                await PluginLedger.update({PluginLedger.last_seen_at: LONG_AGO}).where(
                    PluginLedger.name == "validators"
                )
        await tenant.sleep_when_idle(0, 60)
    async with tenant.used() as (crm, _):
        with crm.bound():
            entry = await crm.ledger.entry("validators")
    assert entry is not None and entry.last_seen_at == LONG_AGO
    assert LONG_AGO not in seen


async def test_a_plugin_that_is_switched_off_is_off_at_once(written: Written, serve: Serve) -> None:
    both = 'plugins = ["validators"]'
    served = serve(written("one", "two", one=both, two=both))
    tenant, client = served.host.tenants["one"], await served.signed_in("one")
    other = await served.signed_in("two")

    async def state(client: httpx2.AsyncClient = client) -> str:
        answer = await client.get("/api/plugins/validators")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["state"])

    assert await state() == await state(other) == "loaded"
    # Awake: with the next turns of the host.
    answer = await client.patch("/api/plugins/validators", json={"enabled": False})
    assert answer.status_code == 200, answer.text
    page = await client.get("/settings/plugins", headers={"accept": "text/html"})
    assert "Off within seconds." in page.text and "next start" not in page.text
    await tenant.follow_choices(every_s=0)
    assert await state() == "disabled"
    neighbour = served.host.tenants["two"].crm
    assert await state(other) == "loaded" and neighbour is not None
    # Asleep: switched on by somebody else, the command line for example.
    await tenant.sleep_when_idle(0, 60)
    async with tenant.used() as (crm, _):
        with crm.bound():
            await crm.ledger.choose("validators", True)
    await tenant.sleep_when_idle(0, 60)
    assert await state() == "loaded"
    # And nothing is built anew for nothing.
    built = tenant.crm
    await tenant.follow_choices(every_s=0)
    assert tenant.crm is built and served.host.tenants["two"].crm is neighbour


async def test_many_who_come_at_once_wake_it_once(written: Written, serve: Serve) -> None:
    served = serve(written("one"))
    answers = await asyncio.gather(*(served.client("one").get("/health/ready") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert served.host.tenants["one"].wakes == 1


async def test_what_is_due_is_done_while_it_sleeps(
    written: Written, serve: Serve, clock: TurnableClock
) -> None:
    served = serve(written("one"))
    tenant = served.host.tenants["one"]
    client = await served.signed_in("one")
    task = {
        "title": "Call Ann",
        "due_at": _in(clock, 50),
        "remind_at": _in(clock, 20),
        "assignee_id": (await client.get("/api/me")).json()["id"],
    }
    made = await client.post("/api/tasks", json=task)
    assert made.status_code == 201, made.text
    await tenant.sleep_when_idle(0, 60)
    # Twenty seconds at most: on a busy machine an event of the task may still wait for a plugin.
    assert clock() <= tenant.look_at <= clock() + timedelta(seconds=20)
    clock.advance(61)
    await served.host._turn()
    assert (tenant.state, tenant.wakes) == ("asleep", 1)
    assert tenant.look_at > clock()
    told = (await client.get("/api/notifications")).json()
    assert any("Call Ann" in str(item) for item in told["items"]), told


def _in(clock: TurnableClock, seconds: float) -> str:
    return (clock() + timedelta(seconds=seconds)).isoformat()


async def test_one_that_cannot_be_opened_stays_alone_with_that(written: Written, serve: Serve) -> None:
    file = written("one", "two")
    broken = file.read_text().replace(written.urls["two"], "postgres://127.0.0.1:1/none?connect_timeout=1")
    file.write_text(broken)
    served = serve(file)
    answers = await asyncio.gather(
        served.client("one").get("/health/ready"), served.client("two").get("/health/ready")
    )
    assert [answer.status_code for answer in answers] == [200, 503]
    assert int(answers[1].headers["retry-after"]) > 1
    assert served.host.tenants["two"].state == "failed" and served.host.tenants["two"].reason


async def test_the_file_is_followed_without_the_others_noticing(written: Written, serve: Serve) -> None:
    served = serve(written("one", "two"))
    host = served.host
    for name in ("one", "two"):
        assert (await served.client(name).get("/health/ready")).status_code == 200
    woken = {name: tenant.wakes for name, tenant in host.tenants.items()}
    assert (await served.client("three").get("/health/ready")).status_code == 421

    written("one", "two", "three", two="suspended = true")
    assert await host.reload() == ["added three", "suspended two"]
    assert (await served.client("three").get("/health/ready")).status_code == 200
    suspended = await served.client("two", **{"accept-language": "ru"}).get("/health/ready")
    assert suspended.status_code == 503 and "приостановлено" in suspended.json()["title"]
    assert host.tenants["one"].wakes == woken["one"] and host.tenants["one"].state == "awake"

    written("one", "two", two='language = "ru"')
    assert await host.reload() == ["changed two", "took away three"]
    assert (await served.client("three").get("/health/ready")).status_code == 421
    assert 'lang="ru"' in (await served.client("two").get("/login")).text
    assert host.tenants["one"].wakes == woken["one"]


async def test_a_mistake_in_the_file_changes_nothing(written: Written, serve: Serve) -> None:
    served = serve(written("one"))
    written.file.write_text("[workspaces.one\n")
    await served.host.reload_when_written()
    assert (await served.client("one").get("/health/ready")).status_code == 200


async def test_one_that_is_asked_too_much_is_told_so_and_the_others_are_not(
    written: Written, serve: Serve
) -> None:
    served = serve(written("one", "two", one="limits = { requests_per_s = 0.1 }"))
    statuses = [(await served.client("one").get("/health/live")).status_code for _ in range(8)]
    assert statuses == [200] + [429] * 7
    assert (await served.client("two").get("/health/live")).status_code == 200


async def test_one_with_an_account_that_listens_stays_awake(
    written: Written, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve(written("one"))
    tenant = served.host.tenants["one"]

    async def listening(crm: object) -> bool:
        return True

    monkeypatch.setattr("crmcore.hosting.tenant.listens", listening)
    await tenant.look(60)
    assert tenant.state == "awake"
    await tenant.sleep_when_idle(0, 60)
    assert tenant.state == "awake"
    monkeypatch.undo()
    await tenant.sleep_when_idle(0, 60)
    assert tenant.state == "asleep"
