"""What is done to things that are no records is in the audit too."""

from typing import Any

import pytest

from crmcore.audit.acting import acting
from crmcore.audit.query import AuditQuery
from crmcore.contracts.actors import Actor
from crmcore.errors import Invalid
from crmcore.exporting.service import ExportSettings
from crmcore.workspace import Crm

ADA = Actor(kind="user", id="7", label="Ada", permissions=frozenset({"*"}))


async def _noted(crm: Crm, **query: Any) -> list[tuple[str, str, str, str, str]]:
    page, _ = await crm.audit.page(AuditQuery(**query), actor=ADA, limit=200)
    return [
        (entry.action, entry.record_type, entry.subject, entry.actor_label, entry.address) for entry in page
    ]


async def test_channels_plugins_exports_and_keys(crm: Crm) -> None:
    with acting(ADA, "198.51.100.7"):
        id = await crm.channel_accounts.create("api", "Shop", {}, actor=ADA)
        await crm.channel_accounts.update(id, {"name": "Shops", "config": {}}, actor=ADA)
        await crm.channel_accounts.pause(id, "holidays", actor=ADA)
        await crm.channel_accounts.resume(id, actor=ADA)
        await crm.channel_accounts.delete(id, actor=ADA)
        await crm.ledger.choose("shopify", False)
        await crm.ledger.choose("shopify", True)
        file = await crm.exports.prepare("contact", ExportSettings(), actor=ADA)
        assert [piece async for piece in file.pieces]
        await crm.rotation.run()
    who = ("Ada", "198.51.100.7")
    # The clock stands still: entries of one millisecond have no order.
    assert sorted(await _noted(crm)) == sorted(
        [
            ("create", "channel_account", "Shop", *who),
            ("update", "channel_account", "Shop", *who),
            ("pause", "channel_account", "Shops", *who),
            ("resume", "channel_account", "Shops", *who),
            ("delete", "channel_account", "Shops", *who),
            ("disable", "plugin", "shopify", *who),
            ("enable", "plugin", "shopify", *who),
            ("export", "contact", "contacts.csv", *who),
            ("rotate", "key", crm.keys.ids[0], *who),
        ]
    )


async def test_nothing_is_noted_of_what_did_not_happen(crm: Crm) -> None:
    with pytest.raises(Invalid):
        await crm.channel_accounts.create("api", "", {}, actor=ADA)
    with pytest.raises(ValueError, match="plugin's name"):
        await crm.ledger.choose("No Plugin", False)
    assert await _noted(crm) == []
