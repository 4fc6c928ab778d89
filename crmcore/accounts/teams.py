"""Who is in which team."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from crmcore.accounts.noted import note_of
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
    before = await _memberships(user_id)
    gone = TeamMember.delete().where(TeamMember.user == user_id)
    await (gone.where(TeamMember.team.not_in(list(leads))) if leads else gone)
    await _join(user_id, dict(leads), clock)
    after = await _memberships(user_id)
    if after != before:
        await note_of(clock, "update", "membership", user_id, changes={"teams": [before, after]})


async def _memberships(user_id: UUID) -> list[str]:
    rows = await TeamMember.select(TeamMember.team.name, TeamMember.lead).where(TeamMember.user == user_id)
    return sorted(f"{row['team.name']}{' *' if row['lead'] else ''}" for row in rows)


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


class Membership(Struct, frozen=True, kw_only=True):
    """One user in one team."""

    user_id: UUID
    user_name: str
    team_id: UUID
    team_name: str
    lead: bool


async def memberships(*, users: Sequence[UUID] = (), team: UUID | None = None) -> list[Membership]:
    """Return who of ``users`` is in which team, or who is in ``team``, in one statement; deleted teams are none."""
    query = TeamMember.select(
        TeamMember.user.as_alias("user_id"),
        TeamMember.user.name.as_alias("user_name"),
        TeamMember.team.as_alias("team_id"),
        TeamMember.team.name.as_alias("team_name"),
        TeamMember.lead,
    ).where(TeamMember.team.deleted_at.is_null())
    if team is not None:
        query = query.where(TeamMember.team == team)
    elif users:
        query = query.where(TeamMember.user.is_in(list(users)))
    else:
        return []
    rows = await query.order_by(TeamMember.team.name).order_by(TeamMember.user.name)
    return [Membership(**row) for row in rows]
