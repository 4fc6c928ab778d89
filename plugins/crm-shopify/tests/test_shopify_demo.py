"""The demo's shop: found by its entry point, connected, the same in every start, and labelled."""

from contextlib import closing
from importlib.metadata import EntryPoint
from pathlib import Path

from crm_shopify.tables import ShopifyCustomer, ShopifyOrder
from shopify_workspace import ADMIN, NOW

from crmcore import Note, Subject
from crmcore.demo.standins import GROUP, StandIns
from crmcore.demo.story import customers
from crmcore.testing.clock import TurnableClock
from crmcore.testing.workspaces import Databases, workspace

PLUGIN = EntryPoint("shopify", "crm_shopify.plugin", "crmcore")
STAND_IN = EntryPoint("shopify", "crm_shopify.standin.demo:stand_in", GROUP)


async def test_the_demo_shows_orders_and_says_that_they_are_made_up(
    tmp_path: Path, crm_sqlite: Databases
) -> None:
    url, clock = crm_sqlite.fresh(), TurnableClock(NOW)
    kept = []
    for _ in range(2):
        with closing(StandIns([STAND_IN])) as stand_ins:
            settings = {"outgoing_hosts": stand_ins.addresses}
            async with (
                workspace(tmp_path, url, [PLUGIN], clock=clock, settings=settings) as crm,
                stand_ins.running(crm) as names,
            ):
                assert names == ["shopify"]
                clock.advance(24 * 3600)
                await crm.worker.drain()
                kept.append(
                    await ShopifyOrder.select(ShopifyOrder.key, ShopifyOrder.total).order_by(ShopifyOrder.key)
                )
                assert await ShopifyCustomer.count() == len(customers())
                contact = {"emails": [customers()[0].email], "phones": [], "custom": {}}
                id = (await crm.records.create("contact", {"first_name": "A"}, actor=ADMIN)).id
                subject = Subject(record_type="contact", id=id, document=contact, contact=contact)
                panel = crm.registry.panels["shopify.orders"].item
                content = await panel.load(subject, crm.host.context("shopify"))
                note = content.blocks[0]
                assert isinstance(note, Note)
                assert note.text.startswith("Demo: ")
    assert kept[0] == kept[1] != []
