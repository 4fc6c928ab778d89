"""Webhooks through the API and the page."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
import pytest
from receiver import Receiver, is_signed
from subscribers import contact, endpoint, user

from crmcore.contracts.actors import Actor
from crmcore.http.app import create_app
from crmcore.secrets.keys import new_key
from crmcore.testing.clock import TurnableClock
from crmcore.webhooks.tables import WebhookEndpoint
from crmcore.workspace import Crm


@pytest.fixture
async def client(crm: Crm, admin: Actor) -> AsyncIterator[httpx2.AsyncClient]:
    token = await crm.accounts.create_token(UUID(admin.id), "Test", ["all"])
    transport = httpx2.ASGITransport(app=create_app(crm, start=False, worker=False))
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://crm.example", headers=headers
    ) as client:
        yield client


async def test_an_endpoint_lives_through_the_api(
    crm: Crm, admin: Actor, receiver: Receiver, client: httpx2.AsyncClient
) -> None:
    refused = await client.post("/api/webhooks", json={"url": "ftp://x", "events": ["contact_craeted"]})
    assert refused.status_code == 422
    assert {one["path"] for one in refused.json()["errors"]} == {"/url", "/events/0"}
    assert "contact_created" in refused.json()["errors"][1]["message"]

    made = await client.post("/api/webhooks", json={"url": receiver.url, "events": ["contact_created"]})
    assert made.status_code == 201, made.text
    old, here = made.json()["secret"], made.headers["location"]
    assert old not in (await client.get(here)).text
    rotated = await client.post(f"{here}/rotate")
    new = rotated.json()["secret"]
    assert rotated.json()["two_secrets"] is True
    tested = await client.post(f"{here}/test")
    assert (tested.status_code, tested.json()["state"]) == (202, "queued")
    await crm.worker.drain()
    assert receiver.bodies()[0]["type"] == "webhook.test"
    assert is_signed(receiver.got[0], old)
    assert is_signed(receiver.got[0], new)
    assert (await client.delete(f"{here}/old-secret")).json()["two_secrets"] is False

    stale = await client.patch(here, json={"state": "paused"}, headers={"if-match": '"1"'})
    assert stale.status_code == 409
    assert (await client.patch(here, json={"state": "paused"})).json()["state"] == "paused"
    await contact(crm, admin)
    await crm.worker.drain()
    waiting = (await client.get(f"{here}/deliveries", params={"state": "waiting"})).json()["items"]
    assert [one["name"] for one in waiting] == ["contact_created"]
    again = f"{here}/deliveries/{waiting[0]['id']}/retry"
    assert (await client.post(again)).status_code == 409
    await client.patch(here, json={"state": "enabled"})
    assert (await client.post(again)).status_code == 202
    await crm.worker.drain()
    assert not is_signed(receiver.got[1], old)
    assert is_signed(receiver.got[1], new)
    first = (await client.get(f"{here}/deliveries", params={"limit": 1})).json()
    rest = (await client.get(f"{here}/deliveries", params={"cursor": first["next"]})).json()
    assert [one["name"] for one in first["items"] + rest["items"]] == ["contact_created", "webhook.test"]
    assert (await client.delete(here)).status_code == 204
    assert (await client.get(here)).status_code == 404
    audit = (await client.get("/api/audit", params={"record_type": "webhook"})).json()["items"]
    assert {one["action"] for one in audit} == {"create", "new_secret", "drop_secret", "update", "delete"}


async def test_secrets_are_sealed_and_follow_a_new_key(crm: Crm, admin: Actor, receiver: Receiver) -> None:
    id, secret = await endpoint(crm, admin, receiver.url)
    _, new = await crm.webhooks.rotate(id, actor=admin)
    before = (await WebhookEndpoint.select())[0]
    assert secret not in str(before)
    assert new not in str(before)
    crm.keys.add(new_key())
    await crm.rotation.run()
    after = (await WebhookEndpoint.select())[0]
    assert after["secret"] != before["secret"]
    assert after["old_secret"] != before["old_secret"]
    await contact(crm, admin)
    await crm.worker.drain()
    assert is_signed(receiver.got[0], secret)
    assert is_signed(receiver.got[0], new)


async def test_who_changes_where_events_go_is_their_owner(
    crm: Crm, admin: Actor, receiver: Receiver, client: httpx2.AsyncClient
) -> None:
    other = await user(crm, "admin", "Boris")
    id, _ = await endpoint(crm, other, receiver.url)
    address = f"/api/webhooks/{id}"
    renamed = await client.patch(address, json={"description": "The shop"})
    assert renamed.json()["owner_id"] == other.id
    moved = await client.patch(address, json={"url": receiver.url + "?v=2"})
    assert moved.json()["owner_id"] == admin.id


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_the_page_does_all_of_it_without_scripts(
    crm: Crm,
    admin: Actor,
    receiver: Receiver,
    client: httpx2.AsyncClient,
    clock: TurnableClock,
    language: str,
) -> None:
    client.headers |= {"accept": "text/html", "accept-language": language, "sec-fetch-site": "same-origin"}
    here = "/settings/webhooks"
    wrong = await client.post(here, data={"url": "http://10.0.0.1/", "which": "all"})
    assert wrong.status_code == 422
    assert 'value="http://10.0.0.1/"' in wrong.text
    chosen = {"url": receiver.url, "which": "some", "events": ["contact_created", "contact_updated"]}
    made = await client.post(here, data=chosen)
    assert "whsec_" in made.text
    (id,) = set(re.findall(rf"{here}/([0-9a-f-]{{36}})", made.text))
    one = f"{here}/{id}"
    assert receiver.url in (await client.get(here)).text
    assert (await client.post(f"{one}/test")).status_code == 303
    receiver.status = 500
    await contact(crm, admin)
    await crm.worker.drain()
    page = (await client.get(one)).text
    assert "whsec_" not in page
    assert "<b>500</b>" in page
    receiver.status = 204
    for retry in re.findall(rf"{one}/deliveries/[0-9a-f-]{{36}}/retry", page):
        assert (await client.post(retry)).status_code == 303
    await crm.worker.drain()
    assert "<b>204</b>" in (await client.get(one)).text
    assert "whsec_" in (await client.post(f"{one}/rotate")).text
    for action in ("drop-secret", "pause", "enable", "delete"):
        assert (await client.post(f"{one}/{action}")).status_code == 303
    assert receiver.url not in (await client.get(here)).text
