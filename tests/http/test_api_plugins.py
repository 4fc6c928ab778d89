from collections.abc import AsyncIterator, Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import httpx2
import pytest
from api_people import PASSWORD, transport
from api_shop_plugin import Order, signature
from litestar import Litestar
from structlog.testing import capture_logs

from crmcore.clock import Clock
from crmcore.conversations.tables import InboundDelivery
from crmcore.http.app import create_app
from crmcore.plugins.tables import PluginSettingsRow
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

PLUGINS = [
    EntryPoint(name="shop", value="api_shop_plugin", group="crmcore"),
    EntryPoint(name="broken", value="no_such_module", group="crmcore"),
]


@pytest.fixture
async def crm(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Crm]:
    """A workspace with one good and one broken plugin."""
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    with capture_logs():
        crm = Crm.build(settings, clock=clock, entry_points=PLUGINS)
    await crm.start()
    try:
        with crm.bound():
            await Order.create_table()
            yield crm
    finally:
        await crm.stop()


async def test_plugins_are_listed_with_states_and_reasons(client: httpx2.AsyncClient) -> None:
    items = (await client.get("/api/plugins", headers={"Accept-Language": "ru"})).json()["items"]
    states = {item["name"]: item for item in items}
    assert items[0]["name"] == "core"
    assert {name: item["state"] for name, item in states.items()} == {
        "core": "loaded",
        "shop": "loaded",
        "broken": "failed",
    }
    assert states["shop"]["provides"]["custom_fields"] == ["contact.shop_metal"]
    assert (states["shop"]["has_settings"], states["shop"]["can_check"]) == (True, True)
    assert states["broken"]["reason"]
    assert "no_such_module" in states["broken"]["error"]


async def test_tracebacks_are_for_administrators(viewer: httpx2.AsyncClient, crm: Crm) -> None:
    answer = await viewer.get("/api/plugins/broken")
    if answer.status_code == 200:
        assert answer.json()["error"] == ""
    else:
        assert answer.status_code == 403


async def test_a_plugin_is_switched_off_for_the_next_start(client: httpx2.AsyncClient, crm: Crm) -> None:
    off = (await client.patch("/api/plugins/shop", json={"enabled": False})).json()
    assert (off["enabled"], off["state"], off["restart_needed"]) == (False, "loaded", True)
    assert await crm.ledger.disabled() == {"shop"}
    free = (await client.patch("/api/plugins/shop", json={"enabled": None})).json()
    assert (free["enabled"], free["restart_needed"]) == (None, False)
    assert (await client.patch("/api/plugins/core", json={"enabled": False})).status_code == 400
    assert (await client.patch("/api/plugins/nobody", json={"enabled": False})).status_code == 404


async def test_settings_are_written_masked_and_tried(client: httpx2.AsyncClient, crm: Crm) -> None:
    before = (await client.get("/api/plugins/shop/settings", headers={"Accept-Language": "ru"})).json()
    assert (before["title"], before["values"]["port"]) == ("Магазин", 443)
    assert before["schema"]["properties"]["token"]["writeOnly"] is True
    assert (await client.post("/api/plugins/shop/check")).json() == {"ok": False, "message": "Wrong token."}
    saved = await client.put("/api/plugins/shop/settings", json={"shop": "mine", "token": "s3cret"})
    assert saved.status_code == 200
    assert "s3cret" not in saved.text
    assert "s3cret" not in str(await PluginSettingsRow.select())
    assert (await client.post("/api/plugins/shop/check")).json() == {"ok": True, "message": "It works."}
    masked = saved.json()["values"]
    again = await client.put("/api/plugins/shop/settings", json=masked | {"shop": "other"})
    assert again.json()["values"]["shop"] == "other"
    assert (await client.post("/api/plugins/shop/check")).json()["ok"] is True


async def test_settings_that_do_not_fit_are_refused_with_paths(client: httpx2.AsyncClient) -> None:
    for body, path in (({"port": 0}, "/port"), ({"port": "x"}, "/port"), ({"nonsense": 1}, "/nonsense")):
        answer = await client.put("/api/plugins/shop/settings", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)


async def test_a_check_that_fails_names_the_plugin(client: httpx2.AsyncClient) -> None:
    await client.put("/api/plugins/shop/settings", json={"shop": "broken"})
    with capture_logs():
        answer = await client.post("/api/plugins/shop/check")
    assert answer.status_code == 200
    assert answer.json()["ok"] is False
    assert "shop" in answer.json()["message"]


async def test_what_a_plugin_has_not_is_not_found(client: httpx2.AsyncClient) -> None:
    for address in ("/api/plugins/core/settings", "/api/plugins/nobody/settings", "/api/plugins/nobody"):
        assert (await client.get(address)).status_code == 404
    assert (await client.post("/api/plugins/core/check")).status_code == 404


