"""The one builder of what an actor may see: every path that reads records starts here."""

from functools import lru_cache
from typing import Any, Literal

from piccolo.columns.combination import WhereRaw
from piccolo.table import Table

from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.errors import Forbidden
from crmcore.records.whole_rows import Joined, WholeRows

RowAction = Literal["read", "write", "delete"]

# Both engines know this one; it costs no row.
NOTHING = "1 = 0"


def demand(actor: Actor, permission: str) -> None:
    """Raise :class:`~crmcore.errors.Forbidden` unless ``actor`` holds ``permission``."""
    if not actor.may(permission):
        raise Forbidden(permission=permission)


def has_column(record_type: RecordType, name: str) -> bool:
    """Tell whether the record type's table has a column ``name``."""
    return name in _names(record_type.table)


@lru_cache(maxsize=256)
def _names(table: type[Table]) -> frozenset[str]:
    return frozenset(column._meta.name for column in table._meta.columns)


def visible(
    record_type: RecordType, actor: Actor, *, deleted: bool = False, action: RowAction = "read"
) -> list[Any]:
    """Return the conditions under which ``actor`` sees rows of ``record_type``; raises when he sees none.

    ``deleted`` asks for what was deleted and can be restored, and only for that. ``action`` asks for the rows
    that he may see and write, or delete.
    """
    demand(actor, f"{record_type.key}.read")
    conditions = rows_for(record_type, actor, action)
    if has_column(record_type, "deleted_at"):
        conditions.append(_deletion(record_type.table, deleted))
    return conditions


@lru_cache(maxsize=256)
def _deletion(table: type[Table], deleted: bool) -> WhereRaw:
    column = table._meta.get_column_by_name("deleted_at")._meta
    return WhereRaw(f'"{table._meta.tablename}"."{column.db_column_name}" IS {"NOT " if deleted else ""}NULL')


def rows_for(record_type: RecordType, actor: Actor, action: RowAction = "read") -> list[Any]:
    """Return the conditions of the row scopes alone, deleted rows included; none for who works with all rows."""
    if not actor.rows:
        return []
    actions: tuple[RowAction, ...] = ("read",) if action == "read" else ("read", action)
    found = [_within_scope(record_type, actor, action) for action in actions]
    return [condition for condition in found if condition is not None]


def sees_all(record_type: RecordType, actor: Actor) -> bool:
    """Tell whether no row of ``record_type`` is out of the actor's sight."""
    return actor.may(f"{record_type.key}.read") and not rows_for(record_type, actor)


def selected(record_type: RecordType, further: str = "") -> WholeRows:
    """Return the select of whole rows of ``record_type`` with the joined columns that reading needs."""
    return WholeRows(record_type.table, Joined(record_type.joined), further)


def _within_scope(record_type: RecordType, actor: Actor, action: RowAction) -> WhereRaw | None:
    """Return the condition of one action's row scope; None when every row is within it."""
    if record_type.shared:
        return None
    table = record_type.table._meta.tablename
    if record_type.within is not None:
        # A part has no scope of its own: it follows the record that it is a part of.
        whole = record_type.within.record_type
        inner = _within_scope(whole, actor, action)
        if inner is None:
            return None
        name, column = whole.table._meta.tablename, _db_name(record_type, record_type.within.column)
        # Identifiers are those of table classes; values are parameters.
        return WhereRaw(
            f'"{table}"."{column}" IN (SELECT "{name}"."id" FROM "{name}" WHERE {{}})',  # noqa: S608
            inner.querystring,
        )
    scope = actor.row_scope(record_type.key, action)
    if scope is None:
        return None
    parts = []
    if not scope.record_types or record_type.key in scope.record_types:
        condition = scope.condition(record_type, actor)
        if condition is not None:
            parts.append(condition.querystring)
    if action == "read":
        parts += [_through(record_type, index, actor) for index in range(len(record_type.seen_through))]
    parts = [part for part in parts if part is not None]
    if not parts:
        return WhereRaw(NOTHING)
    return WhereRaw(f"({' OR '.join('({})' for _ in parts)})", *parts)


def _through(record_type: RecordType, index: int, actor: Actor) -> Any:
    """Return the condition that the actor reads a record which names this one; None when he reads none."""
    link = record_type.seen_through[index]
    other = link.record_type
    if not actor.may(f"{other.key}.read"):
        return None
    table, name = record_type.table._meta.tablename, other.table._meta.tablename
    column = _db_name(other, link.column)
    conditions = visible(other, actor)
    places = " AND ".join(["{}"] * len(conditions)) or "1 = 1"
    return WhereRaw(
        f'"{table}"."id" IN (SELECT "{name}"."{column}" FROM "{name}" WHERE {places})',  # noqa: S608
        *(condition.querystring for condition in conditions),
    ).querystring


def _db_name(record_type: RecordType, column: str) -> str:
    return str(record_type.table._meta.get_column_by_name(column)._meta.db_column_name)
