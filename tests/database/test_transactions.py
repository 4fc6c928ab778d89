"""Transactions: all or nothing, one after the other, whatever happens to the task."""

import asyncio
import contextvars
from collections.abc import Callable
from uuid import uuid4

import pytest

from crmcore.accounts.tables import Team
from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.conversations.tables import Counter
from crmcore.database.database import Database
from crmcore.database.errors import Duplicate, ForeignKeyBroken, TransactionBroken


async def test_an_exception_rolls_everything_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await Team(name="Support").save()
            assert await Team.count() == 1
            _ = 1 // 0
    assert await Team.count() == 0


async def test_others_do_not_see_what_is_not_committed(database: Database) -> None:
    written, seen = asyncio.Event(), asyncio.Event()

    async def look() -> int:
        await written.wait()
        count: int = await Team.count()
        seen.set()
        return count

    other = asyncio.create_task(look())
    async with database.transaction():
        await Team(name="Support").save()
        written.set()
        await seen.wait()
    assert await other == 0
    assert await Team.count() == 1


async def test_an_inner_transaction_joins_the_outer_one(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            async with database.transaction():
                await Team(name="Support").save()
            _ = 1 // 0
    assert await Team.count() == 0


async def test_a_failed_inner_block_that_wrote_breaks_the_outer_one(database: Database) -> None:
    with pytest.raises(TransactionBroken, match="half done"):
        async with database.transaction():
            await Team(name="Support").save()
            with pytest.raises(ValueError, match="half done"):
                async with database.transaction():
                    await Team(name="Half").save()
                    raise ValueError("half done")
    assert await Team.count() == 0


async def test_a_failed_inner_block_that_only_read_does_no_harm(database: Database) -> None:
    async with database.transaction():
        await Team(name="Support").save()
        with pytest.raises(LookupError):
            async with database.transaction():
                assert await Team.count().where(Team.name == "None") == 0
                raise LookupError
    assert await Team.count() == 1


async def test_a_transaction_does_not_outlive_a_failed_statement(database: Database) -> None:
    await Team(name="Support").save()
    with pytest.raises(TransactionBroken):
        async with database.transaction():
            await Team(name="Sales").save()
            with pytest.raises(Duplicate):
                await Team(name="Support").save()
            with pytest.raises(TransactionBroken):
                await Team.count()
    assert [row["name"] for row in await Team.select(Team.name)] == ["Support"]


async def test_a_savepoint_leaves_the_rest_whole(database: Database) -> None:
    await Team(name="Support").save()
    calls: list[str] = []
    async with database.transaction():
        await Team(name="Sales").save()
        for name in ("Support", "Night"):
            try:
                async with database.savepoint():
                    await Team(name=f"{name} 2").save()
                    database.after_commit(lambda name=name: calls.append(name))  # type: ignore[misc]  # bound now
                    await Team(name=name).save()
            except Duplicate:
                continue
    names = {row["name"] for row in await Team.select(Team.name)}
    assert names == {"Support", "Sales", "Night", "Night 2"}
    assert calls == ["Night"]


async def test_a_savepoint_alone_is_a_transaction(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.savepoint():
            await Team(name="Support").save()
            _ = 1 // 0
    assert await Team.count() == 0


async def test_a_cancelled_task_rolls_back_and_lets_the_next_one_write(database: Database) -> None:
    started = asyncio.Event()

    async def stuck() -> None:
        async with database.transaction():
            await Team(name="Stuck").save()
            started.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(stuck())
    await started.wait()
    waiting = [asyncio.create_task(_save_team(f"Team {number}")) for number in range(5)]
    await asyncio.sleep(0.02)
    task.cancel()
    waiting[2].cancel()
    await asyncio.wait_for(asyncio.gather(task, *waiting, return_exceptions=True), 5)
    names = {row["name"] for row in await Team.select(Team.name)}
    assert "Stuck" not in names
    assert {"Team 0", "Team 1", "Team 3", "Team 4"} <= names


async def test_cancelling_at_any_moment_leaves_no_half_and_no_stuck_writer(database: Database) -> None:
    async def pair(number: int) -> None:
        async with database.transaction():
            await Team(name=f"{number} left").save()
            await Team(name=f"{number} right").save()

    for number in range(60):
        task = asyncio.create_task(pair(number))
        for _ in range(number % 20):
            await asyncio.sleep(0)
        if number % 3 == 0:
            await asyncio.sleep(0.0005)
        task.cancel()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.wait_for(_save_team("last"), 5)
    names = [row["name"].split()[0] for row in await Team.select(Team.name).where(Team.name != "last")]
    assert all(names.count(name) == 2 for name in names)


async def test_increments_in_transactions_are_all_counted(database: Database) -> None:
    await Counter(name="visits", value=0).save()

    async def visit() -> None:
        async with database.transaction():
            query = Counter.select(Counter.value).where(Counter.name == "visits")
            (row,) = await (query.lock_rows() if database.kind == "postgres" else query)
            await asyncio.sleep(0)
            await Counter.update({Counter.value: row["value"] + 1}).where(Counter.name == "visits")

    await asyncio.gather(*(visit() for _ in range(50)))
    assert (await Counter.select())[0]["value"] == 50


async def test_six_hundred_writers_at_once_all_succeed(database: Database) -> None:
    async def write(number: int) -> None:
        if number % 2:
            await Team(name=f"Team {number}").save()
        else:
            async with database.transaction():
                await Team(name=f"Team {number}").save()
                await Team.update({Team.version: 2}).where(Team.name == f"Team {number}")

    answers = await asyncio.gather(*(write(number) for number in range(600)), return_exceptions=True)
    assert [answer for answer in answers if answer is not None] == []
    assert await Team.count() == 600


async def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    outside = contextvars.copy_context()
    async with database.transaction():
        await Team(name="Support").save()
        readers = [asyncio.create_task(_count_teams(), context=outside) for _ in range(8)]
        counts = await asyncio.wait_for(asyncio.gather(*readers), 5)
    assert counts == [0] * 8


async def test_a_task_that_outlives_its_transaction_is_outside_again(database: Database) -> None:
    ended = asyncio.Event()

    async def later() -> None:
        await ended.wait()
        await Team(name="Later").save()

    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            task = asyncio.create_task(later())
            await Team(name="Never").save()
            _ = 1 // 0
    ended.set()
    await task
    assert [row["name"] for row in await Team.select(Team.name)] == ["Later"]


async def test_tasks_may_share_a_transaction(database: Database) -> None:
    async with database.transaction():
        await asyncio.gather(*(_save_team(f"Team {number}") for number in range(20)))
    assert await Team.count() == 20


async def test_calls_after_commit_run_once_in_order_and_only_then(database: Database) -> None:
    calls: list[str] = []
    database.after_commit(lambda: calls.append("now"))
    async with database.transaction():
        database.after_commit(lambda: calls.append("first"))
        async with database.transaction():
            await Team(name="Support").save()
            database.after_commit(lambda: calls.append("second"))
        assert calls == ["now"]
    assert calls == ["now", "first", "second"]
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            database.after_commit(lambda: calls.append("never"))
            _ = 1 // 0
    assert calls == ["now", "first", "second"]


async def test_a_failing_call_after_commit_harms_nobody(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []

    def fail() -> None:
        raise RuntimeError("the bell is broken")

    async with database.transaction():
        await Team(name="Support").save()
        database.after_commit(fail)
        database.after_commit(lambda: calls.append("next"))
    assert calls == ["next"]
    assert "the bell is broken" in caplog.text
    assert await Team.count() == 1


async def test_a_duplicate_names_its_table_and_columns(database: Database) -> None:
    contact = Contact()
    await contact.save()
    await ContactPoint(contact=contact.id, kind="email", normalized="a@b.c", raw="a@b.c").save()
    with pytest.raises(Duplicate) as caught:
        await ContactPoint(contact=contact.id, kind="email", normalized="a@b.c", raw="A@b.c").save()
    assert caught.value.table == "contact_point"
    assert caught.value.columns == ("kind", "normalized")
    with pytest.raises(Duplicate) as caught:
        await Contact(id=contact.id).save()
    assert (caught.value.table, caught.value.columns) == ("contact", ("id",))


async def test_a_broken_foreign_key_is_refused(database: Database) -> None:
    with pytest.raises(ForeignKeyBroken):
        await ContactPoint(contact=uuid4(), kind="email", normalized="a@b.c", raw="a@b.c").save()


async def test_statements_are_counted(database: Database) -> None:
    before = database.statements
    await Team(name="Support").save()
    async with database.transaction():
        await Team.count()
        await Team.select(Team.name)
    assert database.statements - before == 3


async def test_two_databases_in_concurrent_tasks_stay_apart(
    database: Database, fresh_database: Callable[[], str]
) -> None:
    second = Database.from_url(fresh_database())
    await second.open()

    async def work(which: Database, name: str) -> list[str]:
        with which.bound():
            for number in range(10):
                async with which.transaction():
                    await asyncio.sleep(0)
                    await Team(name=f"{name} {number}").save()
            return [row["name"].split()[0] for row in await Team.select(Team.name)]

    try:
        mine, theirs = await asyncio.gather(work(database, "mine"), work(second, "theirs"))
    finally:
        await second.close()
    assert (set(mine), len(mine)) == ({"mine"}, 10)
    assert (set(theirs), len(theirs)) == ({"theirs"}, 10)


async def _save_team(name: str) -> None:
    await Team(name=name).save()


async def _count_teams() -> int:
    count: int = await Team.count()
    return count
