"""Jobs over HTTP: lists, numbers, one by one and many at once."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx2

from crmcore.jobs.host import LONG
from crmcore.jobs.tables import JobRow
from crmcore.records.tables import History
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


async def put_down(crm: Crm, **more: object) -> str:
    id = await crm.jobs.enqueue("core", "forget_sessions", {"n": str(uuid4())}, **more)  # type: ignore[arg-type]
    return str(id)


async def dead_job(crm: Crm) -> str:
    id = await put_down(crm)
    await JobRow.update({JobRow.state: "dead", JobRow.error: "it broke", JobRow.attempts: 8}).where(
        JobRow.id == UUID(id)
    )
    return id


async def test_dead_jobs_are_listed_tried_again_and_discarded(client: httpx2.AsyncClient, crm: Crm) -> None:
    first, second = await dead_job(crm), await dead_job(crm)
    page = (await client.get("/api/jobs")).json()
    assert [item["id"] for item in page["items"]] == [second, first]
    assert page["items"][0]["error"] == "it broke"
    assert page["items"][0]["label"] == "Delete ended sessions"
    assert page["counts"]["dead"] == 2
    again = await client.post(f"/api/jobs/{first}/retry")
    assert (again.status_code, again.json()) == (202, {"id": first, "state": "queued"})
    assert (await client.delete(f"/api/jobs/{second}")).status_code == 204
    assert (await client.get("/api/jobs")).json()["counts"] == {"queued": 1, "running": 0, "dead": 0}
    noted = await History.select(History.action).where(History.record_type == "job").order_by(History.id)
    assert {row["action"] for row in noted} == {"retry", "discard"}


async def test_only_dead_jobs_are_touched(
    client: httpx2.AsyncClient, viewer: httpx2.AsyncClient, crm: Crm
) -> None:
    waiting = await crm.jobs.enqueue("core", "process_delivery", {"delivery_id": str(uuid4())})
    for id in (waiting, uuid4(), "nothing"):
        assert (await client.post(f"/api/jobs/{id}/retry")).status_code == 404
        assert (await client.delete(f"/api/jobs/{id}")).status_code == 404
    dead = await dead_job(crm)
    assert (await viewer.get("/api/jobs")).status_code == 403
    assert (await viewer.delete(f"/api/jobs/{dead}")).status_code == 403
    assert (await client.get("/api/jobs?limit=0")).status_code == 422


async def test_lists_are_of_one_state_in_pages(
    client: httpx2.AsyncClient, crm: Crm, clock: TurnableClock
) -> None:
    ids = [await put_down(crm) for _ in range(5)]
    # Waits for its turn, which is no work that waits.
    await crm.jobs.enqueue_turn("core", "seal_audit", clock() + timedelta(hours=1))
    first = (await client.get("/api/jobs?state=queued&limit=3")).json()
    second = (await client.get(f"/api/jobs?state=queued&limit=3&cursor={first['next']}")).json()
    assert [item["id"] for item in first["items"] + second["items"]] == ids
    assert second["next"] is None
    await JobRow.update({JobRow.attempts: 2, JobRow.error: "no"}).where(JobRow.id == UUID(ids[2]))
    await JobRow.update({JobRow.state: "running", JobRow.done: 40, JobRow.total: 100}).where(
        JobRow.id == UUID(ids[3])
    )
    failing = (await client.get("/api/jobs?state=failing")).json()["items"]
    assert [(item["id"], item["error"]) for item in failing] == [(ids[2], "no")]
    running = (await client.get("/api/jobs?state=running&plugin=core&name=forget_sessions")).json()["items"]
    assert [(item["id"], item["done"], item["total"]) for item in running] == [(ids[3], 40, 100)]
    assert (await client.get("/api/jobs?state=queued&plugin=shop")).json()["items"] == []
    assert (await client.get(f"/api/jobs/{ids[3]}")).json() == running[0]
    assert (await client.get("/api/jobs?state=done")).status_code == 422
    assert (await client.get("/api/jobs?state=queued&cursor=x")).status_code in (400, 422)

    clock.advance(30)
    queues = (await client.get("/api/jobs/queues")).json()
    numbers = {"due": 4, "later": 0, "failing": 1, "running": 1, "dead": 0, "oldest_wait_s": 30.0}
    assert queues["items"] == [{"plugin": "core"} | numbers]
    assert [item["id"] for item in queues["working"]] == [ids[3]]


async def test_many_are_tried_again_at_once(client: httpx2.AsyncClient, crm: Crm) -> None:
    ids = [await dead_job(crm) for _ in range(4)]
    assert (await client.post("/api/jobs/retry", json={"plugin": "shop"})).json() == {"retried": 0}
    assert (await client.post("/api/jobs/retry", json={"ids": ids[:1]})).json() == {"retried": 1}
    assert (await client.post("/api/jobs/retry", json={"ids": []})).json() == {"retried": 0}
    assert (await client.post("/api/jobs/retry", json={"name": "forget_sessions"})).json() == {"retried": 3}
    assert (await client.post("/api/jobs/retry", json={"everything": True})).status_code == 422
    assert await crm.jobs.counts() == {"queued": 4, "running": 0, "dead": 0}


async def test_cancelling_throws_away_what_may_be(
    client: httpx2.AsyncClient, crm: Crm, clock: TurnableClock
) -> None:
    waiting = await put_down(crm)
    assert (await client.post(f"/api/jobs/{waiting}/cancel")).status_code == 204
    assert (await client.get(f"/api/jobs/{waiting}")).status_code == 404
    await crm.jobs.enqueue_turn("core", "seal_audit", clock())
    turn = await JobRow.select(JobRow.id).where(JobRow.name == "seal_audit").first()
    assert turn is not None
    promised = await crm.jobs.enqueue(LONG, "core.run_import", {"import_id": str(uuid4())})
    refused = {turn["id"]: "job_periodic", promised: "job_needed", await dead_job(crm): "job_dead"}
    for id, code in refused.items():
        answer = await client.post(f"/api/jobs/{id}/cancel")
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert await JobRow.count() == 3


async def test_periodic_jobs_have_a_next_and_a_last_turn(
    client: httpx2.AsyncClient, crm: Crm, clock: TurnableClock
) -> None:
    before = {item["name"]: item for item in (await client.get("/api/jobs/periodic")).json()["items"]}
    assert before["seal_audit"]["state"] == "new"
    await crm.worker.drain()
    after = {item["name"]: item for item in (await client.get("/api/jobs/periodic")).json()["items"]}
    assert after["seal_audit"]["every_s"] == 10
    assert after["seal_audit"]["ran_at"] is not None
    nightly = after["keep_periods"]
    assert (nightly["at"], nightly["time_zone"], nightly["ran_at"]) == ("30 3 * * *", "UTC", None)
    assert nightly["next_at"].endswith("T03:30:00Z")
