from uuid import uuid4

import httpx2

from crmcore.jobs.tables import JobRow
from crmcore.workspace import Crm


async def dead_job(crm: Crm) -> str:
    id = await crm.jobs.enqueue("core", "process_delivery", {"delivery_id": str(uuid4())})
    await JobRow.update({JobRow.state: "dead", JobRow.error: "it broke", JobRow.attempts: 8}).where(
        JobRow.id == id
    )
    return str(id)


async def test_dead_jobs_are_listed_tried_again_and_discarded(client: httpx2.AsyncClient, crm: Crm) -> None:
    first, second = await dead_job(crm), await dead_job(crm)
    page = (await client.get("/api/jobs")).json()
    assert {item["id"] for item in page["items"]} == {first, second}
    assert page["items"][0]["error"] == "it broke"
    assert page["counts"]["dead"] == 2
    again = await client.post(f"/api/jobs/{first}/retry")
    assert (again.status_code, again.json()) == (202, {"id": first, "state": "queued"})
    assert (await client.delete(f"/api/jobs/{second}")).status_code == 204
    assert (await client.get("/api/jobs")).json()["counts"] == {"queued": 1, "running": 0, "dead": 0}


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
