"""Values of custom fields that were purged: they lie as files in the data folder, in case they are missed."""

import asyncio
import csv
import gzip
from collections.abc import Collection
from pathlib import Path
from typing import Any, ClassVar

from crmcore.contracts.labels import Label
from crmcore.contracts.personal_data import DataSubject
from crmcore.privacy.belongings import belongings_of
from crmcore.privacy.rooms.room import Base


class FieldExports(Base):
    """The person's lines in those files."""

    key: ClassVar[str] = "field_exports"
    label: ClassVar[Label] = {"en": "Values of purged fields", "ru": "Значения убранных полей"}

    async def count(self, subject: DataSubject, plugin: Any) -> int:
        """Return how many lines are theirs."""
        return await self._lines(subject, remove=False)

    async def erase(self, subject: DataSubject, plugin: Any) -> int:
        """Write each such file anew without their lines."""
        return await self._lines(subject, remove=True)

    async def _lines(self, subject: DataSubject, *, remove: bool) -> int:
        ids = frozenset(map(str, (*subject.contacts, *(await belongings_of(subject)).all)))
        folder = self.crm.settings.data_path / "exports"
        found = 0
        for file in sorted(folder.glob("*.csv.gz")) if folder.is_dir() else ():
            found += await asyncio.to_thread(_without, file, ids, remove=remove)
        return found


def _without(file: Path, ids: Collection[str], *, remove: bool) -> int:
    """Return how many lines of ``file`` are of ``ids``; write it anew without them if ``remove``."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as stream:
        theirs = sum(1 for line in csv.reader(stream) if line and line[0] in ids)
    if not theirs or not remove:
        return theirs
    part = file.with_suffix(".erasing")
    with (
        gzip.open(file, "rt", encoding="utf-8", newline="") as stream,
        gzip.open(part, "wt", encoding="utf-8", newline="") as written,
    ):
        writer = csv.writer(written)
        writer.writerows(line for line in csv.reader(stream) if not line or line[0] not in ids)
    part.chmod(0o600)
    part.replace(file)
    return theirs
