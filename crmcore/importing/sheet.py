"""A file as a sheet, a header and rows, whatever program wrote it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from msgspec import Struct

MAX_COLUMNS = 500
MAX_NAME = 200

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


class SheetError(ValueError):
    """The file is not a table that can be read; the sentence says why and where, in both languages."""

    def __init__(self, english: str, russian: str) -> None:
        super().__init__(english)
        self.russian = russian


class Row(Struct, frozen=True):
    """One row: its number as a spreadsheet shows it (the header is 1) and its cells, cleaned."""

    number: int
    cells: list[str]


class Sheet(Protocol):
    """A table whose header is known. Rows are read as they are asked for, in constant memory."""

    @property
    def file(self) -> Path: ...
    @property
    def header(self) -> list[str]: ...
    @property
    def delimiter(self) -> str:
        """What stands between the cells of a row; a comma for what is no text."""
        ...

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header that are not empty. Raises :class:`SheetError`."""
        ...

    def count(self) -> int:
        """Return how many rows there are, or as many as the file itself says."""
        ...

    def facts(self) -> dict[str, str]:
        """Return what was found out about the file: ``format``, and ``encoding`` and ``delimiter`` or ``sheet``."""
        ...


def open_sheet(
    file: Path, *, encoding: str = "", delimiter: str = "", sheet: str = "", name: str = ""
) -> Sheet:
    """Return ``file`` as a sheet: XLSX by its first bytes, else text.

    ``encoding`` and ``delimiter`` of a text are detected unless they are given; ``sheet`` names one of a workbook
    (the first is taken). ``name`` is what people call the file. Raises :class:`SheetError` when it cannot be read,
    is empty, or has no header.
    """
    # Workbooks need a library that most commands do not.
    from crmcore.importing.csv_sheet import open_csv

    name = name or file.name
    try:
        with file.open("rb") as stream:
            beginning = stream.read(8)
    except OSError as error:
        raise SheetError(unreadable := f"{file}: {error.strerror or error}", unreadable) from error
    if beginning.startswith(b"PK\x03\x04"):
        from crmcore.importing.xlsx_sheet import open_xlsx

        return open_xlsx(file, sheet=sheet, name=name)
    for magic, (kind, russian) in _OTHERS.items():
        if beginning.startswith(magic):
            raise SheetError(
                f"{name} is {kind}; save it as XLSX or CSV",
                f"{name} — {russian}; сохраните файл как XLSX или CSV",
            )
    return open_csv(file, encoding=encoding, delimiter=delimiter, name=name)


_OTHERS = {
    b"\xd0\xcf\x11\xe0": (
        "an old Excel file (XLS) or a workbook with a password",
        "старый файл Excel (XLS) или книга с паролем",
    ),
    b"%PDF": ("a PDF", "файл PDF"),
    b"\x1f\x8b": ("compressed", "архив"),
    b"Rar!": ("compressed", "архив"),
    b"7z\xbc\xaf": ("compressed", "архив"),
    b"\x89PNG": ("a picture", "картинка"),
    b"\xff\xd8\xff": ("a picture", "картинка"),
    b"{\\rtf": ("a text document (RTF)", "текстовый документ (RTF)"),
}


def checked_header(header: list[str], name: str) -> list[str]:
    """Return ``header`` without empty columns at its end; raises :class:`SheetError` when it cannot be one."""
    while header and not header[-1]:
        header.pop()
    if not header:
        raise SheetError(f"{name} has no header in its first row", f"{name}: в первой строке нет заголовка")
    if len(header) > MAX_COLUMNS:
        raise SheetError(
            f"{name} has more than {MAX_COLUMNS} columns", f"{name}: больше {MAX_COLUMNS} столбцов"
        )
    if any(_CONTROL.search(cell) for cell in header):
        raise SheetError(
            f"{name} is not a table: its first row has control characters",
            f"{name} — не таблица: в первой строке управляющие символы",
        )
    if any(len(cell) > MAX_NAME for cell in header):
        raise SheetError(
            f"{name} has a column whose name is longer than {MAX_NAME} characters",
            f"{name}: название столбца длиннее {MAX_NAME} символов",
        )
    return header
