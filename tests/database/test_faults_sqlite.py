"""What only SQLite can suffer: other processes, a full disk, a killed writer, a statement that never ends."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from crmcore.accounts.tables import Team
from crmcore.contacts.tables import Contact
from crmcore.database.database import Database
from crmcore.database.errors import TransactionBroken
from crmcore.errors import Unavailable
from crmcore.settings import SettingsError

_ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS m FROM n"


@pytest.fixture
def file(migrated_sqlite: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "crm.sqlite"
    copy.write_bytes(migrated_sqlite.read_bytes())
    return copy


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    database = Database.from_url(f"sqlite:///{file}")
    await database.open()
    with database.bound():
        yield database
    await database.close()


async def test_the_file_is_opened_for_safety_and_speed(database: Database) -> None:
    async with database.transaction():
        said = {name: next(iter((await Team.raw(f"PRAGMA {name}"))[0].values())) for name in _PRAGMAS}
    assert said == _PRAGMAS


_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


async def test_a_statement_that_never_ends_is_stopped_and_others_go_on(database: Database) -> None:
    with database.patience(0.3):
        endless = [asyncio.create_task(_ask(_ENDLESS)) for _ in range(8)]
        await asyncio.sleep(0.01)
        started = time.monotonic()
        await Team(name="Support").save()
        assert time.monotonic() - started < 0.3
        answers = await asyncio.gather(*endless, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 8
    assert await Team.count() == 1


async def test_a_cancelled_statement_frees_its_thread(database: Database) -> None:
    endless = [asyncio.create_task(_ask(_ENDLESS)) for _ in range(4)]
    await asyncio.sleep(0.02)
    for task in endless:
        task.cancel()
    started = time.monotonic()
    assert await Team.count() == 0
    assert time.monotonic() - started < 1
    await asyncio.gather(*endless, return_exceptions=True)


async def test_an_endless_statement_in_a_transaction_breaks_it_alone(database: Database) -> None:
    with pytest.raises(TransactionBroken):
        async with database.transaction():
            await Team(name="Support").save()
            with database.patience(0.2), pytest.raises(Unavailable):
                await _ask(_ENDLESS)
    await Team(name="Sales").save()
    assert [row["name"] for row in await Team.select(Team.name)] == ["Sales"]


async def test_another_process_that_writes_is_waited_for(database: Database, file: Path) -> None:
    with _process(
        """
        import sqlite3, sys, time
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        print("locked", flush=True)
        time.sleep(0.5)
        connection.execute("COMMIT")
        """,
        file,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        assert await Team.count() == 0
        await Team(name="Support").save()
        async with database.transaction():
            await Team(name="Sales").save()
    assert await Team.count() == 2


async def test_a_database_locked_for_too_long_is_unavailable(database: Database, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await Team.raw("PRAGMA busy_timeout = 50")
        for _ in range(2):
            with pytest.raises(Unavailable) as caught:
                await Team(name="Support").save()
            assert caught.value.headers["Retry-After"] == "1"
        with pytest.raises(Unavailable):
            async with database.transaction():
                await Team(name="Support").save()
        other.execute("ROLLBACK")
    await Team(name="Support").save()


async def test_a_full_disk_says_so_and_reads_go_on(database: Database) -> None:
    await Team(name="Support").save()
    async with database.transaction():
        (pages,) = await Team.raw("PRAGMA page_count")
        await Team.raw(f"PRAGMA max_page_count = {pages['page_count'] + 2}")
    with pytest.raises(Unavailable) as caught:
        async with database.transaction():
            for number in range(100):
                await Contact(notes="x" * 10_000, first_name=str(number)).save()
    assert caught.value.code == "disk_full"
    assert "диск" in caught.value.sentence("ru").lower()
    assert await Team.count() == 1
    assert await Contact.count() == 0


async def test_what_was_acknowledged_survives_a_kill_and_nothing_is_half_there(file: Path) -> None:
    with _process(
        """
        import asyncio, sys
        from crmcore.accounts.tables import Team
        from crmcore.database.database import Database

        async def main():
            database = Database.from_url(f"sqlite:///{sys.argv[1]}")
            await database.open()
            with database.bound():
                for number in range(100_000):
                    async with database.transaction():
                        await Team(name=f"{number} left").save()
                        await Team(name=f"{number} right").save()
                    print(number, flush=True)

        asyncio.run(main())
        """,
        file,
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(50)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += writer.stdout.readlines()
    last = int(acknowledged[-1])
    database = Database.from_url(f"sqlite:///{file}")
    await database.open()
    with database.bound():
        names = {row["name"] for row in await Team.select(Team.name)}
        assert (await Team.raw("PRAGMA integrity_check"))[0]["integrity_check"] == "ok"
    await database.close()
    assert {f"{number} left" for number in range(last + 1)} <= names
    assert {name.split()[0] for name in names if "left" in name} == {
        name.split()[0] for name in names if "right" in name
    }


async def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    database = Database.from_url(f"sqlite:///{tmp_path / 'folder'}")
    with pytest.raises(Unavailable):
        await database.open()


async def test_a_closed_database_can_be_opened_again(database: Database) -> None:
    await Team(name="Support").save()
    await database.close()
    with pytest.raises(RuntimeError, match="not open"):
        await Team.count()
    await database.open()
    assert await Team.count() == 1


async def test_one_database_serves_event_loops_of_several_threads(database: Database) -> None:
    async def write(thread: int) -> None:
        with database.bound():
            for number in range(20):
                async with database.transaction():
                    await Team(name=f"{thread} {number}").save()

    await asyncio.gather(*(asyncio.to_thread(asyncio.run, write(thread)) for thread in range(4)))
    assert await Team.count() == 80


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://x/y",
        "sqlite://host/file",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///f?synchronous=no",
    ],
)
def test_an_address_that_is_no_database_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="database_url"):
        Database.from_url(url)


async def test_a_path_with_odd_signs_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "a #1 %20 ё"
    database = Database.from_url(f"sqlite:///{folder / 'crm.sqlite'}")
    await database.open()
    await database.ping()
    await database.close()
    assert (folder / "crm.sqlite").exists()


async def _ask(sql: str) -> object:
    return await Team.raw(sql)


def _process(program: str, file: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(file)], stdout=subprocess.PIPE
    )
