"""The user behind a session or a token, with their teams, in one statement."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from piccolo.table import Table

from crmcore.accounts.tables import User
from crmcore.database.statement import fetch

HOLDER = """
u.id AS user_id, u.name AS user_name, u.role AS user_role, u.language AS user_language,
u.time_zone AS user_time_zone, u.density AS user_density, u.keys AS user_keys,
u.active AS user_active, t.id AS team_id,
r.permissions AS role_permissions, r.rows AS role_rows, r.fields AS role_fields, r.key AS role_key,
f.confirmed_at AS second_factor_at
"""
JOINED = """
JOIN user_account u ON u.id = held."user"
LEFT JOIN second_factor f ON f."user" = u.id
LEFT JOIN team_member m ON m."user" = u.id
LEFT JOIN role r ON r.key = u.role
LEFT JOIN team t ON t.id = m.team AND t.deleted_at IS NULL
"""


async def holder(table: type[Table], columns: str, secret_hash: str) -> dict[str, Any] | None:
    """Return the row of ``table`` with this hash, its user's columns as ``user_…``, and ``team_ids`` (text).

    ``columns`` are those of ``table``, named ``held`` in the statement. None when there is no such row.
    """
    rows = await fetch(
        f"SELECT {columns}, {HOLDER} FROM {table._meta.tablename} held {JOINED} WHERE held.secret_hash = {{}}",  # noqa: S608 - names of our own
        secret_hash,
    )
    return _one(rows)


async def holders(table: type[Table], columns: str, hashes: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the same for several hashes at once, by hash; those of which there is no row are left out."""
    if not hashes:
        return {}
    places = ", ".join(["{}"] * len(hashes))
    rows = await table.raw(
        f"SELECT held.secret_hash, {columns}, {HOLDER} FROM {table._meta.tablename} held {JOINED} "  # noqa: S608 - names of our own
        f"WHERE held.secret_hash IN ({places})",
        *hashes,
    )
    by_hash: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_hash[row["secret_hash"]].append(row)
    return {hash: found for hash, several in by_hash.items() if (found := _one(several)) is not None}


async def active_holder(user_id: UUID) -> dict[str, Any] | None:
    """Return the same columns of an active user, for work that was left to be done later; None for nobody."""
    rows = await User.raw(
        f'SELECT {HOLDER} FROM (SELECT id AS "user" FROM user_account WHERE id = {{}}) held {JOINED}',  # noqa: S608 - names of our own
        user_id,
    )
    found = _one(rows)
    return found if found is not None and found["user_active"] else None


def _one(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not rows:
        return None
    found: dict[str, Any] = dict(rows[0])
    found["team_ids"] = frozenset(str(row["team_id"]) for row in rows if row["team_id"] is not None)
    return found
