"""An XLSX workbook's sheet, read row by row in constant memory.

python-calamine and openpyxl were measured: at 200,000 rows of six texts both hold 125 MB and grow with the file (the
first keeps the sheet, the second every text). This reader takes the list of sheets and the styles from openpyxl and
the rows from expat.
"""

import contextlib
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from msgspec import Struct
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.datetime import from_excel

from crmcore.importing.cells import clean_cell, text_of_cell
from crmcore.importing.shared_strings import SharedStrings
from crmcore.importing.sheet import MAX_COLUMNS, Row, SheetError, checked_header
from crmcore.importing.xlsx_parts import MAX_PIECE, Parts, damaged, with_entities

MAX_ROWS = 1_048_576
_LETTERS = re.compile(r"([A-Za-z]{1,3})[0-9]{1,7}", re.ASCII)
_STRINGS = "xl/sharedStrings.xml"


class XlsxSheet(Struct, frozen=True, kw_only=True):
    """One sheet of a workbook and its header, which is the first row that is not empty."""

    file: Path
    name: str
    sheet: str
    part: str
    dates: frozenset[int]
    spans: frozenset[int]
    epoch: Any
    header: list[str]
    first: int
    announced: int
    delimiter: str = ","

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header that are not empty. Raises :class:`SheetError`."""
        parts = Parts(self.file, self.name)
        with contextlib.closing(parts.zip):
            reader = _RowReader(parts, self.dates, self.spans, self.epoch)
            for number, cells in reader.read(self.part):
                if number > self.first and any(cells):
                    yield Row(number - self.first + 1, cells)

    def count(self) -> int:
        """Return how many rows the workbook says there are; counted where it does not say."""
        return self.announced or sum(1 for _ in self.rows())

    def facts(self) -> dict[str, str]:
        """Return format and the sheet's name."""
        return {"format": "xlsx", "sheet": self.sheet}


def open_xlsx(file: Path, *, sheet: str = "", name: str = "") -> XlsxSheet:
    """Return the sheet named ``sheet``, or the first one that is not hidden. Raises :class:`SheetError`."""
    name = name or file.name
    parts = Parts(file, name)
    with contextlib.closing(parts.zip):
        book, sheets = _workbook(parts, file)
        if not sheets:
            raise SheetError(f"{name} has no sheet with cells", f"{name}: нет листа с ячейками")
        chosen = sheet or sheets[0][0]
        part = dict(sheets).get(chosen)
        if part is None:
            known = ", ".join(title for title, _ in sheets[:20])
            raise SheetError(
                f"{name} has no sheet named {sheet!r}; there are: {known}",
                f"{name}: листа {sheet!r} нет; есть: {known}",
            )
        dates, spans = frozenset(book._date_formats), frozenset(book._timedelta_formats)
        reader = _RowReader(parts, dates, spans, book.epoch)
        first, header = next(((n, cells) for n, cells in reader.read(part) if any(cells)), (0, []))
        header = checked_header(header, name)
    return XlsxSheet(
        file=file,
        name=name,
        sheet=chosen,
        part=part,
        dates=dates,
        spans=spans,
        epoch=book.epoch,
        header=header,
        first=first,
        announced=max(0, reader.announced - first),
    )


