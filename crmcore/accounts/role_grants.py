"""Who may give a role: nobody gives more than he has."""

from collections.abc import Iterable
from uuid import UUID

from crmcore.accounts.role import Limits
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.errors import Forbidden

_MORE: Label = {
    "en": "A role cannot be given, made or changed by somebody who may less than it.",
    "ru": "Нельзя дать, создать или изменить роль, у которой прав больше, чем у вас.",
}


def covers(actor: Actor, limits: Limits) -> bool:
    """Tell whether ``actor`` may everything that a role with ``limits`` may, on no fewer rows and fields.

    Rows and fields are compared as a whole: somebody who is narrowed himself covers only what is narrowed the same.
    """
    if not all(_covers(actor, pattern) for pattern in limits.permissions):
        return False
    same_rows = all(
        pattern in limits.rows and limits.rows[pattern] == scope for pattern, scope in actor.rows.items()
    )
    hidden = all(names <= limits.hidden.get(kind, frozenset()) for kind, names in actor.hidden.items())
    kept = all(
        names <= limits.read_only.get(kind, frozenset()) | limits.hidden.get(kind, frozenset())
        for kind, names in actor.read_only.items()
    )
    return same_rows and hidden and kept and (not actor.rows or limits.rows.keys() <= actor.rows.keys())


def demand_teams(teams: Iterable[UUID], actor: Actor) -> None:
    """Raise Forbidden when somebody who sees only some rows would put a user into a team that is not his.

    Whoever is narrowed to a team's records would otherwise see another team's by joining it, or by a friend in it.
    """
    if any(actor.rows.values()) and not {str(team) for team in teams} <= actor.team_ids:
        raise more_than_own()


def more_than_own() -> Forbidden:
    """Return the refusal for who would give more than he has."""
    return Forbidden(_MORE, code="more_than_own")


def _covers(actor: Actor, pattern: str) -> bool:
    if "*" in actor.permissions:
        return True
    subject, _, action = pattern.rpartition(".")
    return bool(actor.permissions & {pattern, f"{subject}.*", f"*.{action}"})
