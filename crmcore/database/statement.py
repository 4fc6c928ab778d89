"""Statements of our own whose text is the same every time: read once, run often."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import JSON, Column
from piccolo.table import Table

from crmcore.database.current import current_engine
from crmcore.database.transactions import open_transaction

# So many rows a statement inserts in a transaction: more of them take no less time each.
BLOCK = 64
# Longer texts are those of bulk work, and seldom the same.
MAX_REMEMBERED = 4000


async def fetch(sql: str, *values: Any) -> list[dict[str, Any]]:
    """Run ``sql``, which has ``{}`` where a value goes, and return its rows.

    It does what ``Table.raw`` does at a tenth of the cost. The text comes from a closed set, because it is
    remembered, and has braces for nothing else.
    """
    engine: Any = current_engine()
    placed = _placed if len(sql) < MAX_REMEMBERED else _placed.__wrapped__
    rows = await engine.execute(placed(sql, engine.engine_type), values)
    found: list[dict[str, Any]] = engine.transform_response_to_dicts(rows)
    return found


async def write_along(sql: str, *values: Any, name: str = "") -> None:
    """Run an insert whose answer nobody waits for.

    In a transaction on PostgreSQL it travels with the next statement that it does not matter to, at the latest right
    before the commit, and fails there if it fails. The next one of these may select from what it returns by ``name``.
    """
    engine: Any = current_engine()
    transaction = open_transaction(engine)
    if engine.engine_type == "postgres" and transaction is not None:
        from crmcore.database.postgres_along import Along

        await transaction.write_along(Along(sql, values, name))
    else:
        await fetch(sql, *values)


async def insert_rows(
    table: type[Table], *rows: Mapping[str, Any], then: str = "", along: bool = False
) -> list[dict[str, Any]]:
    """Insert ``rows``, given by column, where columns that are left out have their defaults.

    ``then`` follows the values: ``ON CONFLICT … RETURNING …``. ``along`` writes as :func:`write_along` does. Raises
    ValueError for a column that there is not.
    """
    columns = _columns(table)
    values: list[Any] = []
    for row in rows:
        left = dict(row)
        for name, default, is_json in columns:
            if name in left:
                value = _as_text(left.pop(name)) if is_json else left.pop(name)
            else:
                value = default() if callable(default) else default
            values.append(value)
        if left:
            raise ValueError(f"{table.__name__} has no column {', '.join(left)}")
    if along and rows:
        await write_along(_insert(table, len(rows)), *values)
        return []
    if len(rows) <= BLOCK or open_transaction(current_engine()) is None:
        return await fetch(_insert(table, len(rows)) + then, *values) if rows else []
    found: list[dict[str, Any]] = []
    for block in in_blocks(values, BLOCK, len(columns)):
        found += await fetch(_insert(table, len(block) // len(columns)) + then, *block)
    return found


def in_blocks(values: Sequence[Any], most: int, width: int = 1) -> Iterator[Sequence[Any]]:
    """Yield ``values``, of which a row has ``width``, in blocks of ``most`` rows, then of the powers of two below.

    Databases keep prepared statements, of which the large ones take a megabyte: so there are few of them.
    """
    start, block = 0, most
    while start < len(values):
        while block * width > len(values) - start:
            block = 1 << (block - 1).bit_length() - 1
        yield values[start : start + block * width]
        start += block * width


async def update_row(table: type[Table], id: UUID, values: Mapping[str, Any]) -> None:
    """Change the columns ``values`` of the row with this id. Raises ValueError for a column that there is not."""
    json = {name for name, _, is_json in _columns(table) if is_json}
    stored = [_as_text(value) if name in json else value for name, value in values.items()]
    await fetch(_update(table, tuple(values)), *stored, id)


def _as_text(value: Any) -> str | None:
    """Return what a column of documents takes; a text is a document already."""
    return value if isinstance(value, str | None) else msgspec.json.encode(value).decode()


@lru_cache(maxsize=2048)
def _placed(sql: str, engine_type: str) -> str:
    first, *parts = sql.split("{}")
    if engine_type == "sqlite":
        return "?".join((first, *parts))
    return first + "".join(f"${number}{part}" for number, part in enumerate(parts, 1))


@lru_cache(maxsize=256)
def _columns(table: type[Table]) -> Sequence[tuple[str, Any, bool]]:
    """Return each column's name, its default (called for every row if it can be), and whether it holds JSON."""
    return [(c._meta.name, _default_of(c), isinstance(c, JSON)) for c in table._meta.columns]


def _default_of(column: Column) -> Any:
    made = callable(getattr(column, "default", None))
    return column.get_default_value if made else column.get_default_value()


@lru_cache(maxsize=1024)
def _insert(table: type[Table], count: int) -> str:
    names = ", ".join(f'"{column._meta.db_column_name}"' for column in table._meta.columns)
    row = f"({', '.join('{}' for _ in table._meta.columns)})"
    into = table._meta.get_formatted_tablename()
    return f"INSERT INTO {into} ({names}) VALUES {', '.join([row] * count)}"  # noqa: S608


@lru_cache(maxsize=1024)
def _update(table: type[Table], names: tuple[str, ...]) -> str:
    columns = {column._meta.name: column._meta.db_column_name for column in table._meta.columns}
    if unknown := [name for name in names if name not in columns]:
        raise ValueError(f"{table.__name__} has no column {', '.join(unknown)}")
    changed = ", ".join(f'"{columns[name]}" = {{}}' for name in names)
    key = table._meta.primary_key._meta.db_column_name
    return f'UPDATE {table._meta.get_formatted_tablename()} SET {changed} WHERE "{key}" = {{}}'  # noqa: S608
