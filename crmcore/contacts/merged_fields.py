"""Whose values stay when two contacts or companies become one, and which come back when that is undone."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid

FIELDS = (
    "first_name",
    "last_name",
    "company_id",
    "job_title",
    "language",
    "time_zone",
    "gender",
    "avatar",
    "ip_address",
    "browser",
    "notes",
    "owner_id",
    "team_id",
)
COMPANY_FIELDS = ("name", "domain", "phone", "address", "notes", "owner_id", "team_id")
_EMPTY: tuple[Any, ...] = (None, "", [])

_UNKNOWN = {"en": "There is no field “{name}” to choose.", "ru": "Нет поля «{name}», которое можно выбрать."}
_WHICH = {"en": "Choose “kept” or “merged”.", "ru": "Выберите «kept» или «merged»."}


def chosen_changes(
    mine: Mapping[str, Any],
    theirs: Mapping[str, Any],
    choices: Mapping[str, str],
    untouchable: Set[str] = frozenset(),
    fields: Sequence[str] = FIELDS,
) -> tuple[dict[str, Any], set[str]]:
    """Return what changes in the kept record, and the names that nobody chose but that fill blanks.

    ``mine`` and ``theirs`` are the documents of the kept and the merged record. Tags of both come together.
    Nobody chooses for fields that are ``untouchable`` to him. Raises Invalid for a choice that cannot be made.
    """
    custom_names = mine["custom"].keys() | theirs["custom"].keys()
    known = {*fields, *(f"custom.{key}" for key in custom_names)} - untouchable
    problems = []
    for name, choice in choices.items():
        path = f"/choices/{name.replace('~', '~0').replace('/', '~1')}"
        if name not in known:
            problems.append(
                Problem(path=path, code="unknown_field", message=_UNKNOWN, params={"name": name[:80]})
            )
        elif choice not in ("kept", "merged"):
            problems.append(Problem(path=path, code="not_a_choice", message=_WHICH))
    if problems:
        raise Invalid(problems=tuple(problems))
    changes: dict[str, Any] = {}
    filled: set[str] = set()
    named = mine.get("first_name") or mine.get("last_name")
    for name in fields:
        # Half of one name and half of another is nobody's name.
        blank = not named if name in ("first_name", "last_name") else mine[name] in _EMPTY
        _choose(name, choices.get(name), mine[name], theirs[name], blank, changes, name, filled)
    custom: dict[str, Any] = {}
    for key in sorted(custom_names):
        name, old, new = f"custom.{key}", mine["custom"].get(key), theirs["custom"].get(key)
        _choose(name, choices.get(name), old, new, old in _EMPTY, custom, key, filled)
    if custom:
        changes["custom"] = custom
    tags = _together(mine["tags"], theirs["tags"])
    if tags != list(mine["tags"]):
        changes["tags"] = tags
        filled.add("tags")
    return changes, filled


def restored_changes(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    current: Mapping[str, Any],
    fields: Sequence[str] = FIELDS,
) -> dict[str, Any]:
    """Return what undoing changes in the kept record: the fields the merge changed and nobody has since.

    ``before`` and ``after`` are its documents around the merge, in JSON's form; ``current`` is the present one.
    """
    changes: dict[str, Any] = {}
    for name in fields:
        if before[name] != after[name] and _json(current[name]) == after[name]:
            changes[name] = before[name]
    custom = {
        key: before["custom"].get(key)
        for key in before["custom"].keys() | after["custom"].keys()
        if before["custom"].get(key) != after["custom"].get(key)
        and current["custom"].get(key) == after["custom"].get(key)
    }
    if custom:
        changes["custom"] = custom
    came = {tag for tag in after["tags"] if tag not in before["tags"]}
    if came & set(current["tags"]):
        changes["tags"] = [tag for tag in current["tags"] if tag not in came]
    return changes


def without_refused(
    changes: dict[str, Any],
    optional: Set[str],
    as_plugin: dict[str, dict[str, Any]],
    problems: Sequence[Problem],
) -> bool:
    """Take out of ``changes`` what the gate refused; tell whether all of that was ``optional``.

    Custom values that only a plugin may write go to ``as_plugin``, by the plugin's name.
    """
    taken = False
    for problem in problems:
        root, _, key = problem.path.removeprefix("/").partition("/")
        place = changes.get("custom", {}) if root == "custom" else changes
        name = f"custom.{key}" if root == "custom" else root
        key = key if root == "custom" else root
        if name not in optional:
            return False
        if key not in place:
            continue
        value = place.pop(key)
        taken = True
        if problem.code == "read_only" and problem.plugin:
            as_plugin.setdefault(problem.plugin, {})[key] = value
    return taken


def names_in(changes: Mapping[str, Any]) -> set[str]:
    """Return the names of all fields in ``changes``, custom ones with their prefix."""
    return {*changes, *(f"custom.{key}" for key in changes.get("custom", ()))}


def _choose(
    name: str,
    choice: str | None,
    old: Any,
    new: Any,
    blank: bool,
    changes: dict[str, Any],
    key: str,
    filled: set[str],
) -> None:
    if new == old:
        return
    if choice == "merged":
        changes[key] = new
    elif choice is None and blank and new not in _EMPTY:
        changes[key] = new
        filled.add(name)


def _together(mine: list[str], theirs: list[str]) -> list[str]:
    known = {tag.casefold() for tag in mine}
    return [*mine, *(tag for tag in theirs if tag.casefold() not in known)]


def _json(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else str(value)
