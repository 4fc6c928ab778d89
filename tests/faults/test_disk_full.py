"""The database's disk is full: the same words on both databases; reads go on, and nothing is half there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fault_footprint import footprint
from fault_operations import Create, Receive
from fault_tally import Tally
from fault_world import World

from crmcore.accounts.tables import Team

_FULL = """
CREATE FUNCTION crm_full() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$
"""
TABLES = ("contact", "inbound_delivery")


@asynccontextmanager
async def full_disk(world: World) -> AsyncIterator[None]:
    """Let the database take nothing more: SQLite by its own limit, PostgreSQL by the error that it raises itself."""
    database = world.crm.database
    if database.kind == "sqlite":
        async with database.transaction():
            [pages] = await Team.raw("PRAGMA page_count")
            await Team.raw(f"PRAGMA max_page_count = {pages['page_count']}")
        yield
        async with database.transaction():
            await Team.raw("PRAGMA max_page_count = 1073741823")
        return
    await database.engine.execute(_FULL, ())
    for table in TABLES:
        trigger = f"CREATE TRIGGER crm_full BEFORE INSERT ON {table} EXECUTE FUNCTION crm_full()"
        await database.engine.execute(trigger, ())
    yield
    await database.engine.execute("DROP FUNCTION crm_full CASCADE", ())


async def test_a_full_disk_is_told_as_such_and_reads_go_on(world: World, tally: Tally) -> None:
    refused = 0
    for make in (Create, Receive):
        operation = make()
        await operation.prepare(world)
        if make is Create:
            operation.document["notes"] = "long " * 3_900  # type: ignore[attr-defined]  # more than a page has left
        else:
            operation.body["text"] += "long " * 10_000  # type: ignore[attr-defined]
        before = await footprint(world.crm)
        async with full_disk(world):
            answer = await operation.ask(world)
            assert (answer.status_code, answer.json()["code"]) == (503, "disk_full"), answer.text
            assert answer.headers["Retry-After"] == "60"
            assert (await world.client.get("/api/contacts")).status_code == 200
            assert await footprint(world.crm) == before
            refused += 1
        await world.sound("a full disk")
        assert (await operation.ask(world)).is_success
        await world.quiet()
        await operation.check(world)
        await world.sound("room again")
    tally("full disk", world.crm.database.kind, refused, examined=world.examined, looked=world.looked)
