"""One row of an import through the gate."""

import time
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from crmcore.contacts.points import Point
from crmcore.contacts.tables import Company
from crmcore.contracts.actors import Actor
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.contracts.records import Record
from crmcore.database.database import Database
from crmcore.database.errors import RefusedByDatabase
from crmcore.errors import CrmError
from crmcore.importing.changing import Changing
from crmcore.importing.mapping import ColumnMapping
from crmcore.importing.matching import Matcher
from crmcore.importing.run import Duplicates
from crmcore.importing.same_person import Person, person_of
from crmcore.importing.seen import Seen
from crmcore.importing.sheet import Row
from crmcore.privacy.marks import ErasedMarks
from crmcore.records.history import difference
from crmcore.records.reasons import reason
from crmcore.records.service import Records
from crmcore.records.together import MOST_TOGETHER, NewRecord, Refused

Described = tuple[Row, dict[str, Any], list[Problem]]
"""A row, what it describes, and what is wrong with it as a row."""
Outcome = Literal["created", "updated", "unchanged", "skipped", "refused"]

_UNSTORABLE = {
    "en": "One of the values is one that the database cannot store.",
    "ru": "Одно из значений база данных не может сохранить.",
}
_KNOWN = {"en": "This record is there already.", "ru": "Такая запись уже есть."}
_ERASED = {
    "en": "The data of somebody with {value} was erased. Allow it expressly if they are to be here again.",
    "ru": "Данные человека с {value} стёрты. Разрешите явно, если он снова должен появиться здесь.",
}
_SKIPPED = {"en": "{value} is known.", "ru": "{value} уже есть."}
_ANOTHER = {
    "en": "Only the phone number {value} is known: the contact who has it has another e-mail address and another "
    "name. Leave the number to one of them, or put it on the company.",
    "ru": "Известен только номер {value}: у контакта с ним другой адрес электронной почты и другое имя. Оставьте "
    "номер одному из них или укажите его у компании.",
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


class _Waiting(Struct):
    """A row that is to be created, and the rows after it that were decided meanwhile."""

    row: int
    document: dict[str, Any]
    keys: list[str]
    known_before: bool
    alone: bool
    behind: list[Written] = []


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
        self._nobodys: set[str] = set()
        self._waiting: list[_Waiting] = []
        self._taken: set[str] = set()

    def documents(self, rows: Sequence[Row]) -> list[Described]:
        """Return the rows with what each describes, and what is wrong with it as a row."""
        return [(row, *self._mapping.document(row.cells)) for row in rows]

    async def write(self, rows: Sequence[Described], until: float) -> list[Written]:
        """Write rows in the open transaction until the monotonic clock has passed ``until``.

        Returns what became of those that there was time for, in their order. Raises only what is nobody's fault who
        made the file.
        """
        await self._prefetch([document for _, document, _ in rows])
        written: list[Written] = []
        for row, document, problems in rows:
            if problems:
                found: Written | _Waiting = Written(
                    row=row.number, outcome="refused", problems=tuple(problems)
                )
            else:
                found = await self._decided(row, document, written)
            if isinstance(found, _Waiting):
                self._wait(found)
            # What comes after a row that waits waits with it: rows are told of in their order.
            elif self._waiting:
                self._waiting[-1].behind.append(found)
            else:
                written.append(found)
            if self._waiting and (len(self._waiting) >= self._together or self._waiting[-1].alone):
                await self._create(written, until)
            if time.monotonic() > until:
                break
        await self._create(written, until)
        return written

    async def _prefetch(self, documents: Sequence[dict[str, Any]]) -> None:
        """Look up what the rows of a batch are about."""
        self._waiting, self._taken = [], set()
        await self._matcher.prefetch(documents)
        if self._erased is not None:
            points = {point for document in documents for point in self._matcher.points(document)}
            self._erased_points = await self._erased.among(points)
        keys = {_company_key(document) for document in documents if not document.get("company_id")} - {""}
        self._nobodys = set()
        if keys and self._type == "contact":
            rows = await Company.select(Company.name_key).where(
                Company.name_key.is_in(sorted(keys)), Company.deleted_at.is_null()
            )
            self._nobodys = keys - {row["name_key"] for row in rows}

    async def _decided(
        self, row: Row, document: dict[str, Any], written: list[Written]
    ) -> "Written | _Waiting":
        """Return what became of a row, or that it waits to be created; what waits is created where it matters."""
        keys = self._matcher.keys(document)
        if self._matcher.key or not self._taken.isdisjoint(keys):
            await self._create(written)
        known, refused = await self._known(row.number, document)
        if refused:
            return refused
        if known is None:
            before = self._seen.first_of(keys) if self._seen is not None else None
            if problem := self._refused_as_erased(document):
                return Written(row=row.number, outcome="refused", problems=(problem,))
            if before is not None and self._duplicates == "skip":
                problem = self._known_by(document, before)
                return Written(row=row.number, outcome="skipped", problems=(problem,))
            if before is not None and self._duplicates == "refuse":
                return Written(
                    row=row.number, outcome="refused", problems=(self._known_before(document, before),)
                )
            if self._seen and before and self._is_another(document, self._seen.person(before)):
                return Written(row=row.number, outcome="refused", problems=(self._another(document, before),))
            alone = self._duplicates == "refuse" and self._matcher.owner(document) is not None
            if alone:
                # The gate will say who has its address; the others are not to wait for that.
                await self._create(written)
            return _Waiting(row.number, document, keys, before is not None, alone)
        if self._duplicates == "refuse":
            path = "/" + self._matcher.key.replace(".", "/")
            problem = Problem(path=path, code="known", message=_KNOWN)
            return Written(row=row.number, outcome="refused", problems=(problem,))
        if self._duplicates == "skip":
            problem = self._known_by(document)
            return Written(row=row.number, outcome="skipped", record_id=known, problems=(problem,))
        await self._create(written)
        return await self._changed(row.number, known, document, keys)

    async def _known(self, row: int, document: dict[str, Any]) -> tuple[UUID | None, Written | None]:
        """Return the record that the row is about, and the refusal of a row that does not tell."""
        if self._duplicates == "refuse" and not self._matcher.key:
            return None, None
        if not self._matcher.key:
            return await self._matcher.find(document), None
        try:
            async with self._database.savepoint():
                return await self._matcher.find(document), None
        except (CrmError, RefusedByDatabase) as error:
            return None, _refused(row, error)

    def _wait(self, new: "_Waiting") -> None:
        self._waiting.append(new)
        self._taken.update(new.keys)

    @property
    def _together(self) -> int:
        # A record that is found by its key is looked for among those that the rows before it made.
        return 1 if self._matcher.key else MOST_TOGETHER

    async def _create(self, written: list[Written], until: float = inf) -> None:
        """Create what waits, and add to ``written`` what became of it and of the rows behind it."""
        waiting, self._waiting, self._taken = self._waiting, [], set()
        if not waiting:
            return
        wanted = [
            NewRecord(new.document, reason("import_row", file=self._file, row=new.row)) for new in waiting
        ]
        made: list[Record | Refused]
        try:
            made = await self._records.create_many(self._type, wanted, actor=self._actor, until=until)
        except CrmError as error:
            if error.status >= 500:
                raise
            made = [error] * len(waiting)
        for new, answer in zip(waiting, made, strict=False):
            written.append(self._created(new, answer))
            written += new.behind

    def _created(self, new: "_Waiting", answer: "Record | Refused") -> Written:
        if not isinstance(answer, Record):
            return _refused(new.row, answer)
        self._note(new.document, new.keys, answer.id)
        if new.known_before:
            # An earlier row would have made the record; this one was checked like a new one.
            return Written(row=new.row, outcome="updated")
        return Written(
            row=new.row,
            outcome="created",
            record_id=answer.id,
            version=answer.version,
            made=self._made(new.document, answer),
        )

    def _note(self, document: Mapping[str, Any], keys: list[str], id: UUID) -> None:
        self._matcher.wrote(document, id)
        if self._seen is not None:
            self._seen.add(keys, self._person(document))

    def _made(self, document: Mapping[str, Any], record: Record) -> UUID | None:
        """Return the company that the gate made because the row names one that was not there."""
        key = _company_key(document)
        if key not in self._nobodys:
            return None
        self._nobodys.discard(key)
        made: UUID | None = record.document.get("company_id")
        return made

    async def _changed(self, row: int, id: UUID, document: dict[str, Any], keys: list[str]) -> Written:
        why = reason("import_row", file=self._file, row=row)
        try:
            async with self._database.savepoint():
                written = await self._update(row, id, document, why)
        except (CrmError, RefusedByDatabase) as error:
            return _refused(row, error)
        if written.outcome == "updated":
            self._note(document, keys, id)
        return written

    async def _update(self, row: int, id: UUID, document: dict[str, Any], reason: str) -> Written:
        before = (await self._records.get(self._type, id, actor=self._actor)).document
        if self._is_another(document, self._person(before)):
            problem = self._another(document)
            return Written(row=row, outcome="refused", record_id=id, problems=(problem,))
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
            made=self._made(document, record) if "company" in changes else None,
        )

    async def _opened(self, id: UUID) -> dict[str, Any]:
        stored = await self._records.stored_custom(self._type, id)
        return dict(self._records.opened(self._type, id, stored))

    def _refused_as_erased(self, document: dict[str, Any]) -> Problem | None:
        for point in self._matcher.points(document) if self._erased_points else ():
            if (point.kind, point.normalized) in self._erased_points:
                return InvalidValue(_ERASED, code="erased", value=point.raw).problem(_path_of(point))
        return None

    def _person(self, document: Mapping[str, Any]) -> Person:
        return person_of(document, self._matcher.points(document) if self._type == "contact" else ())

    def _is_another(self, document: dict[str, Any], known: Person) -> bool:
        """Tell that a row which would change a contact found by a phone number is about somebody else."""
        return not self._matcher.key and self._person(document).is_another_than(known)

    def _another(self, document: dict[str, Any], key: str = "") -> Problem:
        point = self._point(document, key)
        value = point.raw if point else ""
        return InvalidValue(_ANOTHER, code="another_person", value=value).problem("/phones")

    def _known_by(self, document: dict[str, Any], key: str = "") -> Problem:
        """Return by what a skipped row is known: to the database, or as ``key`` from an earlier row."""
        point = self._point(document, key)
        if point is not None:
            return InvalidValue(_SKIPPED, code="known", value=point.raw).problem(_path_of(point))
        return Problem(path="/" + self._matcher.key.replace(".", "/"), code="known", message=_KNOWN)

    def _known_before(self, document: dict[str, Any], key: str) -> Problem:
        """Return the problem that the gate would have found had the earlier row been written."""
        if point := self._point(document, key):
            return InvalidValue(_TAKEN, code="taken", value=point.raw).problem(_path_of(point))
        return Problem(path="/" + self._matcher.key.replace(".", "/"), code="known", message=_KNOWN)

    def _point(self, document: dict[str, Any], key: str) -> Point | None:
        """Return the contact point that is ``key``; without one the first that anybody has."""
        if self._matcher.key or not key:
            return None if self._matcher.key else self._matcher.known_point(document)
        points = self._matcher.points(document)
        return next((point for point in points if f"{point.kind} {point.normalized}" == key), None)


def _path_of(point: Point) -> str:
    return "/" + {"email": "emails", "phone": "phones"}.get(point.kind, "handles")


def _refused(row: int, error: Refused) -> Written:
    """Return the row with the reasons of ``error``; raises what is the house's own fault."""
    if isinstance(error, RefusedByDatabase):
        problem = Problem(code="unstorable", message=_UNSTORABLE)
        return Written(row=row, outcome="refused", problems=(problem,))
    if error.status >= 500:
        raise error
    found = error.problems or (Problem(code=error.code, message=error.message, params=dict(error.params)),)
    return Written(row=row, outcome="refused", problems=found)


def _company_key(document: Mapping[str, Any]) -> str:
    name = document.get("company")
    return " ".join(name.split()).casefold()[:200] if isinstance(name, str) else ""
