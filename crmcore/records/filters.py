"""Filters as data, compiled to conditions from closed sets of fields and operators."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn
from uuid import UUID

from piccolo.columns import Column
from piccolo.columns.combination import And, Or, WhereRaw

from crmcore.contracts.elsewhere import KeptElsewhere
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.contracts.records import RecordType
from crmcore.errors import Invalid
from crmcore.records.columns import column_name
from crmcore.records.composite import SYSTEM
from crmcore.records.custom_filters import (
    decimal_value,
    expression,
    in_members,
    members,
    money_condition,
    present,
    stored_form,
    typed,
    unknown_choice,
)
from crmcore.records.definition import Definition
from crmcore.records.filter_values import MOST_CHARACTERS, MOST_LISTED, taken_value
from crmcore.records.moments import COMPARE, Present, is_relative, relative_condition
from crmcore.records.tags import tag_key

OPERATORS = ("eq", "ne", "in", "lt", "lte", "gt", "gte", "within", "contains", "empty")
_ELSEWHERE = ("eq", "ne", "in", "contains", "empty")
MAX_DEPTH = 5
MAX_LEAVES = 50

_SHAPE: Label = {
    "en": 'A filter is {"all": […]}, {"any": […]}, {"not": …} or {"field": …, "op": …, "value": …}.',
    "ru": 'Фильтр — это {"all": […]}, {"any": […]}, {"not": …} или {"field": …, "op": …, "value": …}.',
}
_FIELD: Label = {
    "en": "The field “{name}” cannot be filtered. Possible: {known}.",
    "ru": "По полю «{name}» нельзя отбирать. Можно: {known}.",
}
_OPERATOR: Label = {
    "en": "The operator “{name}” is not possible here. Possible: {known}.",
    "ru": "Оператор «{name}» здесь невозможен. Можно: {known}.",
}
_VALUE: Label = {
    "en": "This value does not fit the field. It takes {taken}.",
    "ru": "Значение не подходит к полю. Нужно: {taken}.",
}
_CHOICE: Label = {
    "en": "“{value}” is not among the choices: {choices_en}.",
    "ru": "Варианта «{value}» нет. Есть: {choices_ru}.",
}
_TOO_BIG: Label = {"en": "The filter is too large.", "ru": "Фильтр слишком большой."}

Condition = Any


class FilterCompiler:
    """Compiles the filters of one record type for one database kind."""

    def __init__(
        self,
        record_type: RecordType,
        definitions: Iterable[Definition],
        kind: str,
        collation: str = "",
        *,
        present: Present,
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        """``collation`` is one of PostgreSQL's by which ``lower`` knows every alphabet.

        ``present`` is what relative moments are relative to; ``hidden`` fields cannot be asked about.
        """
        self._present = present
        self._hidden = hidden
        self._type = record_type
        self._kind = kind
        self._collation = f' COLLATE "{collation}"' if collation else ""
        self._custom = {
            f"custom.{name}": item
            for item in definitions
            if item.filterable and not item.dormant
            for name in item.names
            if f"custom.{name}" not in hidden
        }
        self._leaves = 0

    @property
    def fields(self) -> list[str]:
        """The names of the fields that can be filtered."""
        base = (*self._type.filters, *(("tags",) if self._type.tags else ()))
        return [*(name for name in base if name not in self._hidden), *self._custom]

    def compile(self, filter: Any, path: str = "/filter", depth: int = 1) -> Condition:
        """Return ``filter`` as a condition; raises :class:`~crmcore.errors.Invalid` with the path of the fault."""
        # Every part holds a comparison at least.
        if depth > MAX_DEPTH or self._leaves >= MAX_LEAVES:
            _refuse(path, "filter_too_large", _TOO_BIG)
        if not isinstance(filter, Mapping):
            _refuse(path, "not_a_filter", _SHAPE)
        keys = set(filter)
        if keys in ({"all"}, {"any"}):
            name = keys.pop()
            parts = filter[name]
            if not isinstance(parts, list) or not parts:
                _refuse(f"{path}/{name}", "not_a_filter", _SHAPE)
            conditions = [self.compile(part, f"{path}/{name}/{i}", depth + 1) for i, part in enumerate(parts)]
            combined = conditions[0]
            for condition in conditions[1:]:
                combined = And(combined, condition) if name == "all" else Or(combined, condition)
            return combined
        if keys == {"not"}:
            inner = self.compile(filter["not"], f"{path}/not", depth + 1)
            return _negated(inner)
        if not {"field", "op"} <= keys <= {"field", "op", "value"}:
            _refuse(path, "not_a_filter", _SHAPE)
        if "value" not in keys and filter["op"] in OPERATORS and filter["op"] != "empty":
            _refuse(path, "not_a_filter", _SHAPE)
        self._leaves += 1
        return self._leaf(str(filter["field"]), str(filter["op"]), filter.get("value"), path)

    def _leaf(self, field: str, op: str, value: Any, path: str) -> Condition:
        if field == "id" and op not in ("eq", "ne", "in"):
            _refuse(f"{path}/op", "unknown_operator", _OPERATOR, name=op[:20], known="eq, ne, in")
        if field != "id" and field not in self.fields:
            _refuse(f"{path}/field", "unknown_field", _FIELD, name=field[:80], known=", ".join(self.fields))
        if field == "tags":
            return self._tag(op, value, path)
        if field in self._type.elsewhere:
            return self._elsewhere(self._type.elsewhere[field], op, value, path)
        definition = self._custom.get(field)
        form = self._moment_form(field)
        operators = definition.operators if definition else OPERATORS
        if form and "lt" in operators:
            operators = tuple(dict.fromkeys((*operators, "within")))
        elif not form:
            operators = tuple(name for name in operators if name != "within")
        if op not in operators:
            _refuse(f"{path}/op", "unknown_operator", _OPERATOR, name=op[:20], known=", ".join(operators))
        try:
            if form and is_relative(op, value):
                return relative_condition(self._expression(field), form, op, value, self._present)
            if definition is not None:
                if unknown := unknown_choice(definition, op, value):
                    _refuse(f"{path}/value", "not_a_choice", _CHOICE, **unknown)
                return self._compare_custom(definition, op, value)
            expression, convert = self._column_expression(field)
            return self._compare(expression, op, value, convert)
        except (ValueError, TypeError, ArithmeticError) as error:
            why = error.__cause__
            if isinstance(why, InvalidValue):  # what the field type says itself
                _refuse(f"{path}/value", "wrong_value", why.message, **why.params)
            schema = definition.schema if definition else self._type.properties.get(field) or SYSTEM[field]
            _refuse(f"{path}/value", "wrong_value", _VALUE, taken=taken_value(op, schema, value))

    def _compare(self, expression: str, op: str, value: Any, convert: Callable[[Any], Any]) -> Condition:
        if op == "empty":
            if not isinstance(value, bool) and value is not None:
                raise ValueError("a flag")
            text = f"CAST({expression} AS TEXT)"
            empty = f"({expression} IS NULL OR {text} = '')"
            return WhereRaw(f"NOT {empty}" if value is False else empty)
        if op == "contains":
            if not isinstance(value, str) or not value:
                raise ValueError("a text")
            lower = "crm_lower" if self._kind == "sqlite" else "lower"
            pattern = "%" + escaped_like(value.lower()) + "%"
            return WhereRaw(
                f"{lower}(CAST({expression} AS TEXT){self._collation}) LIKE {{}} ESCAPE '\\'", pattern
            )
        if op == "in":
            if not isinstance(value, list) or not 1 <= len(value) <= MOST_LISTED:
                raise ValueError("a list")
            places = ", ".join("{}" for _ in value)
            return WhereRaw(f"{expression} IN ({places})", *(convert(item) for item in value))
        if value is None and op in ("eq", "ne"):
            return WhereRaw(f"{expression} IS {'NOT ' if op == 'ne' else ''}NULL")
        converted = convert(value)
        if op == "eq":
            return WhereRaw(f"{expression} = {{}}", converted)
        if op == "ne":
            return WhereRaw(f"({expression} <> {{}} OR {expression} IS NULL)", converted)
        return WhereRaw(f"{expression} {COMPARE[op]} {{}}", converted)

    def _elsewhere(self, kept: KeptElsewhere, op: str, value: Any, path: str) -> Condition:
        """Return the condition that a row of another table has the value, or for ``ne`` that none has."""
        if op not in _ELSEWHERE:
            _refuse(f"{path}/op", "unknown_operator", _OPERATOR, name=op[:20], known=", ".join(_ELSEWHERE))
        if value is None and op in ("eq", "ne"):
            op, value = "empty", op == "eq"
        try:
            positive = op != "ne" if op != "empty" else value is False
            wanted = None
            if op == "contains":
                wanted = self._compare(f'kept."{kept.part_of}"', op, kept.part(_text(value)), _text)
            elif op != "empty":
                positively = "eq" if op == "ne" else op
                wanted = self._compare(
                    f'kept."{kept.compared}"', positively, value, lambda one: kept.normal(_text(one))
                )
            elif not isinstance(value, bool | None):
                raise ValueError("a flag")
        except (ValueError, TypeError):
            _refuse(f"{path}/value", "wrong_value", _VALUE, taken=taken_value(op, {}, value))
        conditions = ['kept."kind" = {}'] if kept.kind else []
        values: list[Any] = [kept.kind] if kept.kind else []
        if wanted is not None:
            conditions.append("{}")
            values.append(wanted.querystring)
        # Built from closed names; values are parameters.
        inner = (
            f'SELECT kept."{kept.owner}" FROM "{kept.table._meta.tablename}" AS kept '  # noqa: S608
            f"WHERE {' AND '.join(conditions) or '1 = 1'}"
        )
        id = f'"{self._type.table._meta.tablename}"."id"'
        return WhereRaw(f"{id} {'' if positive else 'NOT '}IN ({inner})", *values)

    def _column_expression(self, field: str) -> tuple[str, Callable[[Any], Any]]:
        schema = self._type.properties.get(field) or SYSTEM[field]
        column: Column = self._type.table._meta.get_column_by_name(column_name(field, schema))
        expression = f'"{self._type.table._meta.tablename}"."{column._meta.db_column_name}"'
        return expression, _converter(schema)

    def _moment_form(self, field: str) -> str:
        """Return how ``field`` keeps moments, empty when it does not."""
        if field in self._custom:
            format = self._custom[field].schema.get("format")
            return {"date": "date", "date-time": "text"}.get(str(format), "")
        schema = self._type.properties.get(field) or SYSTEM[field]
        return "moment" if schema.get("format") == "date-time" else ""

    def _expression(self, field: str) -> str:
        if field in self._custom:
            column = f'"{self._type.table._meta.tablename}"."custom"'
            return expression(self._custom[field], column, self._kind)
        return self._column_expression(field)[0]

    def _compare_custom(self, definition: Definition, op: str, value: Any) -> Condition:
        column = f'"{self._type.table._meta.tablename}"."custom"'
        form = stored_form(definition)
        if op == "empty" and form in ("array", "decimal", "money"):
            if not isinstance(value, bool) and value is not None:
                raise ValueError("a flag")
            has = present(definition, column, self._kind)
            return WhereRaw(has if value is False else f"NOT ({has})")
        if form == "array":
            if op == "in" and (not isinstance(value, list) or len(value) > MOST_LISTED):
                raise ValueError("a list")
            return in_members(definition, column, self._kind, members(definition, op, value))
        if form == "money" and value is not None:
            sign = {"eq": "=", "ne": "<>", "in": "in"}.get(op) or COMPARE[op]
            return money_condition(definition, column, self._kind, sign, value)
        return self._compare(
            expression(definition, column, self._kind), op, value, _custom_converter(definition, self._kind)
        )

    def _tag(self, op: str, value: Any, path: str) -> Condition:
        table = f'"{self._type.table._meta.tablename}"."id"'
        names = value if isinstance(value, list) else [value]
        if op == "empty" and isinstance(value, bool | None):
            names, positive = [], value is False
        elif op in ("eq", "in", "contains") and names and all(isinstance(name, str) for name in names):
            positive = True
        elif op == "ne" and isinstance(value, str):
            positive = False
        else:
            _refuse(
                f"{path}/op", "unknown_operator", _OPERATOR, name=op[:20], known="eq, ne, in, contains, empty"
            )
        wanted = ""
        keys = [tag_key(name) for name in names[:200]]
        if keys:
            wanted = f" AND tag.name_key IN ({', '.join('{}' for _ in keys)})"
        # Built from closed names; values are parameters.
        inner = (
            "SELECT 1  "  # noqa: S608
            " FROM tagging JOIN tag ON tag.id = tagging.tag "
            f"WHERE tagging.record_type = {{}} AND tagging.record_id = {table}{wanted}"
        )
        return WhereRaw(f"{'' if positive else 'NOT '}EXISTS ({inner})", self._type.key, *keys)


def escaped_like(text: str) -> str:
    """Return ``text`` with the signs that LIKE takes for wildcards escaped by a backslash."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _negated(condition: Condition) -> WhereRaw:
    # A comparison with NULL is unknown; what is not known to hold is what "not" lets through.
    return WhereRaw("NOT COALESCE(({}), FALSE)", condition.querystring)


