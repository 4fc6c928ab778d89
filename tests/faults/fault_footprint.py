"""How many rows of each kind there are: what an operation adds, it adds once."""

from collections import Counter

from crmcore.database.statement import fetch
from crmcore.workspace import Crm

# What a failure may leave more or less of, and nobody counts as an effect: the queue itself, kept answers, seals.
PASSING = {
    "job",
    "idempotent_answer",
    "audit_seal",
    "migration",
    "counter",
    "plugin_value",
    "token_use",
    "search_progress",
}
MORE = ("search_entry",)


async def footprint(crm: Crm) -> Counter[str]:
    """Return the number of rows of every table whose rows are effects."""
    names = {table._meta.tablename for app in crm.apps() for table in app.table_classes} - PASSING
    parts = [
        f"SELECT '{name}' AS name, count(*) AS number FROM \"{name}\"" for name in sorted({*names, *MORE})
    ]
    found: Counter[str] = Counter()
    # SQLite takes 500 parts, and reads the better for fewer.
    for start in range(0, len(parts), 50):
        for row in await fetch(" UNION ALL ".join(parts[start : start + 50])):
            found[row["name"]] = int(row["number"])
    return found


def added(before: Counter[str], after: Counter[str]) -> dict[str, int]:
    """Return what there is more, or less, of."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}
