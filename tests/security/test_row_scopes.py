"""Row scopes of plugins (``register_row_scopes``): an outside dealer and his orders."""

from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from dealer_plugin import Order

from crmcore.accounts.role import NewRole, RoleChanges, RoleLabel
from crmcore.contracts.actors import system_actor
from crmcore.http.app import create_app
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

SYSTEM = system_actor("tests")
PLUGIN = EntryPoint(name="dealer", value="dealer_plugin", group="crmcore")


@pytest.fixture
async def dealers(database_url: str, tmp_path: Path) -> AsyncIterator[Crm]:
    """A workspace with the dealers' plugin and the role of dealers."""
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    crm = Crm.build(settings, entry_points=[PLUGIN])
    await crm.start()
    try:
        with crm.bound():
            await Order.create_table(if_not_exists=True)
            await crm.roles.create(
                NewRole(
                    key="dealer",
                    label=RoleLabel("Dealer", "Дилер"),
                    permissions=["dealer_order.read", "dealer_order.write", "contact.read"],
                    rows={"*": "dealer_own"},
                ),
                actor=SYSTEM,
            )
            yield crm
    finally:
        await crm.stop()


async def dealer(crm: Crm, name: str) -> tuple[str, httpx2.AsyncClient]:
    id = await crm.accounts.create_user(f"{name}@example.com", name.title(), None, role="dealer")
    token = await crm.accounts.create_token(id, "", ["all"])
    app = create_app(crm, start=False, worker=False)
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=cast(Any, app)),
        base_url="http://127.0.0.1:8000",
        headers={"authorization": f"Bearer {token}"},
    )
    return str(id), client


async def test_a_dealer_works_with_his_own_orders_alone(dealers: Crm) -> None:
    crm = dealers
    await crm.records.create("contact", {"first_name": "Zoe"}, actor=SYSTEM)
    (north_id, north), (south_id, south) = await dealer(crm, "north"), await dealer(crm, "south")
    mine = await north.post("/api/dealer_orders", json={"number": "1", "dealer": north_id})
    theirs = await south.post("/api/dealer_orders", json={"number": "2", "dealer": south_id})
    assert (mine.status_code, theirs.status_code) == (201, 201)
    listed = (await north.get("/api/dealer_orders", params={"total": "true"})).json()
    assert ([item["number"] for item in listed["items"]], listed["total"]) == (["1"], 1)
    address = f"/api/dealer_orders/{theirs.json()['id']}"
    for answer in (
        await north.get(address),
        await north.patch(address, json={"number": "9"}),
        await north.get(f"{address}/history"),
    ):
        assert answer.status_code == 404
    # Neither made for another dealer nor given to him.
    pushed = await north.post("/api/dealer_orders", json={"number": "3", "dealer": south_id})
    given = await north.patch(f"/api/dealer_orders/{mine.json()['id']}", json={"dealer": south_id})
    for answer in (pushed, given):
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "out_of_scope")
    assert await Order.count() == 2
    # Record types that the plugin's scope does not know are out of sight.
    assert (await north.get("/api/contacts")).json()["items"] == []
    await north.aclose()
    await south.aclose()


async def test_a_scope_that_is_away_lets_nothing_through(dealers: Crm) -> None:
    north_id, north = await dealer(dealers, "north")
    await north.post("/api/dealer_orders", json={"number": "1", "dealer": north_id})
    del dealers.registry.row_scopes["dealer_own"]
    assert (await north.get("/api/dealer_orders")).json()["items"] == []
    # What is stored already may stay in the role; a new scope that nobody brings is refused.
    kept = await dealers.roles.update("dealer", RoleChanges(rows={"*": "dealer_own"}), actor=SYSTEM)
    assert kept.rows == {"*": "dealer_own"}
    await north.aclose()
