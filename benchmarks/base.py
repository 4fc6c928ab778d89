"""The data that is measured on: the same base for every server, made once per database."""

import asyncio
import shutil
from pathlib import Path
from random import Random
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actors import system_actor
from crmcore.demo.people import make_person
from crmcore.settings import load_settings
from crmcore.workspace import Crm

CONTACTS = 1000


class Base(Struct, frozen=True, kw_only=True):
    """A filled workspace: its folder, a token, an account, and some contacts to ask for."""

    folder: Path
    token: str
    account: UUID
    contacts: list[UUID]


def make_base(folder: Path, url: str = "") -> Base:
    """Fill a workspace in ``folder`` (and at ``url``) with a thousand contacts, through the gate."""
    return asyncio.run(_make(folder, url))


async def _make(folder: Path, url: str) -> Base:
    crm = Crm.build(load_settings(environment={}, data_dir=str(folder), database_url=url, no_plugins=["*"]))
    await crm.start()
    try:
        with crm.bound():
            actor = system_actor("benchmark")
            random = Random(1)
            contacts = []
            for number in range(CONTACTS):
                person = make_person(number, random)
                document = {
                    "first_name": person.first_name,
                    "last_name": person.last_name,
                    "emails": [person.email],
                    "phones": [person.phone],
                    "company": person.company or None,
                }
                contacts.append((await crm.records.create("contact", document, actor=actor)).id)
            user = await crm.accounts.create_user("bench@example.com", "Bench", None, role="admin")
            token = await crm.accounts.create_token(user, "bench", ["all"])
            account = await crm.channel_accounts.create("api", "Bench", {}, actor=actor, slug="bench")
            await crm.worker.drain()
    finally:
        await crm.stop()
    return Base(folder=folder, token=token, account=account, contacts=contacts)


def copy_of(base: Base, folder: Path) -> Path:
    """Copy a SQLite base for another server and return its folder."""
    shutil.copytree(base.folder, folder)
    return folder
