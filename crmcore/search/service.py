"""Search over everything that somebody may see: newest first, and the best of the records in front."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from msgspec import Struct
from piccolo.querystring import QueryString

from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.errors import NotFound
from crmcore.records.query import BadCursor, Cursor, cursor_from
from crmcore.records.scope import demand, visible
from crmcore.search.entry import MESSAGE, moment_of, type_token
from crmcore.search.excerpt import excerpt
from crmcore.search.indexer import is_searched
from crmcore.search.matching import entitled, newest, with_ids
from crmcore.search.question import Question, question_of
from crmcore.search.rank import best_of
from crmcore.search.tables import SearchProgress
from crmcore.search.vocabulary import similar_names
from crmcore.search.words import Stems

CONVERSATION = "conversation"
BEST = 5
RANKED = 40
_COLUMNS = "entry.id, entry.record_type, entry.record_id, entry.parent_id, entry.title"


class Find(Struct, frozen=True, kw_only=True):
    """One record that has the words. ``excerpt`` is the place in a message's text, ``conversation_id`` its place."""

    type: str
    id: UUID
    title: str
    excerpt: str = ""
    conversation_id: UUID | None = None
    created_at: datetime


class Finds(Struct, frozen=True, kw_only=True):
    """A page of finds, newest first.

    ``best`` are, on the first page of a search of every type, the records (no messages) that fit best: those whose
    titles are what was asked for, and the best of the newest forty. ``meant`` says for misspelt words what they
    were taken for.
    """

    items: list[Find]
    next: str | None = None
    best: list[Find]
    meant: dict[str, list[str]]


class Verified(Protocol):
    """Returns which finds have the words in what the actor sees, with their titles; None when all do as they are."""

    async def __call__(
        self, record_type: str, ids: Collection[UUID], question: Question, *, actor: Actor
    ) -> dict[UUID, str] | None: ...


