"""Reads records within an actor's scope: one, many, counted."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from msgspec.json import decode, encode
from msgspec.structs import replace
from piccolo.columns.combination import WhereRaw
from piccolo.query import OrderByRaw

from crmcore.clock import Clock, utc_now
from crmcore.contracts.actors import Actor
from crmcore.contracts.records import Record, RecordType
from crmcore.errors import NotFound
from crmcore.records.catalog import FieldCatalog
from crmcore.records.columns import decoded_rows
from crmcore.records.field_access import FieldAccess
from crmcore.records.filters import FilterCompiler, escaped_like
from crmcore.records.moments import Present
from crmcore.records.order import SORTED_BY, Order, order_of
from crmcore.records.query import Cursor, ListQuery, Page, cursor_from
from crmcore.records.scope import NOTHING, demand, has_column, rows_for, selected, visible
from crmcore.records.sealed import SealedValues
from crmcore.records.tables import CustomFieldRow
from crmcore.records.tags import TAGS, tags_column, tags_of
from crmcore.records.verified_words import VerifiedWords
from crmcore.search.indexer import is_searched
from crmcore.search.listing import ListWords
from crmcore.search.question import Question

# PostgreSQL's lower() follows the database's collation, and "C" knows ASCII only. ICU first, then 17's own.
_COLLATIONS = ("und-x-icu", "pg_c_utf8", "C.utf8", "en_US.utf8")


class Reader:
    """Reads the records of one workspace; ``kind`` is the database's."""

    access: FieldAccess
    """Set by the register when all record types are known, because they refer to each other."""

    def __init__(
        self, catalog: FieldCatalog, kind: str, sealed: SealedValues, clock: Clock = utc_now
    ) -> None:
        self._sealed = sealed
        self._clock = clock
        self._catalog = catalog
        self._kind = kind
        self._words = ListWords()
        self._verified = VerifiedWords(self, catalog)
        self._collation: str | None = None

    async def get(self, record_type: RecordType, id: UUID, actor: Actor, *, deleted: bool = False) -> Record:
        """Return one record; what does not exist and what the actor may not see are both NotFound."""
        conditions = visible(record_type, actor, deleted=deleted)
        select = selected(record_type, tags_column(record_type))
        rows = await select.where(record_type.table._meta.primary_key == id, *conditions)
        if not rows:
            raise await self._not_found(record_type, id, actor)
        return (await self.records(record_type, rows, actor=actor))[0]

    async def is_there(self, record_type: RecordType, id: UUID, actor: Actor) -> bool:
        """Tell whether there is such a record in the actor's sight, deleted ones included."""
        demand(actor, f"{record_type.key}.read")
        conditions = rows_for(record_type, actor)
        return bool(
            await record_type.table.exists().where(record_type.table._meta.primary_key == id, *conditions)
        )

    async def page(self, record_type: RecordType, query: ListQuery, actor: Actor) -> Page:
        """Return one page of records in a stable order."""
        order = await self._order(record_type, query, actor)
        cursor = cursor_from(query.cursor, order.sort)
        value = order.cursor_value(cursor) if cursor else None
        rows = None
        whole_rows = not actor.rows and not actor.hidden
        if query.q and order.sort == "-created_at" and is_searched(record_type) and whole_rows:
            # The index is in the order of this list: it gives a page at once, if the filter leaves enough of it.
            newest, whole = await self._words.newest(record_type, query.q, 2 * query.limit + 20, value)
            if newest:
                conditions = [*newest, *await self._filtered(record_type, query, actor)]
                rows = await self._rows(order, query, actor, conditions, cursor, value)
                rows = rows if whole or len(rows) > query.limit else None
        if rows is None:
            conditions = await self._asked(record_type, query, actor)
            rows = await self._rows(order, query, actor, conditions, cursor, value)
        more = len(rows) > query.limit
        rows = rows[: query.limit]
        following = Cursor(order.sort, order.value(rows[-1]), rows[-1]["id"]) if more else None
        for row in rows:
            row.pop(SORTED_BY, None)
        items = await self.records(record_type, rows, query.fields, actor=actor)
        return Page(items=items, next=following.encode() if following else None)

    async def _rows(
        self,
        order: Order,
        query: ListQuery,
        actor: Actor,
        asked: list[Any],
        cursor: Cursor | None,
        value: Any,
    ) -> list[dict[str, Any]]:
        """Return the rows of a page, and one more if there is."""
        record_type, expression = order.record_type, order.expression
        conditions = [*visible(record_type, actor, deleted=query.deleted), *asked]
        key = record_type.table._meta.primary_key
        sign, ascending = ("<", False) if order.descending else (">", True)
        after: list[Any] = []
        if cursor:
            if value is None:
                after = [key < cursor.id if order.descending else key > cursor.id]
            else:
                place = f'({expression}, "{record_type.table._meta.tablename}"."id")'
                after = [WhereRaw(f"{place} {sign} ({{}}, {{}})", value, cursor.id)]

        async def found(limit: int, *more: Any, by_id: bool = False) -> list[dict[str, Any]]:
            select = selected(record_type, tags_column(record_type) + order.further)
            select = select.where(*conditions, *more)
            if not by_id:
                select = select.order_by(OrderByRaw(expression), ascending=ascending)
            rows: list[dict[str, Any]] = await select.order_by(key, ascending=ascending).limit(limit)
            return rows

        if order.parts is None:
            return await found(query.limit + 1, *after)
        filled, empty = (WhereRaw(part) for part in order.parts)
        rows = []
        if cursor is None or order.is_filled(value):
            rows = await found(query.limit + 1, *after, filled)
            after = []
        if len(rows) <= query.limit:
            rows += await found(
                query.limit + 1 - len(rows), *after, empty, by_id=order.definition is not None
            )
        return rows

    async def check(self, record_type: RecordType, query: ListQuery, actor: Actor) -> None:
        """Raise Invalid when the filter or the order makes no sense for this list."""
        demand(actor, f"{record_type.key}.read")
        await self._order(record_type, query, actor)
        await self._asked(record_type, replace(query, q=""), actor)

    async def count(
        self, record_type: RecordType, query: ListQuery, actor: Actor, at_most: int | None = None
    ) -> int:
        """Return how many records the query finds; it stops counting at ``at_most``."""
        conditions = [
            *visible(record_type, actor, deleted=query.deleted),
            *await self._asked(record_type, query, actor, counting=True),
        ]
        if at_most is not None:
            found = record_type.table.select(record_type.table._meta.primary_key).limit(at_most)
            found = found.where(*conditions) if conditions else found
            rows = await record_type.table.raw(
                "SELECT COUNT(*) AS many FROM ({}) AS found", found.querystrings[0]
            )
            return int(rows[0]["many"])
        counted = record_type.table.count()
        return int(await (counted.where(*conditions) if conditions else counted))

    async def counts(
        self, record_type: RecordType, queries: Mapping[str, ListQuery], actor: Actor, at_most: int
    ) -> dict[str, int]:
        """Return how many records each of ``queries`` finds, at most ``at_most`` each, in one statement."""
        parts = []
        for query in queries.values():
            conditions = [
                *visible(record_type, actor, deleted=query.deleted),
                *await self._asked(record_type, query, actor, counting=True),
            ]
            found = record_type.table.select(record_type.table._meta.primary_key).limit(at_most)
            parts.append((found.where(*conditions) if conditions else found).querystrings[0])
        if not parts:
            return {}
        # The names of the columns are numbers of ours; what the queries ask for are parameters.
        columns = ", ".join(
            f"(SELECT COUNT(*) FROM ({{}}) AS f{n}) AS n{n}"  # noqa: S608
            for n in range(len(parts))
        )
        rows = await record_type.table.raw(f"SELECT {columns}", *parts)
        return {name: int(rows[0][f"n{n}"]) for n, name in enumerate(queries)}

    async def tally(
        self, record_type: RecordType, query: ListQuery, by: str, actor: Actor, at_most: int
    ) -> dict[Any, int]:
        """Return how many of the found records have which value in the column ``by``, looking at ``at_most``.

        Nothing is told of a column that is hidden from the actor.
        """
        if {by, f"{by}_id"} & await self.access.hidden(record_type, actor):
            return {}
        conditions = [
            *visible(record_type, actor, deleted=query.deleted),
            *await self._asked(record_type, query, actor, counting=True),
        ]
        column = record_type.table._meta.get_column_by_name(by)
        found = record_type.table.select(column).limit(at_most)
        found = found.where(*conditions) if conditions else found
        name = column._meta.db_column_name
        rows = await record_type.table.raw(
            f'SELECT "{name}", COUNT(*) AS many FROM ({{}}) AS found GROUP BY "{name}"',  # noqa: S608
            found.querystrings[0],
        )
        return {row[name]: int(row["many"]) for row in rows}

    async def titles(self, record_type: RecordType, ids: Collection[UUID], actor: Actor) -> dict[UUID, str]:
        """Return what those of ``ids`` are called that the actor may see."""
        if not ids or not actor.may(f"{record_type.key}.read"):
            return {}
        conditions = [record_type.table._meta.primary_key.is_in(list(ids)), *visible(record_type, actor)]
        rows = await selected(record_type, tags_column(record_type)).where(*conditions)
        found = await self.records(record_type, rows, actor=actor)
        return {record.id: record_type.title(record.document) for record in found}

    async def shown(self, record_type: RecordType, record: Record, actor: Actor) -> Record:
        """Return a record that was read in full as ``actor`` sees it."""
        if not self.access.limits(record_type, actor):
            record_type.told(record.document, record.document, actor)
            return record
        rows = await selected(record_type).where(record_type.table._meta.primary_key == record.id)
        return (await self.records(record_type, rows, actor=actor))[0]

    async def records(
        self,
        record_type: RecordType,
        rows: Iterable[dict[str, Any]],
        fields: tuple[str, ...] | None = None,
        *,
        actor: Actor | None = None,
    ) -> list[Record]:
        """Turn table rows into records, with tags and custom values, in one further statement at most.

        They are as ``actor`` sees them; without one they are whole.
        """
        # A page has many rows: what is the same for all of them is found out once, before they are gone through.
        rows = decoded_rows(record_type, rows)
        if limited := actor is not None and self.access.limits(record_type, actor):
            await self.access.blank(record_type, rows, actor)
        tags: Mapping[UUID, list[str]] = {}
        with_tags = bool(rows) and TAGS in rows[0]
        if not with_tags and record_type.tags and (fields is None or "tags" in fields):
            tags = await tags_of(record_type.key, [row["id"] for row in rows])
        records = []
        key, has_tags, has_custom = record_type.key, record_type.tags, record_type.custom_fields
        told = record_type.told if type(record_type).told is not RecordType.told else None
        table = record_type.table._meta.tablename
        definitions = await self._catalog.of(key) if has_custom else ()
        # Values of a deleted field stay in the row until it is purged, and are shown to nobody.
        known = {definition.key for definition in definitions}
        masks = any(definition.sensitive or definition.sealed for definition in definitions)
        for row in rows:
            id, version = row["id"], row["version"]
            document = {"id": id, "version": version, **record_type.document(row)}
            if told is not None and actor is not None:
                told(document, row, actor)
            if has_tags:
                document["tags"] = _listed(row.pop(TAGS)) if with_tags else tags.get(id, [])
            if has_custom:
                custom = row["custom"]
                if not known.issuperset(custom):
                    custom = {name: value for name, value in custom.items() if name in known}
                # A value that is no object is not sealed, and most are none.
                if masks or dict in map(type, custom.values()):
                    custom = self._sealed.masked(table, id, custom, definitions)
                document["custom"] = custom
            document["created_at"] = row["created_at"]
            document["updated_at"] = row["updated_at"]
            if limited and actor is not None:
                document = await self.access.shown(record_type, document, actor)
            if fields is not None:
                document = _only(document, fields)
            records.append(Record(type=key, id=id, version=version, document=document))
        return records

    async def _asked(
        self, record_type: RecordType, query: ListQuery, actor: Actor, *, counting: bool = False
    ) -> list[Any]:
        conditions: list[Any] = []
        if query.q:
            if is_searched(record_type):
                words = await self._found(record_type, query.q, actor, counting)
            else:
                hidden = await self.access.hidden(record_type, actor)
                words = _words(record_type, query.q, hidden, self._kind, await self._case_collation())
            conditions.extend(words)
        return [*conditions, *await self._filtered(record_type, query, actor)]

    async def _found(self, record_type: RecordType, q: str, actor: Actor, counting: bool) -> list[Any]:
        if q.strip() and await self.access.hidden(record_type, actor):
            question, ids = await self._words.found(record_type, q)
            titles = await self._verified.titles(record_type, ids, question, actor)
            key = record_type.table._meta.primary_key
            return [key.is_in(sorted(titles))] if titles else [WhereRaw(NOTHING)]
        return await self._words.conditions(record_type, q, actor, counting=counting)

    async def verified(
        self, record_type: RecordType, ids: Collection[UUID], question: Question, actor: Actor
    ) -> dict[UUID, str] | None:
        """Return which finds of the search count for ``actor``, with their titles; None when all do as they are."""
        if not await self.access.hidden(record_type, actor):
            return None
        return await self._verified.titles(record_type, ids, question, actor)

    async def _filtered(self, record_type: RecordType, query: ListQuery, actor: Actor) -> list[Any]:
        if query.filter is None:
            return []
        hidden = await self.access.hidden(record_type, actor)
        definitions = await self._catalog.of(record_type.key) if record_type.custom_fields else ()
        collation = await self._case_collation() if b'"contains"' in encode(query.filter) else ""
        compiler = FilterCompiler(
            record_type,
            definitions,
            self._kind,
            collation,
            present=Present(now=self._clock(), time_zone=actor.time_zone),
            hidden=hidden,
        )
        return [compiler.compile(query.filter)]

    async def _order(self, record_type: RecordType, query: ListQuery, actor: Actor) -> Order:
        """Return the order asked for; raises Invalid, also for a hidden field."""
        custom = record_type.custom_fields and query.sort.removeprefix("-") not in ("", *record_type.sorts)
        definitions = await self._catalog.of(record_type.key) if custom else ()
        hidden = await self.access.hidden(record_type, actor)
        return order_of(record_type, query.sort, definitions, hidden, self._kind)

    async def _case_collation(self) -> str:
        """Return a collation of PostgreSQL that knows the case of every alphabet, whatever the database's own."""
        if self._collation is None:
            self._collation = ""
            if self._kind == "postgres":
                rows = await CustomFieldRow.raw("SELECT collname FROM pg_collation")
                names = {row["collname"] for row in rows}
                self._collation = next((name for name in _COLLATIONS if name in names), "")
        return self._collation

    async def _not_found(self, record_type: RecordType, id: UUID, actor: Actor) -> NotFound:
        if not has_column(record_type, "merged_into"):
            return NotFound()
        column = record_type.table._meta.get_column_by_name("merged_into")
        rows = await record_type.table.select(column).where(
            record_type.table._meta.primary_key == id, *rows_for(record_type, actor)
        )
        if not rows or rows[0]["merged_into"] is None:
            return NotFound()
        return NotFound(
            {"en": "This record was merged into another one.", "ru": "Эта запись объединена с другой."},
            code="merged",
            extra={"merged_into": str(rows[0]["merged_into"])},
        )


