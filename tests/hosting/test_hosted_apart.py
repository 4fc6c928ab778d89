"""Workspaces of one process: nothing of one is seen in the other, though one application answers for both."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
import structlog
from hosted import PASSWORD, Served, Written

from crmcore.events.tables import EventRow
from crmcore.hosting.applications import Applications
from crmcore.hosting.current import Captured, asked_workspace, building_with
from crmcore.hosting.logs import OwnLogs
from crmcore.jobs.tables import JobRow

Serve = Callable[[Path], Served]
PLAIN = (str, int, float, type(None))


async def test_requests_at_the_same_time_stay_in_their_workspaces(written: Written, serve: Serve) -> None:
    served = serve(written("one", "two"))
    clients = {name: await served.signed_in(name) for name in ("one", "two")}

    async def fill(name: str) -> set[str]:
        for number in range(15):
            answer = await clients[name].post("/api/contacts", json={"first_name": f"{name} {number}"})
            assert answer.status_code == 201, answer.text
        listed = (await clients[name].get("/api/contacts", params={"limit": 100})).json()
        return {item["first_name"] for item in listed["items"]}

    seen = await asyncio.gather(*(fill(name) for name in clients))
    assert seen == [{f"{name} {number}" for number in range(15)} for name in clients]
    applications = {tenant._application for tenant in served.host.tenants.values()}
    assert len(applications) == 1


async def test_what_signs_in_here_is_nobody_there(written: Written, serve: Serve) -> None:
    served = serve(written("one", "two"))
    token = await served.token("one")
    await served.token("two")
    for name, status in (("one", 200), ("two", 401)):
        answer = await served.client(name, authorization=f"Bearer {token}").get("/api/me")
        assert answer.status_code == status
    # A session's cookie, moved to the other name by hand.
    form = {"email": "ada@example.com", "password": PASSWORD}
    async with served.client("one", origin="http://one.example.com") as browser:
        assert (await browser.post("/login", data=form)).status_code == 303
        cookies = dict(browser.cookies)
    assert cookies
    for name, status in (("one", 200), ("two", 401)):
        answer = await served.client(name, cookie="; ".join(f"{k}={v}" for k, v in cookies.items())).get(
            "/inbox"
        )
        assert answer.status_code == status


@pytest.mark.parametrize("fresh_database", ["sqlite"], indirect=True)
async def test_a_copy_with_the_same_ids_shares_nothing_remembered(written: Written, serve: Serve) -> None:
    """A workspace restored beside itself has every id twice: what is remembered by id must not be shared."""
    served = serve(written("one", "two"))
    token = await served.token("one")
    async with served.client("one", authorization=f"Bearer {token}") as client:
        contact = (await client.post("/api/contacts", json={"first_name": "Ann"})).json()["id"]
    await served.host.tenants["one"].sleep_when_idle(0, 60)
    source, copy = (Path(written.urls[name].removeprefix("sqlite:///")) for name in ("one", "two"))
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(source, copy)
    shutil.copytree(source.parent / "data" / "one", source.parent / "data" / "two", dirs_exist_ok=True)

    one, two = (served.client(name, authorization=f"Bearer {token}") for name in ("one", "two"))
    key = {"idempotency-key": "the-same-key"}
    answers = await asyncio.gather(
        *(client.post("/api/contacts", json={"first_name": "Bob"}, headers=key) for client in (one, two))
    )
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]
    changed = await one.patch(f"/api/contacts/{contact}", json={"first_name": "Changed", "version": 1})
    assert changed.status_code == 200, changed.text
    assert (await two.get(f"/api/contacts/{contact}")).json()["first_name"] == "Ann"


async def test_jobs_run_in_their_own_workspace(written: Written, serve: Serve) -> None:
    served = serve(written("one", "two"))
    clients = {name: await served.signed_in(name) for name in ("one", "two")}
    for name, client in clients.items():
        answer = await client.post("/api/contacts", json={"first_name": name})
        assert answer.status_code == 201
    for name in clients:
        async with served.host.tenants[name].used() as (crm, _):
            with crm.bound():
                assert await JobRow.count().where(JobRow.state == "dead") == 0
                names = [row["first_name"] async for row in _contacts()]
        assert names == [name]


async def _contacts():  # type: ignore[no-untyped-def]
    from crmcore.contacts.tables import Contact

    for row in await Contact.select(Contact.first_name):
        yield row


async def test_lines_of_the_log_name_their_workspace(written: Written, serve: Serve) -> None:
    served = serve(written("one", "two"))
    seen: list[str] = []
    async with served.host.tenants["one"].used():
        pass
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        tenant = served.host.tenants["one"]
        async with tenant.used() as (_, application):
            served.host.tenants["one"]._application = _logging
            await served.client("one").get("/")
            await served.client("two").get("/login")
            tenant._application = application
        seen += [str(line.get("workspace")) for line in lines if line["event"] == "asked"]
    assert seen == ["one"]


async def _logging(scope, receive, send):  # type: ignore[no-untyped-def]
    structlog.get_logger("tests").warning("asked")
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def test_an_application_takes_nothing_from_the_workspace_it_is_built_with(
    written: Written, serve: Serve
) -> None:
    served = serve(written("one"))
    async with served.host.tenants["one"].used() as (crm, _):
        with building_with(crm):
            assert asked_workspace().registry is crm.registry
            with pytest.raises(Captured, match=r"crm\.records"):
                _ = asked_workspace().records
        # Everything there is was built like this.
        assert await Applications().of(crm) is not None
    with pytest.raises(LookupError):
        _ = asked_workspace().records


async def test_figures_count_only_ones_own(written: Written, serve: Serve) -> None:
    served = serve(
        written("one", "two", one='metrics_from = ["127.0.0.1"]', two='metrics_from = ["127.0.0.1"]')
    )
    for _ in range(3):
        assert (await served.client("one").get("/login")).status_code == 200
    figures = {name: (await served.client(name).get("/metrics")).text for name in ("one", "two")}
    assert 'route="/login",status="200"} 3.0' in figures["one"]
    assert 'route="/login"' not in figures["two"]


async def test_nothing_is_told_found_or_given_out_next_door(written: Written, serve: Serve) -> None:
    served = serve(written("one", "two"))
    one, two = await served.signed_in("one"), await served.signed_in("two")

    async def heard(client: httpx2.AsyncClient) -> str:
        return (await client.get("/api/live", params={"seconds": 3}, timeout=30)).text

    streams = [asyncio.create_task(heard(client)) for client in (one, two)]
    await asyncio.sleep(0.5)
    contact = (await one.post("/api/contacts", json={"first_name": "Quillfeather"})).json()["id"]
    sent = await one.post("/api/files", files={"file": ("plan.txt", b"Quillfeather's plan")})
    assert sent.status_code == 201, sent.text
    told = [await stream for stream in streams]
    assert [contact in text for text in told] == [True, False]
    for path in (f"/api/contacts/{contact}", sent.json()["url"]):
        answers = [(await client.get(path)).status_code for client in (one, two)]
        assert answers == [200, 404], path
    found = [(await client.get("/api/search", params={"q": "quillfeather"})).text for client in (one, two)]
    assert [contact in text for text in found] == [True, False]
    for name, count in (("one", 1), ("two", 0)):
        async with served.host.tenants[name].used() as (crm, _):
            with crm.bound():
                assert await EventRow.count().where(EventRow.name == "contact_created") == count
                stored = [file for file in crm.settings.data_path.rglob("*") if file.is_file()]
                assert any(b"Quillfeather's plan" in file.read_bytes() for file in stored) is (count == 1)


async def test_what_a_plugin_remembers_here_it_does_not_know_there(written: Written, serve: Serve) -> None:
    """Settings, a plugin's own values and what panels said are kept by workspace, though the plugin is one."""
    plugins = 'plugins = ["validators"]'
    served = serve(written("one", "two", one=plugins, two=plugins))
    contexts, limits = {}, {}
    for name in ("one", "two"):
        async with served.host.tenants[name].used() as (crm, _):
            with crm.bound():
                context = crm.host.context("validators")
                contexts[name] = context
                if name == "one":
                    await context.store.set("key", "of one")
                limits[name] = await context.store.get("key")
    assert limits == {"one": "of one", "two": None}
    assert contexts["one"] is not contexts["two"]
    one, two = (vars(served.host.tenants[name].crm) for name in ("one", "two"))
    # The hosts' clock is one; everything else that a workspace is made of is its own.
    shared = {name for name, part in one.items() if part is two[name] and not isinstance(part, PLAIN)}
    assert len(one) > 50 and shared == {"clock"}


async def test_lines_of_the_log_go_to_the_file_of_their_workspace(tmp_path: Path) -> None:
    with closing(OwnLogs(tmp_path / "logs")) as logs:

        async def work(name: str) -> None:
            with structlog.contextvars.bound_contextvars(workspace=name):
                for number in range(20):
                    logs.write(f"{name} {number}\n")
                    await asyncio.sleep(0)

        await asyncio.gather(*(work(name) for name in ("one", "two")))
    for name in ("one", "two"):
        lines = (tmp_path / "logs" / f"{name}.log").read_text(encoding="utf-8").splitlines()
        assert lines == [f"{name} {number}" for number in range(20)]
