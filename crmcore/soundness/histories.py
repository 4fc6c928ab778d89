"""Every version of a record has its entry in the history, and none has two."""

from collections import defaultdict
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

from crmcore.contracts.records import RecordType
from crmcore.database.statement import fetch
from crmcore.privacy.tables import Erasure
from crmcore.records.scope import has_column
from crmcore.soundness.batches import batches, places
from crmcore.soundness.finding import Looked

if TYPE_CHECKING:
    from crmcore.workspace import Crm

CHANGING = ("create", "update", "delete", "restore", "merge", "unmerge")


async def histories(crm: "Crm") -> AsyncIterator[Looked | tuple[str, str]]:
    """Compare the versions of records with those that the history tells of.

    Records without a beginning there (the demo's large base) are passed over, and those whose history an erasure has
    redacted: it changes rows past the gate, before it comes to the history.
    """
    erasing = await Erasure.exists().where(Erasure.state != "done")
    for record_type in crm.records.types.values():
        if not has_column(record_type, "version"):
            continue
        version = record_type.table._meta.get_column_by_name("version")
        async for found in batches(record_type.table, version):
            yield Looked(len(found))
            told = await _told(record_type, [row["id"] for row in found])
            for row in found:
                versions = sorted(told.get(row["id"], []))
                if not versions or versions[0] != 1 or 0 in versions:
                    continue
                last = versions[-1] if erasing else row["version"]
                if versions != list(range(1, last + 1)) or last > row["version"]:
                    subject = f"{record_type.key} {row['id']}"
                    yield (
                        subject,
                        f"it has version {row['version']}, and its history tells of {_short(versions)}",
                    )


async def _told(record_type: RecordType, ids: list[UUID]) -> dict[UUID, list[int]]:
    told = defaultdict(list)
    for row in await fetch(
        "SELECT record_id, CASE WHEN redacted_by IS NULL THEN version ELSE 0 END AS version "  # noqa: S608
        "FROM history WHERE record_type = {} "
        f"AND record_id IN ({places(ids)}) AND action IN ({places(CHANGING)})",
        record_type.key,
        *ids,
        *CHANGING,
    ):
        told[UUID(str(row["record_id"]))].append(int(row["version"]))
    return told


def _short(versions: list[int]) -> str:
    text = ", ".join(map(str, versions))
    return text if len(text) <= 60 else f"{text[:60]}…"
