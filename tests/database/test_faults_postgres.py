"""A PostgreSQL server that restarts, hangs, locks or is not there."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

from crmcore.accounts.tables import Team
from crmcore.database.core_app import core_app
from crmcore.database.database import Database
from crmcore.database.errors import TransactionBroken
from crmcore.errors import Unavailable

if TYPE_CHECKING:
    from crmcore.testing.postgres import OwnPostgresServer, PostgresServer


@pytest.fixture(scope="module")
def own_server(postgres_server: "PostgresServer") -> "Iterator[OwnPostgresServer]":
    """A server that this module may stop and freeze."""
    from crmcore.testing.postgres import OwnPostgresServer, find_programs

    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL programs to start a server that may be stopped")
    server = OwnPostgresServer(programs)
    yield server
    server.stop()


@pytest.fixture
async def database(own_server: "OwnPostgresServer") -> AsyncIterator[Database]:
    database = Database.from_url(own_server.url)
    await database.open()
    with database.bound():
        await database.migrate([core_app()])
        await Team.delete(force=True)
        yield database
        await database.close()


async def test_a_restart_is_answered_with_503_and_is_over_within_a_second(
    own_server: "OwnPostgresServer", database: Database
) -> None:
    await asyncio.gather(*(Team.count() for _ in range(10)))
    own_server.halt()
    for attempt in (Team.count, Team(name="Support").save):
        with pytest.raises(Unavailable) as caught:
            await attempt()
        assert caught.value.headers["Retry-After"] == "1"
        assert caught.value.status == 503
    with pytest.raises(Unavailable):
        async with database.transaction():
            await Team(name="Support").save()
    own_server.start()
    started = time.monotonic()
    await Team(name="Support").save()
    assert await asyncio.gather(*(Team.count() for _ in range(10))) == [1] * 10
    assert time.monotonic() - started < 1


async def test_a_restart_between_two_requests_is_noticed_by_nobody(
    own_server: "OwnPostgresServer", database: Database
) -> None:
    await asyncio.gather(*(Team.count() for _ in range(10)))
    own_server.halt()
    own_server.start()
    assert await asyncio.gather(*(Team.count() for _ in range(10))) == [0] * 10
    own_server.halt()
    own_server.start()
    async with database.transaction():
        await Team(name="Support").save()
    assert await Team.count() == 1


async def test_a_restart_in_mid_transaction_leaves_nothing(
    own_server: "OwnPostgresServer", database: Database
) -> None:
    with pytest.raises(Unavailable):
        async with database.transaction():
            await Team(name="Support").save()
            own_server.halt()
            own_server.start()
            await Team(name="Sales").save()
    assert await Team.count() == 0


async def test_a_frozen_server_is_given_up_in_time_and_used_again_afterwards(
    own_server: "OwnPostgresServer", database: Database
) -> None:
    await Team.count()
    own_server.freeze()
    try:
        with database.patience(0.5):
            for attempt in (Team.count, Team(name="Support").save):
                started = time.monotonic()
                with pytest.raises(Unavailable):
                    await attempt()
                assert time.monotonic() - started < 1.5
            started = time.monotonic()
            with pytest.raises(Unavailable):
                async with database.transaction():
                    await Team(name="Support").save()
            assert time.monotonic() - started < 1.5
        with pytest.raises(Unavailable):
            await database.ping()
    finally:
        own_server.thaw()
    await database.ping()
    assert await asyncio.gather(*(Team.count() for _ in range(20))) == [0] * 20


async def test_a_server_frozen_in_mid_transaction_is_given_up_in_time(
    own_server: "OwnPostgresServer", database: Database
) -> None:
    try:
        started = time.monotonic()
        with database.patience(0.5), pytest.raises(Unavailable):
            async with database.transaction():
                await Team(name="Support").save()
                own_server.freeze()
                await Team(name="Sales").save()
        assert time.monotonic() - started < 2
    finally:
        own_server.thaw()
    assert await Team.count() == 0


async def test_a_slow_statement_is_stopped_and_its_connection_kept(database: Database) -> None:
    with database.patience(0.2), pytest.raises(Unavailable):
        await Team.raw("SELECT pg_sleep(20)")
    sleeping = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(20)'"
    await asyncio.sleep(0.2)
    assert await Team.raw(sleeping) == []
    assert await Team.count() == 0


async def test_a_locked_row_is_waited_for_only_so_long(database: Database) -> None:
    await Team(name="Support").save()
    locked, done = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.transaction():
            await Team.update({Team.version: 2}).where(Team.name == "Support")
            locked.set()
            await done.wait()

    holder = asyncio.create_task(hold())
    await locked.wait()
    try:
        with pytest.raises(Unavailable):
            async with database.transaction():
                await Team.raw("SET LOCAL lock_timeout = '100ms'")
                await Team.update({Team.version: 3}).where(Team.name == "Support")
    finally:
        done.set()
        await holder
    assert (await Team.select(Team.version))[0]["version"] == 2


async def test_two_transactions_that_wait_for_each_other_end_with_503(database: Database) -> None:
    await Team.insert(Team(name="left"), Team(name="right"))
    barrier = asyncio.Barrier(2)

    async def take(first: str, second: str) -> None:
        async with database.transaction():
            await Team.update({Team.version: 2}).where(Team.name == first)
            await barrier.wait()
            await Team.update({Team.version: 2}).where(Team.name == second)

    answers = await asyncio.gather(take("left", "right"), take("right", "left"), return_exceptions=True)
    assert [type(answer) for answer in answers if answer is not None] == [Unavailable]


async def test_more_askers_than_connections_wait_their_turn(own_server: "OwnPostgresServer") -> None:
    database = Database.from_url(f"{own_server.url}?pool=2")
    await database.open()
    with database.bound():
        asked = "SELECT pg_backend_pid() AS pid, pg_sleep(0.01)"
        answers = await asyncio.gather(*(Team.raw(asked) for _ in range(40)))
        assert len({rows[0]["pid"] for rows in answers}) == 2
    await database.close()


async def test_a_committed_transaction_that_was_broken_says_so(database: Database) -> None:
    with pytest.raises(TransactionBroken):
        async with database.transaction():
            with pytest.raises(Exception, match="no_such_table"):
                await Team.raw("SELECT * FROM no_such_table")


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = Database.from_url("postgres://nobody@127.0.0.1:9/none")
    with pytest.raises(Unavailable) as caught:
        await database.open()
    assert isinstance(caught.value.__cause__, OSError)
    await database.close()


async def test_one_database_serves_event_loops_of_several_threads(database: Database) -> None:
    await Team(name="Support").save()

    async def ask() -> int:
        with database.bound():
            async with database.transaction():
                count: int = await Team.count()
            return count

    assert await asyncio.to_thread(asyncio.run, ask()) == 1
    assert await Team.count() == 1


async def test_a_server_that_said_goodbye_and_has_not_hung_up_yet_is_unavailable(database: Database) -> None:
    """The goodbye waits in an idle connection, which asyncpg takes for an operation in progress."""
    told = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"
    goodbye = b"E" + (len(told) + 4).to_bytes(4, "big") + told

    def say_goodbye() -> None:
        for holder in database.engine.connections._pool._holders:  # type: ignore[union-attr]
            if holder._con is not None:
                holder._con._protocol.data_received(goodbye)

    await Team(name="Support").save()
    say_goodbye()
    with pytest.raises(Unavailable):
        await Team(name="Sales").save()
    await Team(name="Sales").save()
    say_goodbye()
    assert await Team.count() == 2  # a read is tried again on another connection
    say_goodbye()
    async with database.transaction():  # and so is the beginning of a transaction
        await Team(name="Stock").save()
    assert await Team.count() == 3
