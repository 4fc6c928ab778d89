"""A CSV file as a sheet: a header and rows, whatever program wrote it."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from msgspec import Struct

from crmcore.importing.cells import clean_cell
from crmcore.importing.encodings import detect_encoding

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 50


class SheetError(ValueError):
    """The file is not a table that can be read; the sentence says why and where."""


class Row(Struct, frozen=True):
    """One row: its number as a spreadsheet shows it (the header is 1) and its cells, cleaned."""

    number: int
    cells: list[str]


class Sheet(Struct, frozen=True, kw_only=True):
    """A file whose encoding and delimiter are known, and its header."""

    file: Path
    encoding: str
    delimiter: str
    header: list[str]
    skip: int = 0

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header that are not empty. Raises :class:`SheetError`."""
        number = 0
        try:
            with self.file.open(encoding=self.encoding, newline="") as stream:
                for number, cells in enumerate(csv.reader(stream, delimiter=self.delimiter), start=1):
                    cleaned = [clean_cell(cell) for cell in cells]
                    if number > self.skip + 1 and any(cleaned):
                        yield Row(number - self.skip, cleaned)
        except UnicodeDecodeError as error:
            raise SheetError(f"{self.file.name}: row {number + 1} is not {self.encoding}") from error
        except csv.Error as error:
            raise SheetError(f"{self.file.name}: row {number + 1}: {error}") from error

    def count(self) -> int:
        """Return how many rows :meth:`rows` yields."""
        return sum(1 for _ in self.rows())


def open_sheet(file: Path, *, encoding: str = "", delimiter: str = "") -> Sheet:
    """Return ``file`` as a sheet; detect ``encoding`` and ``delimiter`` unless they are given.

    Raises :class:`SheetError` when the file cannot be read, is empty, or has no header.
    """
    try:
        encoding = encoding or detect_encoding(file)
        with file.open(encoding=encoding, newline="") as stream:
            lines = list(islice(stream, _SAMPLE_ROWS))
    except OSError as error:
        raise SheetError(f"{file}: {error.strerror or error}") from error
    except LookupError as error:
        raise SheetError(f"there is no encoding named {encoding!r}") from error
    except UnicodeError as error:
        raise SheetError(f"{file.name} is not {encoding}") from error
    skip = 0
    # Excel writes and reads "sep=;" as a first line of its own.
    if lines and lines[0].strip().strip('"').lower().startswith("sep="):
        delimiter = delimiter or lines[0].strip().strip('"')[4:5]
        skip = 1
    delimiter = delimiter or _detect_delimiter(lines[skip:])
    try:
        header = next(csv.reader(lines[skip:], delimiter=delimiter), [])
    except (csv.Error, TypeError) as error:
        raise SheetError(f"{file.name}: the header cannot be read: {error}") from error
    header = [clean_cell(cell) for cell in header]
    if not any(header):
        raise SheetError(f"{file.name} has no header in its first row")
    return Sheet(file=file, encoding=encoding, delimiter=delimiter, header=header, skip=skip)


def _detect_delimiter(lines: list[str]) -> str:
    """Return the delimiter that cuts most rows into as many cells as the header, then into most cells."""

    def fitness(delimiter: str) -> tuple[float, int]:
        try:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            return (0.0, 0)
        width = len(rows[0]) if rows else 0
        if width < 2:
            return (0.0, width)
        return (sum(len(row) == width for row in rows) / len(rows), width)

    return max(DELIMITERS, key=fitness)
