"""The sheet and the mapping of an import."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.importing.mapping import ColumnMapping, MappingError, columns_to, map_columns
from crmcore.importing.refusals import BadMapping, FileGone, NotATable
from crmcore.importing.refused_rows import REASON_COLUMN
from crmcore.importing.run import ImportSettings
from crmcore.importing.sheet import Sheet, SheetError, open_sheet
from crmcore.importing.tables import ImportMapping
from crmcore.records.catalog import FieldCatalog
from crmcore.records.service import Records

LANGUAGES = ("en", "ru")


class Read(Struct, frozen=True, kw_only=True):
    """A file as it is understood; ``remembered`` tells that its mapping is the one that was used last time."""

    sheet: Sheet
    mapping: ColumnMapping
    remembered: bool


class ImportReading:
    """Opens files and maps their columns."""

    def __init__(self, records: Records, catalog: FieldCatalog) -> None:
        self._records = records
        self._catalog = catalog

    def open(self, file: Path, name: str, settings: ImportSettings) -> Sheet:
        """Return the file as a sheet; raises NotATable and FileGone."""
        if not file.exists():
            raise FileGone
        try:
            return open_sheet(
                file,
                encoding=settings.encoding,
                delimiter=settings.delimiter,
                sheet=settings.sheet,
                name=name,
            )
        except SheetError as error:
            raise not_a_table(error) from error

    def count(self, sheet: Sheet) -> int:
        """Return how many rows the file has, all of which were read; raises NotATable."""
        try:
            return sheet.count()
        except SheetError as error:
            raise not_a_table(error) from error

    def open_whole(self, file: Path, name: str, settings: ImportSettings) -> Sheet:
        """Return the file as a sheet that can be read to its end; raises NotATable and FileGone.

        Read as its encoding and delimiter were found out it was counted when it came.
        """
        sheet = self.open(file, name, settings)
        if settings.encoding or settings.delimiter:
            self.count(sheet)
        return sheet

    async def read(self, record_type: str, sheet: Sheet, settings: ImportSettings, actor: Actor) -> Read:
        """Return the sheet with its mapping: as ``settings`` say, as it was last time, or guessed."""
        remembered = {} if settings.mapping else await recalled(record_type, sheet.header)
        if remembered:
            try:
                return Read(
                    sheet=sheet,
                    mapping=await self._mapping(record_type, sheet, remembered, settings.key, actor),
                    remembered=True,
                )
            except BadMapping:
                pass  # a field of it is gone
        mapping = await self._mapping(record_type, sheet, settings.mapping, settings.key, actor)
        return Read(sheet=sheet, mapping=mapping, remembered=False)

    async def _mapping(
        self, record_type: str, sheet: Sheet, chosen: Mapping[str, str], key: str, actor: Actor
    ) -> ColumnMapping:
        schemas = [await self._records.schema(record_type, language, actor=actor) for language in LANGUAGES]
        try:
            mapping = map_columns(
                sheet.header,
                schemas[0],
                chosen,
                other_languages=schemas[1:],
                key=key,
                time_zone=actor.time_zone,
                sensitive=self._catalog.sensitive(record_type),
            )
            if key and key not in mapping.targets:
                raise MappingError(
                    f"no column goes into {key!r}, by which records are to be matched",
                    f"ни один столбец не идёт в {key!r}, по которому сопоставляются записи",
                )
        except MappingError as error:
            raise BadMapping(en=str(error), ru=error.russian) from error
        return mapping


def not_a_table(error: SheetError) -> NotATable:
    """Return the refusal that says what ``error`` does."""
    return NotATable(en=str(error), ru=error.russian)


async def recalled(record_type: str, header: Sequence[str]) -> dict[str, str]:
    """Return the mapping that was used last for this header; empty when there is none."""
    rows = await ImportMapping.select(ImportMapping.mapping).where(
        ImportMapping.record_type == record_type, ImportMapping.header_hash == _hash(header)
    )
    return columns_to(msgspec.json.decode(rows[0]["mapping"], type=list[str]), header) if rows else {}


async def remember(record_type: str, header: Sequence[str], mapping: ColumnMapping, now: datetime) -> None:
    """Keep the mapping for the next file with this header."""
    text = msgspec.json.encode(mapping.targets).decode()
    row = ImportMapping(record_type=record_type, header_hash=_hash(header), mapping=text, used_at=now)
    await ImportMapping.insert(row).on_conflict(
        target=(ImportMapping.record_type, ImportMapping.header_hash),
        action="DO UPDATE",
        values=[ImportMapping.mapping, ImportMapping.used_at],
    )


def _hash(header: Sequence[str]) -> str:
    names = [" ".join(name.split()).casefold() for name in header]
    # A mended file of refused rows is the same file with our own column behind it.
    if len(names) > 1 and names[-1] in REASON_COLUMN.values():
        names.pop()
    return hashlib.sha256(msgspec.json.encode(names)).hexdigest()
