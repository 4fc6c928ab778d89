"""Who does something."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contracts.scopes import RowScope

ActorKind = Literal["user", "token", "plugin", "contact", "import", "system"]


class Actor(Struct, frozen=True, kw_only=True):
    """Who asks for an operation: a user, a user's token, a plugin, a customer, an import or the system itself.

    ``permissions`` are patterns over ``<record type>.<action>``: ``"contact.read"``, ``"contact.*"``,
    ``"*.read"`` or ``"*"``. What no pattern names is denied. ``team_ids`` are the teams the user belongs
    to: what a row scope of ``team`` means for this actor.

    ``rows`` narrow the permissions to some records: the row scope by pattern, None for all records; what no
    pattern names is not narrowed. ``hidden`` and ``read_only`` are the fields, by record type, that this actor
    does not see or does not write: a property's name, or ``custom.`` and the id of a custom field.

    ``language``, ``time_zone``, ``density`` (comfortable or compact) and ``keys`` (the key by action, where another
    was chosen) are how pages are made for this actor.
    """

    kind: ActorKind
    id: str = ""
    label: str = ""
    permissions: frozenset[str] = frozenset()
    team_ids: frozenset[str] = frozenset()
    rows: Mapping[str, RowScope | None] = {}
    hidden: Mapping[str, frozenset[str]] = {}
    read_only: Mapping[str, frozenset[str]] = {}
    language: str = "en"
    time_zone: str = "UTC"
    density: str = "comfortable"
    keys: Mapping[str, str] = {}

    def may(self, permission: str) -> bool:
        """Tell whether this actor holds ``permission``, for example ``"contact.write"``."""
        allowed = self.permissions
        if permission in allowed or "*" in allowed:
            return True
        subject, _, action = permission.rpartition(".")
        return f"{subject}.*" in allowed or f"*.{action}" in allowed

    def row_scope(self, record_type: str, action: str) -> RowScope | None:
        """Return the row scope of ``action`` on ``record_type``; None when all rows are meant."""
        rows = self.rows
        if not rows:
            return None
        for pattern in (f"{record_type}.{action}", f"{record_type}.*", f"*.{action}", "*"):
            if pattern in rows:
                return rows[pattern]
        return None

    def sees_custom(self, record_type: str, id: UUID) -> bool:
        """Tell whether no rule hides the custom field ``id`` of ``record_type`` from this actor."""
        return not self.hidden or f"custom.{id}" not in self.hidden.get(record_type, ())

    @property
    def sight(self) -> str:
        """What decides what this actor sees, as text: the same for two actors who see the same."""
        parts = [*sorted(self.permissions)]
        if self.rows:
            scopes = (f"{pattern}={scope.key if scope else 'all'}" for pattern, scope in self.rows.items())
            parts += [self.id, *sorted(self.team_ids), *sorted(scopes)]
        parts += [f"{kind}-{name}" for kind, names in sorted(self.hidden.items()) for name in sorted(names)]
        return " ".join(parts)

    def freely(self) -> "Actor":
        """Return the same actor without limits: for what follows from a change that was allowed."""
        return msgspec.structs.replace(self, permissions=frozenset({"*"}), rows={}, hidden={}, read_only={})


def plugin_actor(name: str) -> Actor:
    """Return the actor that stands for the plugin ``name``: trusted code, named in every history row."""
    return Actor(kind="plugin", id=name, label=name, permissions=frozenset({"*"}))


def system_actor(label: str = "system") -> Actor:
    """Return the actor for what the core does by itself: wakes a conversation, threads a message."""
    return Actor(kind="system", label=label, permissions=frozenset({"*"}))
