from typing import Any
from uuid import uuid4

import httpx2
import pytest

TIER: dict[str, Any] = {
    "record_type": "contact",
    "key": "tier",
    "label": {"en": "Tier", "ru": "Уровень"},
    "type": "drop_down",
    "options": {"choices": [{"value": "gold", "label": {"en": "Gold", "ru": "Золото"}}, {"value": "silver"}]},
    "filterable": True,
}


async def test_a_field_is_defined_used_changed_retired_and_brought_back(client: httpx2.AsyncClient) -> None:
    made = await client.post("/api/fields", json=TIER)
    field = made.json()
    assert (made.status_code, field["version"], field["owner"], field["dormant"]) == (201, 1, None, None)
    assert (await client.get(made.headers["Location"])).json() == field
    contact = (
        await client.post("/api/contacts", json={"first_name": "L", "custom": {"tier": "gold"}})
    ).json()
    assert contact["custom"] == {"tier": "gold"}
    wrong = await client.post("/api/contacts", json={"first_name": "L", "custom": {"tier": "tin"}})
    assert wrong.json()["errors"][0]["path"] == "/custom/tier"
    changed = await client.patch(made.headers["Location"], json={"label": "Level", "version": 1})
    assert (changed.json()["label"], changed.json()["options"], changed.json()["version"]) == (
        "Level",
        field["options"],
        2,
    )
    late = await client.patch(made.headers["Location"], json={"label": "Late"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["current"]["label"]) == (409, "Level")
    assert (await client.delete(made.headers["Location"])).status_code == 204
    assert (await client.get("/api/fields?record_type=contact")).json()["items"] == []
    assert (await client.get(made.headers["Location"])).status_code == 404
    back = await client.post(f"{made.headers['Location']}/restore")
    assert back.json()["key"] == "tier"
    assert (await client.get(f"/api/contacts/{contact['id']}")).json()["custom"] == {"tier": "gold"}


async def test_a_plan_tells_what_a_change_would_refuse(client: httpx2.AsyncClient) -> None:
    made = (await client.post("/api/fields", json=TIER)).json()
    for value in ("gold", "silver", "silver"):
        await client.post("/api/contacts", json={"first_name": value, "custom": {"tier": value}})
    stricter = TIER | {"options": {"choices": [{"value": "gold"}]}}
    plan = (await client.post("/api/fields/plan", json=stricter)).json()
    assert (plan["total"], plan["with_value"], plan["failing"]) == (3, 3, 2)
    assert {sample["title"] for sample in plan["samples"]} == {"silver"}
    assert plan["samples"][0]["problem"]["message"]
    assert (await client.get(f"/api/fields/{made['id']}")).json() == made
    assert (await client.post("/api/fields/plan", json=TIER | {"type": "nothing"})).status_code == 422


async def test_retired_fields_are_listed_apart(client: httpx2.AsyncClient) -> None:
    made = (await client.post("/api/fields", json=TIER)).json()
    await client.delete(f"/api/fields/{made['id']}")
    assert [item["key"] for item in (await client.get("/api/fields?retired=true")).json()["items"]] == [
        "tier"
    ]
    assert (await client.get("/api/fields?retired=true&record_type=company")).json()["items"] == []


async def test_a_field_is_in_the_schema_and_in_openapi_at_once(client: httpx2.AsyncClient) -> None:
    await client.post("/api/fields", json=TIER)
    schema = (await client.get("/api/schemas/contact", headers={"Accept-Language": "ru"})).json()
    tier = schema["properties"]["custom"]["properties"]["tier"]
    assert (tier["title"], tier["enum"]) == ("Уровень", ["gold", "silver"])
    shapes = (await client.get("/api/openapi.json")).json()["components"]["schemas"]
    assert "tier" in shapes["Contact"]["properties"]["custom"]["properties"]
    assert "tier" in shapes["ContactCreate"]["properties"]["custom"]["properties"]
    assert "tier" not in str(shapes["Company"])


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"key": "Tier"}, "/key"),
        ({"key": "1"}, "/key"),
        ({"type": "nothing"}, "/type"),
        ({"format": "nothing"}, "/format"),
        ({"options": {"choices": "x"}}, "/options/choices"),
        ({"label": 5}, "/label"),
        ({"order": -1}, "/order"),
        ({"schema": {}}, "/schema"),
        ({"owner": "core"}, "/owner"),
        ({"record_type": "task"}, "/record_type"),
    ],
)
async def test_a_field_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, change: dict[str, Any], path: str
) -> None:
    answer = await client.post("/api/fields", json=TIER | change)
    assert answer.status_code == 422, answer.text
    assert path in [entry["path"] for entry in answer.json()["errors"]]
    assert (await client.get("/api/fields?record_type=contact")).json()["items"] == []


