"""Duplicates over HTTP."""

from uuid import UUID

import httpx2

from crmcore import Actor
from crmcore.duplicates.shown import summary, visible_findings
from crmcore.workspace import Crm


async def make(client: httpx2.AsyncClient, first: str, last: str, phone: str) -> str:
    document = {"first_name": first, "last_name": last, "phones": [phone], "company": "Akme"}
    return str((await client.post("/api/contacts", json=document)).json()["id"])


async def test_a_pair_is_suggested_dismissed_and_merged(client: httpx2.AsyncClient, crm: Crm) -> None:
    one = await make(client, "Robert", "Garcia", "+14155552671")
    two = await make(client, "Bob", "García", "8 415 555 26 71")
    (found,) = (await client.get(f"/api/contacts/{one}/duplicates")).json()["items"]
    assert found["contact"]["id"] == two and found["contact"]["name"] == "Bob García"
    assert found["score"] >= 90 and found["reasons"][0]["text"] == "Same phone ending 26-71"
    russian = await client.get(f"/api/contacts/{one}/duplicates", headers={"accept-language": "ru"})
    assert "Одинаковые последние цифры телефона" in russian.json()["items"][0]["reasons"][0]["text"]

    assert (await client.get("/api/duplicates/scan")).json()["phase"] == "none"
    assert (await client.post("/api/duplicates/scan", json={})).status_code == 202
    await crm.worker.drain()
    scan = (await client.get("/api/duplicates/scan")).json()
    assert (scan["phase"], scan["found"]) == ("done", 1)
    listed = (await client.get("/api/duplicates?limit=1")).json()
    (suggestion,) = listed["items"]
    assert listed["next"] is None and {contact["id"] for contact in suggestion["contacts"]} == {one, two}
    address = f"/api/duplicates/{suggestion['id']}"
    assert (await client.get(address)).json() == suggestion
    assert (await client.post(f"{address}/dismiss")).json()["state"] == "dismissed"
    assert (await client.get("/api/duplicates")).json()["items"] == []
    assert len((await client.get("/api/duplicates?state=dismissed")).json()["items"]) == 1
    assert (await client.post(f"{address}/reopen")).json()["state"] == "open"
    dismissed = await client.post(f"/api/contacts/{one}/duplicates/dismiss", json={"other": two})
    assert dismissed.json()["state"] == "dismissed"
    await client.post(f"{address}/reopen")
    merged = await client.post(f"{address}/merge", json={"kept": one})
    assert merged.json()["contact"]["phones"] == ["+14155552671", "8 415 555 26 71"]
    assert (await client.get(address)).status_code == 404
    assert (await client.post(f"/api/merges/{merged.json()['id']}/undo")).status_code == 200
    assert (await client.get(address)).json()["state"] == "open"


async def test_what_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, viewer: httpx2.AsyncClient, crm: Crm
) -> None:
    one = await make(client, "Robert", "Garcia", "+14155552671")
    nobody = "0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80"
    for query in ("minimum_score=101", "minimum_score=x", "minimum_score=0", "state=x", "limit=0"):
        assert (await client.get(f"/api/duplicates?{query}")).status_code == 422, query
    assert (await client.get("/api/duplicates?cursor=x")).status_code == 400
    for path in ("dismiss", "reopen"):
        assert (await client.post(f"/api/duplicates/{nobody}/{path}")).status_code == 404
    assert (await client.post(f"/api/duplicates/{nobody}/merge", json={"kept": one})).status_code == 404
    assert (await client.get(f"/api/contacts/{nobody}/duplicates")).status_code == 404
    dismiss = f"/api/contacts/{one}/duplicates/dismiss"
    assert (await client.post(dismiss, json={"other": one})).status_code == 409
    assert (await client.post(dismiss, json={"other": nobody})).status_code == 404
    assert (await client.post(dismiss, json={"other": "x", "more": 1})).status_code in (400, 422)
    assert (await viewer.post("/api/duplicates/scan", json={})).status_code == 403
    assert (await viewer.post(dismiss, json={"other": nobody})).status_code == 403
    assert (await viewer.get("/api/duplicates")).status_code == 200


async def test_what_is_hidden_from_somebody_is_neither_shown_nor_compared_for_them(
    client: httpx2.AsyncClient, crm: Crm
) -> None:
    one = await make(client, "Robert", "Garcia", "+14155552671")
    two = await make(client, "Bob", "García", "8 415 555 26 71")
    await crm.duplicates.scan_now(lambda what, done, total: None)
    seer = Actor(
        kind="user",
        id="7",
        label="Seer",
        permissions=frozenset({"contact.read"}),
        hidden={"contact": frozenset({"phones"})},
    )
    hidden = await crm.duplicates.hidden(seer)
    assert hidden == {"phones"}
    for likeness in await crm.duplicates.of_contact(UUID(one), actor=seer, minimum=50):
        assert all(finding.kind != "phone" for finding in likeness.comparison.findings)
    (suggestion,) = (await crm.duplicates.suggestions.page(actor=seer))[0]
    assert {finding.kind for finding in visible_findings(suggestion.findings, hidden)} == {"name", "company"}
    assert summary(suggestion.one, hidden)["phones"] == summary(suggestion.other, hidden)["phones"] == []
    assert two
