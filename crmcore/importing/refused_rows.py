"""The refused rows of an import as a CSV file, ready to be mended and imported again; and the skipped ones."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contracts.labels import text_of
from crmcore.contracts.problems import Problem
from crmcore.importing.cells import quoted_cell
from crmcore.importing.sheet import Sheet
from crmcore.importing.tables import ImportRow

PAGE = 500

_NO_LABELS: Mapping[str, str] = MappingProxyType({})
REASON_COLUMN = {"en": "error", "ru": "ошибка"}
KNOWN_COLUMN = {"en": "known by", "ru": "известна по"}
ROW_COLUMN = {"en": "row", "ru": "строка"}
RECORD_COLUMN = {"en": "record", "ru": "запись"}

Left = Literal["refused", "skipped"]
"""Rows that were not imported: with something wrong, or about what is there already."""


class RefusedRow(Struct, frozen=True, kw_only=True):
    """A row that was not imported, and why; ``record_id`` is the record that it is known as."""

    row: int
    record_id: UUID | None = None
    problems: list[Problem]

    def sentence(self, language: str = "en", labels: Mapping[str, str] = _NO_LABELS) -> str:
        """Return all reasons in one line, each with the field it is about: by its label, else by its key."""
        return " ".join(
            f"{labels.get(name := _field(problem.path), name)}: {problem.sentence(language)}"
            if problem.path
            else problem.sentence(language)
            for problem in self.problems
        )


async def refused_rows(
    run: UUID, *, left: Left = "refused", after: int = 0, limit: int = PAGE
) -> list[RefusedRow]:
    """Return the refused or skipped rows behind row ``after`` with their problems, in order."""
    rows = (
        await ImportRow.select(ImportRow.row, ImportRow.record_id, ImportRow.problems)
        .where(ImportRow.run == run, ImportRow.outcome == left, ImportRow.row > after)
        .order_by(ImportRow.row)
        .limit(limit)
    )
    return [
        RefusedRow(
            row=row["row"],
            record_id=row["record_id"],
            # Those of a person whose data was erased are empty.
            problems=msgspec.json.decode(row["problems"] or "[]", type=list[Problem]),
        )
        for row in rows
    ]


async def refused_file(
    run: UUID,
    sheet: Sheet,
    language: str,
    labels: Mapping[str, str] = _NO_LABELS,
    left: Left = "refused",
) -> AsyncIterator[bytes]:
    """Yield a CSV file: the original columns of every refused row and why, in ``language``. Constant memory.

    Skipped rows have their number, by what they are known, and the id of the record instead of the reason.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=sheet.delimiter)
    # Excel takes a file without this mark for Windows-1252.
    buffer.write("\ufeff")
    added = (REASON_COLUMN,) if left == "refused" else (ROW_COLUMN, KNOWN_COLUMN, RECORD_COLUMN)
    writer.writerow([*map(quoted_cell, sheet.header), *(text_of(column, language) for column in added)])
    rows = sheet.rows()
    after, reasons, over = 0, dict[int, list[str]](), False
    while block := await asyncio.to_thread(lambda: list(islice(rows, PAGE))):
        for row in block:
            if not reasons and not over:
                refused = await refused_rows(run, left=left, after=after)
                reasons = {
                    found.row: _told(found, left, found.sentence(language, labels)) for found in refused
                }
                after = refused[-1].row if refused else after
                over = not refused
            if (reason := reasons.pop(row.number, None)) is not None:
                missing = [""] * (len(sheet.header) - len(row.cells))
                writer.writerow([*map(quoted_cell, row.cells), *missing, *map(quoted_cell, reason)])
        yield _taken(buffer)
        if over:
            break
    yield _taken(buffer)


def _told(row: RefusedRow, left: Left, sentence: str) -> list[str]:
    return [sentence] if left == "refused" else [str(row.row), sentence, str(row.record_id or "")]


def _field(path: str) -> str:
    """Return ``custom.tier`` for ``/custom/tier``, ``emails`` for ``/emails/0``."""
    return ".".join(part for part in path.split("/") if part and not part.isdecimal())


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
