"""Who is in which team."""

from collections.abc import Mapping
from uuid import UUID

from crmcore.accounts.tables import TeamMember
from crmcore.clock import Clock, uuid7


async def teams_of(user_id: UUID) -> frozenset[str]:
    """Return the ids, as text, of the teams that a user is in; deleted teams are none."""
    rows = await TeamMember.select(TeamMember.team).where(
        TeamMember.user == user_id, TeamMember.team.deleted_at.is_null()
    )
    return frozenset(str(row["team"]) for row in rows)


async def move_to(user_id: UUID, team: UUID | None, before: UUID | None, clock: Clock) -> None:
    """Make a user a member of ``team``, their first one from now on, instead of ``before``.

    Other teams stay. Runs in the caller's transaction.
    """
    if before is not None and before != team:
        await TeamMember.delete().where(TeamMember.user == user_id, TeamMember.team == before)
    if team is not None:
        await _join(user_id, {team: None}, clock)


async def set_teams(user_id: UUID, leads: Mapping[UUID, bool], clock: Clock) -> None:
    """Make exactly the keys of ``leads`` a user's teams; a value says whether they lead that team.

    Runs in the caller's transaction.
    """
    gone = TeamMember.delete().where(TeamMember.user == user_id)
    await (gone.where(TeamMember.team.not_in(list(leads))) if leads else gone)
    await _join(user_id, dict(leads), clock)


async def _join(user_id: UUID, leads: Mapping[UUID, bool | None], clock: Clock) -> None:
    rows = await TeamMember.select(TeamMember.team).where(TeamMember.user == user_id)
    there = {row["team"] for row in rows}
    for team, lead in leads.items():
        if team not in there:
            await TeamMember.insert(
                TeamMember(id=uuid7(), user=user_id, team=team, lead=bool(lead), created_at=clock())
            )
        elif lead is not None:
            await TeamMember.update({TeamMember.lead: lead}).where(
                TeamMember.user == user_id, TeamMember.team == team
            )
