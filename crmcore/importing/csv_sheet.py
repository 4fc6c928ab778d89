"""A CSV file as a sheet."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from msgspec import Struct

from crmcore.importing.cells import clean_cell
from crmcore.importing.encodings import NoText, detect_encoding
from crmcore.importing.open_quote import Lines
from crmcore.importing.sheet import Row, SheetError, checked_header

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 50
# Far beyond any header; a file without line ends is not read as one line.
_SAMPLE_LINE = 1_000_000


class CsvSheet(Struct, frozen=True, kw_only=True):
    """A text file whose encoding and delimiter are known, and its header."""

    file: Path
    name: str
    encoding: str
    delimiter: str
    header: list[str]
    skip: int = 0

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header that are not empty. Raises :class:`SheetError`."""
        number = 0
        try:
            with self.file.open(encoding=self.encoding, newline="") as stream:
                lines = Lines(stream, self.delimiter)
                for number, cells in enumerate(csv.reader(lines, delimiter=self.delimiter), start=1):
                    if line := lines.open_quote():
                        raise SheetError(
                            f"{self.name}: the quote that is opened on line {line} is not closed where a cell ends: "
                            "the rows behind it would be one cell. Close it or take it away",
                            f"{self.name}: кавычка, открытая в строке {line}, не закрыта там, где кончается ячейка: "
                            "строки после неё стали бы одной ячейкой. Закройте её или уберите",
                        )
                    if number <= self.skip + 1:
                        continue
                    cleaned = [clean_cell(cell) for cell in cells]
                    if any(cleaned):
                        yield Row(number - self.skip, cleaned)
        except UnicodeDecodeError as error:
            raise SheetError(
                f"{self.name}: row {number + 1} is not {self.encoding}",
                f"{self.name}: строка {number + 1} не в кодировке {self.encoding}",
            ) from error
        except csv.Error as error:
            quote, russian = "", ""
            if line := lines.open_quote(cut=True):
                quote = f"; is the quote that is opened on line {line} closed?"
                russian = f"; закрыта ли кавычка, открытая в строке {line}?"
            raise SheetError(
                f"{self.name}: row {number + 1}: {error}{quote}",
                f"{self.name}: строка {number + 1}: {error}{russian}",
            ) from error

    def count(self) -> int:
        """Return how many rows :meth:`rows` yields."""
        return sum(1 for _ in self.rows())

    def facts(self) -> dict[str, str]:
        """Return format, encoding and delimiter."""
        return {"format": "csv", "encoding": self.encoding, "delimiter": self.delimiter}


def open_csv(file: Path, *, encoding: str = "", delimiter: str = "", name: str = "") -> CsvSheet:
    """Return ``file`` as a sheet; detect ``encoding`` and ``delimiter`` unless they are given.

    Raises :class:`~crmcore.importing.sheet.SheetError`.
    """
    name = name or file.name
    try:
        encoding = encoding or detect_encoding(file)
        with file.open(encoding=encoding, newline="") as stream:
            lines = list(islice(iter(lambda: stream.readline(_SAMPLE_LINE), ""), _SAMPLE_ROWS))
    except NoText as error:
        raise SheetError(
            f"{name} is no text: it contains NUL characters. Save it as XLSX or CSV",
            f"{name} — не текстовый файл: в нём есть символы NUL. Сохраните его как XLSX или CSV",
        ) from error
    except OSError as error:
        raise SheetError(unreadable := f"{file}: {error.strerror or error}", unreadable) from error
    except (LookupError, ValueError) as error:
        if isinstance(error, UnicodeError):
            raise SheetError(f"{name} is not {encoding}", f"{name}: кодировка не {encoding}") from error
        raise SheetError(f"there is no encoding named {encoding!r}", f"кодировки {encoding!r} нет") from error
    skip = 0
    # Excel writes and reads "sep=;" as a first line of its own.
    if lines and lines[0].strip().strip('"').lower().startswith("sep="):
        delimiter = delimiter or lines[0].strip().strip('"')[4:5]
        skip = 1
    delimiter = delimiter or _detect_delimiter(lines[skip:])
    try:
        header = next(csv.reader(lines[skip:], delimiter=delimiter), [])
    except (csv.Error, TypeError, ValueError) as error:
        raise SheetError(
            f"{name}: the header cannot be read: {error}", f"{name}: заголовок не читается: {error}"
        ) from error
    header = checked_header([clean_cell(cell) for cell in header], name)
    return CsvSheet(file=file, name=name, encoding=encoding, delimiter=delimiter, header=header, skip=skip)


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
