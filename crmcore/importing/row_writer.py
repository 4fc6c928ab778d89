"""One row of an import through the gate."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from crmcore.contacts.tables import Company
from crmcore.contracts.actors import Actor
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.database.database import Database
from crmcore.database.errors import RefusedByDatabase
from crmcore.errors import CrmError
from crmcore.importing.changing import Changing
from crmcore.importing.mapping import ColumnMapping
from crmcore.importing.matching import Matcher
from crmcore.importing.run import Duplicates
from crmcore.importing.seen import Seen
from crmcore.importing.sheet import Row
from crmcore.privacy.marks import ErasedMarks
from crmcore.records.history import difference
from crmcore.records.reasons import reason
from crmcore.records.service import Records

Outcome = Literal["created", "updated", "unchanged", "skipped", "refused"]

_REMEMBERED = 10_000
_UNSTORABLE = {
    "en": "One of the values is one that the database cannot store.",
    "ru": "Одно из значений база данных не может сохранить.",
}
_KNOWN = {"en": "This record is there already.", "ru": "Такая запись уже есть."}
_ERASED = {
    "en": "The data of somebody with {value} was erased. Allow it expressly if they are to be here again.",
    "ru": "Данные человека с {value} стёрты. Разрешите явно, если он снова должен появиться здесь.",
}
_TAKEN = {"en": "Another contact has {value} already.", "ru": "У другого контакта уже есть {value}."}


class Written(Struct, frozen=True, kw_only=True):
    """What became of one row; ``changes`` are ``{field: [before, after]}`` of an update."""

    row: int
    outcome: Outcome
    record_id: UUID | None = None
    version: int = 0
    changes: dict[str, list[Any]] = {}
    problems: tuple[Problem, ...] = ()
    made: UUID | None = None


class RowWriter:
    """Writes rows on behalf of one actor. ``seen`` is what earlier rows of a dry run would have made;
    ``erased`` knows whose data was erased, None when they may come back."""

    def __init__(
        self,
        *,
        database: Database,
        records: Records,
        record_type: str,
        mapping: ColumnMapping,
        matcher: Matcher,
        changing: Changing,
        duplicates: Duplicates,
        actor: Actor,
        file_name: str,
        sensitive: frozenset[str],
        erased: ErasedMarks | None = None,
        seen: Seen | None = None,
    ) -> None:
        self._database = database
        self._records = records
        self._type = record_type
        self._mapping = mapping
        self._matcher = matcher
        self._changing = changing
        self._duplicates = duplicates
        self._actor = actor
        self._file = file_name
        self._sensitive = sensitive
        self._seen = seen
        self._erased = erased
        self._erased_points: set[tuple[str, str]] = set()
        self._companies: dict[str, None] = {}

    def documents(self, rows: Sequence[Row]) -> list[tuple[dict[str, Any], list[Problem]]]:
        """Return what each row describes, and what is wrong with it as a row."""
        return [self._mapping.document(row.cells) for row in rows]

    async def prefetch(self, documents: Sequence[dict[str, Any]]) -> None:
        """Look up what the rows of a batch are about."""
        await self._matcher.prefetch(documents)
        if self._erased is not None:
            points = {point for document in documents for point in self._matcher.points(document)}
            self._erased_points = await self._erased.among(points)

    async def write(self, row: Row, document: dict[str, Any], problems: list[Problem]) -> Written:
        """Write one row in a savepoint of its own. Raises only what is nobody's fault who made the file."""
        if problems:
            return Written(row=row.number, outcome="refused", problems=tuple(problems))
        keys = self._matcher.keys(document)
        try:
            async with self._database.savepoint():
                written = await self._write(row, document, keys)
        except CrmError as error:
            if error.status >= 500:
                raise
            found = error.problems or (
                Problem(code=error.code, message=error.message, params=dict(error.params)),
            )
            return Written(row=row.number, outcome="refused", problems=found)
        except RefusedByDatabase:
            problem = Problem(code="unstorable", message=_UNSTORABLE)
            return Written(row=row.number, outcome="refused", problems=(problem,))
        if written.record_id is not None and written.outcome in ("created", "updated"):
            self._matcher.wrote(document, written.record_id)
        if self._seen is not None and written.outcome in ("created", "updated"):
            self._seen.add(keys)
        self._remember_company(document)
        return written

    async def _write(self, row: Row, document: dict[str, Any], keys: list[str]) -> Written:
        why = reason("import_row", file=self._file, row=row.number)
        known = (
            await self._matcher.find(document) if self._duplicates != "refuse" or self._matcher.key else None
        )
        made = await self._company_to_be(document)
        if known is None:
            before = self._seen.first_of(keys) if self._seen is not None else None
            if problem := self._refused_as_erased(document):
                return Written(row=row.number, outcome="refused", problems=(problem,))
            if before is not None and self._duplicates == "skip":
                return Written(row=row.number, outcome="skipped")
            if before is not None and self._duplicates == "refuse":
                return Written(row=row.number, outcome="refused", problems=(self._taken(document, before),))
            record = await self._records.create(self._type, document, actor=self._actor, reason=why)
            if before is not None:
                # An earlier row would have made the record; this one was checked like a new one.
                return Written(row=row.number, outcome="updated")
            return Written(
                row=row.number,
                outcome="created",
                record_id=record.id,
                version=record.version,
                made=record.document.get("company_id") if made else None,
            )
        if self._duplicates == "refuse":
            path = "/" + self._matcher.key.replace(".", "/")
            problem = Problem(path=path, code="known", message=_KNOWN)
            return Written(row=row.number, outcome="refused", problems=(problem,))
        if self._duplicates == "skip":
            return Written(row=row.number, outcome="skipped", record_id=known)
        return await self._update(row.number, known, document, why, made)

    async def _update(self, row: int, id: UUID, document: dict[str, Any], reason: str, made: bool) -> Written:
        before = (await self._records.get(self._type, id, actor=self._actor)).document
        changes = await self._changing.changes(before, document, self._duplicates)
        if not changes:
            return Written(row=row, outcome="unchanged", record_id=id)
        hidden = {f"custom.{name}" for name in changes.get("custom", ())} & self._sensitive
        old = await self._opened(id) if hidden else {}
        record = await self._records.update(self._type, id, changes, actor=self._actor, reason=reason)
        found = difference(before, record.document)
        if hidden:
            new = await self._opened(id)
            for name in hidden:
                key = name.removeprefix("custom.")
                found[name] = [old.get(key), new.get(key)]
        return Written(
            row=row,
            outcome="updated",
            record_id=id,
            version=record.version,
            changes=found,
            made=record.document.get("company_id") if made else None,
        )

    async def _opened(self, id: UUID) -> dict[str, Any]:
        stored = await self._records.stored_custom(self._type, id)
        return dict(self._records.opened(self._type, id, stored))

    def _refused_as_erased(self, document: dict[str, Any]) -> Problem | None:
        for point in self._matcher.points(document) if self._erased_points else ():
            if (point.kind, point.normalized) in self._erased_points:
                name = {"email": "emails", "phone": "phones"}.get(point.kind, "handles")
                return InvalidValue(_ERASED, code="erased", value=point.raw).problem(f"/{name}")
        return None

    def _taken(self, document: dict[str, Any], key: str) -> Problem:
        """Return the problem that the gate would have found had the earlier row been written."""
        for point in self._matcher.points(document):
            if f"{point.kind} {point.normalized}" == key:
                name = {"email": "emails", "phone": "phones"}.get(point.kind, "handles")
                return InvalidValue(_TAKEN, code="taken", value=point.raw).problem(f"/{name}")
        return Problem(path="/" + self._matcher.key.replace(".", "/"), code="known", message=_KNOWN)

    async def _company_to_be(self, document: Mapping[str, Any]) -> bool:
        """Tell whether the gate will make a company because the row names one that is not there."""
        key = _company_key(document) if self._type == "contact" else ""
        if not key or key in self._companies or document.get("company_id"):
            return False
        return not await Company.exists().where(Company.name_key == key, Company.deleted_at.is_null())

    def _remember_company(self, document: Mapping[str, Any]) -> None:
        key = _company_key(document) if self._type == "contact" else ""
        # In a dry run nothing stays, so what a row made is made again by the next batch.
        if key and self._seen is None:
            if len(self._companies) >= _REMEMBERED:
                self._companies.clear()
            self._companies[key] = None


def _company_key(document: Mapping[str, Any]) -> str:
    name = document.get("company")
    return " ".join(name.split()).casefold()[:200] if isinstance(name, str) else ""
