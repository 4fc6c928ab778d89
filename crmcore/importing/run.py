"""An import: what is to be done with a file, and how far it has come."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from crmcore.contracts.actors import Actor, ActorKind

Duplicates = Literal["skip", "update", "merge", "refuse"]
State = Literal[
    "uploaded", "queued", "running", "checked", "done", "failed", "cancelled", "undoing", "undone"
]
COUNTERS = ("created", "updated", "unchanged", "skipped", "refused")

_Column = Annotated[str, Meta(max_length=200)]
_Field = Annotated[str, Meta(max_length=100)]


class ImportSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a file is read and what its rows do.

    ``mapping`` is the field of a column by its name or its number from 1, empty to leave it out; columns that are
    not named go where they went last time, or are guessed. ``duplicates`` says what happens to a record that is
    known: it is skipped, updated with the cells that are not empty, merged (only its empty fields are filled and its
    lists added to), or the row is refused. Contacts are known by their contact points, other records by the field
    ``key``. A ``dry_run`` checks everything and writes nothing. Contacts whose data was erased are refused unless
    ``allow_erased``.
    """

    mapping: Annotated[dict[_Column, _Field], Meta(max_length=1000)] = {}
    duplicates: Duplicates = "skip"
    key: _Field = ""
    dry_run: bool = False
    allow_erased: bool = False
    encoding: Annotated[str, Meta(max_length=40)] = ""
    delimiter: Annotated[str, Meta(max_length=1)] = ""
    sheet: Annotated[str, Meta(max_length=100)] = ""


class Starter(Struct, frozen=True, kw_only=True):
    """Who started an import, as he was then: later he may do what he may both then and now."""

    kind: ActorKind
    id: str
    label: str
    permissions: frozenset[str]
    language: str
    time_zone: str

    @classmethod
    def of(cls, actor: Actor) -> "Starter":
        """Return what is kept of ``actor``."""
        return cls(**{name: getattr(actor, name) for name in cls.__struct_fields__})


class Import(Struct, frozen=True, kw_only=True):
    """An import as it stands. ``done`` of ``total`` rows were worked on; ``kept`` are those an undo left alone."""

    id: UUID
    record_type: str
    file_name: str
    size: int
    state: State
    settings: ImportSettings
    header: list[str]
    total: int
    done: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    refused: int
    undone: int
    kept: int
    error: str
    by: str
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


def import_of(row: dict[str, Any]) -> Import:
    """Return the import stored in ``row``."""
    names = set(Import.__struct_fields__) - {"settings", "header", "done", "by"}
    return Import(
        settings=msgspec.json.decode(row["settings"], type=ImportSettings),
        header=msgspec.json.decode(row["header"]),
        done=sum(row[name] for name in COUNTERS),
        by=msgspec.json.decode(row["actor"]).get("label", ""),
        **{name: row[name] for name in names},
    )
