"""Workbooks: what they hold, and what hostile ones try."""

import gc
import io
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from xlsxwriter.workbook import Workbook as Writer

from crmcore.importing import xlsx_parts
from crmcore.importing.sheet import SheetError, open_sheet

_INLINE = re.compile(rb't="inlineStr">.*?</is>')
MOMENT = datetime(2026, 11, 22, 14, 0, 1)
LATE = datetime(2026, 1, 1, 23, 59, 59, 999_900)


def saved(folder: Path, *rows: list[Any], change: Callable[[Any], None] = lambda book: None) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    change(book)
    file = folder / "people.xlsx"
    book.save(file)
    return file


def rows_of(file: Path, **options: str) -> list[list[str]]:
    sheet = open_sheet(file, **options)
    return [sheet.header, *(row.cells for row in sheet.rows())]


def rewritten(file: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Write the workbook anew with one part changed."""
    with zipfile.ZipFile(file) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts[part] = change(parts.get(part, b""))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return file


def test_cells_become_what_a_csv_file_would_have(tmp_path: Path) -> None:
    header = ["Text", "Whole", "Float", "Yes", "Day", "Moment", "Time", "Span", "Formula", "Phone"]
    file = saved(
        tmp_path,
        header,
        [
            "Ёж",
            79991234567,
            0.1,
            True,
            date(2026, 11, 22),
            datetime(2026, 11, 22, 14, 0, 1),
            time(9, 5),
            timedelta(hours=30),
            "=1+1",
            "'+79991234567",
        ],
        [
            None,
            12.0,
            1e21,
            False,
            datetime(1900, 1, 1),
            datetime(2026, 1, 1, 23, 59, 59, 999900),
            None,
            None,
            "#N/A",
            "  \u200bx ",
        ],
    )
    assert rows_of(file) == [
        header,
        [
            "Ёж",
            "79991234567",
            "0.1",
            "true",
            "2026-11-22",
            "2026-11-22 14:00:01",
            "09:05:00",
            "30:00:00",
            "",
            "+79991234567",
        ],
        ["", "12", "1e+21", "false", "1900-01-01", "2026-01-02", "", "", "", "x"],
    ]


def test_sheets_are_chosen_and_rows_numbered_as_they_stand(tmp_path: Path) -> None:
    def more(book: Any) -> None:
        second = book.create_sheet("Люди")
        second["B3"], second["C3"], second["B7"] = "Name", "Mail", "Ann"
        book.create_sheet("Secret").sheet_state = "hidden"

    file = saved(tmp_path, ["A"], [], ["x"], change=more)
    assert [(row.number, row.cells) for row in open_sheet(file).rows()] == [(3, ["x"])]
    sheet = open_sheet(file, sheet="Люди")
    assert (sheet.header, [(row.number, row.cells) for row in sheet.rows()]) == (
        ["", "Name", "Mail"],
        [(5, ["", "Ann"])],
    )
    with pytest.raises(SheetError, match="no sheet named 'Secret'; there are: Sheet, Люди"):
        open_sheet(file, sheet="Secret")


def hostile(folder: Path) -> dict[str, tuple[Path, str]]:
    """Return workbooks that must be refused, with a word of the reason."""
    sheet = "xl/worksheets/sheet1.xml"

    def made(name: str, part: str, change: Callable[[bytes], bytes]) -> Path:
        (folder / name).mkdir()
        return rewritten(saved(folder / name, ["Name"], ["Ann"]), part, change)

    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>'
    plain = folder / "plain.zip"
    with zipfile.ZipFile(plain, "w") as book:
        book.writestr("a.txt", "a")
    cut = folder / "cut.xlsx"
    cut.write_bytes(made("whole", "x.xml", lambda raw: raw).read_bytes()[:2000])
    return {
        "bomb": (
            made("bomb", sheet, lambda raw: raw.replace(b"<sheetData>", b" " * 60_000_000 + b"<sheetData>")),
            "unpacked",
        ),
        "styles": (made("styles", "xl/styles.xml", lambda raw: b" " * 30_000_000), "unpacked"),
        "entities": (
            made("entities", sheet, lambda raw: entity + raw[raw.index(b"<worksheet") :]),
            "entities",
        ),
        "book": (made("book", "xl/workbook.xml", lambda raw: entity + raw), "entities"),
        "broken": (made("broken", sheet, lambda raw: raw[:-30]), "damaged"),
        "far": (
            made("far", sheet, lambda raw: raw.replace(b'"A2"', b'"ZZZ2"').replace(b'"A1"', b'"ZZZ1"')),
            "columns|header",
        ),
        "string": (
            made("string", sheet, lambda raw: _INLINE.sub(b't="s"><v>9</v>', raw)),
            "damaged",
        ),
        "style": (made("style", sheet, lambda raw: raw.replace(b'<row r="2"', b'<row r="x"')), "damaged"),
        "zip": (plain, "no XLSX"),
        "cut": (cut, "damaged"),
    }


def test_hostile_workbooks_are_refused(tmp_path: Path) -> None:
    for name, (file, reason) in hostile(tmp_path).items():
        with pytest.raises(SheetError, match=reason):
            list(open_sheet(file).rows())
            pytest.fail(name)


def test_rows_from_nowhere_cost_nothing(tmp_path: Path) -> None:
    file = saved(tmp_path, ["Name"], ["Ann"])
    part = "xl/worksheets/sheet1.xml"
    rewritten(file, part, lambda raw: raw.replace(b'<row r="2"', b'<row r="9999999999999"'))
    assert list(open_sheet(file).rows()) == []


def test_a_text_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_parts, "MAX_RATIO", 2000)
    monkeypatch.setattr("crmcore.importing.xlsx_sheet.MAX_PIECE", 1_000_000)
    file = saved(tmp_path, ["Name"], ["Ann"])
    endless = b'<row r="3">' + b'<c r="A3" t="inlineStr"><is><t>' + b"x" * 5_000_000
    part = "xl/worksheets/sheet1.xml"
    rewritten(
        file, part, lambda raw: raw.replace(b"</sheetData>", endless + b"</t></is></c></row></sheetData>")
    )
    with pytest.raises(SheetError, match="row of more than"):
        list(open_sheet(file).rows())


@pytest.mark.parametrize(
    "content", [b"\xd0\xcf\x11\xe0x", b"%PDF-1.7", b"\x89PNG\r\n", b"a,b\x01\n1,2", b"\x00\x00\x00"]
)
def test_other_files_are_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(content)
    with pytest.raises(SheetError):
        open_sheet(file)


def test_memory_does_not_follow_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmcore.importing.shared_strings._CACHED", 100)
    peaks = []
    for rows in (500, 4_000):
        target = io.BytesIO()
        book = Writer(target)
        sheet = book.add_worksheet()
        for row in range(rows):
            sheet.write_row(
                row, 0, [f"name {row}", f"mail{row}@example.com", f"a note that is long {row}" * 3]
            )
        book.close()
        file = tmp_path / f"{rows}.xlsx"
        file.write_bytes(target.getvalue())
        gc.collect()
        tracemalloc.start()
        assert sum(1 for _ in open_sheet(file).rows()) == rows - 1
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Eight times the rows; what other threads of the test run allocate meanwhile is counted too.
    assert peaks[1] < peaks[0] * 2.5
