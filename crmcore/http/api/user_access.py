"""What administrators do about a user's signing in, and the teams a user is in."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from msgspec import Meta, Struct

from crmcore.accounts.role_grants import demand_teams
from crmcore.accounts.tables import Team
from crmcore.accounts.teams import memberships, set_teams
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest
from crmcore.records.reasons import reason

if TYPE_CHECKING:
    from crmcore.workspace import Crm

_NO_TEAM: Label = {"en": "There is no such team.", "ru": "Такой команды нет."}


class TeamOfUser(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A team to be in, and whether one leads it."""

    team_id: UUID
    lead: bool = False


class TeamsOfUser(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All teams a user is in."""

    teams: Annotated[list[TeamOfUser], Meta(max_length=100)]


def user_access_operations(crm: "Crm") -> list[Operation]:
    """Return reset link, end of sessions, reset of the second factor, and teams."""

    async def make_reset_link(request: CrmRequest) -> Answer:
        link = await crm.password_resets.send(await over(request))
        return Answer(body={"link": link or None})

    async def end_user_sessions(request: CrmRequest) -> Answer:
        await crm.accounts.end_sessions(await over(request))
        return Answer(status=204)

    async def reset_second_factor(request: CrmRequest) -> Answer:
        id = await over(request)
        await crm.second_factors.remove(id)
        await crm.accounts.end_sessions(id)
        return Answer(status=204)

    async def list_teams(request: CrmRequest) -> Answer:
        return await teams(await known(id_of(request), actor_of(request)))

    async def put_teams(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), TeamsOfUser)
        id = await over(request)
        leads = {entry.team_id: entry.lead for entry in asked.teams}
        rows = await Team.select(Team.id).where(Team.deleted_at.is_null()) if leads else []
        there = {row["id"] for row in rows}
        problems = [
            Problem(path=f"/teams/{number}/team_id", code="no_such_record", message=_NO_TEAM)
            for number, entry in enumerate(asked.teams)
            if entry.team_id not in there
        ]
        if problems:
            raise Invalid(problems=tuple(problems))
        actor = actor_of(request)
        async with crm.database.transaction():
            demand_teams(leads.keys() - {member.team_id for member in await memberships(users=[id])}, actor)
            first = (await crm.records.get("user", id, actor=actor)).document["team"]
            if first and UUID(str(first["id"])) not in leads:
                await crm.records.update("user", id, {"team_id": None}, actor=actor, reason=reason("teams"))
            await set_teams(id, leads, crm.clock)
        return await teams(id)

    async def teams(id: UUID) -> Answer:
        found = await memberships(users=[id])
        items = [{"team_id": m.team_id, "team_name": m.team_name, "lead": m.lead} for m in found]
        return Answer(body={"items": items})

    async def known(id: UUID, actor: Actor) -> UUID:
        return (await crm.records.get("user", id, actor=actor)).id

    async def over(request: CrmRequest) -> UUID:
        """Return whom it is about; nobody has power over those who may more than themselves."""
        id = await known(id_of(request), actor_of(request))
        await crm.roles.demand_over(id, actor_of(request))
        return id

    parameters = (path_id(description="The user's id."),)
    return [
        Operation(
            id="send_reset_link",
            method="POST",
            path="/api/users/{id:str}/reset-link",
            tag="users",
            summary="Let a user choose a new password",
            description=(
                "`link` is null when a mail was queued, and the link to pass on where no mail server is set. It "
                "works once, for an hour; the one before is dead."
            ),
            permission="user.write",
            parameters=parameters,
            success=Success(schema=reference("ResetLink"), description="The link, or a mail on its way."),
            refusals=(404,),
            handler=make_reset_link,
        ),
        Operation(
            id="end_user_sessions",
            method="DELETE",
            path="/api/users/{id:str}/sessions",
            tag="users",
            summary="Sign a user out everywhere",
            permission="user.write",
            parameters=parameters,
            success=Success(status=204, description="Every session has ended; tokens stay."),
            refusals=(404,),
            handler=end_user_sessions,
        ),
        Operation(
            id="reset_second_factor",
            method="DELETE",
            path="/api/users/{id:str}/second-factor",
            tag="users",
            summary="Take a user's second factor away",
            description="For who has lost telephone and recovery codes. Ends the user's sessions.",
            permission="user.write",
            parameters=parameters,
            success=Success(status=204, description="The password alone is enough again."),
            refusals=(404,),
            handler=reset_second_factor,
        ),
        Operation(
            id="list_user_teams",
            method="GET",
            path="/api/users/{id:str}/teams",
            tag="users",
            summary="List the teams a user is in",
            permission="user.read",
            parameters=parameters,
            success=Success(schema=reference("UserTeams"), description="By name."),
            refusals=(404,),
            handler=list_teams,
        ),
        Operation(
            id="set_user_teams",
            method="PUT",
            path="/api/users/{id:str}/teams",
            tag="users",
            summary="Say which teams a user is in",
            description="All of them: what is not named is left. `team_id` of the user is the first team.",
            permission="user.write",
            parameters=parameters,
            body=reference("TeamsOfUser"),
            example={"teams": [{"team_id": "019a7c2e-7f5c-7d1a-9b1f-3f6f0c3b2a11", "lead": True}]},
            success=Success(schema=reference("UserTeams"), description="The teams now."),
            refusals=(404,),
            handler=put_teams,
        ),
    ]
