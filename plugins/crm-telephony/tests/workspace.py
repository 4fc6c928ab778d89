"""A workspace with the plugin, one Asterisk or one line at Twilio, and people with phones."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from uuid import UUID

from ami_sessions import SECRET, USERNAME, AmiServer
from twilio_requests import NOW

from crmcore import Pop, system_actor
from crmcore.records.query import ListQuery
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

ADMIN = system_actor("tests")
POINT = EntryPoint("telephony", "crm_telephony.plugin", "crmcore")


@asynccontextmanager
async def workspace(database_url: str, folder: Path, *hosts: str) -> AsyncIterator[Crm]:
    """A started workspace that may reach ``hosts``."""
    settings = WorkspaceSettings(
        data_dir=str(folder / "data"), database_url=database_url, strict=True, outgoing_hosts=list(hosts)
    )
    crm = Crm.build(settings, clock=TurnableClock(NOW), entry_points=[POINT])
    await crm.start()
    try:
        with crm.bound():
            yield crm
    finally:
        await crm.stop()


async def asterisk(crm: Crm, ami: AmiServer, **changes: Any) -> UUID:
    """Set up the PBX that ``ami`` stands for."""
    config = {"host": "127.0.0.1", "port": ami.port, "username": USERNAME, "secret": SECRET, **changes}
    id: UUID = await crm.channel_accounts.create("asterisk", "PBX", config, actor=ADMIN, slug="pbx")
    return id


async def person(crm: Crm, name: str, *phones: str) -> UUID:
    """Make a user with these phones."""
    document = {"name": name, "email": f"{name.lower()}@example.com", "role": "admin"}
    user = await crm.records.create("user", document, actor=ADMIN)
    for phone in phones:
        phone_document = {"phone": phone, "user_id": str(user.id)}
        await crm.records.create("telephony_phone", phone_document, actor=ADMIN)
    return user.id


async def all_of(crm: Crm, record_type: str) -> list[dict[str, Any]]:
    """Return all documents of a type, oldest first."""
    page = await crm.records.list(record_type, ListQuery(sort="created_at", limit=200), actor=ADMIN)
    return [record.document for record in page.items]


class Pops:
    """Takes the place of showing cards, and remembers them."""

    def __init__(self) -> None:
        self.shown: list[Pop] = []

    async def __call__(self, crm: Crm, plugin: str, pop: Pop) -> None:
        self.shown.append(pop)


async def until(true: Callable[[], Awaitable[Any]], within_s: float = 60.0) -> Any:
    """Wait until ``true()`` holds and return what it returned."""
    async with asyncio.timeout(within_s):
        while not (found := await true()):  # noqa: ASYNC110 - the database says it, no event does
            await asyncio.sleep(0.02)  # what happens is seen in the database
        return found


@asynccontextmanager
async def listening(crm: Crm, account: UUID) -> AsyncIterator[None]:
    """Let the plugin listen to the account, as one process of all does."""
    channel = crm.registry.channels["asterisk"].item
    found = await crm.channel_accounts.get(str(account))
    task = asyncio.create_task(channel.listen(found.account, crm.host.context("telephony")))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
