"""The rows that the undoing of an import left alone."""

from uuid import UUID

from msgspec import Struct

from crmcore.contracts.labels import Label, text_of
from crmcore.importing.tables import ImportRow

_REASONS: dict[str, Label] = {
    "changed": {"en": "somebody changed it since.", "ru": "его с тех пор изменили."},
    "gone": {"en": "it is not there any more.", "ru": "его больше нет."},
    "refused": {"en": "the record does not allow it.", "ru": "запись этого не допускает."},
}


class KeptRow(Struct, frozen=True, kw_only=True):
    """A row whose record was not put back: changed since, gone, or refused by the gate."""

    row: int
    record_id: UUID
    reason: str

    def sentence(self, language: str = "en") -> str:
        """Return why."""
        return text_of(_REASONS[self.reason], language)


async def kept_rows(run: UUID, limit: int) -> list[KeptRow]:
    """Return the first ``limit`` of them."""
    rows = (
        await ImportRow.select(ImportRow.row, ImportRow.record_id, ImportRow.undo)
        .where(ImportRow.run == run, ImportRow.undo.is_in(list(_REASONS)))
        .order_by(ImportRow.row)
        .limit(limit)
    )
    return [KeptRow(row=row["row"], record_id=row["record_id"], reason=row["undo"]) for row in rows]
