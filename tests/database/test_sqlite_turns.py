"""SQLite without threads in the way: what is short runs at once, what is long does not, commits are shared."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from crmcore.database.database import Database
from crmcore.database.errors import Duplicate
from crmcore.errors import CrmError

LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT COUNT(*) AS c FROM n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "turns.sqlite"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    database = Database.from_url(f"sqlite:///{path}")
    await database.open()
    await database.engine.run_ddl("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT UNIQUE)")
    yield database
    await database.close()


async def write(database: Database, number: int) -> None:
    async with database.transaction():
        await database.engine.execute("INSERT INTO note (id, text) VALUES (?, ?)", [number, f"note {number}"])


def stored(path: Path) -> set[int]:
    """Return what another process would find in the file."""
    with closing(sqlite3.connect(path)) as connection:
        return {id for (id,) in connection.execute("SELECT id FROM note")}


def commits_of(database: Database) -> list[str]:
    said: list[str] = []
    connection: Any = database.engine.writer._lent  # type: ignore[union-attr]
    connection.set_trace_callback(lambda sql: said.append(sql) if sql.startswith("COMMIT") else None)
    return said


async def until(true: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if true():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come about")


async def test_transactions_that_come_together_share_commits(database: Database, path: Path) -> None:
    commits = commits_of(database)
    await asyncio.gather(*(write(database, number) for number in range(40)))
    assert stored(path) == set(range(40))
    assert len(commits) < 20


async def test_who_is_told_of_a_commit_finds_it_in_the_file(database: Database, path: Path) -> None:
    async def write_and_look(number: int) -> bool:
        await write(database, number)
        return number in stored(path)

    assert all(await asyncio.gather(*(write_and_look(number) for number in range(30))))


async def test_one_that_fails_takes_back_its_own_and_no_more(database: Database, path: Path) -> None:
    async def fail(number: int) -> None:
        async with database.transaction():
            sql = "INSERT INTO note (id, text) VALUES (?, ?)"
            await database.engine.execute(sql, [number, f"note {number}"])
            await asyncio.sleep(0)
            raise ZeroDivisionError

    works = [write(database, number) if number % 3 else fail(number) for number in range(30)]
    answers = await asyncio.gather(*works, return_exceptions=True)
    assert [type(answer) for answer in answers[::3]] == [ZeroDivisionError] * 10
    assert stored(path) == {number for number in range(30) if number % 3}


async def test_a_savepoint_within_a_shared_commit_is_its_own(database: Database, path: Path) -> None:
    async def partly(number: int) -> None:
        async with database.transaction():
            sql = "INSERT INTO note (id, text) VALUES (?, ?)"
            await database.engine.execute(sql, [number, f"note {number}"])
            with suppress(Duplicate):
                async with database.savepoint():
                    await database.engine.execute(sql, [number + 100, f"note {number}"])  # the text is taken

    await asyncio.gather(*(partly(number) for number in range(20)))
    assert stored(path) == set(range(20))


async def test_one_cancelled_before_it_began_takes_nothing_back(database: Database, path: Path) -> None:
    engine: Any = database.engine
    hold, held = threading.Event(), engine.writer.submit
    engine.gate._idle = lambda: None  # the first one's commit is still to come

    async with asyncio.timeout(10):
        first = asyncio.create_task(write(database, 1))
        await until(lambda: bool(engine.group._members))
        holding = held(lambda connection: hold.wait(5), needed=True)
        second = asyncio.create_task(write(database, 2))
        await until(lambda: engine.writer._unfinished >= 2)
        second.cancel()
        await asyncio.sleep(0)
        hold.set()
        await asyncio.gather(second, holding, return_exceptions=True)
        held(engine.group.commit, needed=True)
        await first
    assert stored(path) == {1}


async def test_one_cancelled_in_a_long_write_takes_nothing_of_others_back(
    database: Database, path: Path
) -> None:
    engine: Any = database.engine
    engine.gate._idle = lambda: None
    long = f"INSERT INTO note (text) SELECT 'long ' || c FROM ({LONG})"

    async def write_long() -> None:
        async with database.transaction():
            await database.engine.execute("INSERT INTO note (id, text) VALUES (2, 'two')", [])
            await database.engine.execute(long, [])

    async with asyncio.timeout(10):
        first = asyncio.create_task(write(database, 1))
        await until(lambda: bool(engine.group._members))
        second = asyncio.create_task(write_long())
        await until(lambda: engine.writer._unfinished >= 1)
        await asyncio.sleep(0.01)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        engine.writer.submit(engine.group.commit, needed=True)
        await first
    assert stored(path) == {1}


async def test_a_commit_that_fails_is_told_to_everybody_in_it(database: Database, path: Path) -> None:
    await write(database, 0)
    engine: Any = database.engine
    broken: list[int] = []
    real = engine.group.commit

    def commit(connection: sqlite3.Connection) -> None:
        if engine.group._members and not broken:
            broken.append(len(engine.group._members))
            connection.execute("ROLLBACK")  # as SQLite does when the disk is full
        real(connection)

    engine.group.commit = commit
    answers = await asyncio.gather(*(write(database, n) for n in range(1, 20)), return_exceptions=True)
    failed = [number for number, answer in enumerate(answers, 1) if answer is not None]
    assert len(failed) == broken[0] > 0
    assert all(isinstance(answers[number - 1], CrmError) for number in failed)
    assert stored(path) == set(range(20)) - set(failed)


async def test_a_long_read_leaves_the_loop_to_others(database: Database) -> None:
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.001)

    counting = asyncio.create_task(count_turns())
    (row,) = await database.engine.execute(LONG, [])
    counting.cancel()
    assert row["c"] == 400_000
    assert turns > 3


async def test_a_task_that_only_reads_lets_others_have_their_turn(database: Database) -> None:
    turns = 0

    async def read() -> None:
        for _ in range(1000):
            await database.engine.execute("SELECT COUNT(*) AS c FROM note", [])

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_turns())
    await read()
    counting.cancel()
    assert turns > 1


async def test_reads_see_what_was_committed_and_nothing_else(database: Database) -> None:
    async def seen() -> int:
        (row,) = await database.engine.execute("SELECT COUNT(*) AS c FROM note", [])
        return int(row["c"])

    await write(database, 1)
    assert await seen() == 1
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with database.transaction():
            await database.engine.execute("INSERT INTO note (id, text) VALUES (2, 'two')", [])
            assert await seen() == 2
            inside.set()
            await go_on.wait()

    writing = asyncio.create_task(slow())
    await inside.wait()
    outside = await asyncio.create_task(seen())
    go_on.set()
    await writing
    assert (outside, await seen()) == (1, 2)
