"""The data that is measured on: generated once, kept in the temporary folder, and copied for every run."""

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from benchmarks.filling import fill
from crmcore.clock import utc_now
from crmcore.contacts.tables import Contact
from crmcore.contracts.actors import system_actor
from crmcore.contracts.fields import CustomField
from crmcore.conversations.tables import Conversation
from crmcore.settings import load_settings
from crmcore.testing.postgres import PostgresServer
from crmcore.workspace import Crm

SAMPLE = 2000


class Base(Struct, frozen=True, kw_only=True):
    """A filled workspace: a token, the slug's account, and some of its records to ask for."""

    token: str
    account: UUID
    contacts: list[UUID]
    conversations: list[UUID]
    names: list[str]


KEPT = Path(tempfile.gettempdir()) / "crmcore-bench"


def kept_folder(kind: str, contacts: int, messages: int) -> Path:
    """Return where the base of this size is kept: other rows are another folder.

    One of an older schema is good for the next: the server migrates its copy as it starts.
    """
    digest = hashlib.sha256()
    for name in ("base.py", "filling.py", "rows.py"):
        digest.update((Path(__file__).parent / name).read_bytes())
    return KEPT / f"{kind}-{contacts}-{messages}-{digest.hexdigest()[:12]}"


def sqlite_base(folder: Path, contacts: int, messages: int, told: Callable[[str], None]) -> Base:
    """Return the base in ``folder``, a copy of the kept one, which is made where there is none."""
    kept = kept_folder("sqlite", contacts, messages)
    if not (kept / "base.json").exists():
        shutil.rmtree(kept, ignore_errors=True)
        base = make_base(kept, "", contacts, messages, told)
        (kept / "base.json").write_bytes(msgspec.json.encode(base))
    shutil.copytree(kept, folder)
    return msgspec.json.decode((folder / "base.json").read_bytes(), type=Base)


def postgres_base(
    server: PostgresServer, name: str, folder: Path, contacts: int, messages: int, told: Callable[[str], None]
) -> Base:
    """Return the base in the new database ``name`` of ``server``, a copy of the one that is kept there."""
    kept = kept_folder("postgres", contacts, messages)
    database = f"crmcore_bench_{kept.name.replace('-', '_')}"
    there = server.ask(
        urlsplit(server.url).path.strip("/"),
        asyncpg.Connection.fetchval,
        "SELECT count(*) FROM pg_database WHERE datname = $1",
        database,
    )
    if not there or not (kept / "base.json").exists():
        shutil.rmtree(kept, ignore_errors=True)
        server.run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        server.make(database)
        base = make_base(kept, server.url_of(database), contacts, messages, told)
        (kept / "base.json").write_bytes(msgspec.json.encode(base))
    copied = f"CREATE DATABASE {name} TEMPLATE {database}"
    try:
        server.run(f"{copied} STRATEGY FILE_COPY")
    except asyncpg.PostgresSyntaxError:  # before PostgreSQL 15
        server.run(copied)
    shutil.copytree(kept, folder)
    return msgspec.json.decode((folder / "base.json").read_bytes(), type=Base)


def make_base(folder: Path, url: str, contacts: int, messages: int, told: Callable[[str], None]) -> Base:
    """Fill a new workspace in ``folder``, or at ``url``."""
    return asyncio.run(_make(folder, url, contacts, messages, told))


async def _make(folder: Path, url: str, contacts: int, messages: int, told: Callable[[str], None]) -> Base:
    crm = Crm.build(load_settings(environment={}, data_dir=str(folder), database_url=url, no_plugins=["*"]))
    await crm.start()
    try:
        with crm.bound(), crm.database.patience(600):
            actor = system_actor("benchmark")
            for key, type in (("tier", "text"), ("number", "integer")):
                field = CustomField(
                    record_type="contact", key=key, label=key.title(), type=type, filterable=True
                )
                await crm.fields.create(field, actor=actor)
            await fill(crm.database, contacts, messages, utc_now(), told)
            user = await crm.accounts.create_user("bench@example.com", "Bench", None, role="admin")
            token = await crm.accounts.create_token(user, "bench", ["all"])
            account = await crm.channel_accounts.create("api", "Bench", {}, actor=actor, slug="bench")
            people = await Contact.select(Contact.id, Contact.last_name).order_by(Contact.id).limit(SAMPLE)
            cases = await Conversation.select(Conversation.id).order_by(Conversation.id).limit(SAMPLE)
    finally:
        await crm.stop()
    return Base(
        token=token,
        account=account,
        contacts=[row["id"] for row in people],
        conversations=[row["id"] for row in cases],
        names=sorted({row["last_name"] for row in people}),
    )
