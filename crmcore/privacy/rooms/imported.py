"""Imports: files that have the person in a row, and what is kept of those rows."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import structlog

from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.personal_data import DataItem, DataSubject
from crmcore.importing.batches import place_of
from crmcore.importing.run import ImportSettings, import_of
from crmcore.importing.sheet import SheetError, open_sheet
from crmcore.importing.storage import ImportFiles
from crmcore.importing.tables import ImportRow, ImportRun
from crmcore.privacy.naming import Naming
from crmcore.privacy.plain_rows import plain_row
from crmcore.privacy.rooms.room import Base
from crmcore.privacy.walk import rows_naming
from crmcore.secrets.keyring import is_envelope

_log = structlog.get_logger("crmcore.privacy")
_WORKING = ("queued", "running", "undoing")
_FILE_GONE: Label = {
    "en": "The file was deleted: it held data of somebody who was erased.",
    "ru": "Файл удалён: в нём были данные человека, чьи данные стёрты.",
}
_BUSY: Label = {
    "en": "An import is at work on a file with this person. Let it end or cancel it, then go on.",
    "ru": "Сейчас идёт импорт файла с этим человеком. Дождитесь конца или отмените его, затем продолжите.",
}


class ImportBusy(Exception):
    """An import works on the person's file just now."""


class Imported(Base):
    """The whole file goes: nobody can take one row out of a spreadsheet and say that it is the same file."""

    key: ClassVar[str] = "imports"
    label: ClassVar[Label] = {"en": "Import files and rows", "ru": "Файлы и строки импорта"}

    async def export(self, subject: DataSubject, plugin: Any) -> AsyncIterator[DataItem]:
        """Yield what is kept of rows that made or changed the contact."""
        rows = await ImportRow.select(*ImportRow.all_columns(), ImportRow.run.file_name).where(
            ImportRow.record_id.is_in(list(subject.contacts))
        )
        for row in rows:
            if is_envelope(row["changes"]):
                row["changes"] = self.crm.keys.decrypt(row["changes"], *place_of(row["id"]))
            documents = [name for name in ("changes", "problems") if row[name]]
            yield DataItem(id=str(row["id"]), data=plain_row(row, documents=documents, without=("run",)))

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Empty the rows and delete the files that name the person."""
        rows = await ImportRow.select(ImportRow.id).where(
            ImportRow.record_id.is_in(list(subject.contacts)),
            (ImportRow.changes != "") | (ImportRow.problems != ""),
        )
        ids = [row["id"] for row in rows]
        naming = Naming(subject)
        ids += [row["id"] async for row in rows_naming(naming, (ImportRow.problems, ImportRow.changes))]
        emptied: dict[Any, Any] = {ImportRow.changes: "", ImportRow.problems: ""}
        for start in range(0, len(ids), 500):
            await ImportRow.update(emptied, force=True).where(ImportRow.id.is_in(ids[start : start + 500]))
        return len(ids) + await self._files(naming)

    async def _files(self, naming: Naming) -> int:
        files = ImportFiles(self.crm.settings.data_path / "imports")
        gone = 0
        runs: dict[str, list[dict[str, Any]]] = {}
        for run in await ImportRun.select():
            runs.setdefault(run["file_hash"], []).append(run)
        for file_hash, of_file in runs.items():
            file = files.path(file_hash)
            settings = import_of(of_file[0]).settings
            if not file.exists() or not await asyncio.to_thread(_names, file, settings, naming):
                continue
            if any(run["state"] in _WORKING for run in of_file):
                raise ImportBusy(text_of(_BUSY, self.crm.settings.language))
            await asyncio.to_thread(files.remove, file_hash)
            failed: dict[Any, Any] = {
                ImportRun.state: "failed",
                ImportRun.error: text_of(_FILE_GONE, self.crm.settings.language),
            }
            await ImportRun.update(failed, force=True).where(
                ImportRun.file_hash == file_hash, ImportRun.state.is_in(["uploaded", "checked"])
            )
            gone += 1
        return gone


def _names(file: Path, settings: ImportSettings, naming: Naming) -> bool:
    """Tell whether a row of ``file`` names the person; a file that cannot be read any more is taken to."""
    try:
        sheet = open_sheet(
            file,
            encoding=settings.encoding,
            delimiter=settings.delimiter,
            sheet=settings.sheet,
            name=file.name,
        )
        return any(naming.named_in("\n".join(map(str, row.cells))) for row in sheet.rows())
    except (SheetError, OSError) as error:
        _log.warning("import_file_not_readable", file=file.name, error=type(error).__name__)
        return True
