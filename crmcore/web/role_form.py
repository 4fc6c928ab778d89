"""A role as a form: a table of record types with how far each action reaches, other permissions, field rules."""

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.accounts.role import ALL, RoleEntry
from crmcore.accounts.scopes import ACTIONS
from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.web.form import Form

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

REACHES = ("read", "write", "delete")
MAX_LINES = 500


class Reach(Struct, frozen=True):
    """One cell of the table: how far an action on a record type reaches; empty is not at all."""

    name: str
    chosen: str
    choices: list[tuple[str, str]]


class TypeLine(Struct, frozen=True):
    """One line of the table."""

    label: str
    cells: list[Reach]


class RoleForm:
    """The form of one role for one visitor."""

    def __init__(self, visit: "Visit") -> None:
        self._visit = visit
        self._types = visit.crm.records.types

    def lines(self, role: RoleEntry | None) -> list[TypeLine]:
        """Return the table, filled with ``role``."""
        holder = self._holder(role)
        lines = []
        for key, kind in self._types.items():
            actions = ACTIONS.get(key, REACHES)
            cells = [
                Reach(f"{key}.{action}", _reach(holder, role, key, action), self._choices(kind))
                for action in REACHES
                if action in actions
            ]
            lines.append(TypeLine(self._visit.say(kind.label_plural), cells))
        return lines

    def others(self, role: RoleEntry | None) -> list[tuple[str, bool]]:
        """Return the permissions that are no actions on records, each with whether the role has it."""
        holder = self._holder(role)
        return [
            (f"{subject}.{action}", holder.may(f"{subject}.{action}"))
            for subject, actions in ACTIONS.items()
            for action in actions
            if subject not in self._types
        ]

    @staticmethod
    def field_lines(role: RoleEntry | None) -> str:
        """Return the field rules as text, one a line: ``contact.notes hidden``."""
        fields = role.fields if role else {}
        return "\n".join(
            f"{kind}.{name} {rule}" for kind, rules in fields.items() for name, rule in rules.items()
        )

    def sent(self, form: Form, stored: RoleEntry | None) -> dict[str, Any]:
        """Return what ``form`` says, as the document of a role. What the form does not show stays."""
        permissions, rows = [], {}
        shown = {f"{subject}.{action}" for subject, actions in ACTIONS.items() for action in actions}
        for key in self._types:
            for action in REACHES:
                name = f"{key}.{action}"
                shown.add(name)
                reach = form.get(name)[:60]
                if reach:
                    permissions.append(name)
                if reach not in ("", ALL):
                    rows[name] = reach
        permissions += [name for name in shown if form.get(f"may:{name}")]
        if stored is not None:
            # A permission of a plugin that is away is not in the table, and not lost.
            known = {*self._types, *ACTIONS, "*", ""}
            permissions += [name for name in stored.permissions if name.rpartition(".")[0] not in known]
        fields: dict[str, dict[str, str]] = {}
        for line in form.raw("fields").splitlines()[:MAX_LINES]:
            name, _, rule = line.strip().partition(" ")
            kind, _, field = name.partition(".")
            if name:
                fields.setdefault(kind[:60], {})[field[:120] or "?"] = rule.strip()[:20]
        return {
            "label": {"en": form.get("label_en")[:200], "ru": form.get("label_ru")[:200]},
            "permissions": sorted(set(permissions)),
            "rows": rows,
            "fields": fields,
        }

    def _choices(self, kind: RecordType) -> list[tuple[str, str]]:
        say, gettext = self._visit.say, self._visit.texts.gettext
        choices = [("", "—"), (ALL, gettext("All records"))]
        if kind.shared or kind.within is not None:
            return choices
        for key, scope in self._visit.crm.roles.scopes().items():
            fits = kind.key in scope.record_types if scope.record_types else kind.owner or kind.team
            if fits:
                choices.append((key, say(scope.label)))
        return choices

    @staticmethod
    def _holder(role: RoleEntry | None) -> Actor:
        return Actor(kind="user", permissions=frozenset(role.permissions if role else ()))


def _reach(holder: Actor, role: RoleEntry | None, key: str, action: str) -> str:
    if not holder.may(f"{key}.{action}"):
        return ""
    rows = role.rows if role else {}
    for pattern in (f"{key}.{action}", f"{key}.*", f"*.{action}", "*"):
        if pattern in rows:
            return rows[pattern]
    return ALL
