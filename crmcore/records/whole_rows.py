"""The select of whole rows. What never changes of it is compiled once: that is most of what a short select costs."""

from collections.abc import Generator, Iterable
from functools import lru_cache
from typing import Any, Self

from piccolo.columns import Column
from piccolo.columns.combination import Combination, Where
from piccolo.query import Select
from piccolo.querystring import QueryString
from piccolo.table import Table

from crmcore.database.compiling import compiled
from crmcore.database.current import current_engine


class Joined:
    """Columns of other tables. Two are the same when they hold one tuple, because columns compare as SQL does."""

    __slots__ = ("columns",)

    def __init__(self, columns: tuple[Any, ...]) -> None:
        self.columns = columns

    def __hash__(self) -> int:
        return id(self.columns)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Joined) and self.columns is other.columns


class WholeRows:
    """Selects the rows of one table, with columns of the tables that it refers to, in Piccolo's own words.

    ``further`` are expressions of our own, each with its name, that every row has besides.
    """

    def __init__(self, table: type[Table], joined: Joined, further: str = "") -> None:
        self._table, self._joined, self._further = table, joined, further
        self._conditions: list[Any] = []
        self._order: list[tuple[str, tuple[Any, ...]]] = []
        self._limit: int | None = None
        self._lock = ""

    def where(self, *conditions: Any) -> Self:
        """Ask for rows that meet all of ``conditions``, which are Piccolo's."""
        self._conditions.extend(conditions)
        return self

    def order_by(self, *columns: Any, ascending: bool = True) -> Self:
        """Order by columns or raw expressions, after what was named before."""
        for column in columns:
            sql, values = (
                (column._meta.get_full_name(with_alias=False), ())
                if isinstance(column, Column)
                else ("{}", (column,))
            )
            self._order.append((f"{sql} {'ASC' if ascending else 'DESC'}", values))
        return self

    def limit(self, number: int) -> Self:
        """Ask for ``number`` rows at most."""
        self._limit = number
        return self

    def lock_rows(self, strength: str, of: tuple[type[Table], ...]) -> Self:
        """Lock the rows until the transaction ends; PostgreSQL only."""
        tables = ", ".join(table._meta.get_formatted_tablename() for table in of)
        self._lock = f" FOR {strength} OF {tables}"
        return self

    def __await__(self) -> Generator[Any, None, list[dict[str, Any]]]:
        return self._rows().__await__()

    async def _rows(self) -> list[dict[str, Any]]:
        engine: Any = current_engine()
        head = _head(self._table, self._joined, self._further, engine.engine_type)
        joins = [join for join in _joins(self._table, self._conditions) if join not in head]
        parts, values = [], []
        if self._conditions:
            parts.append(" WHERE " + " AND ".join(["{}"] * len(self._conditions)))
            values += [condition.querystring for condition in self._conditions]
        if self._order:
            parts.append(" ORDER BY " + ", ".join(sql for sql, _ in self._order))
            values += [value for _, found in self._order for value in found]
        if self._limit is not None:
            parts.append(" LIMIT {}")
            values.append(self._limit)
        tail, arguments = compiled(QueryString("".join(parts), *values), engine.engine_type)
        sql = "".join((head, *(f" {join}" for join in joins), tail, self._lock))
        rows: list[dict[str, Any]] = engine.transform_response_to_dicts(await engine.execute(sql, arguments))
        return rows


@lru_cache(maxsize=512)
def _head(table: type[Table], joined: Joined, further: str, engine_type: str) -> str:
    """Return everything up to the conditions."""
    select = table.select(*table.all_columns(), *joined.columns)
    sql, arguments = select.querystrings[0].compile_string(engine_type)
    if arguments:
        raise RuntimeError(f"the columns of {table.__name__} have parameters")
    columns, _, rest = sql.partition(" FROM ")
    return f"{columns}{further} FROM {rest}"


def _joins(table: type[Table], conditions: Iterable[Any]) -> list[str]:
    """Return the joins that the columns in ``conditions`` need."""
    columns = [column for condition in conditions for column in _columns(condition)]
    chained = [column for column in columns if column._meta.call_chain]
    return Select(table)._get_joins(chained) if chained else []


def _columns(condition: Any) -> list[Column]:
    if isinstance(condition, Combination):
        return [*_columns(condition.first), *_columns(condition.second)]
    if isinstance(condition, Where):
        return [part for part in (condition.column, condition.value) if isinstance(part, Column)]
    return list(condition.querystring.columns)
