"""A change of many records: what to do, to which of them, and how far it has come."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from crmcore.contracts.problems import Problem
from crmcore.records.query import ListQuery

State = Literal["queued", "running", "done", "failed", "undoing", "undone"]
OPEN: tuple[State, ...] = ("queued", "running", "undoing")
MAX_IDS = 1000

_Tag = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S")]


class Selection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which records: those with ``ids``, or all that ``query`` finds and that were there at the beginning."""

    ids: Annotated[tuple[UUID, ...], Meta(max_length=MAX_IDS)] = ()
    query: ListQuery | None = None


class Work(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do with each: delete it, or write ``changes``, add and take away tags."""

    changes: dict[str, Any] = {}
    add_tags: Annotated[tuple[_Tag, ...], Meta(max_length=50)] = ()
    remove_tags: Annotated[tuple[_Tag, ...], Meta(max_length=50)] = ()
    delete: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether no record would be other than before."""
        return not (self.changes or self.add_tags or self.remove_tags or self.delete)


class NewBulkRun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of many records as a program asks for it: :class:`Selection` and :class:`Work` in one document."""

    record_type: Annotated[str, Meta(min_length=1, max_length=60)]
    ids: Annotated[tuple[UUID, ...], Meta(max_length=MAX_IDS)] = ()
    query: ListQuery | None = None
    changes: dict[str, Any] = {}
    add_tags: Annotated[tuple[_Tag, ...], Meta(max_length=50)] = ()
    remove_tags: Annotated[tuple[_Tag, ...], Meta(max_length=50)] = ()
    delete: bool = False


class Run(Struct, frozen=True, kw_only=True):
    """A change of many records as it stands. ``kept`` are those that an undo left alone, changed since."""

    id: UUID
    record_type: str
    state: State
    work: Work
    total: int
    changed: int
    unchanged: int
    refused: int
    undone: int
    kept: int
    by: str
    error: str
    created_at: datetime
    finished_at: datetime | None

    @property
    def done(self) -> int:
        """How many records were worked on."""
        return (
            self.undone + self.kept
            if self.state == "undoing"
            else self.changed + self.unchanged + self.refused
        )

    @property
    def total_now(self) -> int:
        """How many there are to work on: those that were changed, when it is taken back."""
        return self.changed if self.state == "undoing" else self.total

    @property
    def is_open(self) -> bool:
        """Whether there is work left."""
        return self.state in OPEN


class Reason(Struct, frozen=True, kw_only=True):
    """Why records were refused, how many, and the first of them."""

    text: str
    count: int
    records: tuple[UUID, ...]


def run_of(row: dict[str, Any]) -> Run:
    """Return the stored ``row`` as a run."""
    names = (name for name in Run.__struct_fields__ if name not in ("work", "by"))
    return Run(
        work=msgspec.json.decode(row["work"], type=Work),
        by=msgspec.json.decode(row["actor"]).get("label", ""),
        **{name: row[name] for name in names},
    )


def problems_text(problems: list[Problem], language: str) -> str:
    """Return why a record was refused, in one line."""
    return " ".join(dict.fromkeys(problem.sentence(language) for problem in problems))
