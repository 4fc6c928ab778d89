"""SQLite's own converters give what Piccolo's give."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from piccolo.engine import sqlite as piccolo_sqlite

from crmcore.database import sqlite_values


@pytest.mark.parametrize(
    ("ours", "theirs", "values"),
    [
        (
            sqlite_values.uuid_out,
            piccolo_sqlite.convert_uuid_out,
            [str(uuid4()), uuid4().hex, str(uuid4()).upper(), f"{{{uuid4()}}}"],
        ),
        (
            sqlite_values.moment_out,
            piccolo_sqlite.convert_timestamptz_out,
            ["2026-01-02 03:04:05+00:00", "2026-01-02 03:04:05.000006+00:00", "2026-01-02 03:04:05"],
        ),
        (
            sqlite_values.int_out,
            piccolo_sqlite.convert_int_out,
            ["0", "-7", str(2**62), "1.0", "1e3", str(2**80)],
        ),
        (sqlite_values.bool_out, piccolo_sqlite.convert_boolean_out, ["0", "1"]),
    ],
)
def test_values_come_out_as_from_piccolo(
    ours: Callable[[bytes], Any], theirs: Callable[[bytes], Any], values: list[str]
) -> None:
    for text in values:
        found, expected = ours(text.encode()), theirs(text.encode())
        assert (found, type(found)) == (expected, type(expected))
        assert hash(found) == hash(expected)


@pytest.mark.parametrize("convert", [sqlite_values.uuid_out, sqlite_values.moment_out, sqlite_values.int_out])
def test_what_is_none_of_them_is_refused(convert: Callable[[bytes], Any]) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        convert(b'nothing "of the kind"')
