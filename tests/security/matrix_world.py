"""People of every role, and records that belong to them, to their team and to strangers."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from crmcore.accounts.role import NewRole, RoleLabel
from crmcore.accounts.tables import Team, TeamMember
from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor, system_actor
from crmcore.conversations.tables import ChannelAccountRow, InboundDelivery, Message
from crmcore.workspace import Crm

SYSTEM = system_actor("tests")
KINDS = ("contact", "company", "conversation", "message", "task", "delivery")
STATES = ("own", "team", "other", "deleted")
REACH = {"all": ("own", "team", "other"), "team": ("own", "team"), "own": ("own",)}
UNKNOWN = str(UUID(int=7))

AGENT = [
    *("contact.read", "contact.write", "contact.delete", "company.read", "company.write", "company.delete"),
    *("conversation.read", "conversation.write", "message.read", "message.write"),
    *("task.read", "task.write", "task.delete", "tag.read", "team.read", "user.read", "field.read"),
    *("schema.read", "export.read", "inbound.read", "inbound.write"),
]


class Person(NamedTuple):
    """Somebody who asks: their token, what they may and how far; ``ids`` are records by kind and state."""

    name: str
    token: str
    actor: Actor | None
    reach: str
    ids: Mapping[str, Mapping[str, str]]
    spare: str = ""


async def make_world(crm: Crm) -> dict[str, Person]:
    """Return everybody who asks, by name. Nobody and somebody no longer active come last."""
    for key, permissions, rows in (
        ("matrix_all", AGENT, {}),
        ("matrix_team", AGENT, {"*": "team"}),
        ("matrix_own", AGENT, {"*": "own"}),
        ("matrix_narrow", ["contact.read", "task.read"], {"contact.read": "own", "task.read": "team"}),
    ):
        label = RoleLabel(en=key, ru=key)
        await crm.roles.create(
            NewRole(key=key, label=label, permissions=permissions, rows=rows), actor=SYSTEM
        )
    home, away = await _team("Home"), await _team("Away")
    colleague, stranger = (
        await _user(crm, "colleague", "agent", home),
        await _user(crm, "stranger", "agent", away),
    )
    account = uuid7()
    await ChannelAccountRow.insert(
        ChannelAccountRow(id=account, plugin="core", channel="api", name="Api", slug="matrix-api")
    )
    theirs = {
        "team": await _records(crm, colleague, home, account),
        "other": await _records(crm, stranger, away, account),
    }
    people: dict[str, Person] = {}
    for name, role, reach, scopes in (
        ("admin", "admin", "all", ["all"]),
        ("agent", "agent", "all", ["all"]),
        ("all", "matrix_all", "all", ["all"]),
        ("team", "matrix_team", "team", ["all"]),
        ("own", "matrix_own", "own", ["all"]),
        ("viewer", "viewer", "all", ["all"]),
        ("narrow", "matrix_narrow", "own", ["all"]),
        ("token", "matrix_own", "own", ["contact.read", "conversation.read", "task.write", "task.read"]),
        ("gone", "admin", "all", ["all"]),
    ):
        user = await _user(crm, name, role, home)
        token = await crm.accounts.create_token(user, name, scopes)
        actor = await crm.accounts.actor_for_token(token)
        own = await _records(crm, user, home, account)
        deleted = await _records(crm, user, home, account)
        for kind in ("contact", "company", "task"):
            await crm.records.delete(kind, UUID(deleted[kind]), actor=SYSTEM)
        states = {"own": own, **theirs, "deleted": deleted}
        spare = (await _records(crm, user, home, account))["contact"]
        ids = {kind: {state: found[kind] for state, found in states.items()} for kind in KINDS}
        people[name] = Person(name, token, actor, reach, ids, spare)
        if name == "gone":
            await crm.records.update("user", user, {"active": False}, actor=SYSTEM)
            people[name] = Person(name, token, None, reach, ids, spare)
    people["nobody"] = Person("nobody", "", None, "all", people["admin"].ids, UNKNOWN)
    return people


async def _team(name: str) -> UUID:
    id = uuid7()
    await Team.insert(Team(id=id, name=name))
    return id


async def _user(crm: Crm, name: str, role: str, team: UUID) -> UUID:
    id = await crm.accounts.create_user(f"{name}@example.com", name.title(), None, role=role)
    await TeamMember.insert(TeamMember(id=uuid7(), user=id, team=team))
    return id


async def _records(crm: Crm, user: UUID, team: UUID, account: UUID) -> dict[str, str]:
    """Make one record of each kind that belongs to ``user`` and ``team``, and return their ids by kind."""
    owned = {"owner_id": str(user), "team_id": str(team)}
    company = await crm.records.create("company", {"name": f"Firm {uuid7()}", **owned}, actor=SYSTEM)
    contact = await crm.records.create(
        "contact", {"first_name": "Zoe", "company_id": str(company.id), **owned}, actor=SYSTEM
    )
    task = await crm.records.create(
        "task", {"title": "Call back", "assignee_id": str(user), "contact_id": str(contact.id)}, actor=SYSTEM
    )
    # No contact: a contact is also seen through its conversations, which has a test of its own.
    talk = await crm.records.create(
        "conversation",
        {"subject": "Zoe asks", "assignee_id": str(user), "team_id": str(team)},
        actor=SYSTEM,
    )
    message, delivery = uuid7(), uuid7()
    now = crm.clock()
    await Message.insert(
        Message(
            id=message, conversation=talk.id, kind="reply", text="An answer", delivery="sent", created_at=now
        )
    )
    await InboundDelivery.insert(
        InboundDelivery(
            id=delivery,
            account=account,
            delivery_key=str(delivery),
            body=b"{}",
            state="done",
            conversation_id=talk.id,
            received_at=now,
        )
    )
    return {
        "company": str(company.id),
        "contact": str(contact.id),
        "task": str(task.id),
        "conversation": str(talk.id),
        "message": str(message),
        "delivery": str(delivery),
    }


def may(person: Person, permission: str) -> bool:
    """Tell by the patterns alone whether ``person`` holds ``permission``."""
    if person.actor is None:
        return False
    subject, action = permission.split(".")
    return bool(person.actor.permissions & {"*", permission, f"{subject}.*", f"*.{action}"})


def reach_of(person: Person, kind: str) -> tuple[str, ...]:
    """Return the states of records of ``kind`` that are within the person's rows, by the roles made above."""
    if person.name == "narrow" and kind == "task":
        return REACH["team"]
    if person.name == "narrow" and kind != "contact":
        return REACH["all"]
    return REACH[person.reach]
