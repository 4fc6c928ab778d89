"""Leaving and coming back: nothing of others is taken along, and a purge leaves nothing."""

from typing import Any

from crmcore.contacts.tables import Contact
from crmcore.errors import CrmError
from crmcore.plugins.purge import Purge
from crmcore.records.query import ListQuery
from crmcore.testing.bench import Bench
from crmcore.testing.factories import MAKER
from crmcore.testing.rule import Broken
from crmcore.testing.rules.state import state_of


async def comes_back(bench: Bench) -> None:
    """Uninstalled, it takes nothing along: records can be read and saved. Installed again, its values are there."""
    url = bench.fresh_url()
    async with bench.fresh(url=url) as crm:
        record = await bench.make(crm).contact()
        if bench.samples.story is not None:
            await bench.samples.story(crm, record.id)
            await crm.worker.drain()
        before = await state_of(bench, crm)
        settings = await _masked(bench, crm)
    async with bench.fresh(url=url, plugin=False) as crm:
        found = await crm.records.get("contact", record.id, actor=MAKER)
        try:
            await crm.records.update(
                "contact", record.id, {"first_name": "Away"}, actor=MAKER, version=found.version
            )
        except CrmError as error:
            raise Broken(f"Without the plugin a contact cannot be saved any more: {error}.") from error
        await crm.records.list("contact", ListQuery(), actor=MAKER)
    async with bench.fresh(url=url, configured=False) as crm:
        after = await state_of(bench, crm)
        if after["tables"] != before["tables"] or after["custom"] != before["custom"]:
            raise Broken(
                "After it was uninstalled and installed again, values are missing: keep them in its tables."
            )
        if await _masked(bench, crm) != settings:
            raise Broken("After it was uninstalled and installed again, its settings are others.")


async def purges(bench: Bench) -> None:
    """A purge deletes what it has left behind, and installing it again begins anew."""
    url = bench.fresh_url()
    async with bench.fresh(url=url) as crm:
        record = await bench.make(crm).contact()
        if bench.samples.story is not None:
            await bench.samples.story(crm, record.id)
            await crm.worker.drain()
    async with bench.fresh(url=url, plugin=False) as crm:
        await Purge(crm.database, crm.ledger).execute(bench.name, yes=True)
        await crm.records.get("contact", record.id, actor=MAKER)
        if left := await _tables_left(bench, crm):
            raise Broken(
                f"After a purge the table {left[0]} is still there: name it in the AppConfig of register_tables, "
                "which says what belongs to the plugin."
            )
    async with bench.fresh(url=url) as crm:
        found = await state_of(bench, crm)
        if any(found["tables"].values()) or found["values"]:
            raise Broken("After a purge it does not begin anew: its tables or its own values are filled.")


async def _tables_left(bench: Bench, crm: Any) -> list[str]:
    listed = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if crm.database.kind == "sqlite"
        else "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()"
    )
    names = [row["name"] for row in await Contact.raw(listed)]
    return sorted(name for name in names if name.startswith(f"{bench.name}_"))


async def _masked(bench: Bench, crm: Any) -> Any:
    return await crm.plugin_settings.masked(bench.name) if bench.name in crm.registry.settings else None
