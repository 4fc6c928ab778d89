"""Accounts of connections: settings, deliveries, what plugins do with them."""

import asyncio
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import connect_plugin
import msgspec
import pytest
from connect_plugin import FAILURES, later
from posting import ADMIN, deliveries, drained, request

from crmcore import Busy, Connection, InvalidValue, hookimpl, text_of
from crmcore.conversations.tables import ChannelAccountRow, InboundDelivery
from crmcore.errors import Invalid, NotFound, NotSignedIn
from crmcore.events.tables import EventRow
from crmcore.files.tables import StoredFile
from crmcore.settings import WorkspaceSettings
from crmcore.soundness.work import waiting_work
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


async def shop(crm: Crm, slug: str = "shop-1", **config: Any) -> UUID:
    return await crm.channel_accounts.create("shop", slug.capitalize(), config, actor=ADMIN, slug=slug)


async def send(crm: Crm, key: str, slug: str = "shop-1", secret: str = "s3cret") -> int:
    headers = {"x-shop-secret": secret, "x-shop-id": key}
    return (await crm.conversations.receive(slug, request(crm, b"an order", **headers))).status


async def handled(crm: Crm) -> list[list[str]]:
    return [one[:2] for one in await crm.host.context("connect").store.get("handled", [])]


async def test_several_accounts_take_deliveries_which_are_handled_once_each(shop_crm: Crm) -> None:
    await shop(shop_crm)
    await shop(shop_crm, "shop-2")
    assert [await send(shop_crm, "a"), await send(shop_crm, "a"), await send(shop_crm, "a", "shop-2")] == [
        200
    ] * 3
    with pytest.raises(NotSignedIn):
        await send(shop_crm, "b", secret="wrong")
    assert await handled(shop_crm) == []
    assert [found async for found in waiting_work(shop_crm) if isinstance(found, tuple)] == []
    await drained(shop_crm)
    assert sorted(await handled(shop_crm)) == [["Shop-1", "a"], ["Shop-2", "a"]]
    assert {row["state"] for row in await deliveries()} == {"done"}
    [row] = await ChannelAccountRow.select().where(ChannelAccountRow.slug == "shop-1")
    assert (row["kind"], "s3cret" in row["config"]) == ("connection", False)
    await send(shop_crm, "a")
    await drained(shop_crm)
    assert len(await handled(shop_crm)) == 2


async def test_what_fails_is_tried_again_then_quarantined_and_replayed_by_a_person(
    shop_crm: Crm, clock: TurnableClock
) -> None:
    await shop(shop_crm)
    FAILURES["busy"] = [later(30), RuntimeError("boom")]
    FAILURES["odd"] = [InvalidValue({"en": "No such order.", "ru": "Нет такого заказа."})]
    FAILURES["never"] = [later(3600) for _ in range(100)]
    for key in ("busy", "odd"):
        await send(shop_crm, key)
    await drained(shop_crm)
    states = {row["delivery_key"]: row for row in await deliveries()}
    assert (states["odd"]["state"], states["odd"]["error"]) == ("quarantined", "No such order.")
    assert (states["busy"]["state"], states["busy"]["error"]) == ("received", "the shop is busy")
    for _ in range(2):
        clock.advance(60)
        await drained(shop_crm)
    assert await handled(shop_crm) == [["Shop-1", "busy"]]
    await send(shop_crm, "never")
    for _ in range(15):
        clock.advance(3600)
        await drained(shop_crm)
    [row] = [row for row in await deliveries() if row["delivery_key"] == "never"]
    assert (row["state"], row["attempts"]) == ("quarantined", 15) and "busy" in row["error"]
    assert (await shop_crm.jobs.counts())["dead"] == 0
    FAILURES.clear()
    for row in await deliveries():
        if row["state"] == "quarantined":
            await shop_crm.conversations.replay(row["id"], actor=ADMIN)
    clock.advance(60)
    await drained(shop_crm)
    assert {row["state"] for row in await deliveries()} == {"done"}
    assert len(await handled(shop_crm)) == 3


async def test_a_paused_account_and_an_absent_plugin_keep_what_arrives(
    shop_crm: Crm, build: Callable[..., Crm]
) -> None:
    id = await shop(shop_crm)
    await shop_crm.channel_accounts.pause(id, actor=ADMIN)
    await send(shop_crm, "paused")
    await drained(shop_crm)
    assert await handled(shop_crm) == []
    await shop_crm.channel_accounts.resume(id, actor=ADMIN)
    await drained(shop_crm)
    without = build(plugins=[])
    await without.start()
    with without.bound():
        assert (await without.channel_accounts.document("shop-1", actor=ADMIN))["state"] == "paused"
        assert await send(without, "away") == 202
        assert await send(without, "forged", secret="wrong") == 202
    await without.stop()
    await drained(shop_crm)
    assert [key for _, key in await handled(shop_crm)] == ["paused", "away"]
    assert sorted(row["state"] for row in await deliveries()) == ["done", "done", "quarantined"]


async def test_a_connection_is_deleted_with_its_deliveries(shop_crm: Crm) -> None:
    id = await shop(shop_crm)
    await send(shop_crm, "a")
    await shop_crm.channel_accounts.delete(id, actor=ADMIN)
    await drained(shop_crm)
    assert await InboundDelivery.count() == 0 and (await shop_crm.jobs.counts())["dead"] == 0


