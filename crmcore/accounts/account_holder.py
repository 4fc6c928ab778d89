"""The user behind a session or a token, with their teams, in one statement."""

from typing import Any

from piccolo.table import Table

HOLDER = """
u.id AS user_id, u.name AS user_name, u.role AS user_role, u.language AS user_language,
u.time_zone AS user_time_zone, u.active AS user_active, t.id AS team_id,
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
    rows = await table.raw(
        f"SELECT {columns}, {HOLDER} FROM {table._meta.tablename} held {JOINED} WHERE held.secret_hash = {{}}",  # noqa: S608 - names of our own
        secret_hash,
    )
    if not rows:
        return None
    found: dict[str, Any] = dict(rows[0])
    found["team_ids"] = frozenset(str(row["team_id"]) for row in rows if row["team_id"] is not None)
    return found
