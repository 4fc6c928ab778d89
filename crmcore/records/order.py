"""The order of a list: by a column or by a custom field, and where a page of it ended.

Rows without a value come last, whichever way the list goes; equal values are told apart by the id. Those with a
value and those without are two statements that both go along an index: an order by emptiness first would sort the
whole table.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct
from piccolo.table import Table

from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.errors import Invalid
from crmcore.records.columns import column_name
from crmcore.records.custom_filters import expression, stored_form
from crmcore.records.definition import Definition
from crmcore.records.query import BadCursor, Cursor

CUSTOM = "custom."
SORTED_BY = "record.sorted_by"
"""The name under which rows have the value of the custom field that they are sorted by."""
# What cursors that are older than this said of a row without a date.
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
# Texts that many records have not: going up, those come behind all others, not before them.
_BLANK_LAST = frozenset({"last_name", "first_name"})
_COMPARED = frozenset({"lt", "gt", "eq"})
# PostgreSQL takes no larger exponents, and no field stores such a number.
_MOST_DIGITS = 1000


class Order(Struct, frozen=True, kw_only=True):
    """One order of one record type's list. ``sort`` is how it was asked for, ``expression`` its SQL."""

    record_type: RecordType
    sort: str
    name: str
    expression: str
    definition: Definition | None = None
    engine: str = "sqlite"

    @property
    def descending(self) -> bool:
        """Whether the list goes from the largest value down."""
        return self.sort.startswith("-")

    @property
    def further(self) -> str:
        """The further column of a select that has the value, where no column of the table has."""
        return f', ({self.expression}) AS "{SORTED_BY}"' if self.definition else ""

    @property
    def may_lack(self) -> bool:
        """Whether there may be nothing to compare: no such custom value, or a column that holds none."""
        return self.definition is not None or bool(self._column()._meta.null)

    @property
    def parts(self) -> tuple[str, str] | None:
        """The SQL of rows that have a value and of those that have none, when the latter come last."""
        if self.may_lack:
            return f"{self.expression} IS NOT NULL", f"{self.expression} IS NULL"
        if not self.descending and self.name in _BLANK_LAST:
            return f"{self.expression} > ''", f"{self.expression} = ''"
        return None

    def is_filled(self, value: Any) -> bool:
        """Tell whether ``value`` is one that comes before what comes last."""
        return value is not None if self.may_lack else value != ""

    def value(self, row: Mapping[str, Any]) -> Any:
        """Return the sort value of ``row``, as a cursor keeps it."""
        if self.definition is not None:
            found = row[SORTED_BY]
            return str(found) if isinstance(found, Decimal) else found
        return row[self._column()._meta.name]

    def cursor_value(self, cursor: Cursor) -> Any:
        """Return the value in ``cursor`` as a parameter. Raises :class:`BadCursor` for one that is none of ours."""
        if self.definition is not None:
            return None if cursor.value is None else self._custom_value(self.definition, cursor.value)
        if cursor.value is None and self.may_lack:
            return None
        kind = self._column().value_type
        try:
            value = datetime.fromisoformat(cursor.value) if kind is datetime else cursor.value
        except (TypeError, ValueError) as error:
            raise BadCursor from error
        if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
            raise BadCursor
        return None if value == _LATEST and self.may_lack else _bounded(value)

    def _custom_value(self, definition: Definition, value: Any) -> Any:
        form = stored_form(definition)
        if self.engine == "sqlite":
            # Values of any type compare there: what was stored before a field changed its type is sorted too.
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise BadCursor
            return _bounded(value)
        if form in ("number", "decimal", "money"):
            try:
                number = Decimal(value) if isinstance(value, str) and len(value) <= 400 else None
            except InvalidOperation as error:
                raise BadCursor from error
            if number is None or not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
                raise BadCursor
            return number
        if not isinstance(value, bool if form == "boolean" else str):
            raise BadCursor
        return _bounded(value)

    def _column(self) -> Any:
        name = column_name(self.name, self.record_type.properties.get(self.name, {}))
        return _column_of(self.record_type.table, name)


@lru_cache(maxsize=512)
def _column_of(table: type[Table], name: str) -> Any:
    return table._meta.get_column_by_name(name)


def sortable(definition: Definition) -> bool:
    """Tell whether lists can be sorted by a custom field: one that is indexed, whose values compare."""
    if not definition.filterable or definition.dormant or definition.sensitive:
        return False
    return stored_form(definition) != "array" and bool(_COMPARED & set(definition.operators))


def order_of(
    record_type: RecordType,
    asked: str,
    definitions: Iterable[Definition],
    hidden: frozenset[str],
    engine: str,
) -> Order:
    """Return the order ``asked`` for, the record type's own when it is empty.

    Raises :class:`~crmcore.errors.Invalid` for what cannot be sorted by, hidden fields among it.
    """
    sort = asked or record_type.default_sort
    name = sort.removeprefix("-")
    custom = {
        f"{CUSTOM}{one}": item
        for item in definitions
        if sortable(item)
        for one in item.names
        if f"{CUSTOM}{one}" not in hidden
    }
    if name in custom:
        column = f'"{record_type.table._meta.tablename}"."custom"'
        return Order(
            record_type=record_type,
            sort=sort,
            name=name,
            expression=expression(custom[name], column, engine),
            definition=custom[name],
            engine=engine,
        )
    if name not in record_type.sorts or name in hidden:
        raise _unsortable(name, [*(one for one in record_type.sorts if one not in hidden), *custom])
    order = Order(record_type=record_type, sort=sort, name=name, expression="", engine=engine)
    column = order._column()
    return msgspec.structs.replace(
        order, expression=f'"{record_type.table._meta.tablename}"."{column._meta.db_column_name}"'
    )


def _bounded(value: Any) -> Any:
    if isinstance(value, int) and abs(value) >= 2**63:
        raise BadCursor
    if isinstance(value, str) and "\x00" in value:
        raise BadCursor
    return value


def _unsortable(name: str, known: list[str]) -> Invalid:
    return Invalid(
        problems=(
            Problem(
                path="/sort",
                code="unknown_sort",
                message={
                    "en": "The list cannot be sorted by “{name}”. Possible: {known}.",
                    "ru": "Нельзя сортировать по «{name}». Можно: {known}.",
                },
                params={"name": name[:80], "known": ", ".join(known)},
            ),
        )
    )
