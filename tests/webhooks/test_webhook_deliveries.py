"""Deliveries: signed, tried again, in order, given up, put aside."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pytest_httpserver import HTTPServer
from receiver import Receiver, is_signed
from subscribers import contact, endpoint, user
from werkzeug import Request, Response

from crmcore.accounts.role import NewRole, RoleLabel
from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor, system_actor
from crmcore.errors import Invalid
from crmcore.jobs.tables import JobRow
from crmcore.outgoing.signing import signed_headers
from crmcore.testing.clock import TurnableClock
from crmcore.webhooks import subscriptions
from crmcore.webhooks.endpoint import EndpointChanges
from crmcore.webhooks.schedule import MAX_ATTEMPTS, WAITS_S
from crmcore.webhooks.tables import WebhookDelivery, WebhookEndpoint
from crmcore.workspace import Crm

SYSTEM = system_actor("tests")


async def states() -> list[str]:
    rows = await WebhookDelivery.select(WebhookDelivery.state).order_by(WebhookDelivery.id)
    return [row["state"] for row in rows]


def test_the_signature_is_the_one_the_specification_publishes() -> None:
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_an_event_is_posted_signed_with_what_happened(
    crm: Crm, admin: Actor, receiver: Receiver, clock: TurnableClock
) -> None:
    _, secret = await endpoint(crm, admin, receiver.url, events=["contact_created", "contact_updated"])
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    id = await contact(crm, admin)
    await crm.records.update("contact", id, {"first_name": "Ann"}, actor=admin)
    await crm.records.create("company", {"name": "Acme"}, actor=admin)
    await crm.worker.drain()
    assert [body["type"] for body in receiver.bodies()] == ["contact_created", "contact_updated"]
    assert all(is_signed(request, secret) for request in receiver.got)
    assert receiver.got[0].headers["webhook-timestamp"] == str(int(clock().timestamp()))
    data = receiver.bodies()[1]["data"]
    assert (data["record_type"], data["record_id"]) == ("contact", str(id))
    assert data["changes"]["first_name"] == ["Zoe", "Ann"]
    assert data["record"]["first_name"] == "Ann"
    assert data["actor"] == {"kind": "user", "id": admin.id, "label": "Anna"}
    assert await states() == ["delivered", "delivered"]


async def test_a_rollback_sends_nothing(crm: Crm, admin: Actor, receiver: Receiver) -> None:
    await endpoint(crm, admin, receiver.url)
    with pytest.raises(ZeroDivisionError):
        async with crm.database.transaction():
            await contact(crm, admin)
            raise ZeroDivisionError
    assert await WebhookDelivery.count() == 0
    await crm.worker.drain()
    assert receiver.got == []


async def test_failures_are_tried_again_on_the_schedule_under_one_id_and_then_given_up(
    crm: Crm, admin: Actor, receiver: Receiver, clock: TurnableClock
) -> None:
    id, _ = await endpoint(crm, admin, receiver.url)
    receiver.status = 500
    await contact(crm, admin)
    await crm.worker.drain()
    for number, wait in enumerate(WAITS_S, 1):
        assert len(receiver.got) == number
        clock.advance(wait - 1)
        await crm.worker.drain()
        assert len(receiver.got) == number, "too early"
        clock.advance(wait * 0.1 + 7)
        await crm.worker.drain()
    assert len(receiver.got) == MAX_ATTEMPTS
    assert len(set(receiver.ids())) == 1
    assert await states() == ["dead"]
    ((entry,), _) = await crm.webhooks.deliveries.page(id, actor=admin, state="dead")
    assert (entry.status, entry.error, entry.attempts) == (500, "status", MAX_ATTEMPTS)
    receiver.status = 200
    await crm.webhooks.deliveries.send_again(id, entry.id, actor=admin)
    await crm.worker.drain()
    assert await states() == ["delivered"]
    assert len(set(receiver.ids())) == 1


async def test_what_is_gone_gets_nothing_more(crm: Crm, admin: Actor, receiver: Receiver) -> None:
    id, _ = await endpoint(crm, admin, receiver.url)
    receiver.status = 410
    await contact(crm, admin)
    await contact(crm, admin)
    await crm.worker.drain()
    await contact(crm, admin)
    await crm.worker.drain()
    assert len(receiver.got) == 1
    assert await states() == ["dead", "skipped"]
    entry = await crm.webhooks.get(id, actor=admin)
    assert (entry.state, entry.reason, entry.last_status) == ("disabled", "gone", 410)


async def test_a_redirect_is_not_followed(
    crm: Crm, admin: Actor, receiver: Receiver, httpserver: HTTPServer
) -> None:
    receiver.status, receiver.headers = 307, {"location": httpserver.url_for("/elsewhere")}
    id, _ = await endpoint(crm, admin, receiver.url)
    await contact(crm, admin)
    await crm.worker.drain()
    ((entry,), _) = await crm.webhooks.deliveries.page(id, actor=admin)
    assert (entry.state, entry.status, entry.error) == ("waiting", 307, "redirect")
    assert [request.path for request, _ in httpserver.log] == ["/hook"]


async def test_a_name_of_a_private_address_is_not_reached(crm: Crm, admin: Actor) -> None:
    with pytest.raises(Invalid):
        await endpoint(crm, admin, "https://192.168.1.1/hook")
    with pytest.raises(Invalid):
        await endpoint(crm, admin, "http://shop.example/hook")
    id, _ = await endpoint(crm, admin, "https://localhost:9/hook")
    await contact(crm, admin)
    await crm.worker.drain()
    ((entry,), _) = await crm.webhooks.deliveries.page(id, actor=admin)
    assert (entry.state, entry.error) == ("waiting", "refused")
    assert "public" in entry.detail


async def test_each_records_events_arrive_in_order_and_one_that_fails_keeps_no_other_waiting(
    crm: Crm, admin: Actor, receiver: Receiver, clock: TurnableClock
) -> None:
    await endpoint(crm, admin, receiver.url, events=["contact_updated"])
    bad, good = await contact(crm, admin, "Bad"), await contact(crm, admin, "Good")
    failing = [True]

    def answer(request: Request) -> Response:
        return Response(status=500 if failing[0] and str(bad).encode() in request.data else 204)

    receiver.answer = answer
    for number in range(3):
        for id in (bad, good):
            await crm.records.update("contact", id, {"last_name": f"N{number}"}, actor=admin)
    await crm.worker.drain()

    def arrived(id: UUID) -> list[str]:
        found = [body["data"] for body in receiver.bodies()]
        return [data["changes"]["last_name"][1] for data in found if data["record_id"] == str(id)]

    assert arrived(good) == ["N0", "N1", "N2"]
    assert arrived(bad) == ["N0"]
    failing[0] = False
    clock.advance(6)
    for _ in range(3):
        await crm.worker.drain()
        clock.advance(6)
    await crm.worker.drain()
    assert arrived(bad) == ["N0", "N0", "N1", "N2"]
    assert set(await states()) == {"delivered"}


async def test_an_endpoint_that_is_overloaded_is_left_alone(
    crm: Crm, admin: Actor, receiver: Receiver, clock: TurnableClock
) -> None:
    await endpoint(crm, admin, receiver.url)
    receiver.status, receiver.headers = 503, {"retry-after": "120"}
    for _ in range(20):
        await contact(crm, admin)
    await crm.worker.drain()
    assert len(receiver.got) == 1
    clock.advance(100)
    await crm.worker.drain()
    assert len(receiver.got) == 1
    receiver.status, receiver.headers = 200, {}
    clock.advance(60)
    await crm.worker.drain()
    assert set(await states()) == {"delivered"}
    assert len(receiver.got) == 21


async def test_an_endpoint_with_failures_alone_is_paused_after_days_and_keeps_what_happens(
    crm: Crm, admin: Actor, receiver: Receiver, clock: TurnableClock
) -> None:
    id, _ = await endpoint(crm, admin, receiver.url)
    receiver.status = 500
    await contact(crm, admin)
    await crm.worker.drain()
    clock.advance(timedelta(days=5, hours=1).total_seconds())
    await crm.worker.drain()
    entry = await crm.webhooks.get(id, actor=admin)
    assert (entry.state, entry.reason) == ("paused", "failing")
    receiver.status = 204
    await contact(crm, admin)
    await crm.worker.drain()
    assert await states() == ["waiting", "waiting"]
    await crm.webhooks.update(id, EndpointChanges(state="enabled"), actor=admin)
    clock.advance(86_400)
    await crm.worker.drain()
    assert await states() == ["delivered", "delivered"]


async def test_an_endpoint_is_told_what_its_owner_may_see_at_that_moment(
    crm: Crm, admin: Actor, receiver: Receiver, clock: TurnableClock
) -> None:
    await crm.roles.create(
        NewRole(
            key="narrow",
            label=RoleLabel(en="Narrow", ru="Узкая"),
            permissions=["contact.read", "contact.write", "webhook.read", "webhook.write"],
            rows={"*": "own"},
            fields={"contact": {"last_name": "hidden"}},
        ),
        actor=SYSTEM,
    )
    boris = await user(crm, "narrow", "Boris")
    id, _ = await endpoint(crm, boris, receiver.url)
    own = {"first_name": "Own", "last_name": "Canary", "owner_id": boris.id}
    await crm.records.create("contact", own, actor=admin)
    await crm.records.create("contact", {"first_name": "Other", "last_name": "Canary"}, actor=admin)
    await crm.records.create("company", {"name": "Canary"}, actor=admin)
    await crm.worker.drain()
    assert [body["data"]["record"]["first_name"] for body in receiver.bodies()] == ["Own"]
    assert b"Canary" not in receiver.got[0].data
    assert await states() == ["delivered", "skipped", "skipped"]
    entries, _ = await crm.webhooks.deliveries.page(id, actor=admin, state="skipped")
    assert {entry.error for entry in entries} == {"out_of_sight"}
    await crm.records.update("user", UUID(boris.id), {"active": False}, actor=SYSTEM)
    await crm.records.create("contact", own, actor=admin)
    await crm.worker.drain()
    assert len(receiver.got) == 1


async def test_a_token_that_may_little_makes_an_endpoint_that_is_told_little(
    crm: Crm, admin: Actor, receiver: Receiver
) -> None:
    token = await crm.accounts.create_token(UUID(admin.id), "Shop", ["webhook.write", "company.read"])
    narrow = await crm.accounts.actor_for_token(token)
    assert narrow is not None
    await endpoint(crm, narrow, receiver.url)
    await contact(crm, admin)
    await crm.records.create("company", {"name": "Acme"}, actor=admin)
    await crm.worker.drain()
    assert [body["type"] for body in receiver.bodies()] == ["company_created"]


async def test_two_hundred_endpoints_cost_an_event_one_insert_of_deliveries(
    crm: Crm, admin: Actor, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await endpoint(crm, admin, receiver.url)
    row = (await WebhookEndpoint.select())[0]
    await WebhookEndpoint.insert(*(WebhookEndpoint(**{**row, "id": uuid7()}) for _ in range(199)))
    await contact(crm, admin)
    counted: list[str] = []
    insert = subscriptions.insert_rows

    async def counting(table: Any, *rows: Any) -> Any:
        counted.append(f"{table.__name__} {len(rows)}")
        return await insert(table, *rows)

    monkeypatch.setattr(subscriptions, "insert_rows", counting)
    await contact(crm, admin)
    assert counted == ["WebhookDelivery 200"]
    assert await WebhookDelivery.count() == 400
    assert await JobRow.count().where(JobRow.plugin == "webhooks") == 400
