"""The words of a list's question (``q=``) as a condition on the listed table."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from piccolo.columns.combination import WhereRaw

from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.contracts.search import FoundThrough
from crmcore.search.entry import MESSAGE, key_of, type_token
from crmcore.search.matching import every, more_than, newest, one_matches, with_ids
from crmcore.search.question import Question, question_of
from crmcore.search.tables import SearchProgress
from crmcore.search.vocabulary import similar_names
from crmcore.search.words import Stems

# Up to FEW finds are looked up by the ids that were found, up to MANY by asking the index for all; words with more
# are asked of each row of the list in its order, which is soon full then. All three are exact.
FEW = 500
MANY = 5000
MAX_TAKEN = 256
_MANY_SAID = 2
_MANY_COLUMNS = f"{_MANY_SAID} AS said, '' AS record_type, CAST(NULL AS UUID), CAST(NULL AS UUID)"
_NOTHING = WhereRaw("1 = 0")


class ListWords:
    """Finds the records of a list by words. A word that no record has is taken for a name with a typing error."""

    def __init__(self) -> None:
        self._stems = Stems()
        # What the last lists took their words for: further pages, and the total asked for with a list, take the same.
        self._taken_for: dict[tuple[str, ...], Question] = {}

    async def conditions(
        self, record_type: RecordType, q: str, actor: Actor, *, counting: bool = False
    ) -> list[Any]:
        """Return the conditions under which a row has the words ``q``; ``counting`` when every row is needed."""
        if not q.strip():
            return []
        question = question_of(q, self._stems)
        if not question:
            return [_NOTHING]
        through = _through(record_type, actor)
        types = [record_type.key, *(other.record_type for other in through)]
        # Names that are taken for misspelt are everybody's: who sees a part is told of none.
        guess = not actor.rows and not actor.hidden
        key = (q, str(guess), *types)
        if counting and key in self._taken_for:
            return [_all_of(record_type, through, self._taken_for[key])]
        asked, rows = await self._find(question, types, guess)
        self._take(key, asked)
        if not rows:
            return [_NOTHING]
        found = Counter(row["said"] for row in rows)
        if found.pop(_MANY_SAID, 0) and not counting:
            return [_each_row(record_type, through, asked)]
        if max(found.values()) <= FEW:
            return [_these(record_type, through, rows)]
        return [_all_of(record_type, through, asked)]

    async def found(self, record_type: RecordType, q: str) -> tuple[Question, list[UUID]]:
        """Return the question and the newest :data:`FEW` records of this type whose entries have the words."""
        question = question_of(q, self._stems)
        rows = await self._probe(question, [record_type.key], FEW) if question else []
        return question, [row["record_id"] for row in rows if row["record_type"] == record_type.key]

    async def newest(
        self, record_type: RecordType, q: str, limit: int, before: datetime | None
    ) -> tuple[list[Any], bool]:
        """Return a condition that the newest rows with the words ``q`` meet, and whether all rows with them do.

        For lists that show the newest first: ``limit`` of them are found at once, however common the words are.
        """
        question = question_of(q, self._stems)
        if not question or record_type.found_through:
            return [], False
        key = (q, record_type.key)
        if before is not None:
            question = self._taken_for.get(key, question)
        bound = None if before is None else key_of(before + timedelta(milliseconds=1), UUID(int=0))
        rows = await self._probe(question, [record_type.key], limit, bound)
        if not rows and before is None and (meant := await similar_names(question.words)):
            question = question.meaning(meant)
            rows = await self._probe(question, [record_type.key], limit)
        self._take(key, question)
        if not rows and before is None:
            return [_NOTHING], True
        return ([_these(record_type, [], rows)], len(rows) < limit) if rows else ([], False)

    def _take(self, key: tuple[str, ...], question: Question) -> None:
        if len(self._taken_for) >= MAX_TAKEN:
            self._taken_for.clear()
        self._taken_for[key] = question

    async def _find(
        self, question: Question, types: list[str], guess: bool
    ) -> tuple[Question, list[dict[str, Any]]]:
        """Return the question as it found something, if it did, and the newest finds."""
        rows = await self._probe(question, types, FEW + 1, many=MANY)
        if not rows and guess:
            meant = await similar_names(question.words)
            if meant:
                question = question.meaning(meant)
                rows = await self._probe(question, types, FEW + 1, many=MANY)
        return question, rows

    @staticmethod
    async def _probe(
        question: Question, types: list[str], limit: int, before: int | None = None, many: int = 0
    ) -> list[dict[str, Any]]:
        """Return the newest finds; one row more, with ``said`` 2, when there are more than ``many``."""
        columns = "entry.record_type, entry.record_id, entry.parent_id"
        kept = question.among(*(type_token(key) for key in types if key != MESSAGE))
        parts = [newest(kept, f"0 AS said, {columns}", said=False, limit=limit, before=before)]
        if many:
            parts.append(more_than(kept, many, _MANY_COLUMNS, said=False))
        if MESSAGE in types:
            parts.append(newest(question, f"1 AS said, {columns}", said=True, limit=limit, before=before))
            if many:
                parts.append(more_than(question, many, _MANY_COLUMNS, said=True))
        sql = " UNION ALL ".join(f"SELECT * FROM ({part}) AS part{n}" for n, (part, _) in enumerate(parts))  # noqa: S608
        values = [value for _, found in parts for value in found]
        return [with_ids(row) for row in await SearchProgress.raw(sql, *values)]


def _through(record_type: RecordType, actor: Actor) -> list[FoundThrough]:
    """Return the types through which ``actor`` finds records: those that he sees whole, or as much of as of these."""
    scope = actor.row_scope(record_type.key, "read")
    return [
        other
        for other in record_type.found_through
        if actor.may(f"{other.record_type}.read")
        and not actor.hidden.get(other.record_type)
        and (not other.column or actor.row_scope(other.record_type, "read") in (None, scope))
    ]


def _column(record_type: RecordType, name: str) -> str:
    column = record_type.table._meta.get_column_by_name(name)
    return f'"{record_type.table._meta.tablename}"."{column._meta.db_column_name}"'


def _these(record_type: RecordType, through: list[FoundThrough], rows: list[dict[str, Any]]) -> WhereRaw:
    """Return the condition by the ids that were found."""
    by_column: dict[str, set[UUID]] = {}
    others = {other.record_type: other for other in through}
    for row in rows:
        other = others.get(row["record_type"])
        if row["record_type"] == record_type.key:
            by_column.setdefault("id", set()).add(row["record_id"])
        elif other is not None:
            id = row["record_id"] if other.column else row["parent_id"]
            by_column.setdefault(other.column or "id", set()).add(id)
    parts, values = [], []
    for name, ids in by_column.items():
        parts.append(f"{_column(record_type, name)} IN ({', '.join(['{}'] * len(ids))})")
        values += sorted(ids)
    return WhereRaw(f"({' OR '.join(parts)})", *values)


def _places(record_type: RecordType, through: list[FoundThrough]) -> list[tuple[str, str, str]]:
    """Return for every type whose finds count: its key, the entry's column, and this table's that equals it."""
    own = (record_type.key, "record_id", _column(record_type, "id"))
    return [
        own,
        *(
            (
                other.record_type,
                "record_id" if other.column else "parent_id",
                _column(record_type, other.column or "id"),
            )
            for other in through
        ),
    ]


def _each_row(record_type: RecordType, through: list[FoundThrough], question: Question) -> WhereRaw:
    """Return the condition that looks at the entries of each row."""
    parts, values = [], []
    for key, entry_column, column in _places(record_type, through):
        sql, found = one_matches(
            question, f"entry.record_type = {{}} AND entry.{entry_column} = {column}", [key]
        )
        parts.append(sql)
        values += found
    return WhereRaw(f"({' OR '.join(parts)})", *values)


def _all_of(record_type: RecordType, through: list[FoundThrough], question: Question) -> WhereRaw:
    """Return the condition by all entries that match, however many."""
    parts, values = [], []
    for key, entry_column, column in _places(record_type, through):
        asked = question if key == MESSAGE else question.among(type_token(key))
        sql, found = every(asked, f"entry.{entry_column}", said=key == MESSAGE)
        parts.append(f"{column} IN ({sql} AND entry.record_type = {{}})")
        values += [*found, key]
    return WhereRaw(f"({' OR '.join(parts)})", *values)