async def test_settings_are_checked_and_only_kinds_of_its_own_are_listed(shop_crm: Crm) -> None:
    with pytest.raises(Invalid) as refused:
        await shop(shop_crm, mode="impossible")
    assert refused.value.problems[0].path == "/config/mode"
    await shop(shop_crm)
    listed = await shop_crm.channel_accounts.list(actor=ADMIN, kind="connection")
    assert [(one["kind"], one["capabilities"], one["config"]["secret"]) for one in listed] == [
        ("connection", None, "••••••")
    ]
    assert await shop_crm.channel_accounts.list(actor=ADMIN, kind="channel") == []


async def test_a_plugin_lists_changes_and_pauses_its_own_accounts(
    shop_crm: Crm, clock: TurnableClock
) -> None:
    plugin = shop_crm.host.context("connect")
    one = await shop(shop_crm)
    clock.advance(1)
    two = await shop(shop_crm, "shop-2")
    api = await shop_crm.channel_accounts.create("api", "Api", {}, actor=ADMIN)
    assert [account.id for account in await plugin.connections.list("shop")] == [one, two]
    changed = await asyncio.gather(
        *(plugin.connections.update(one, {name: "new"}) for name in ("token", "secret"))
    )
    assert changed[-1].config.token or changed[0].config.token
    account = await plugin.connections.get(one)
    assert (account.config.token, account.config.secret, account.config.mode) == ("new", "new", "ok")
    [row] = await ChannelAccountRow.select().where(ChannelAccountRow.id == one)
    assert '"new"' not in row["config"]
    await plugin.connections.pause(two, "The shop has uninstalled us.")
    assert [account.id for account in await plugin.connections.list("shop")] == [one]
    assert (await shop_crm.channel_accounts.document(str(two), actor=ADMIN))["state_reason"] == (
        "The shop has uninstalled us."
    )
    for stranger in (api, uuid4()):
        with pytest.raises(NotFound):
            await plugin.connections.get(stranger)
    assert await plugin.connections.deliver(one, "heard", b"raw", {"x-from": "+49"})
    assert not await plugin.connections.deliver(one, "heard", b"again")
    await drained(shop_crm)
    assert await handled(shop_crm) == [["Shop-1", "heard"]]


async def test_a_lock_has_one_holder_over_all_processes(shop_crm: Crm, build: Callable[..., Crm]) -> None:
    other = build()
    await other.start()
    inside, most = 0, 0

    async def turn(crm: Crm) -> None:
        nonlocal inside, most
        with crm.bound():
            async with crm.host.context("connect").lock("token", timeout_s=20):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.01)
                inside -= 1

    await asyncio.gather(*(turn(crm) for crm in (shop_crm, other) * 5))
    assert (most, inside) == (1, 0)
    plugin = shop_crm.host.context("connect")
    async with plugin.lock("token"), plugin.lock("another"):
        with pytest.raises(Busy):
            async with plugin.lock("token", timeout_s=0.05):
                pass
    # Its holder died: the beat stands still, and whoever watched it for so long has the lock.
    shop_crm.leases.lease_s = other.leases.lease_s = 1.5
    assert await other.leases.take("lock:connect:token", "dead")
    async with plugin.lock("token", timeout_s=20):
        # A holder that lives keeps it for longer than the lease lasts.
        await asyncio.sleep(1.7)
        with pytest.raises(Busy), other.bound():
            async with other.host.context("connect").lock("token", timeout_s=1.7):
                pass
    await other.stop()


async def test_a_plugin_keeps_files_of_its_own(shop_crm: Crm, clock: TurnableClock) -> None:
    plugin = shop_crm.host.context("connect")
    id = await plugin.files.keep("call.txt", "text/plain", b"hello")
    clock.advance(400 * 86_400)
    await shop_crm.file_sweep.run()
    assert await plugin.files.read(id) == b"hello"
    with pytest.raises(NotFound):
        await shop_crm.files.get(id, actor=ADMIN)
    await plugin.files.delete(id)
    await plugin.files.delete(id)
    assert await StoredFile.count() == 0


async def test_events_of_a_plugin_are_written_under_its_name(shop_crm: Crm) -> None:
    plugin = shop_crm.host.context("connect")
    contact = await plugin.records.create("contact", {"first_name": "Lena"})
    await plugin.emit("order_paid", "contact", contact.id, {"total": "12.00"})
    row = (await EventRow.select().where(EventRow.name == "connect.order_paid"))[0]
    assert msgspec.json.decode(row["payload"])["data"] == {"total": "12.00"}
    assert "connect.*" in shop_crm.webhooks.event_names()
    for name, kind, data in (
        ("Odd", "contact", {}),
        ("paid", "nothing", {}),
        ("paid", "contact", {"a": "x" * 20_000}),
    ):
        with pytest.raises(ValueError):
            await plugin.emit(name, kind, contact.id, data)


def test_the_plugin_registers_connections() -> None:
    assert [one.key for one in connect_plugin.register_connections()] == ["shop", "line"]


def registering(connection: Connection) -> Callable[[], list[Connection]]:
    return hookimpl(lambda: [connection])


def test_a_connection_with_the_key_of_a_channel_and_one_that_drops_its_deliveries_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = connect_plugin.register_connections()[0]
    for name, connection, said in (
        ("clash", msgspec.structs.replace(shop, key="api"), "api"),
        ("deaf", msgspec.structs.replace(shop, handle=None), "no handle"),
    ):
        module = ModuleType(name)
        module.register_connections = registering(connection)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)
        settings = WorkspaceSettings(data_dir=str(tmp_path), plugins=[name])
        crm = Crm.build(settings, entry_points=[EntryPoint(name, name, "crmcore")])
        assert crm.host.plugins[name].state == "failed"
        assert said in text_of(crm.host.plugins[name].reason)
