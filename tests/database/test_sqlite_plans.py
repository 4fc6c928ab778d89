"""What SQLite's planner makes of the inbox's question, in a workspace as it is made."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

PAGE = """
EXPLAIN QUERY PLAN
SELECT c.*, p.first_name FROM conversation AS c LEFT JOIN contact AS p ON c.contact = p.id
WHERE c.status IN (?, ?) ORDER BY c.last_activity_at DESC, c.id DESC LIMIT 51
"""


def test_a_page_of_the_inbox_is_walked_and_not_sorted(migrated_sqlite: Path) -> None:
    with closing(sqlite3.connect(migrated_sqlite)) as connection:
        rows = connection.execute(PAGE, ("open", "waiting")).fetchall()
    plan = " / ".join(row[3] for row in rows)
    assert "TEMP B-TREE" not in plan and "conversation_last_activity_at_id" in plan, plan


@pytest.mark.parametrize("part", ["IS NOT NULL", "IS NULL"])
@pytest.mark.parametrize("way", ["ASC", "DESC"])
@pytest.mark.parametrize(
    ("index", "table", "column", "asked"),
    [
        ("contact_last_contact", "contact", "last_contact_at", "deleted_at IS NULL"),
        ("contact_first_name", "contact", "first_name", "deleted_at IS NULL"),
        ("conversation_waiting_since", "conversation", "waiting_since", "status IN ('open', 'waiting')"),
        ("conversation_next_due", "conversation", "next_due_at", "status IN ('open', 'waiting')"),
    ],
)
def test_other_orders_go_along_an_index(
    migrated_sqlite: Path, index: str, table: str, column: str, asked: str, way: str, part: str
) -> None:
    if part == "IS NULL" and column == "first_name":
        part = "= ''"
    question = (
        f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {asked} AND {column} {part} "
        f"ORDER BY {column} {way}, id {way} LIMIT 51"
    )
    with closing(sqlite3.connect(migrated_sqlite)) as connection:
        plan = " / ".join(row[3] for row in connection.execute(question).fetchall())
    assert "TEMP B-TREE" not in plan and index in plan, plan
