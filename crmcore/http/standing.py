"""What somebody might when an answer was made: it is given again only to who may no less now."""

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from crmcore.contracts.actors import Actor

_ALL = "all"


class Standing(Struct, frozen=True):
    """An actor's permissions, row scopes by pattern, teams, and the fields that were hidden, by record type."""

    permissions: list[str] = []
    rows: dict[str, str] = {}
    teams: list[str] = []
    hidden: dict[str, list[str]] = {}

    def still_holds(self, actor: "Actor") -> bool:
        """Tell whether ``actor`` may everything that was possible then, on no fewer rows and fields."""
        rows = _rows(actor)
        if not all(_gives(actor.permissions, pattern) for pattern in self.permissions):
            return False
        if rows and (
            rows.keys() != self.rows.keys() or any(rows[at] not in (_ALL, self.rows[at]) for at in rows)
        ):
            return False
        if any(scope != _ALL for scope in rows.values()) and not actor.team_ids.issuperset(self.teams):
            return False
        return all(names <= set(self.hidden.get(kind, ())) for kind, names in actor.hidden.items())


def standing_of(actor: "Actor") -> str:
    """Return what ``actor`` may, as JSON."""
    standing = Standing(
        permissions=sorted(actor.permissions),
        rows=_rows(actor),
        teams=sorted(actor.team_ids),
        hidden={kind: sorted(names) for kind, names in actor.hidden.items()},
    )
    return msgspec.json.encode(standing, order="sorted").decode()


def still_holds(stored: str, actor: "Actor") -> bool:
    """Tell whether ``actor`` may no less than ``stored`` says; nothing stored is held by nobody."""
    return bool(stored) and msgspec.json.decode(stored, type=Standing).still_holds(actor)


def _rows(actor: "Actor") -> dict[str, str]:
    return {pattern: scope.key if scope else _ALL for pattern, scope in actor.rows.items()}


def _gives(permissions: frozenset[str], pattern: str) -> bool:
    subject, _, action = pattern.rpartition(".")
    return not permissions.isdisjoint({"*", pattern, f"{subject}.*", f"*.{action}"})
