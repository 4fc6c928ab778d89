"""An export that is made in the background: what was asked for, and how far it has come."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from crmcore.exporting.service import ExportSettings

State = Literal["queued", "running", "done", "failed"]


class NewExport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An export to make: of which records, and how."""

    record_type: Annotated[str, Meta(min_length=1, max_length=60)]
    settings: ExportSettings = msgspec.field(default_factory=ExportSettings)


class ExportEntry(Struct, frozen=True, kw_only=True):
    """An export as it stands. ``done`` of ``total`` records are in the file, which has ``size`` bytes."""

    id: UUID
    record_type: str
    state: State
    settings: ExportSettings
    done: int
    total: int
    size: int
    error: str
    by: str
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


def export_of(row: dict[str, Any]) -> ExportEntry:
    """Return the export stored in ``row``."""
    names = set(ExportEntry.__struct_fields__) - {"settings", "by"}
    return ExportEntry(
        settings=msgspec.json.decode(row["settings"], type=ExportSettings),
        by=msgspec.json.decode(row["actor"]).get("label", ""),
        **{name: row[name] for name in names},
    )
