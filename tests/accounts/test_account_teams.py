"""Teams: a user may be in several, and whoever acts for them knows all."""

from uuid import UUID

from crmcore.accounts.tables import Team, TeamMember, User
from crmcore.accounts.teams import set_teams, teams_of
from crmcore.contracts.actors import system_actor
from crmcore.workspace import Crm

ADMIN = system_actor("test")


async def person(crm: Crm) -> UUID:
    return await crm.accounts.create_user("anna@example.com", "Anna Lee", "correct horse battery")


async def team(crm: Crm, name: str) -> UUID:
    return (await crm.records.create("team", {"name": name}, actor=ADMIN)).id


async def test_the_first_team_is_a_membership_and_the_others_stay(crm: Crm) -> None:
    anna, sales, support, service = await person(crm), *[await team(crm, name) for name in ("A", "B", "C")]
    await crm.records.update("user", anna, {"team_id": str(sales)}, actor=ADMIN)
    assert await teams_of(anna) == {str(sales)}
    await set_teams(anna, {sales: False, service: True}, crm.clock)
    await crm.records.update("user", anna, {"team_id": str(support)}, actor=ADMIN)
    assert await teams_of(anna) == {str(support), str(service)}
    leads = await TeamMember.select(TeamMember.team).where(TeamMember.lead.eq(True))
    assert [row["team"] for row in leads] == [service]
    await crm.records.update("user", anna, {"team_id": None}, actor=ADMIN)
    await crm.records.delete("team", service, actor=ADMIN)
    assert await teams_of(anna) == set()
    assert await Team.count() == 3 and await User.count() == 1


async def test_sessions_and_tokens_carry_the_teams_in_one_statement(crm: Crm) -> None:
    anna, sales, support, gone = await person(crm), *[await team(crm, name) for name in ("A", "B", "C")]
    await set_teams(anna, {sales: False, support: False, gone: False}, crm.clock)
    await crm.records.delete("team", gone, actor=ADMIN)
    secret = await crm.accounts.sign_in(
        "anna@example.com", "correct horse battery", address="::1", user_agent=""
    )
    token = await crm.accounts.create_token(anna, "", ["read"])
    before = crm.database.statements
    by_session = await crm.accounts.actor_for_session(secret)
    by_token = await crm.accounts.actor_for_token(token)
    assert crm.database.statements - before == 3  # one each, and that the token is in use is written down
    assert by_session is not None and by_token is not None
    assert by_session.team_ids == by_token.team_ids == {str(sales), str(support)}
