"""What SQLite's planner makes of the inbox's question, in a workspace as it is made."""

import sqlite3
from contextlib import closing
from pathlib import Path

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
