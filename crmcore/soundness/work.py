"""Whatever waits for something to be done has a job that will do it."""

from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from piccolo.table import Table

from crmcore.conversations.found import kind_of
from crmcore.conversations.tables import ChannelAccountRow, InboundDelivery, Message
from crmcore.database.statement import fetch
from crmcore.importing.tables import ImportRun
from crmcore.privacy.tables import Erasure, PersonalExport
from crmcore.soundness.batches import batches
from crmcore.soundness.finding import Looked
from crmcore.webhooks.tables import WebhookDelivery

if TYPE_CHECKING:
    from crmcore.workspace import Crm

# Piccolo takes no empty list.
NO_ACCOUNT = UUID(int=0)


async def waiting_work(crm: "Crm") -> AsyncIterator[Looked | tuple[str, str]]:
    """Look for deliveries, replies, webhooks, imports, exports and erasures that everybody has forgotten."""
    working = [
        row["id"]
        for row in await ChannelAccountRow.select().where(ChannelAccountRow.state == "active")
        if kind_of(crm.registry, row["channel"]) is not None
    ] or [NO_ACCOUNT]
    received = (InboundDelivery.state == "received") & InboundDelivery.account.is_in(working)
    queued = (Message.delivery == "queued") & Message.account.is_in(working)
    waiting: Iterable[tuple[str, type[Table], Any, str, str]] = (
        ("delivery", InboundDelivery, received, "process_delivery", "delivery_id"),
        ("reply", Message, queued, "send_message", "message_id"),
        ("webhook", WebhookDelivery, WebhookDelivery.state == "queued", "deliver_webhook", "delivery"),
        ("import", ImportRun, ImportRun.state == "queued", "run_import", "import_id"),
        ("erasure", Erasure, Erasure.state.is_in(["queued", "running"]), "erase_person", "erasure"),
        (
            "export",
            PersonalExport,
            PersonalExport.state.is_in(["queued", "running"]),
            "export_person",
            "export",
        ),
    )
    for what, table, condition, job, name in waiting:
        done_by = await _named(job, name)
        async for found in batches(table, table._meta.primary_key, where=condition):
            yield Looked(len(found))
            for row in found:
                if str(row["id"]) not in done_by:
                    yield f"{what} {row['id']}", "it waits, and no job will see to it"


async def _named(job: str, name: str) -> set[str]:
    """Return the ids that the payloads of the core's ``job`` have under ``name``."""
    # One that runs in the lane of another name says whose it is.
    rows = await fetch("SELECT payload FROM job WHERE name IN ({}, {})", job, f"core.{job}")
    payloads = [msgspec.json.decode(row["payload"], type=dict[str, Any]) for row in rows]
    return {str(payload[name]) for payload in payloads if name in payload}
