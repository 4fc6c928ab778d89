"""The plugin in a workspace: loaded, set up, asked through the host."""

from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from stand_in import TOKEN, Shopify, recorded_customer

from crmcore import PanelContent, Subject, system_actor
from crmcore.errors import Invalid
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

ADMIN = system_actor("tests")


@pytest.fixture
async def crm(tmp_path: Path, shopify: Shopify) -> AsyncIterator[Crm]:
    """A workspace with this plugin and the shop at the other end of its client."""
    point = EntryPoint("shopify", "crm_shopify.plugin", "crmcore")
    crm = Crm.build(WorkspaceSettings(data_dir=str(tmp_path), strict=True), entry_points=[point])
    await crm.start()
    client = crm.http_client
    crm.http_client = shopify  # type: ignore[assignment]
    try:
        with crm.bound():
            yield crm
    finally:
        crm.http_client = client
        await crm.stop()


def database_bytes(folder: Path) -> bytes:
    """Return everything in the files of the database."""
    return b"".join(file.read_bytes() for file in folder.glob("*.sqlite*"))


async def load(crm: Crm, contact: dict[str, Any]) -> PanelContent:
    """Load the panel as a page does."""
    panel = crm.registry.panels["shopify.orders"]
    subject = Subject(record_type="contact", id=uuid4(), document=contact, contact=contact)
    context = crm.host.context("shopify")
    content = await crm.host.dispatch.run("shopify", "panel.load", panel.item.load, subject, context)
    assert isinstance(content, PanelContent)
    return content


async def test_from_setup_to_orders(crm: Crm, shopify: Shopify) -> None:
    document = {"first_name": "Bob", "emails": ["bob.norman@hostmail.com"]}
    contact = (await crm.records.create("contact", document, actor=ADMIN)).document
    assert (await load(crm, contact)).status == "setup"
    await crm.plugin_settings.save("shopify", {"shop": "my-shop", "access_token": TOKEN})
    assert (await load(crm, contact)).status == "empty"
    shopify.customers = [recorded_customer()]
    content = await load(crm, contact)
    assert content.status == "ok"
    assert len(content.blocks) == 2


async def test_the_token_is_kept_as_a_secret(crm: Crm, tmp_path: Path) -> None:
    await crm.plugin_settings.save("shopify", {"shop": "my-shop", "access_token": TOKEN})
    assert TOKEN not in repr(await crm.plugin_settings.masked("shopify"))
    assert TOKEN not in repr(crm.plugin_settings.current("shopify"))
    assert TOKEN.encode() not in database_bytes(tmp_path)


async def test_another_host_cannot_be_entered(crm: Crm) -> None:
    with pytest.raises(Invalid):
        await crm.plugin_settings.save("shopify", {"shop": "evil.example", "access_token": TOKEN})