def _only(document: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """Return ``document`` with its id and ``fields`` alone; ``custom.tier`` is one of the custom values."""
    some = {name: document[name] for name in ("id", *fields) if name in document}
    keys = {name.removeprefix("custom.") for name in fields if name.startswith("custom.")}
    if keys and "custom" not in some:
        some["custom"] = {key: value for key, value in document.get("custom", {}).items() if key in keys}
    return some


def _listed(tags: str | list[str]) -> list[str]:
    if isinstance(tags, str):
        return [] if tags == "[]" else list[str](decode(tags))
    return tags


def _words(record_type: RecordType, q: str, hidden: Collection[str], kind: str, collation: str) -> list[Any]:
    """Return the conditions of words on the few records that are not indexed: users, teams, tags."""
    names = [name for name in ("name", "email") if name in record_type.properties and name not in hidden]
    if not names:
        return [WhereRaw(NOTHING)] if hidden else []
    name = names[0]
    # SQLite's own lower() knows ASCII alone.
    lower, collate = ("crm_lower", "") if kind == "sqlite" else ("lower", f' COLLATE "{collation}"')
    column = f'{lower}("{record_type.table._meta.tablename}"."{name}"{collate if collation else ""})'
    words = q.casefold().replace("\x00", " ").split()
    return [WhereRaw(f"{column} LIKE {{}} ESCAPE '\\'", f"%{escaped_like(word)}%") for word in words[:10]]