def _converter(schema: Mapping[str, Any]) -> Callable[[Any], Any]:
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if schema.get("format") == "uuid":
        return lambda value: UUID(_text(value))
    if schema.get("format") == "date-time":
        return _moment
    if "boolean" in kinds:
        return _flag
    if "integer" in kinds:
        return _integer
    if "number" in kinds:
        return _number
    return _text


def _custom_converter(definition: Definition, engine: str) -> Callable[[Any], Any]:
    form, clean = stored_form(definition), typed(definition)
    if form == "boolean":
        return lambda value: _flag(clean(value)) if engine == "postgres" else int(_flag(clean(value)))
    if form == "decimal":
        return lambda value: decimal_value(clean(value), engine)
    if form == "number":
        # A text is read as writing reads it; a number is compared as it is, 1.5 with whole numbers too.
        def read(value: Any) -> float | int:
            return _number(clean(value) if isinstance(value, str) else value)

        return read if engine == "sqlite" else lambda value: Decimal(str(read(value)))
    return lambda value: _text(clean(_text(value)))


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value or len(value) > MOST_CHARACTERS:
        raise ValueError("a text")
    value.encode()
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("a flag")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        raise ValueError("a whole number")
    return value


def _number(value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= 2**63:
        raise ValueError("a number")
    return value


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    moment = datetime.fromisoformat(_text(value))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _refuse(path: str, code: str, message: Label, **params: Any) -> NoReturn:
    raise Invalid(problems=(Problem(path=path, code=code, message=message, params=params),))