async def test_what_is_not_there_is_not_found(client: httpx2.AsyncClient) -> None:
    assert (await client.get(f"/api/fields/{uuid4()}")).status_code == 404
    assert (await client.get("/api/fields?record_type=nothing")).status_code == 404
    assert (await client.get("/api/schemas/nothing")).status_code == 404
    assert (await client.get("/api/schemas/..%2F..")).status_code == 404


async def test_types_and_schemas_are_listed(client: httpx2.AsyncClient) -> None:
    kinds = (await client.get("/api/field-types", headers={"Accept-Language": "ru"})).json()
    assert {"text", "number", "drop_down", "checkbox", "date"} <= {kind["key"] for kind in kinds["types"]}
    schemas = (await client.get("/api/schemas")).json()["items"]
    assert {"contact", "conversation", "message", "user"} <= {item["record_type"] for item in schemas}


async def test_fields_are_not_for_everybody(viewer: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    assert (await viewer.post("/api/fields", json=TIER)).status_code == 403
    assert (await client.get("/api/fields")).json()["items"] == []


async def test_a_field_is_renamed_mapped_and_exported(client: httpx2.AsyncClient) -> None:
    made = await client.post("/api/fields", json=TIER | {"default": "silver"})
    address = made.headers["Location"]
    ids = [
        (await client.post("/api/contacts", json={"first_name": name, "custom": {"tier": name}})).json()["id"]
        for name in ("gold", "silver")
    ]
    renamed = await client.post(f"{address}/rename", json={"name": "level", "version": 1})
    assert (renamed.status_code, renamed.json()["aliases"], renamed.headers["ETag"]) == (
        200,
        ["level"],
        '"2"',
    )
    assert (await client.post(f"{address}/rename", json={"name": "tier"})).status_code == 422
    saved = await client.patch(f"/api/contacts/{ids[1]}", json={"custom": {"level": "gold"}})
    assert saved.json()["custom"] == {"tier": "gold"}
    only_silver = {"options": {"choices": [{"value": "silver"}, {"value": "gold", "retired": True}]}}
    stricter = {"type": "text", "options": {"max_length": 3}, "default": None}
    refused = await client.patch(address, json=stricter | {"outcome": "reject"})
    assert (refused.status_code, refused.json()["code"], refused.json()["plan"]["failing"]) == (
        422,
        "records_would_fail",
        2,
    )
    mapped = await client.patch(address, json=only_silver | {"outcome": "map", "map": {"gold": "silver"}})
    assert (mapped.status_code, mapped.json()["version"]) == (200, 3)
    page = (await client.get(f"{address}/values?limit=1")).json()
    assert page["items"][0]["value"] == "silver"
    rest = (await client.get(f"{address}/values", params={"cursor": page["next"]})).json()
    assert {item["id"] for item in (*page["items"], *rest["items"])} == set(ids)
    assert rest["next"] is None
    assert (await client.get(f"{address}/values?cursor=x")).status_code == 400
    origins = (await client.get(f"/api/contacts/{ids[0]}/provenance")).json()
    assert (origins["tier"]["version"], origins["tier"]["reason"]) == (2, "mapped with field tier")