class Search:
    """Finds records by words within an actor's scope, in at most four statements."""

    def __init__(self, record_types: Mapping[str, RecordType], verified: Verified) -> None:
        """``verified`` tells which finds count for somebody who does not see all fields."""
        self._types = record_types
        self._verified = verified
        self._stems = Stems()

    def types(self, actor: Actor) -> list[str]:
        """Return the record types that ``actor`` can search."""
        return [
            key
            for key, kind in self._types.items()
            if actor.may(f"{key}.read")
            and (is_searched(kind) or (key == MESSAGE and actor.may(f"{CONVERSATION}.read")))
            and not (key == MESSAGE and "text" in actor.hidden.get(MESSAGE, ()))
        ]

    async def find(
        self, q: str, *, actor: Actor, record_type: str = "", limit: int = 20, cursor: str = ""
    ) -> Finds:
        """Return what has every word of ``q``, of the last one the beginning, newest first.

        Raises NotFound for a type that cannot be searched, Forbidden for one that the actor may not read.
        """
        types = self.types(actor)
        if record_type:
            kind = self._types.get(record_type)
            if kind is None or not (is_searched(kind) or record_type == MESSAGE):
                raise NotFound()
            demand(actor, f"{record_type}.read")
            if record_type == MESSAGE:
                demand(actor, f"{CONVERSATION}.read")
            types = [key for key in types if key == record_type]
        place = cursor_from(cursor, f"search:{record_type}")
        before = _before(place)
        question = question_of(q, self._stems)
        if not question or not types:
            return Finds(items=[], best=[], meant={})
        ranked = RANKED if not record_type and place is None else 0
        rows, records = await self._rows(question, types, actor, limit, before, ranked)
        meant: Mapping[str, list[str]] = {}
        # Names that are taken for misspelt are everybody's: who sees a part is told of none.
        guess = not actor.rows and not actor.hidden
        # A word that many messages have is no misspelt name.
        unknown = guess and not records and len(rows) < limit if ranked else guess and not rows
        if unknown and record_type != MESSAGE:
            meant = await similar_names(question.words)
            if meant:
                question = question.meaning(meant)
                rows, records = await self._rows(question, types, actor, limit, before, ranked)
        more = len(rows) > limit
        rows = rows[:limit]
        following = Cursor(f"search:{record_type}", rows[-1]["id"], UUID(int=0)).encode() if more else None
        rows = await self._seen(rows, question, actor)
        best = await self._best(records, question, actor)
        texts = await _texts([row["record_id"] for row in rows if row["record_type"] == MESSAGE])
        if "subject" in actor.hidden.get(CONVERSATION, ()):
            texts = {id: {**row, "subject": ""} for id, row in texts.items()}
        return Finds(
            items=[self._find(row, texts, question) for row in rows],
            next=following,
            best=[self._find(row, texts, question) for row in best],
            meant=dict(meant),
        )

    async def _best(
        self, records: list[dict[str, Any]], question: Question, actor: Actor
    ) -> list[dict[str, Any]]:
        if actor.hidden:
            records = await self._seen([with_ids(row) for row in records], question, actor)
        return [with_ids(row) for row in best_of(records, question, self._stems)[:BEST]]

    async def _seen(
        self, rows: list[dict[str, Any]], question: Question, actor: Actor
    ) -> list[dict[str, Any]]:
        """Return the rows whose words stand in fields that ``actor`` sees, under titles that he sees."""
        if not actor.hidden:
            return rows
        for key in {row["record_type"] for row in rows} - {MESSAGE}:
            ids = [row["record_id"] for row in rows if row["record_type"] == key]
            titles = await self._verified(key, ids, question, actor=actor)
            if titles is not None:
                rows = [
                    {**row, "title": titles.get(row["record_id"], row["title"])}
                    if row["record_type"] == key
                    else row
                    for row in rows
                    if row["record_type"] != key or row["record_id"] in titles
                ]
        return rows

    async def _rows(
        self,
        question: Question,
        types: Sequence[str],
        actor: Actor,
        limit: int,
        before: int | None,
        ranked: int,
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return a page of entries, one more than ``limit`` if there are, and the records to choose the best of."""
        kept = [key for key in types if key != MESSAGE]
        # To whom all types are open the tokens of types exclude nothing, and cost as much as the words themselves.
        whole = len(kept) == sum(is_searched(kind) for kind in self._types.values())
        among = question if whole else question.among(*map(type_token, kept))
        parts: list[tuple[str, list[Any]]] = []
        if kept:
            where, scope = self._scope(kept, actor)
            columns = f"0 AS part, {_COLUMNS}"
            # The page needs few of them and the order of fit more: one select serves both.
            most = max(limit + 1, ranked)
            parts.append(
                newest(among, columns, said=False, limit=most, before=before, where=where, values=scope)
            )
        if kept and ranked and (whole_title := question.whole_title()):
            columns = f"2 AS part, {_COLUMNS}"
            parts.append(entitled(whole_title, columns, limit=BEST, where=where, values=scope))
        if MESSAGE in types:
            where, scope = self._scope([MESSAGE], actor)
            columns = f"1 AS part, {_COLUMNS}"
            parts.append(
                newest(
                    question, columns, said=True, limit=limit + 1, before=before, where=where, values=scope
                )
            )
        sql = " UNION ALL ".join(f"SELECT * FROM ({part}) AS part{n}" for n, (part, _) in enumerate(parts))  # noqa: S608
        values = [value for _, found in parts for value in found]
        rows = await SearchProgress.raw(sql, *values)
        found_rows = sorted((row for row in rows if row["part"] != 2), key=lambda row: -row["id"])
        records = [row for row in found_rows if row["part"] == 0][:ranked]
        near = {row["id"] for row in records}
        records += [row for row in rows if row["part"] == 2 and row["id"] not in near]
        return [with_ids(row) for row in found_rows[: limit + 1]], records

    def all_types(self) -> list[str]:
        """Return the record types that have entries."""
        return [key for key, kind in self._types.items() if is_searched(kind) or key == MESSAGE]

    def _scope(self, types: Sequence[str], actor: Actor) -> tuple[str, list[Any]]:
        """Return the condition that an entry's record is among those that the one scope builder lets through."""
        parts, values = [], []
        for key in types:
            seen = self._types[CONVERSATION if key == MESSAGE else key]
            table = seen.table._meta.tablename
            column = "parent_id" if key == MESSAGE else "record_id"
            conditions = visible(seen, actor)
            further = " AND {}" * len(conditions)
            # Not EXISTS: PostgreSQL would read the whole table for it, to ask about twenty rows.
            parts.append(
                f'WHEN {{}} THEN (SELECT 1 FROM "{table}" '  # noqa: S608
                f'WHERE "{table}"."id" = entry.{column}{further}) = 1'
            )
            values += [key, *(_querystring(condition) for condition in conditions)]
        # Not OR: PostgreSQL would look the types up in an index, every record of them.
        return f"CASE entry.record_type {' '.join(parts)} END", values

    def _find(
        self, row: Mapping[str, Any], texts: Mapping[UUID, Mapping[str, Any]], question: Question
    ) -> Find:
        message = texts.get(row["record_id"])
        title = row["title"]
        if message is not None:
            title = f"#{message['number']} {message['subject']}".strip()
        return Find(
            type=row["record_type"],
            id=row["record_id"],
            title=title,
            excerpt=excerpt(message["text"], question, self._stems) if message is not None else "",
            conversation_id=row["parent_id"],
            created_at=moment_of(row["id"]),
        )


def _before(place: Cursor | None) -> int | None:
    if place is None:
        return None
    if isinstance(place.value, bool) or not isinstance(place.value, int) or abs(place.value) >= 2**63:
        raise BadCursor
    return place.value


def _querystring(condition: Any) -> QueryString:
    found: QueryString = condition.querystring
    return found


async def _texts(ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the texts of messages, and of what conversation they are, in one statement."""
    if not ids:
        return {}
    places = ", ".join("{}" for _ in ids)
    rows = await SearchProgress.raw(
        f"SELECT message.id, substr(message.text, 1, 20000) AS text, conversation.number, conversation.subject "  # noqa: S608
        f"FROM message JOIN conversation ON conversation.id = message.conversation WHERE message.id IN ({places})",
        *ids,
    )
    return {row["id"]: row for row in rows}
