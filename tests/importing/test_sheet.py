"""Sheets as real programs write them."""

import csv
import io
import json
import random
import tarfile
from pathlib import Path

import pytest

from crmcore.importing.cells import clean_cell, split_cell
from crmcore.importing.encodings import detect_encoding
from crmcore.importing.sheet import SheetError, open_sheet

RUSSIAN = "Имя;Фамилия;Электронная почта\nАнна;Соловьёва;anna@example.com\nПётр;Щукин;petr@example.com\n"
ORACLES = Path(__file__).parents[2].parent / "shared" / "oracles" / "validators"


def written(folder: Path, content: bytes) -> Path:
    file = folder / "people.csv"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251", "koi8_r", "cp866"]
)
def test_a_russian_file_is_read_in_every_encoding_it_may_come_in(tmp_path: Path, encoding: str) -> None:
    sheet = open_sheet(written(tmp_path, RUSSIAN.encode(encoding)))

    assert sheet.header == ["Имя", "Фамилия", "Электронная почта"]
    assert [row.cells for row in sheet.rows()] == [
        ["Анна", "Соловьёва", "anna@example.com"],
        ["Пётр", "Щукин", "petr@example.com"],
    ]


def test_accented_letters_that_stand_alone_are_windows_1252(tmp_path: Path) -> None:
    file = written(tmp_path, "name,city\nFrançois,Montréal\nLuís,São Paulo\n".encode("cp1252"))

    assert detect_encoding(file) == "cp1252"
    assert [row.cells for row in open_sheet(file).rows()] == [["François", "Montréal"], ["Luís", "São Paulo"]]


def test_utf8_broken_only_at_the_end_of_a_large_file_is_noticed(tmp_path: Path) -> None:
    file = written(tmp_path, b"a,b\n" + b"one,two\n" * 50_000 + "é".encode("cp1252") + b",x\n")

    assert detect_encoding(file) == "cp1252"


@pytest.mark.parametrize(
    "content",
    [
        b"name,city\nAnn,Os\0lo\n",
        b"name,city\nAnn,O\0slo\n",
        "имя,город\nАня,Ом\0ск\n".encode(),
        b"name,city\n" + b"Ann,Oslo\n" * 10_000 + b"Bob,\0Rome\n",
        b"name,city\n" + "Luís,São \0Paulo\n".encode("cp1252"),
        random.Random(7).randbytes(5000),
    ],
)
def test_what_holds_zero_bytes_and_is_no_utf_16_is_no_text(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SheetError, match=r"^people\.csv is no text: it contains NUL") as refusal:
        list(open_sheet(written(tmp_path, content)).rows())
    assert "NUL" in refusal.value.russian


@pytest.mark.parametrize(
    "text", ["姓名,城市\n李雷,北京\n", "name,city\nAnn,Oslo\n", "الاسم,المدينة\n", "a,b\n1,2\n"]
)
def test_utf_16_without_a_mark_is_found(tmp_path: Path, text: str) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert detect_encoding(written(tmp_path, text.encode(encoding))) == encoding


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_though_cells_contain_others(tmp_path: Path, delimiter: str) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerows([["name", "notes"], ["Ann", "a, b; c | d"], ["Bob", 'two\nlines, "quoted"']])
    sheet = open_sheet(written(tmp_path, stream.getvalue().encode()))

    assert sheet.delimiter == delimiter
    assert [row.cells for row in sheet.rows()] == [["Ann", "a, b; c | d"], ["Bob", 'two\nlines, "quoted"']]


def test_excels_sep_line_is_not_the_header(tmp_path: Path) -> None:
    sheet = open_sheet(written(tmp_path, b"sep=;\r\nname;city\r\nAnn;Oslo, Norway\r\n"))

    assert sheet.header == ["name", "city"]
    assert [(row.number, row.cells) for row in sheet.rows()] == [(2, ["Ann", "Oslo, Norway"])]


def test_empty_rows_are_left_out_and_numbers_are_those_of_the_spreadsheet(tmp_path: Path) -> None:
    sheet = open_sheet(written(tmp_path, b"name,city\n,\n\nAnn,Oslo\n"))

    assert [(row.number, row.cells) for row in sheet.rows()] == [(4, ["Ann", "Oslo"])]
    assert sheet.count() == 1


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("\ufeff Ann\u200b ", "Ann"),
        ("'+79991234567", "+79991234567"),
        ("'=1+1", "=1+1"),
        ("\u200b'＝1", "＝1"),
        ("+79991234567", "+79991234567"),
        ("'quoted'", "'quoted'"),
        ("O'Brien", "O'Brien"),
    ],
)
def test_cells_are_what_was_meant(text: str, meant: str) -> None:
    assert clean_cell(text) == meant


def test_several_values_in_one_cell() -> None:
    assert split_cell("a@x.example; b@x.example\nc@x.example,  ") == [
        "a@x.example",
        "b@x.example",
        "c@x.example",
    ]
    assert split_cell("Rio, VIP") == ["Rio", "VIP"]


def test_what_is_not_a_table_says_so(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="no header"):
        open_sheet(written(tmp_path, b""))
    with pytest.raises(SheetError, match="No such file"):
        open_sheet(tmp_path / "missing.csv")
    with pytest.raises(SheetError, match="no encoding named"):
        open_sheet(written(tmp_path, b"a,b\n"), encoding="utf-9")
    with pytest.raises(SheetError, match="row 2"):
        list(open_sheet(written(tmp_path, b"a,b\n" + b"x" * 200_000 + b",y\n")).rows())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('name,notes\nAnn,x\nBob,"oops\nCid,y\n', 3),
        ('name,notes\r\nAnn,"two\r\nlines"\r\nBob,"unclosed', 4),
        ('name,notes\nAnn,"two\nlines","\n', 3),
        ('name,notes\nAnn,"\nBob,y\n', 2),
        ('name,notes\nAnn,"oops\nBob,y\nCid,"a note"\nDan,z\n', 2),
        ('name,"notes\nAnn,x\n', 1),
        ("name,notes\n" + 'Ann,"oops\n' + "Bob,yyyyyyyyyyyyyyy\n" * 10_000, 2),
    ],
)
def test_a_quote_that_swallows_rows_is_refused_by_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(SheetError, match=rf"opened on line {line}\b"):
        open_sheet(written(tmp_path, text.encode())).count()


def test_quotes_within_cells_and_quoted_lines_are_no_fault(tmp_path: Path) -> None:
    text = 'name,notes\n"Bob" Smith,12" pipe\n"a\n""b""\n,c",\nAnn,"x"\n"Dan" D,"one\ntwo"\nEve,""'
    rows = [row.cells for row in open_sheet(written(tmp_path, text.encode())).rows()]

    assert rows == [
        ["Bob Smith", '12" pipe'],
        ['a\n"b"\n,c', ""],
        ["Ann", "x"],
        ["Dan D", "one\ntwo"],
        ["Eve", ""],
    ]


def test_the_csv_spectrum_is_read_exactly(tmp_path: Path) -> None:
    archive = ORACLES / "csv-spectrum.tar.gz"
    if not archive.exists():
        pytest.skip("the oracles folder is not beside this repository")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    checked = 0
    for source in sorted(tmp_path.rglob("csvs/*.csv")):
        expected = json.loads(next(tmp_path.rglob(f"json/{source.stem}.json")).read_text(encoding="utf-8"))
        sheet = open_sheet(source)
        rows = [dict(zip(sheet.header, row.cells, strict=True)) for row in sheet.rows()]
        assert rows == [{k.strip(): v.strip() for k, v in row.items()} for row in expected], source.name
        checked += 1
    assert checked >= 10
