"""The parts of a workbook (ECMA-376, a ZIP of XML), opened within limits: what arrives may be hostile."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from crmcore.importing.sheet import SheetError

# A million rows of twenty columns are 1.5 GB of XML.
MAX_PART = 4_000_000_000
# Styles, the list of sheets and the like are read whole.
MAX_SMALL_PART = 20_000_000
# Spreadsheets of equal cells reach 100; DEFLATE itself ends at 1,032.
MAX_RATIO = 300
MAX_PARTS = 5_000
# Between two ends of a row or a text: nothing that is one grows without end.
MAX_PIECE = 64_000_000
BLOCK = 65_536

_LARGE = re.compile(r"xl/(worksheets/[^/]+|sharedStrings)\.xml", re.IGNORECASE)


class Parts:
    """A workbook's ZIP. Raises :class:`~crmcore.importing.sheet.SheetError` for what it refuses to open."""

    def __init__(self, file: Path, name: str) -> None:
        self.name = name
        try:
            self.zip = ZipFile(file)
        except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise damaged(name, error) from error
        try:
            self._check()
        except SheetError:
            self.zip.close()
            raise

    def _check(self) -> None:
        infos = self.zip.infolist()
        if len(infos) > MAX_PARTS:
            raise SheetError(
                f"{self.name} has more than {MAX_PARTS} parts", f"{self.name}: больше {MAX_PARTS} частей"
            )
        names = {info.filename for info in infos}
        if "xl/workbook.bin" in names:
            raise SheetError(
                f"{self.name} is a binary workbook (XLSB); save it as XLSX or CSV",
                f"{self.name} — двоичная книга (XLSB); сохраните файл как XLSX или CSV",
            )
        if "[Content_Types].xml" not in names:
            raise SheetError(
                f"{self.name} is a ZIP file and no XLSX workbook", f"{self.name} — архив ZIP, а не книга XLSX"
            )
        for info in infos:
            self._check_part(info)

    def _check_part(self, info: ZipInfo) -> None:
        if info.flag_bits & 1:
            raise SheetError(
                f"{self.name} has a password; save it without one",
                f"{self.name}: книга с паролем; сохраните без него",
            )
        if not info.filename.lower().endswith((".xml", ".rels")):
            return
        limit = MAX_PART if _LARGE.fullmatch(info.filename) else MAX_SMALL_PART
        packed = info.file_size > MAX_RATIO * max(info.compress_size, 1) and info.file_size > 1_000_000
        if info.file_size > limit or packed:
            raise SheetError(
                f"{self.name} would be {info.file_size:,} bytes when unpacked: it is refused",
                f"{self.name}: после распаковки {info.file_size:,} байт, файл не принят",
            )

    def open(self, name: str) -> IO[bytes]:
        """Return a part as a stream; it ends after as many bytes as the ZIP's directory says."""
        try:
            return self.zip.open(name)
        except (KeyError, BadZipFile, NotImplementedError, RuntimeError) as error:
            raise damaged(self.name, error) from error

    def fed(self, parser: "expat.XMLParserType", source: IO[bytes]) -> Iterator[None]:
        """Feed ``parser`` block by block and yield after each."""
        parser.StartDoctypeDeclHandler = self._no_doctype
        try:
            while block := source.read(BLOCK):
                parser.Parse(block, False)
                yield
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise damaged(self.name, error) from error
        except (BadZipFile, EOFError, OSError) as error:
            raise damaged(self.name, error) from error
        except Exception as error:
            if type(error).__module__ == "zlib":
                raise damaged(self.name, error) from error
            raise
        yield

    def _no_doctype(self, *_: object) -> None:
        raise with_entities(self.name)


def damaged(name: str, error: object) -> SheetError:
    """Return the refusal of a workbook that cannot be read."""
    return SheetError(f"{name} is damaged: {error}", f"{name}: файл повреждён: {error}")


def with_entities(name: str) -> SheetError:
    """Return the refusal of a workbook whose XML declares entities, which no spreadsheet program writes."""
    return SheetError(
        f"{name} declares entities of its own: it is refused",
        f"{name}: в файле свои сущности XML, он не принят",
    )
