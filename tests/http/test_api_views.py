"""Saved views and the search over HTTP."""

import httpx2
import pytest

from crmcore.workspace import Crm

NEW = {
    "name": "New Annas",
    "record_type": "contact",
    "query": {"q": "anna", "filter": {"field": "created_at", "op": "within", "value": "today"}},
}


async def test_a_view_lives_over_the_api(client: httpx2.AsyncClient) -> None:
    await client.post("/api/contacts", json={"first_name": "Anna"})
    made = await client.post("/api/views", json=NEW)
    assert made.status_code == 201
    view = made.json()
    address = made.headers["Location"]
    assert (await client.get(address)).json() == view
    assert [item["first_name"] for item in (await client.get(f"{address}/records")).json()["items"]] == [
        "Anna"
    ]
    changed = await client.patch(address, json={"name": "Annas", "shared": True, "version": 1})
    assert changed.headers["ETag"] == '"2"'
    late = await client.patch(address, json={"name": "Late"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["current"]["name"]) == (409, "Annas")
    listed = (await client.get("/api/views", params={"record_type": "contact"})).json()["items"]
    assert [item["id"] for item in listed] == [view["id"]]
    assert (await client.get("/api/views", params={"record_type": "task"})).json()["items"] == []
    assert (await client.delete(address)).status_code == 204
    assert (await client.get(address)).status_code == 404


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, "/name"),
        ({"name": "   "}, "/name"),
        ({"name": "a\u0000"}, ""),
        ({"query": {"limit": 1000}}, "/query/limit"),
        ({"query": {"nothing": 1}}, "/query/nothing"),
        ({"query": {"filter": []}}, "/query/filter"),
        (
            {"query": {"filter": {"field": "created_at", "op": "within", "value": "someday"}}},
            "/query/filter/value",
        ),
        ({"owner": "x"}, "/owner"),
    ],
)
async def test_a_wrong_view_is_refused_with_a_path(
    client: httpx2.AsyncClient, change: object, path: str
) -> None:
    answer = await client.post("/api/views", json={**NEW, **change})  # type: ignore[dict-item]
    assert answer.status_code in (400, 422)
    assert path in [entry["path"] for entry in answer.json().get("errors", [{"path": ""}])]


async def test_a_viewer_keeps_views_and_shares_none(viewer: httpx2.AsyncClient) -> None:
    assert (await viewer.post("/api/views", json=NEW)).status_code == 201
    assert (await viewer.post("/api/views", json=NEW | {"shared": True})).status_code == 403


async def test_the_search_answers_as_documented(client: httpx2.AsyncClient, crm: Crm) -> None:
    anna = (await client.post("/api/contacts", json={"first_name": "Anna", "last_name": "Smith"})).json()
    await client.post("/api/contacts", json={"first_name": "Boris"})
    await client.post("/api/channel-accounts", json={"channel": "api", "name": "Shop", "slug": "shop"})
    crm.clock.advance(1)  # type: ignore[attr-defined]  # the tests' clock
    posted = {"delivery_key": "1", "from": {"email": "lena@example.com"}, "text": "I met Anna. Где доставка?"}
    await client.post("/api/channels/shop/inbound", json=posted)
    await crm.worker.drain()
    found = (await client.get("/api/search", params={"q": "anna"})).json()
    assert [item["type"] for item in found["items"]] == ["message", "contact"]
    assert [item["id"] for item in found["best"]] == [anna["id"]]
    assert found["items"][0]["excerpt"] == posted["text"]
    first = (await client.get("/api/search", params={"q": "anna", "limit": 1})).json()
    second = (
        await client.get("/api/search", params={"q": "anna", "limit": 1, "cursor": first["next"]})
    ).json()
    assert [second["items"][0]["id"], second["next"]] == [anna["id"], None]
    meant = (await client.get("/api/search", params={"q": "smiht", "type": "contact"})).json()
    assert (meant["items"][0]["id"], meant["meant"]) == (anna["id"], {"smiht": ["smith"]})
    words = (await client.get("/api/search", params={"q": "доставки", "type": "message"})).json()
    assert len(words["items"]) == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("q=", 200),
        ("q=x&type=nothing", 404),
        ("q=x&limit=0", 422),
        ("q=x&cursor=x", 400),
        ("z=1", 422),
    ],
)
async def test_a_strange_search_is_no_fault_of_ours(
    client: httpx2.AsyncClient, query: str, status: int
) -> None:
    assert (await client.get(f"/api/search?{query}")).status_code == status


async def test_the_search_knows_who_asks(anonymous: httpx2.AsyncClient) -> None:
    assert (await anonymous.get("/api/search?q=x")).status_code == 401
