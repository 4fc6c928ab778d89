"""What goes in comes out, with the same value and type on both engines."""

import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from piccolo.columns import JSONB, UUID, BigInt, Boolean, Bytea, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import uuid7
from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.database.database import Database
from crmcore.database.errors import ValueMissing, ValueRefused


class Probe(Table, db=WORKSPACE_ENGINE, tablename="probe"):
    """A column of every type that the core stores."""

    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(length=200, default="")
    notes = Text(default="")
    small = Integer(default=0)
    big = BigInt(default=0)
    flag = Boolean(default=False)
    document = JSONB(default="{}")
    body = Bytea(default=b"")
    at = Timestamptz(null=True, default=None)
    other = UUID(null=True, default=None)


@pytest.fixture(autouse=True)
async def _table(database: Database) -> AsyncIterator[None]:
    await Probe.create_table()
    yield


async def _stored(column: str, value: Any) -> Any:
    probe = Probe(**{column: value})
    await probe.save()
    (row,) = await Probe.select().where(Probe.id == probe.id)
    return row[column]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", ""),
        ("name", " Ёлка\t«Ivan» 👍🏽 e\u0301 "),
        ("notes", "'; DROP TABLE probe; -- \\ % _ {}"),
        ("notes", "x" * 1_000_000),
        ("small", 2**31 - 1),
        ("small", -(2**31)),
        ("big", 2**63 - 1),
        ("big", -(2**63)),
        ("flag", True),
        ("flag", False),
        ("body", b""),
        ("body", bytes(range(256))),
        ("at", None),
        ("at", datetime(2026, 3, 29, 1, 59, 59, 999999, UTC)),
        ("at", datetime(1, 1, 2, tzinfo=UTC)),
        ("at", datetime(9999, 12, 30, 23, 59, 59, tzinfo=UTC)),
        ("other", None),
        ("other", uuid.UUID(int=0)),
        ("other", uuid.UUID("FFFFFFFF-ffff-4fff-8fff-FFFFFFFFFFFF")),
    ],
)
async def test_a_value_comes_back_as_it_was(column: str, value: Any) -> None:
    stored = await _stored(column, value)
    assert stored == value
    assert isinstance(stored, type(value))


async def test_a_time_of_another_zone_comes_back_in_utc() -> None:
    there = datetime(2026, 1, 1, 3, 0, tzinfo=timezone(timedelta(hours=3)))
    stored = await _stored("at", there)
    assert stored == there
    assert stored.utcoffset() == timedelta(0)
    assert await Probe.count().where(Probe.at == there) == 1


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "null",
        "true",
        "5",
        "-0.1",
        "3.141592653589793",
        "12345678901234567890123",
        "0.10",
        '"5"',
        '"Тёплый — 👍"',
        '{"я": {"b": [1, 2.5, null, {"c": ""}]}, "a": "\\"\\\\/"}',
    ],
)
async def test_a_document_comes_back_as_text_with_its_meaning(text: str) -> None:
    stored = await _stored("document", text)
    assert isinstance(stored, str)
    assert json.loads(stored) == json.loads(text)


async def test_a_document_given_as_a_value_is_stored_as_json() -> None:
    document = {"tier": "золото", "points": [1, 2], "none": None}
    assert json.loads(await _stored("document", document)) == document
    (row,) = await Probe.select(Probe.document).output(load_json=True)
    assert row["document"] == document


async def test_objects_and_rows_say_the_same() -> None:
    probe = Probe(name="a", at=datetime(2026, 1, 1, tzinfo=UTC), other=uuid4(), body=b"\x00")
    await probe.save()
    found = await Probe.objects().get(Probe.id == probe.id)
    assert found is not None
    assert found.to_dict() == probe.to_dict()


async def test_an_insert_returns_the_key_as_a_uuid() -> None:
    probe = Probe()
    returned = await Probe.insert(probe)
    assert returned == [{"id": probe.id}]
    assert isinstance(returned[0]["id"], uuid.UUID)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "before\0after"),
        ("notes", "\ud800"),
        ("big", 2**63),
        ("big", -(2**63) - 1),
    ],
)
async def test_a_value_no_column_can_hold_is_refused(column: str, value: Any) -> None:
    with pytest.raises(ValueRefused):
        await Probe(**{column: value}).save()
    assert await Probe.count() == 0


async def test_a_missing_value_names_its_column(database: Database) -> None:
    with pytest.raises(ValueMissing) as caught:
        await Probe.raw("INSERT INTO probe (id, name) VALUES ({}, {})", uuid4(), None)
    assert caught.value.columns == ("name",)
    assert caught.value.table == "probe"


async def test_texts_are_ordered_and_compared_by_their_letters() -> None:
    names = ["b", "B", "a", "A", "", "я", "Ё", "а", "10", "9", "é", "e"]
    await Probe.insert(*(Probe(name=name) for name in names))
    rows = await Probe.select(Probe.name).order_by(Probe.name)
    assert [row["name"] for row in rows] == sorted(names)
    assert await Probe.count().where(Probe.name == "B") == 1
    assert await Probe.count().where(Probe.name.like("b%")) == 1
    assert await Probe.count().where(Probe.name.like("я")) == 1


async def test_times_and_keys_are_ordered_alike() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(microseconds=step) for step in (0, 1, 10, 500_000, 1_000_000, 60_000_000)]
    keys = [uuid7(moment) for moment in moments]
    await Probe.insert(
        *(Probe(id=key, at=at) for key, at in zip(reversed(keys), reversed(moments), strict=True))
    )
    assert [row["at"] for row in await Probe.select(Probe.at).order_by(Probe.at)] == moments
    assert [row["id"] for row in await Probe.select(Probe.id).order_by(Probe.id)] == sorted(keys)
    assert await Probe.count().where(Probe.at > moments[0], Probe.at <= moments[3]) == 3
