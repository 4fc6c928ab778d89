"""What a plugin has in a workspace, to be compared before and after."""

from typing import Any

from crmcore.records.query import ListQuery
from crmcore.testing.bench import Bench
from crmcore.testing.factories import MAKER


async def state_of(bench: Bench, crm: Any) -> dict[str, Any]:
    """Return what the plugin has: rows of its tables, its values in contacts, its own keys and waiting jobs."""
    from crmcore.jobs.tables import JobRow
    from crmcore.plugins.tables import PluginValue

    app = crm.registry.tables.get(bench.name)
    tables = {}
    for table in app.item.table_classes if app and app.plugin == bench.name else ():
        rows = await table.select().order_by(table._meta.primary_key)
        tables[table._meta.tablename] = [
            {name: value for name, value in row.items() if not hasattr(value, "tzinfo")} for row in rows
        ]
    page = await crm.records.list("contact", ListQuery(limit=200), actor=MAKER)
    contacts = sorted(page.items, key=lambda record: str(record.id))
    values = await PluginValue.select(PluginValue.key, PluginValue.value).where(
        PluginValue.plugin == bench.name
    )
    waiting = await JobRow.count().where(JobRow.plugin == bench.name)
    return {
        "tables": tables,
        "custom": [(str(record.id), record.document.get("custom")) for record in contacts],
        "values": sorted((row["key"], row["value"]) for row in values),
        "jobs": waiting,
        "contacts": len(contacts),
    }
