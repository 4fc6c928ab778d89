"""What a purge takes away is found no more: the words of a plugin's fields, and the records of its types."""

import pytest

from crmcore import CustomField
from crmcore.clock import uuid7
from crmcore.contracts.actors import system_actor
from crmcore.contracts.search import SearchParts
from crmcore.database.statement import fetch
from crmcore.plugins.purge import Purge
from crmcore.plugins.tables import PluginLedger
from crmcore.records.query import ListQuery
from crmcore.records.tables import CustomFieldRow
from crmcore.search.entry import make_entry
from crmcore.search.words import Stems
from crmcore.search.writing import add_entries
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

ADMIN = system_actor("test")


async def found(crm: Crm, words: str) -> list[str]:
    page = await crm.records.list("contact", ListQuery(q=words), actor=ADMIN)
    return [str(record.document["name"]) for record in page.items]


async def entries_of(record_type: str) -> int:
    rows = await fetch("SELECT COUNT(*) AS many FROM search_entry WHERE record_type = {}", record_type)
    return int(rows[0]["many"])


@pytest.mark.parametrize("at_once", [2, 0])
async def test_words_of_a_purged_plugin_are_found_no_more(
    crm: Crm, clock: TurnableClock, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmcore.records.field_words.AT_ONCE", at_once)
    field = CustomField(record_type="contact", key="garden_flower", label="Flower", filterable=True)
    await crm.fields.create(field, actor=ADMIN)
    await crm.records.create(
        "contact", {"last_name": "Lee", "custom": {"garden_flower": "orchid"}}, actor=ADMIN
    )
    await CustomFieldRow.update({CustomFieldRow.owner: "garden"}, force=True)
    crm.catalog.forget()
    bed = make_entry(
        "garden_bed", uuid7(clock()), SearchParts(), title="Bed", created_at=clock(), stems=Stems()
    )
    await add_entries([bed])
    await PluginLedger.insert(PluginLedger(name="garden", owns='{"record_types": ["garden_bed", "contact"]}'))
    assert await found(crm, "orchid") == ["Lee"]

    purge = Purge(crm.database, crm.ledger, words=crm.field_words, record_types=crm.records.types)
    await purge.execute("garden", yes=True)

    # Nobody waits for the few; of more than a thousand a job takes care, once other processes know of it.
    assert await found(crm, "orchid") == ([] if at_once else ["Lee"])
    clock.advance(10)
    await crm.worker.drain()
    assert await found(crm, "orchid") == []
    assert await found(crm, "Lee") == ["Lee"]
    assert (await entries_of("garden_bed"), await entries_of("contact")) == (0, 1)
