from typing import Any
from uuid import uuid4

import httpx2
import pytest

from crmcore.testing.clock import TurnableClock

LENA = {
    "first_name": "Lena",
    "last_name": "Orlova",
    "emails": ["Lena@Example.com"],
    "phones": ["+1 202 555 0143"],
    "company": "Orlova & Sons",
    "custom": {},
}


async def create(client: httpx2.AsyncClient, **document: Any) -> dict[str, Any]:
    answer = await client.post("/api/contacts", json=document)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def test_a_contact_is_created_as_the_contract_says(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/contacts", json=LENA)
    contact = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/contacts/{contact['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert (contact["version"], contact["name"], contact["company"]) == (1, "Lena Orlova", "Orlova & Sons")
    assert contact["created_at"].endswith("Z")
    read = await client.get(answer.headers["Location"])
    assert read.json() == contact
    assert read.headers["ETag"] == '"1"'


async def test_faults_come_all_at_once_with_paths_in_the_asker_s_language(client: httpx2.AsyncClient) -> None:
    document = {"first_name": 5, "emails": ["not an address"], "nonsense": 1, "custom": {"tier": "gold"}}
    answer = await client.post("/api/contacts", json=document, headers={"Accept-Language": "ru-RU"})
    problem = answer.json()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["code"], problem["title"]) == ("invalid", "Недопустимые значения")
    assert {entry["path"] for entry in problem["errors"]} >= {"/nonsense"}
    assert all(entry["message"] and entry["code"] for entry in problem["errors"])
    assert (await client.get("/api/contacts")).json() == {"items": [], "next": None}


async def test_lists_come_in_pages_without_gaps_or_repetition(
    client: httpx2.AsyncClient, clock: TurnableClock
) -> None:
    for number in range(7):
        await create(client, first_name="Person", last_name=f"{number}")
        clock.advance(1)
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (
            await client.get("/api/contacts", params={"limit": "3", "cursor": cursor, "sort": "-created_at"})
        ).json()
        names += [item["last_name"] for item in page["items"]]
        cursor = page["next"]
    assert names == ["6", "5", "4", "3", "2", "1", "0"]


async def test_lists_search_filter_sort_count_and_select(client: httpx2.AsyncClient) -> None:
    await create(client, **LENA)
    await create(client, first_name="Пётр", last_name="Иванов", emails=["petr@example.org"], tags=["vip"])
    found = (await client.get("/api/contacts", params={"q": "ПЁТР"})).json()["items"]
    assert [item["last_name"] for item in found] == ["Иванов"]
    found = (await client.get("/api/contacts", params={"q": "lena@example.com"})).json()["items"]
    assert [item["first_name"] for item in found] == ["Lena"]
    vip = '{"field": "tags", "op": "eq", "value": "vip"}'
    named = '{"field": "last_name", "op": "eq", "value": "x"}'
    filter = f'{{"any": [{vip}, {named}]}}'
    answer = await client.get(
        "/api/contacts", params={"filter": filter, "total": "true", "fields": "last_name,tags"}
    )
    page = answer.json()
    assert page["total"] == 1
    assert [set(item) for item in page["items"]] == [{"id", "last_name", "tags"}]
    ordered = (await client.get("/api/contacts", params={"sort": "last_name"})).json()["items"]
    assert [item["last_name"] for item in ordered] == ["Orlova", "Иванов"]


@pytest.mark.parametrize(
    ("query", "path", "code"),
    [
        ("limit=0", "/limit", "bad_limit"),
        ("limit=201", "/limit", "bad_limit"),
        ("limit=-1", "/limit", "bad_limit"),
        ("limit=1e2", "/limit", "bad_limit"),
        ("limit=%D9%A3", "/limit", "bad_limit"),
        ("limit=99999999999999999999", "/limit", "bad_limit"),
        ("sort=password_hash", "/sort", "unknown_sort"),
        ("sort=--created_at", "/sort", "unknown_sort"),
        ("fields=search_text", "/fields", "unknown_field"),
        ("total=perhaps", "/total", "not_a_flag"),
        ("filter=[]", "/filter", "not_a_filter"),
        ('filter={"field":"notes","op":"eq","value":1}', "/filter/field", "unknown_field"),
        ("page=2", "/page", "unknown_parameter"),
        ("q=" + "x" * 201, "/q", "too_long"),
        ("cursor=" + "x" * 501, "/cursor", "too_long"),
    ],
)
async def test_questions_that_make_no_sense_are_refused(
    client: httpx2.AsyncClient, query: str, path: str, code: str
) -> None:
    answer = await client.get(f"/api/contacts?{query}")
    assert answer.status_code == 422
    (entry,) = answer.json()["errors"]
    assert (entry["path"], entry["code"]) == (path, code)


@pytest.mark.parametrize(
    "query",
    ["cursor=x", "cursor=////", "filter={", "filter=%22%5Cu0000%22", "q=%FF", "q=%00", "q=a&q=b", "%FF=1"],
)
async def test_questions_that_cannot_be_read_are_refused(client: httpx2.AsyncClient, query: str) -> None:
    assert (await client.get(f"/api/contacts?{query}")).status_code == 400


async def test_a_filter_that_is_no_json_is_named(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/contacts?filter=nonsense")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_filter")
    assert "“filter” is not valid JSON: it breaks the syntax." in answer.json()["detail"]


async def test_a_change_names_its_version_and_loses_no_other(client: httpx2.AsyncClient) -> None:
    contact = await create(client, **LENA)
    address = f"/api/contacts/{contact['id']}"
    first = await client.patch(address, json={"job_title": "Buyer", "version": 1})
    assert (first.status_code, first.json()["version"], first.headers["ETag"]) == (200, 2, '"2"')
    late = await client.patch(address, json={"notes": "Late"}, headers={"If-Match": '"1"'})
    assert late.status_code == 409
    assert late.json()["code"] == "version_conflict"
    assert (late.json()["current"]["version"], late.json()["current"]["job_title"]) == (2, "Buyer")
    again = await client.patch(address, json={"notes": "In time"}, headers={"If-Match": 'W/"2"'})
    assert again.json()["version"] == 3
    assert (again.json()["job_title"], again.json()["notes"]) == ("Buyer", "In time")
    without = await client.patch(address, json={"notes": ""}, headers={"If-Match": "*"})
    assert without.json()["version"] == 4


@pytest.mark.parametrize(
    ("body", "header", "status", "code"),
    [
        ({"version": 1}, '"2"', 400, "two_versions"),
        ({"version": "1"}, None, 422, "invalid"),
        ({"version": True}, None, 422, "invalid"),
        ({"version": 0}, None, 422, "invalid"),
        ({"version": 2**40}, None, 422, "invalid"),
        ({}, "one", 400, "bad_if_match"),
        ({}, '"99999999999999"', 400, "bad_if_match"),
    ],
)
async def test_a_version_that_is_none_is_refused(
    client: httpx2.AsyncClient, body: dict[str, Any], header: str | None, status: int, code: str
) -> None:
    contact = await create(client, **LENA)
    headers = {"If-Match": header} if header else {}
    answer = await client.patch(
        f"/api/contacts/{contact['id']}", json={"notes": "x", **body}, headers=headers
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_contact_is_deleted_and_restored(client: httpx2.AsyncClient) -> None:
    contact = await create(client, **LENA)
    address = f"/api/contacts/{contact['id']}"
    assert (await client.delete(f"{address}?version=7")).status_code == 409
    assert (await client.delete(f"{address}?version=seven")).status_code == 422
    gone = await client.delete(f"{address}?version=1&reason=asked")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await client.get(address)).status_code == 404
    assert (await client.delete(address)).status_code == 404
    listed = (await client.get("/api/contacts?deleted=true")).json()["items"]
    assert [item["id"] for item in listed] == [contact["id"]]
    back = await client.post(f"{address}/restore")
    assert (back.status_code, back.json()["emails"]) == (200, ["Lena@example.com"])
    assert (await client.get(address)).status_code == 200


async def test_the_history_says_who_changed_what(client: httpx2.AsyncClient, clock: TurnableClock) -> None:
    contact = await create(client, **LENA)
    clock.advance(60)
    await client.patch(f"/api/contacts/{contact['id']}", json={"job_title": "Buyer"})
    entries = (await client.get(f"/api/contacts/{contact['id']}/history")).json()["items"]
    assert [entry["action"] for entry in entries] == ["update", "create"]
    assert entries[0]["changes"] == {"job_title": ["", "Buyer"]}
    assert entries[0]["actor_label"].startswith("Ada Admin")
    assert (await client.get(f"/api/contacts/{uuid4()}/history")).status_code == 404


@pytest.mark.parametrize(
    "id", ["nothing", "%00", "%FF", "0", "'", "null", "..%2Fusers", "0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f8"]
)
async def test_what_is_no_id_names_no_record(client: httpx2.AsyncClient, id: str) -> None:
    for method in ("GET", "DELETE"):
        assert (await client.request(method, f"/api/contacts/{id}")).status_code == 404
    assert (await client.patch(f"/api/contacts/{id}", json={})).status_code == 404


async def test_every_record_type_has_its_addresses(client: httpx2.AsyncClient) -> None:
    made: dict[str, dict[str, Any]] = {
        "companies": {"name": "Orlova & Sons"},
        "tags": {"name": "vip", "tone": "ok"},
        "teams": {"name": "Support"},
        "tasks": {"title": "Call back", "due_at": "2027-01-01T10:00:00+03:00"},
        "users": {"email": "bo@example.com", "name": "Bo", "role": "agent"},
    }
    for plural, document in made.items():
        answer = await client.post(f"/api/{plural}", json=document)
        assert answer.status_code == 201, f"{plural}: {answer.text}"
        assert (await client.get(f"/api/{plural}/{answer.json()['id']}")).status_code == 200
    task = (await client.get("/api/tasks")).json()["items"][0]
    assert task["due_at"] == "2027-01-01T07:00:00Z"
    assert (await client.get("/api/conversations")).json()["items"] == []
    assert (await client.post("/api/messages", json={})).status_code == 405


async def test_no_column_is_written_that_is_not_a_field(client: httpx2.AsyncClient) -> None:
    secret = {
        "password_hash": "x",
        "search_text": "x",
        "deleted_at": None,
        "created_at": "2020-01-01T00:00:00Z",
    }
    for name, value in secret.items():
        document = {"email": "bo@example.com", "name": "Bo", name: value}
        answer = await client.post("/api/users", json=document)
        assert answer.status_code == 422, name
        assert [entry["path"] for entry in answer.json()["errors"]] == [f"/{name}"]
    users = (await client.get("/api/users")).json()["items"]
    assert [user["email"] for user in users] == ["ada@example.com"]
    assert "password_hash" not in users[0]
