from uuid import uuid4

import httpx2
import pytest


async def contacts(client: httpx2.AsyncClient, count: int) -> list[str]:
    ids = []
    for number in range(count):
        answer = await client.post("/api/contacts", json={"first_name": f"Person {number}"})
        ids.append(answer.json()["id"])
    return ids


async def test_each_record_succeeds_or_fails_alone(client: httpx2.AsyncClient) -> None:
    first, second = await contacts(client, 2)
    missing = str(uuid4())
    body = {"ids": [first, missing, second, first], "changes": {"tags": ["vip"]}, "reason": "campaign"}
    answer = await client.post("/api/contacts/bulk", json=body, headers={"Accept-Language": "ru"})
    result = answer.json()
    assert answer.status_code == 200
    assert (result["succeeded"], result["failed"]) == (2, 1)
    assert [(item["id"], item["status"]) for item in result["items"]] == [
        (first, 200),
        (missing, 404),
        (second, 200),
    ]
    assert result["items"][1]["problem"]["detail"] == "Такой записи нет."
    assert (await client.get(f"/api/contacts/{first}")).json()["tags"] == ["vip"]
    history = (await client.get(f"/api/contacts/{first}/history")).json()["items"]
    assert "campaign" in {entry["reason"] for entry in history}


async def test_a_refused_change_refuses_every_record_and_writes_nothing(client: httpx2.AsyncClient) -> None:
    ids = await contacts(client, 2)
    result = (
        await client.post("/api/contacts/bulk", json={"ids": ids, "changes": {"job_title": "x" * 500}})
    ).json()
    assert (result["succeeded"], result["failed"]) == (0, 2)
    assert {item["problem"]["errors"][0]["path"] for item in result["items"]} == {"/job_title"}
    assert {(await client.get(f"/api/contacts/{id}")).json()["version"] for id in ids} == {1}


async def test_many_are_deleted(client: httpx2.AsyncClient) -> None:
    ids = await contacts(client, 3)
    result = (await client.post("/api/contacts/bulk", json={"ids": ids[:2], "delete": True})).json()
    assert [item["status"] for item in result["items"]] == [204, 204]
    assert [item["id"] for item in (await client.get("/api/contacts")).json()["items"]] == [ids[2]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": []},
        {"ids": ["no"], "delete": True},
        {"ids": [str(uuid4())]},
        {"ids": [str(uuid4())], "delete": False},
        {"ids": [str(uuid4())], "delete": True, "changes": {}},
        {"ids": [str(uuid4()) for _ in range(201)], "delete": True},
        {"ids": [str(uuid4())], "delete": True, "more": 1},
    ],
)
async def test_a_bulk_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, body: dict[str, object]
) -> None:
    assert (await client.post("/api/contacts/bulk", json=body)).status_code == 422


async def test_who_may_not_write_changes_nothing(
    client: httpx2.AsyncClient, viewer: httpx2.AsyncClient
) -> None:
    ids = await contacts(client, 1)
    for body in ({"ids": ids, "changes": {"notes": "x"}}, {"ids": ids, "delete": True}):
        assert (await viewer.post("/api/contacts/bulk", json=body)).status_code == 403
    assert (await client.get(f"/api/contacts/{ids[0]}")).json()["version"] == 1


async def test_everything_that_a_question_finds_is_changed_watched_and_taken_back(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the machine is, two records are done when the answer comes.
    monkeypatch.setattr("crmcore.bulk.service.FIRST_S", 60)
    ids = await contacts(client, 3)
    await client.patch(f"/api/contacts/{ids[0]}", json={"language": "ru"})
    query = {"filter": {"field": "language", "op": "empty"}}
    new = {
        "record_type": "contact",
        "query": query,
        "changes": {"job_title": "Buyer"},
        "add_tags": ["spring"],
    }
    begun = await client.post("/api/bulk-runs", json=new)
    assert begun.status_code == 202, begun.text
    assert begun.headers["location"] == f"/api/bulk-runs/{begun.json()['id']}"
    run = (await client.get(begun.headers["location"])).json()
    assert (run["state"], run["total"], run["done"], run["changed"]) == ("done", 2, 2, 2)
    assert run["refusals"] == []
    assert (await client.get(f"/api/contacts/{ids[1]}")).json()["tags"] == ["spring"]
    assert (await client.get(f"/api/contacts/{ids[0]}")).json()["tags"] == []
    undone = await client.post(f"/api/bulk-runs/{run['id']}/undo")
    assert (undone.status_code, undone.json()["state"], undone.json()["undone"]) == (200, "undone", 2)
    assert (await client.post(f"/api/bulk-runs/{run['id']}/undo")).status_code == 409
    for body, status in (
        ({"record_type": "contact", "changes": {"job_title": "x"}}, 422),
        ({"record_type": "contact", "ids": ids}, 422),
        ({"record_type": "contact", "ids": ids, "query": query, "delete": True}, 422),
        ({"record_type": "nothing", "ids": ids, "delete": True}, 404),
        ({"record_type": "contact", "ids": ["x"], "delete": True}, 422),
        ({"record_type": "contact", "query": {"filter": {"field": "no"}}, "delete": True}, 422),
    ):
        assert (await client.post("/api/bulk-runs", json=body)).status_code == status, body
    assert (await client.get(f"/api/bulk-runs/{uuid4()}")).status_code == 404
