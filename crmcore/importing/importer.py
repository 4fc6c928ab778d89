"""The importer: every row of a sheet through the gate."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from msgspec import Struct, field

from crmcore.contacts.record_type import KINDS
from crmcore.contacts.resolve import match_points, points_of
from crmcore.contracts.actors import Actor
from crmcore.contracts.messages import Identity
from crmcore.contracts.problems import Problem
from crmcore.errors import CrmError
from crmcore.importing.mapping import ColumnMapping
from crmcore.importing.sheet import Sheet

if TYPE_CHECKING:
    from crmcore.workspace import Crm

Duplicates = Literal["skip", "update", "refuse"]
Progress = Callable[[int, int], None]


class RowError(Struct, frozen=True, kw_only=True):
    """A row that was not imported, and why."""

    row: int
    problems: tuple[Problem, ...]

    def sentence(self, language: str = "en") -> str:
        """Return all reasons in one line, each with the field it is about."""
        return " ".join(
            f"{_field(problem.path)}: {problem.sentence(language)}"
            if problem.path
            else problem.sentence(language)
            for problem in self.problems
        )


def _field(path: str) -> str:
    """Return ``custom.tier`` for ``/custom/tier``, ``emails`` for ``/emails/0``."""
    return ".".join(part for part in path.split("/") if part and not part.isdecimal())


class ImportReport(Struct, kw_only=True):
    """What became of the rows of a sheet."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    errors: list[RowError] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows have been read."""
        return self.created + self.updated + self.skipped + len(self.errors)


class Importer:
    """Brings the rows of a sheet into one record type, each in its own transaction.

    ``duplicates`` says what happens to a contact whose e-mail, phone or handle somebody already has: it is
    skipped, updated with the cells that are not empty, or refused as an error of its row.
    """

    def __init__(
        self,
        crm: "Crm",
        record_type: str,
        mapping: ColumnMapping,
        *,
        actor: Actor,
        duplicates: Duplicates = "skip",
    ) -> None:
        self._crm = crm
        self._record_type = record_type
        self._mapping = mapping
        self._actor = actor
        self._duplicates = duplicates

    async def run(self, sheet: Sheet, *, progress: Progress | None = None) -> ImportReport:
        """Import ``sheet``; call ``progress(done, total)`` after every row. Raises :class:`SheetError`."""
        report = ImportReport()
        total = sheet.count() if progress else 0
        for row in sheet.rows():
            document, problems = self._mapping.document(row.cells)
            if problems:
                report.errors.append(RowError(row=row.number, problems=tuple(problems)))
            else:
                await self._row(row.number, document, report, f"{sheet.file.name}, row {row.number}")
            if progress:
                progress(report.rows, total)
        return report

    async def _row(self, number: int, document: dict[str, Any], report: ImportReport, reason: str) -> None:
        try:
            known = await self._known(document) if self._duplicates != "refuse" else None
            if known is None:
                await self._crm.records.create(self._record_type, document, actor=self._actor, reason=reason)
                report.created += 1
            elif self._duplicates == "update":
                changes = await self._with_lists(known, document)
                await self._crm.records.update(
                    self._record_type, known, changes, actor=self._actor, reason=reason
                )
                report.updated += 1
            else:
                report.skipped += 1
        except CrmError as error:
            if error.status >= 500:
                raise
            problems = error.problems or (
                Problem(code=error.code, message=error.message, params=error.params),
            )
            report.errors.append(RowError(row=number, problems=problems))

    async def _known(self, document: dict[str, Any]) -> UUID | None:
        """Return the contact that has one of the document's contact points, if any."""
        if self._record_type != "contact":
            return None
        identities = [
            Identity(kind=kind, value=value)
            for name, kind in KINDS.items()
            for value in document.get(name, ())
        ]
        points, _ = points_of(identities, self._crm.point_rules)
        match = await match_points(points, self._actor.language)
        return match.contact_id if match else None

    async def _with_lists(self, id: UUID, document: dict[str, Any]) -> dict[str, Any]:
        """Return ``document`` with what the record has in its list fields: an import adds, never removes."""
        before = (await self._crm.records.get(self._record_type, id, actor=self._actor)).document
        return {
            key: [*before.get(key, []), *(item for item in value if item not in before.get(key, []))]
            if isinstance(value, list)
            else value
            for key, value in document.items()
        }
