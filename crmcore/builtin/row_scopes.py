"""The core's own row scopes: what is somebody's own, and their team's."""

from typing import Any
from uuid import UUID

from piccolo.columns.combination import WhereRaw

from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.contracts.scopes import RowScope
from crmcore.hookspecs import hookimpl


class RowScopes:
    """Contributes the scopes ``own`` and ``team``."""

    @hookimpl
    def register_row_scopes(self) -> list[RowScope]:
        """Return the built-in row scopes."""
        return [
            RowScope(key="own", label={"en": "Own", "ru": "Свои"}, condition=own_rows),
            RowScope(key="team", label={"en": "Team’s", "ru": "Команды"}, condition=team_rows),
        ]


def own_rows(record_type: RecordType, actor: Actor) -> Any:
    """Return the condition that a row belongs to the actor; None for records that belong to nobody."""
    user = _id(actor.id)
    if not record_type.owner or user is None:
        return None
    return WhereRaw(f"{_column(record_type, record_type.owner)} = {{}}", user)


def team_rows(record_type: RecordType, actor: Actor) -> Any:
    """Return the condition that a row belongs to the actor or to one of their teams.

    Where a record has no team of its own, the teams of its owner count.
    """
    own = own_rows(record_type, actor)
    teams = [UUID(team) for team in sorted(actor.team_ids)]
    if not teams:
        return own
    places = ", ".join(["{}"] * len(teams))
    if record_type.team:
        theirs = WhereRaw(f"{_column(record_type, record_type.team)} IN ({places})", *teams)
    elif record_type.owner:
        theirs = WhereRaw(
            f"{_column(record_type, record_type.owner)} IN "  # noqa: S608 - names of our own
            f'(SELECT team_member."user" FROM team_member WHERE team_member.team IN ({places}))',
            *teams,
        )
    else:
        return None
    if own is None:
        return theirs
    return WhereRaw("({}) OR ({})", own.querystring, theirs.querystring)


def _column(record_type: RecordType, name: str) -> str:
    column = record_type.table._meta.get_column_by_name(name)
    return f'"{record_type.table._meta.tablename}"."{column._meta.db_column_name}"'


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