class _Workbook(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
    """Reads what surrounds the sheets: their names, their styles, nothing else."""

    def read_strings(self) -> None:
        """Leave the texts where they are."""

    def read_worksheets(self) -> None:
        """Leave the sheets where they are, and remember their parts."""
        self.sheets = [
            (sheet.name, rel.target)
            for sheet, rel in self.parser.find_sheets()
            if rel.target in self.valid_files and "worksheet" in rel.Type and sheet.state == "visible"
        ]

    def read_properties(self) -> None:
        """Nobody asks for the author."""

    read_custom = read_theme = read_properties


def _workbook(parts: Parts, file: Path) -> tuple[Any, list[tuple[str, str]]]:
    for part in ("[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"):
        if part in parts.zip.namelist() and b"<!DOCTYPE" in parts.open(part).read():
            raise with_entities(parts.name)
    try:
        with warnings.catch_warnings(), file.open("rb") as stream:
            # openpyxl warns of styles it does not know, which are nothing to us.
            warnings.simplefilter("ignore")
            reader = _Workbook(stream, read_only=True, data_only=True, keep_links=False)
            reader.read()
            reader.archive.close()
    except Exception as error:  # openpyxl raises what its parsers do: KeyError, TypeError, ParseError …
        raise damaged(parts.name, str(error)[:200]) from error
    return reader.wb, reader.sheets


class _RowReader:
    """Reads the rows of one part: numbers, and cells as text."""

    def __init__(self, parts: Parts, dates: frozenset[int], spans: frozenset[int], epoch: Any) -> None:
        self._parts = parts
        self._dates = dates
        self._spans = spans
        self._epoch = epoch
        self.announced = 0

    def read(self, part: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the number (from 1) and the cells of each row that has any."""
        with contextlib.ExitStack() as stack:
            source = stack.enter_context(self._parts.open(part))
            strings = None
            if _STRINGS in self._parts.zip.namelist():
                texts = stack.enter_context(self._parts.open(_STRINGS))
                strings = SharedStrings(lambda parser: self._parts.fed(parser, texts))
                stack.callback(strings.close)
            yield from self._rows(source, strings)

    def _rows(self, source: Any, strings: SharedStrings | None) -> Iterator[tuple[int, list[str]]]:
        found: list[tuple[int, list[str]]] = []
        cells: list[str] = []
        text: list[str] = []
        number = column = 0
        kind, style, inside = "n", 0, False
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal number, column, kind, style, inside
            tag = name.rpartition(" ")[2]
            if tag == "c":
                column = _column(attributes.get("r", ""), column)
                kind = attributes.get("t", "n")
                style = int(attributes.get("s", 0))
                text.clear()
            elif tag == "row":
                number = int(attributes.get("r", number + 1))
                column = 0
                cells.clear()
            elif tag == "dimension":
                self.announced = _last_row(attributes.get("ref", ""))
            elif tag in ("v", "t"):
                inside = True

        def end(name: str) -> None:
            nonlocal inside
            tag = name.rpartition(" ")[2]
            if tag in ("v", "t"):
                inside = False
            elif tag == "c" and text and column <= MAX_COLUMNS + 1:
                cells.extend([""] * (column - len(cells)))
                cells[column - 1] = self._cell("".join(text), kind, style, strings)
            elif tag == "row" and 0 < number <= MAX_ROWS:
                found.append((number, cells.copy()))

        def characters(data: str) -> None:
            if inside:
                text.append(data)

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = characters
        piece = 0
        try:
            for _ in self._parts.fed(parser, source):
                piece = parser.CurrentByteIndex if found else piece
                if parser.CurrentByteIndex - piece > MAX_PIECE and number:
                    raise SheetError(
                        f"{self._parts.name} has a row of more than {MAX_PIECE:,} bytes",
                        f"{self._parts.name}: строка длиннее {MAX_PIECE:,} байт",
                    )
                yield from found
                found.clear()
        except (ValueError, IndexError, OverflowError) as error:
            if isinstance(error, SheetError):
                raise
            raise SheetError(
                f"{self._parts.name}: row {number} is damaged: {str(error)[:100]}",
                f"{self._parts.name}: строка {number} повреждена: {str(error)[:100]}",
            ) from error

    def _cell(self, text: str, kind: str, style: int, strings: SharedStrings | None) -> str:
        if kind == "s":
            if strings is None:
                raise IndexError("a text that is not there")
            return clean_cell(text_of_cell(strings.get(int(text))))
        if kind == "b":
            return "true" if text.strip() in ("1", "true") else "false"
        if kind in ("str", "inlineStr", "e", "d"):
            return clean_cell(text_of_cell(text))
        value: Any = float(text) if any(mark in text for mark in ".eE") else int(text)
        if style in self._dates or style in self._spans:
            # What is no date is shown as the number that it is, as the spreadsheet does.
            with contextlib.suppress(ValueError, OverflowError):
                value = from_excel(value, self._epoch, timedelta=style in self._spans)
        return text_of_cell(value)


def _column(place: str, before: int) -> int:
    """Return the column (from 1) of ``AB12``; the one after ``before`` where the cell does not say."""
    found = _LETTERS.fullmatch(place)
    if not found:
        return before + 1
    number = 0
    for letter in found[1].upper():
        number = number * 26 + ord(letter) - 64
    return number


def _last_row(reference: str) -> int:
    """Return the last row of ``A1:F1000001``; 0 where it does not say more than the first cell."""
    _, colon, last = reference.partition(":")
    digits = re.sub(r"[^0-9]", "", last)[:7]
    return min(int(digits), MAX_ROWS) if colon and digits else 0
