"""What a role may say: patterns that mean something, scopes that fit, fields that there are."""

from collections.abc import Collection, Mapping
from uuid import UUID

from crmcore.accounts.role import ALL
from crmcore.accounts.scopes import means_something
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.contracts.scopes import RowScope
from crmcore.records.composite import SYSTEM
from crmcore.records.definition import Definition

ACTIONS = ("read", "write", "delete")

_UNKNOWN: Label = {
    "en": "“{name}” is no permission. A permission is TYPE.ACTION, for example contact.read.",
    "ru": "Права «{name}» нет. Право — это ТИП.ДЕЙСТВИЕ, например contact.read.",
}
_PATTERN: Label = {
    "en": "“{name}” names no records. Rows are narrowed for TYPE.read, TYPE.write, TYPE.delete, TYPE.*, *.read or *.",
    "ru": "«{name}» не называет записей. Можно: ТИП.read, ТИП.write, ТИП.delete, ТИП.*, *.read или *.",
}
_SCOPE: Label = {
    "en": "There is no row scope “{name}”. Possible: {known}.",
    "ru": "Нет такого охвата строк: «{name}». Можно: {known}.",
}
_FOLLOWS: Label = {
    "en": "These records have no rows of their own: they follow “{name}”.",
    "ru": "У этих записей нет своих строк: они следуют за «{name}».",
}
_SHARED: Label = {
    "en": "These records belong to everybody and cannot be narrowed.",
    "ru": "Эти записи общие, их нельзя ограничить.",
}
_UNFIT: Label = {
    "en": "These records belong to nobody: the row scope “{name}” would let none through.",
    "ru": "Эти записи никому не принадлежат: охват «{name}» не пропустит ни одной.",
}
_NO_TYPE: Label = {"en": "There is no record type “{name}”.", "ru": "Нет типа записей «{name}»."}
_NO_FIELD: Label = {"en": "There is no field “{name}”.", "ru": "Нет поля «{name}»."}
_NEEDED: Label = {
    "en": "Lists and pages need this field: it can be read-only, not hidden.",
    "ru": "Это поле нужно спискам и страницам: его можно сделать только для чтения, но не скрыть.",
}


def permission_problems(
    permissions: list[str],
    stored: frozenset[str],
    record_types: Mapping[str, RecordType],
    of_plugins: Collection[str] = (),
) -> list[Problem]:
    """Return a problem for each pattern that means nothing; what is ``stored`` may belong to a plugin away."""
    return [
        Problem(
            path=f"/permissions/{index}", code="unknown_permission", message=_UNKNOWN, params={"name": name}
        )
        for index, name in enumerate(permissions)
        if name != "*" and name not in stored and not means_something(name, record_types, of_plugins)
    ]


def row_problems(
    rows: Mapping[str, str],
    stored: Mapping[str, str],
    record_types: Mapping[str, RecordType],
    scopes: Mapping[str, RowScope],
) -> list[Problem]:
    """Return what is wrong with the row scopes; what is ``stored`` already stays possible."""
    problems = []
    for pattern, key in rows.items():
        if stored.get(pattern) == key:
            continue
        path = f"/rows/{pattern.replace('~', '~0').replace('/', '~1')}"
        subject, _, action = pattern.rpartition(".")
        kind = record_types.get(subject)
        if pattern != "*" and (action not in (*ACTIONS, "*") or (subject != "*" and kind is None)):
            problems.append(
                Problem(path=path, code="unknown_pattern", message=_PATTERN, params={"name": pattern})
            )
        elif key != ALL and key not in scopes:
            known = ", ".join((ALL, *scopes))
            problems.append(
                Problem(path=path, code="unknown_scope", message=_SCOPE, params={"name": key, "known": known})
            )
        elif kind is not None and kind.within is not None:
            params = {"name": kind.within.record_type.key}
            problems.append(Problem(path=path, code="follows", message=_FOLLOWS, params=params))
        elif kind is not None and kind.shared:
            problems.append(Problem(path=path, code="shared", message=_SHARED))
        elif kind is not None and key != ALL and not _fits(kind, scopes[key]):
            problems.append(Problem(path=path, code="no_owner", message=_UNFIT, params={"name": key}))
    return problems


def stored_fields(
    fields: Mapping[str, Mapping[str, str]],
    before: Mapping[str, Mapping[str, str]],
    record_types: Mapping[str, RecordType],
    custom: Mapping[str, tuple[Definition, ...]],
) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """Return field rules as they are kept, custom fields by their id, and what is wrong with them."""
    kept: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    for key, rules in fields.items():
        kind = record_types.get(key)
        if kind is None and key not in before:
            problems.append(
                Problem(path=f"/fields/{key}", code="unknown_type", message=_NO_TYPE, params={"name": key})
            )
            continue
        for name, rule in rules.items():
            place = f"/fields/{key}/{name.replace('~', '~0').replace('/', '~1')}"
            stored = _stored_name(kind, name, custom.get(key, ()))
            if stored is None and name in before.get(key, {}):
                stored = name
            if stored is None:
                problems.append(
                    Problem(path=place, code="unknown_field", message=_NO_FIELD, params={"name": name})
                )
            elif rule == "hidden" and kind is not None and stored in _needed(kind):
                problems.append(Problem(path=place, code="needed", message=_NEEDED))
            else:
                kept.setdefault(key, {})[stored] = rule
    return kept, problems


def shown_fields(
    fields: Mapping[str, Mapping[str, str]], custom: Mapping[str, tuple[Definition, ...]]
) -> dict[str, dict[str, str]]:
    """Return field rules with custom fields by their keys, where there are such fields."""
    names = {
        key: {f"custom.{definition.id}": f"custom.{definition.key}" for definition in definitions}
        for key, definitions in custom.items()
    }
    return {
        key: {names.get(key, {}).get(name, name): rule for name, rule in rules.items()}
        for key, rules in fields.items()
    }


def _fits(kind: RecordType, scope: RowScope) -> bool:
    if scope.record_types:
        return kind.key in scope.record_types
    return bool(kind.owner or kind.team)


def _needed(kind: RecordType) -> set[str]:
    shown = {*kind.always_shown, kind.default_sort.lstrip("-")}
    return {*SYSTEM, *shown, *(f"{name}_id" for name in shown)}


def _stored_name(kind: RecordType | None, name: str, custom: tuple[Definition, ...]) -> str | None:
    if kind is None:
        return None
    if name.startswith("custom."):
        wanted = name.removeprefix("custom.")
        for definition in custom:
            if wanted in definition.names or _same(wanted, definition.id):
                return f"custom.{definition.id}"
        return None
    return name if name in kind.properties or name in SYSTEM or (name == "tags" and kind.tags) else None


def _same(text: str, id: UUID) -> bool:
    return text == str(id)
