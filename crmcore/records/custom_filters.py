"""How a custom field is compared in a filter: its SQL on each engine, and the form of the values it is compared with.

Expression indexes are made of the same SQL, so that they are found by the queries they are for.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from piccolo.columns.combination import WhereRaw

from crmcore.contracts.labels import text_of
from crmcore.contracts.problems import InvalidValue
from crmcore.records.definition import Definition

# A decimal filter value of more digits would be rounded by SQLite and not by PostgreSQL.
_SHOWN = 20
_MAX_DIGITS = 15


def stored_form(definition: Definition) -> str:
    """Return how the values of a field are kept: text, number, boolean, array, decimal or money."""
    hint = definition.schema.get("x-crm", {}).get("stored")
    kind = hint or definition.schema.get("type")
    if kind == "integer":
        return "number"
    return kind if kind in ("number", "boolean", "array", "decimal", "money") else "text"


def expression(definition: Definition, column: str, engine: str) -> str:
    """Return the SQL of a field's comparable value in the JSON ``column``; NULL for what has another form.

    The key comes from a stored definition: lower-case letters, digits and underscores only.
    """
    form, key = stored_form(definition), definition.key
    if form == "money":
        return _decimal(column, engine, key, "amount")
    if form == "decimal":
        return _decimal(column, engine, key)
    if engine == "sqlite":
        return f"json_extract({column}, '$.{key}')"
    if form == "array":
        return f"({column} -> '{key}')"
    text = f"({column} ->> '{key}')"
    # A value stored before the field changed its type must not break the query.
    if form == "number":
        return f"CASE WHEN jsonb_typeof({column} -> '{key}') = 'number' THEN {text}::numeric END"
    if form == "boolean":
        return f"CASE WHEN jsonb_typeof({column} -> '{key}') = 'boolean' THEN {text}::boolean END"
    return text


def present(definition: Definition, column: str, engine: str) -> str:
    """Return the SQL of whether the record has a value for the field."""
    return has_value(definition.key, column, engine)


def has_value(key: str, column: str, engine: str) -> str:
    """Return the SQL of whether the document in ``column`` has a value by a field's key."""
    if engine == "sqlite":
        return f"json_extract({column}, '$.{key}') IS NOT NULL"
    return f"({column} -> '{key}') IS NOT NULL"


def _decimal(column: str, engine: str, *keys: str) -> str:
    if engine == "sqlite":
        text = f"json_extract({column}, '$.{'.'.join(keys)}')"
        return f"CASE WHEN {text} NOT GLOB '*[^-.0-9]*' THEN CAST({text} AS REAL) END"
    *outer, last = keys
    holder = column + "".join(f" -> '{key}'" for key in outer)
    text = f"({holder} ->> '{last}')"
    return rf"CASE WHEN {text} ~ '^-?[0-9]+([.][0-9]+)?$' THEN {text}::numeric END"


def members(definition: Definition, op: str, value: Any) -> list[Any]:
    """Return the values that a filter of a list field asks for, each read as writing reads it."""
    asked = value if op == "in" else [value]
    if not isinstance(asked, list) or not 1 <= len(asked) <= 200:
        raise ValueError("a list")
    clean = typed(definition)
    cleaned = [clean([one]) for one in asked]
    return [part for parts in cleaned for part in (parts if isinstance(parts, list) else [parts])]


def unknown_choice(definition: Definition, op: str, value: Any) -> dict[str, str]:
    """Return the first of ``value`` that is none of the field's choices, and these; nothing when all are."""
    schema = definition.schema
    listed = schema.get("type") == "array"
    possible = (schema.get("items", {}) if listed else schema).get("enum")
    if not possible or op not in ("eq", "ne", "in", "contains") or value is None:
        return {}
    for one in value if op == "in" and isinstance(value, list) else [value]:
        try:
            read = typed(definition)([one] if listed else one)
        except (ValueError, TypeError) as error:
            why = error.__cause__
            if not (isinstance(why, InvalidValue) and why.code == "not_a_choice"):
                continue
            read = [why.params.get("value", one)] if listed else why.params.get("value", one)
        for part in read if listed and isinstance(read, list) else [read]:
            if isinstance(part, str) and part not in possible:
                return {
                    "value": part[:80],
                    **{f"choices_{one}": _shown_choices(definition, possible, one) for one in ("en", "ru")},
                }
    return {}


def _shown_choices(definition: Definition, possible: Sequence[Any], language: str) -> str:
    choices: list[str] = [
        text_of(choice.get("label") or choice["value"], language)
        for choice in definition.options.get("choices", ())
        if not choice.get("retired")
    ] or [str(value) for value in possible]
    return ", ".join(choices[:_SHOWN]) + (", …" if len(choices) > _SHOWN else "")


def in_members(definition: Definition, column: str, engine: str, values: list[Any]) -> WhereRaw:
    """Return the condition that a list field holds at least one of ``values``."""
    if not values or not all(isinstance(value, str) and 0 < len(value) <= 1000 for value in values):
        raise ValueError("texts")
    if engine == "sqlite":
        places = ", ".join("{}" for _ in values)
        path = f"'$.{definition.key}'"
        # Built from closed names; values are parameters.
        return WhereRaw(
            f"EXISTS (SELECT 1 FROM json_each({column}, {path}) AS member WHERE member.value IN ({places}))",  # noqa: S608
            *values,
        )
    one = f"{expression(definition, column, engine)} @> jsonb_build_array({{}}::text)"
    return WhereRaw("(" + " OR ".join([one] * len(values)) + ")", *values)


def money_condition(definition: Definition, column: str, engine: str, operator: str, value: Any) -> WhereRaw:
    """Return the condition that an amount compares so with ``value``, in the same currency and in no other."""
    if operator == "in":
        if not isinstance(value, list) or not 1 <= len(value) <= 200:
            raise ValueError("a list")
        parts = [money_condition(definition, column, engine, "=", item) for item in value]
        joined = " OR ".join(["({})"] * len(parts))
        return WhereRaw(f"({joined})", *(part.querystring for part in parts))
    money = typed(definition)(value)
    if not isinstance(money, Mapping):
        raise ValueError("money")
    amount = decimal_value(money["amount"], engine)
    code = f"json_extract({column}, '$.{definition.key}.currency')"
    if engine == "postgres":
        code = f"({column} -> '{definition.key}' ->> 'currency')"
    compared = expression(definition, column, engine)
    if operator == "<>":
        return WhereRaw(
            f"NOT COALESCE({compared} = {{}} AND {code} = {{}}, FALSE)", amount, money["currency"]
        )
    return WhereRaw(f"({compared} {operator} {{}} AND {code} = {{}})", amount, money["currency"])


def typed(definition: Definition) -> Callable[[Any], Any]:
    """Return how a filter's value is brought to the form that the field stores: a phone number as it is kept."""

    def cleaned(value: Any) -> Any:
        if definition.field_type is None:
            return value
        try:
            value = definition.field_type.clean(value, definition.options)
        except InvalidValue as error:
            raise ValueError("not a value of the field") from error
        if value is None:
            raise ValueError("no value")
        return value

    return cleaned


def decimal_value(text: Any, engine: str) -> Decimal | float:
    """Return a decimal as a parameter of the engine; raises ValueError for more digits than both compare alike."""
    number = Decimal(text)
    if not number.is_finite() or len(number.as_tuple().digits) > _MAX_DIGITS:
        raise ValueError("digits")
    return float(number) if engine == "sqlite" else number
