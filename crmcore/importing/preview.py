"""What an import would do, before it does."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from msgspec import Struct

from crmcore.importing.reading import Read
from crmcore.importing.row_writer import Written
from crmcore.importing.sheet import Row

SHOWN = 10
CHECKED = 50
SAMPLES = 3
MAX_SAMPLE = 100


class PreviewColumn(Struct, frozen=True, kw_only=True):
    """A column, the field it goes into (empty: none), and the first different values in it."""

    column: str
    field: str
    samples: list[str]


class PreviewRow(Struct, frozen=True, kw_only=True):
    """A row as the document that it becomes, and what would become of it: created, refused and so on."""

    row: int
    document: dict[str, Any]
    outcome: str
    problems: list[dict[str, Any]]


class Preview(Struct, frozen=True, kw_only=True):
    """A file as it is understood, and its first rows tried. ``fields`` are those that columns may go into."""

    facts: dict[str, str]
    total: int
    columns: list[PreviewColumn]
    remembered: bool
    fields: list[str]
    rows: list[PreviewRow]


def preview_of(
    read: Read, total: int, rows: Sequence[Row], written: Sequence[Written], language: str
) -> Preview:
    """Return the preview of ``rows``, all of which were tried; the first ten and those that fail are shown."""
    mapping = read.mapping
    tried = dict(zip((row.number for row in rows), written, strict=False))
    shown = [row for place, row in enumerate(rows) if place < SHOWN or tried[row.number].outcome == "refused"]
    fields = [*mapping.properties, *(f"custom.{key}" for key in mapping.custom)]
    if "first_name" in mapping.properties:
        fields.append("name")
    return Preview(
        facts=read.sheet.facts(),
        total=total,
        columns=[
            PreviewColumn(column=name, field=field, samples=_samples(rows, place))
            for place, (name, field) in enumerate(zip(read.sheet.header, mapping.targets, strict=True))
        ],
        remembered=read.remembered,
        fields=sorted(fields),
        rows=[
            PreviewRow(
                row=row.number,
                document=mapping.document(row.cells)[0],
                outcome=tried[row.number].outcome,
                problems=[
                    {"path": problem.path, "code": problem.code, "message": problem.sentence(language)}
                    for problem in tried[row.number].problems
                ],
            )
            for row in shown
        ],
    )


def first_rows(read: Read) -> list[Row]:
    """Return the rows that a preview tries."""
    return list(islice(read.sheet.rows(), CHECKED))


def _samples(rows: Sequence[Row], place: int) -> list[str]:
    values = (row.cells[place][:MAX_SAMPLE] for row in rows if place < len(row.cells) and row.cells[place])
    return list(dict.fromkeys(values))[:SAMPLES]
