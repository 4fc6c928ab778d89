"""A role as a form: a table of record types with how far each action reaches, other permissions, field rules."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.accounts.role import ALL, RoleEntry
from crmcore.accounts.scopes import ACTIONS
from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.web.form import Form
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

REACHES = ("read", "write", "delete")
MAX_LINES = 500
OTHERS = {
    "field.read": N_("See the settings of fields"),
    "field.write": N_("Change custom fields"),
    "plugin.read": N_("See plugins"),
    "plugin.write": N_("Turn plugins on and off and set them up"),
    "channel.read": N_("See channels"),
    "channel.write": N_("Set up channels"),
    "inbound.read": N_("See incoming deliveries"),
    "inbound.write": N_("Repeat incoming deliveries"),
    "inbound.post": N_("Deliver messages from outside"),
    "webhook.read": N_("See webhooks"),
    "webhook.write": N_("Set up webhooks"),
    "token.write": N_("Make API tokens"),
    "role.read": N_("See roles"),
    "role.write": N_("Change roles"),
    "settings.read": N_("See the settings"),
    "settings.write": N_("Change the settings"),
    "schema.read": N_("Read the schemas of records"),
    "event.read": N_("Read events"),
    "job.read": N_("See background work"),
    "job.write": N_("Repeat and stop background work"),
    "view.write": N_("Share views"),
    "canned.write": N_("Share canned replies"),
    "import.read": N_("See imports"),
    "import.write": N_("Import records"),
    "import.any": N_("Look after everybody's imports"),
    "export.read": N_("Export records"),
    "audit.read": N_("Read the audit"),
    "privacy.export": N_("Hand out personal data"),
    "privacy.erase": N_("Erase personal data"),
    "sensitive.read": N_("See hidden values"),
    "metrics.read": N_("Read metrics"),
}
"""What the core's permissions let people do, apart from actions on records."""


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
            cells = [self._cell(holder, role, kind, action) for action in REACHES if action in actions]
            lines.append(TypeLine(self._visit.say(kind.label_plural), cells))
        return lines

    def _cell(self, holder: Actor, role: RoleEntry | None, kind: RecordType, action: str) -> Reach:
        name, choices = f"{kind.key}.{action}", self._choices(kind)
        chosen = ""
        if holder.may(name):
            chosen = _wider(role.rows if role else {}, kind.key, action)
            if kind.shared or kind.within is not None:
                chosen = ALL  # no rule of rows reaches these
            elif chosen not in dict(choices):
                choices.append((chosen, chosen))  # a scope of a plugin that is away
        return Reach(name, chosen, choices)

    def others(self, role: RoleEntry | None) -> list[tuple[str, str, bool]]:
        """Return the permissions that are no actions on records: each with its label and whether the role has it."""
        holder, gettext = self._holder(role), self._visit.texts.gettext
        names = [
            f"{subject}.{action}"
            for subject, actions in ACTIONS.items()
            for action in actions
            if subject not in self._types
        ]
        found = [
            (name, gettext(OTHERS[name]) if name in OTHERS else name, holder.may(name)) for name in names
        ]
        return found + [
            (name, self._visit.say(owned.item.label), holder.may(name))
            for name, owned in sorted(self._visit.crm.registry.permissions.items())
        ]

    @staticmethod
    def field_lines(role: RoleEntry | None) -> str:
        """Return the field rules as text, one a line: ``contact.notes hidden``."""
        fields = role.fields if role else {}
        return "\n".join(
            f"{kind}.{name} {rule}" for kind, rules in fields.items() for name, rule in rules.items()
        )

    def sent(self, form: Form, stored: RoleEntry | None) -> dict[str, Any]:
        """Return what ``form`` says, as the document of a role: what was touched changes, all else stays as stored.

        So patterns such as ``message.*`` stay until something that they give is taken away: then the rest of what
        the form shows of them is named one by one.
        """
        had = set(stored.permissions if stored else ())
        rows = dict(stored.rows if stored else {})
        given, taken = set(), set()
        cells = [cell for line in self.lines(stored) for cell in line.cells]
        for cell in cells:
            reach = form.get(cell.name)[:60]
            if reach == cell.chosen:
                continue
            rows.pop(cell.name, None)
            if not reach:
                taken.add(cell.name)
                continue
            given.add(cell.name)
            if reach != _wider(rows, *cell.name.rsplit(".", 1)):
                rows[cell.name] = reach
        others = self.others(stored)
        for name, _, has in others:
            if bool(form.get(f"may:{name}")) != has:
                (taken if has else given).add(name)
        shown = [cell.name for cell in cells] + [name for name, _, _ in others]
        permissions = _without(had, taken, shown)
        permissions |= {name for name in given if not _holds(permissions, name)}
        fields: dict[str, dict[str, str]] = {}
        for line in form.raw("fields").splitlines()[:MAX_LINES]:
            name, _, rule = line.strip().partition(" ")
            kind, _, field = name.partition(".")
            if name:
                fields.setdefault(kind[:60], {})[field[:120] or "?"] = rule.strip()[:20]
        label = {"en": form.get("label_en")[:200], "ru": form.get("label_ru")[:200]}
        document: dict[str, Any] = {"label": label, "rows": rows, "fields": fields}
        # A built-in role keeps what the release gives it until somebody changes its permissions.
        return document if stored and permissions == had else document | {"permissions": sorted(permissions)}

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


def _holds(permissions: Collection[str], name: str) -> bool:
    return Actor(kind="user", permissions=frozenset(permissions)).may(name)


def _without(had: Collection[str], taken: set[str], shown: list[str]) -> set[str]:
    """Return the permissions ``had`` without those ``taken``; patterns that give one of them become names."""
    kept: set[str] = set()
    for pattern in had:
        given = {name for name in shown if _holds([pattern], name)}
        kept |= given - taken if taken & given else {pattern}
    return kept


def _wider(rows: Mapping[str, str], key: str, action: str) -> str:
    """Return the scope that ``rows`` give an action: the narrowest pattern that names it counts."""
    for pattern in (f"{key}.{action}", f"{key}.*", f"*.{action}", "*"):
        if pattern in rows:
            return rows[pattern]
    return ALL
