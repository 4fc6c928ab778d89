"""What the event loop may write itself."""

import pytest

from crmcore.database.quick import quick_write

QUICK = (
    'INSERT INTO "job" ("id", "name") VALUES (?, ?) ON CONFLICT (unique_key) DO NOTHING RETURNING id',
    'UPDATE "contact" SET "first_name" = ? WHERE "id" = ?',
    'UPDATE "contact" SET "first_name" = ? WHERE "contact"."id" = ?',
    "UPDATE search_entry SET title = ? WHERE record_type = ? AND record_id = ? RETURNING id",
    'DELETE FROM "contact_point" WHERE "contact_point"."contact" = ?',
)
SLOW = (
    'INSERT INTO "other" ("id") SELECT id FROM "contact"',
    'INSERT INTO "other" ("id") VALUES ((SELECT MAX(id) FROM "contact"))',
    'UPDATE "contact" SET "first_name" = ?',
    'UPDATE "contact" SET "first_name" = (SELECT 1) WHERE "id" = ?',
    "UPDATE job SET state = ? WHERE state = ?",
    'DELETE FROM "event" WHERE "event"."at" < ?',
    'DELETE FROM "event" WHERE "id" = ? OR "at" < ?',
    'DELETE FROM "t" WHERE "paid" = ?',
    "CREATE INDEX i ON contact (id)",
    "PRAGMA busy_timeout = 5",
)


@pytest.mark.parametrize("sql", QUICK)
def test_rows_that_are_named_are_written_at_once(sql: str) -> None:
    assert quick_write(sql, [1, 2])
    assert not quick_write(sql, range(1000)), "many values take time"


@pytest.mark.parametrize("sql", SLOW)
def test_what_may_touch_many_rows_goes_to_the_thread(sql: str) -> None:
    assert not quick_write(sql, [1, 2])
