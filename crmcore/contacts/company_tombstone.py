"""What stays of a company that was merged into another one, and how it comes back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from crmcore.contacts.tables import Company
from crmcore.contracts.actors import Actor
from crmcore.database.database import Database
from crmcore.records.history import remember


async def locked_companies(database: Database, *ids: UUID) -> dict[UUID, dict[str, Any]]:
    """Return the rows of these companies, deleted ones too, locked until the transaction ends."""
    query = Company.select().where(Company.id.is_in(list(ids))).order_by(Company.id)
    rows = await (query.lock_rows("UPDATE") if database.kind == "postgres" else query)
    return {row["id"]: row for row in rows}


async def bury(row: Mapping[str, Any], kept: UUID, actor: Actor, now: datetime) -> None:
    """Make the company ``row`` a tombstone that points to ``kept``."""
    await _write(row, {"merged_into": kept, "deleted_at": now}, "merge", [None, str(kept)], actor, now)


async def rise(row: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """Bring the tombstone ``row`` back."""
    pair = [str(row["merged_into"]), None]
    await _write(row, {"merged_into": None, "deleted_at": None}, "unmerge", pair, actor, now)


async def _write(
    row: Mapping[str, Any],
    values: dict[Any, Any],
    action: str,
    merged_into: list[Any],
    actor: Actor,
    now: datetime,
) -> None:
    version = row["version"] + 1
    values |= {"updated_at": now, "version": version}
    await Company.update(values, force=True).where(Company.id == row["id"])
    await remember(
        "company",
        row["id"],
        version=version,
        action=action,
        changes={"merged_into": merged_into},
        actor=actor,
        reason="",
        at=now,
    )
