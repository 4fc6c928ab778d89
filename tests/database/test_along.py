"""Inserts that nobody waits for: written with the transaction, wherever they travel."""

from uuid import UUID

import pytest

from crmcore.accounts.tables import Team
from crmcore.clock import uuid7
from crmcore.conversations.tables import Counter
from crmcore.database.database import Database
from crmcore.database.errors import Duplicate
from crmcore.database.statement import insert_rows, write_along


async def teams() -> set[str]:
    return {row["name"] for row in await Team.select(Team.name)}


async def along(name: str, id: UUID | None = None) -> None:
    await insert_rows(Team, {"id": id or uuid7(), "name": name}, along=True)


async def test_what_goes_along_is_read_updated_and_committed(database: Database) -> None:
    await along("outside")
    async with database.transaction():
        await along("a")
        assert await teams() == {"outside", "a"}
        await along("b")
        await Team.update({Team.name: "B"}).where(Team.name == "b")
        await along("c")
        await insert_rows(Team, {"name": "d"})
        await along("e")
        await along("f")
    assert await teams() == {"outside", "a", "B", "c", "d", "e", "f"}


async def test_what_goes_along_is_taken_back_with_its_transaction_or_savepoint(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await along("gone")
            _ = 1 // 0
    async with database.transaction():
        await along("before")
        with pytest.raises(ZeroDivisionError):
            async with database.savepoint():
                await along("within")
                _ = 1 // 0
        async with database.savepoint():
            await along("kept")
    assert await teams() == {"before", "kept"}


async def test_what_fails_along_fails_the_whole(database: Database) -> None:
    id = uuid7()
    await along("first", id)
    with pytest.raises(Duplicate):
        async with database.transaction():
            await insert_rows(Team, {"name": "with it"})
            await along("second", id)
    assert await teams() == {"first"}


async def test_calls_after_the_commit_run_once_it_is_all_written(database: Database) -> None:
    called: list[str] = []
    id = uuid7()
    async with database.transaction():
        database.after_commit(lambda: called.append("written"))
        await along("first", id)
    with pytest.raises(Duplicate):
        async with database.transaction():
            database.after_commit(lambda: called.append("not written"))
            await along("second", id)
    assert called == ["written"]


async def test_one_reads_what_the_one_before_returned(database: Database) -> None:
    if database.kind == "sqlite":
        pytest.skip("only PostgreSQL sends several at once")
    statements = database.statements
    async with database.transaction():
        for name in ("a", "b"):
            row = "INSERT INTO counter (name, value) VALUES ({}, 1) RETURNING name, value"
            await write_along(row, name, name="made")
            again = "INSERT INTO counter (name, value) SELECT made.name || '!', made.value + {} FROM made"
            await write_along(again, 1)
    assert database.statements - statements == 2
    rows = await Counter.select(Counter.name, Counter.value).where(Counter.name.is_in(["a", "a!", "b", "b!"]))
    assert {row["name"]: row["value"] for row in rows} == {"a": 1, "a!": 2, "b": 1, "b!": 2}