async def test_settings_are_not_for_everybody(viewer: httpx2.AsyncClient, crm: Crm) -> None:
    assert (await viewer.put("/api/plugins/shop/settings", json={"shop": "x"})).status_code == 403
    assert (await viewer.post("/api/plugins/shop/check")).status_code == 403
    assert await PluginSettingsRow.count() == 0


async def test_a_plugin_s_record_type_has_its_own_api(
    client: httpx2.AsyncClient, viewer: httpx2.AsyncClient
) -> None:
    made = await client.post("/api/shop_orders", json={"number": "A-1"})
    assert made.status_code == 201, made.text
    address = made.headers["Location"]
    changed = await client.patch(address, json={"number": "A-2", "version": 1})
    assert (changed.json()["number"], changed.json()["version"]) == ("A-2", 2)
    found = await client.get(
        "/api/shop_orders", params={"filter": '{"field": "number", "op": "eq", "value": "A-2"}'}
    )
    assert [item["number"] for item in found.json()["items"]] == ["A-2"]
    assert (await client.post("/api/shop_orders", json={})).status_code == 422
    assert (await viewer.post("/api/shop_orders", json={"number": "A-3"})).status_code == 403
    assert (await client.delete(address)).status_code == 204


async def test_a_plugin_s_validator_speaks_in_every_answer(client: httpx2.AsyncClient) -> None:
    good = await client.post("/api/contacts", json={"first_name": "L", "custom": {"shop_metal": "GOLD"}})
    assert good.json()["custom"] == {"shop_metal": "gold"}
    bad = await client.patch(
        f"/api/contacts/{good.json()['id']}",
        json={"custom": {"shop_metal": "tin"}},
        headers={"Accept-Language": "ru"},
    )
    assert bad.status_code == 422
    assert bad.json()["errors"] == [
        {
            "path": "/custom/shop_metal",
            "code": "not_a_metal",
            "message": "Золото или серебро.",
            "plugin": "shop",
        }
    ]
    where = {"filter": '{"field": "custom.shop_metal", "op": "eq", "value": "gold"}'}
    assert len((await client.get("/api/contacts", params=where)).json()["items"]) == 1


async def test_two_workspaces_have_two_apps_side_by_side(
    client: httpx2.AsyncClient, app: Litestar, tmp_path: Path, connect: Callable[..., httpx2.AsyncClient]
) -> None:
    plain = Crm.build(WorkspaceSettings(data_dir=str(tmp_path / "other"), name="other"), entry_points=[])
    await plain.start()
    try:
        with plain.bound():
            id = await plain.accounts.create_user("ada@example.com", "Ada", PASSWORD, role="admin")
            token = await plain.accounts.create_token(id, "", ["all"])
        other = create_app(plain, start=False, worker=False, pages=False)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(
            transport=transport(other), base_url="http://other", headers=headers
        ) as neighbour:
            assert (await neighbour.get("/api/me")).json()["workspace"] == "other"
            assert (await neighbour.post("/api/contacts", json={"first_name": "Bo"})).status_code == 201
            assert (await neighbour.get("/api/shop_orders")).status_code == 404
            schema = (await neighbour.get("/api/schemas/contact")).json()
            assert "shop_metal" not in schema["properties"]["custom"]["properties"]
        assert (await client.get("/api/contacts")).json()["items"] == []
        assert (await client.get("/api/shop_orders")).status_code == 200
    finally:
        await plain.stop()


async def test_a_vendor_delivers_raw_bytes_with_its_signature(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, crm: Crm
) -> None:
    made = await client.post(
        "/api/channel-accounts",
        json={"channel": "shop_hook", "name": "Hook", "slug": "hook", "config": {"secret": "x"}},
    )
    assert made.status_code == 201, made.text
    body = b"\xff\x00 raw \r\n bytes"
    address = "/hooks/hook?a=%2F1&b=\u044f"
    public = "http://127.0.0.1:8000/hooks/hook?a=%2F1&b=%D1%8F"
    headers = {"X-Delivery": "d-1", "X-Signature": signature(public, body), "Content-Type": "text/plain"}
    first = await anonymous.post(address, content=body, headers=headers)
    assert first.status_code == 202, first.text
    again = await anonymous.post(address, content=body, headers=headers)
    assert (again.status_code, again.content) == (202, first.content)
    forged = await anonymous.post(address, content=body + b"!", headers=headers)
    assert (forged.status_code, forged.json()["code"]) == (401, "forged")
    (stored,) = await InboundDelivery.select()
    assert stored["url"] == public
    assert bytes(stored["body"]).startswith(b"enc:v1:")
    probe = await anonymous.get("/hooks/hook?challenge=1")
    assert (probe.status_code, probe.text, probe.headers["content-type"]) == (
        200,
        "here",
        "text/plain; charset=utf-8",
    )
    huge = await anonymous.post(address, content=b"x" * 1_000_001, headers=headers)
    assert huge.status_code == 413
    await crm.worker.drain()
    assert len((await client.get("/api/conversations")).json()["items"]) == 1
