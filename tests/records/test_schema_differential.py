"""jsonschema and jsonschema-rs say the same about 20,000 records that chance has spoilt."""

import random
from copy import deepcopy
from typing import Any

from crmcore.records.checking import CompiledSchema

RECORDS = 20_000
SEED = 20_201_112

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 12},
        "code": {"type": "string", "pattern": r"^[A-Z]{2}\d+$"},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "score": {"type": "number", "exclusiveMinimum": -1, "exclusiveMaximum": 1.5},
        "step": {"type": "number", "multipleOf": 0.25},
        "dozen": {"type": "integer", "multipleOf": 12},
        "tier": {"type": "string", "enum": ["gold", "silver"]},
        "one": {"const": 1},
        "vip": {"type": "boolean"},
        "born": {"type": "string", "format": "date"},
        "at": {"type": ["string", "null"], "format": "date-time"},
        "mail": {"type": "string", "format": "email"},
        "site": {"type": "string", "format": "uri"},
        "ip": {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}], "type": "string"},
        "id": {"type": "string", "format": "uuid"},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "maxItems": 3},
        "any": {"type": "array", "uniqueItems": True, "minItems": 1},
        "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False},
        "price": {
            "type": "object",
            "properties": {"amount": {"type": "string"}, "currency": {"enum": ["EUR", "USD"]}},
            "required": ["amount", "currency"],
            "additionalProperties": False,
        },
        "custom": {
            "type": "object",
            "minProperties": 1,
            "properties": {
                "a": {"not": {"type": "string"}},
                "b": {"oneOf": [{"minimum": 2}, {"maximum": 5}]},
            },
            "dependentRequired": {"a": ["b"]},
            "additionalProperties": {"type": "integer"},
        },
    },
    "required": ["name", "age"],
    "additionalProperties": False,
    "if": {"properties": {"tier": {"const": "gold"}}, "required": ["tier"]},
    "then": {"required": ["vip"]},
    "else": {"properties": {"score": {"maximum": 1}}},
}
RECORD: dict[str, Any] = {
    "name": "Ann",
    "code": "AB12",
    "age": 31,
    "score": 0.5,
    "step": 1.25,
    "dozen": 24,
    "tier": "gold",
    "one": 1,
    "vip": True,
    "born": "2000-02-29",
    "at": "2026-11-22T14:00:00Z",
    "mail": "ann@example.org",
    "site": "https://example.org/a?b=c",
    "ip": "192.0.2.1",
    "id": "01938f6e-5d5c-7b1e-8c52-0a1b2c3d4e5f",
    "tags": ["a", "b"],
    "any": [1, "1", True, None],
    "pair": [1, "x"],
    "price": {"amount": "1.00", "currency": "EUR"},
    "custom": {"a": 1, "b": 7},
}
# No number beyond 64 bits: the gate lets none come so far.
STRANGE: list[Any] = [
    None, True, False, 0, 1, -1, 1.0, 0.0, -0.0, 1.5, 0.1, 12, 150, 151, 2**31, 2**53, 2**63 - 1, 1e18, 1e-7,
    "", " ", "a", "gold", "GOLD", "é", "e\u0301", "😀" * 7, "\u200b", "٣", "AB٣", "AB1\n", "AB12", "2001-02-29",
    "2000-02-30", "2026-11-22", "2026-11-22t14:00:00z", "2026-11-22T24:00:00Z", "2026-11-22T23:59:60Z", "::1",
    "1.2.3", "01.2.3.4", "a@b", "a b@c.d", "@", "http://", "http://exa mple", "mailto:a@b", "/relative", [], [1, 1],
    [1, True], [1, 1.0], [0, False], ["a", "a"], [[1], [1.0]], [{"a": 1}, {"a": 1.0}], [1, "x", 2], ["x", 1], {},
    {"a": 1},
    {"a": "x", "b": 3}, {"b": 3}, {"amount": "1", "currency": "EUR", "x": 1}, {"amount": 1}, [None] * 4, [{}, []],
]  # fmt: skip


def spoilt(chance: random.Random) -> Any:
    record = deepcopy(RECORD)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 6))):
        place: Any = record
        while True:
            keys: list[Any] = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(place[key], dict | list) and chance.random() < 0.6:
                place = place[key]
                continue
            _spoil(place, key, chance)
            break
    return record if chance.random() > 0.01 else chance.choice(STRANGE)


def _spoil(place: Any, key: Any, chance: random.Random) -> None:
    value, way = place[key], chance.randrange(6)
    if way == 0:
        del place[key]
    elif way == 1 and isinstance(place, dict):
        place[chance.choice(("x", "Name", "name ", "", "~/", key.upper()))] = value
    elif way == 2 and isinstance(value, str) and value:
        at = chance.randrange(len(value))
        place[key] = value[:at] + chance.choice("aZ0 .-:/@%\n\u00e9٣") + value[at + chance.randrange(2) :]
    elif way == 3 and isinstance(value, int | float):
        place[key] = value * chance.choice((-1, 0.5, 1.0, 2, 10, 0.1))
    else:
        place[key] = deepcopy(chance.choice(STRANGE))


def test_both_validators_agree_on_spoilt_records() -> None:
    chance = random.Random(SEED)
    compiled = CompiledSchema(SCHEMA, {})
    assert compiled.accepts(RECORD) == (True, True)
    accepted = 0
    for number in range(RECORDS):
        record = spoilt(chance)
        fast, slow = compiled.accepts(record)
        assert fast is slow, (number, record)
        accepted += fast
    assert RECORDS // 10 < accepted < RECORDS * 9 // 10
