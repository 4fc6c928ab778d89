"""Roles: random people with random roles read and write, and get what a few lines of set theory say."""

import csv
import io
from collections.abc import Callable, Coroutine
from importlib.metadata import EntryPoint
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from machine import ExampleDatabases, WorkspaceMachine, patience, run_machine, told
from posting import ADMIN

from crmcore import CustomField
from crmcore.accounts.role import NewRole, RoleChanges, RoleLabel
from crmcore.accounts.tables import Team, TeamMember
from crmcore.clock import uuid7
from crmcore.contacts.tables import Company, Contact, ContactPoint
from crmcore.contracts.actors import Actor
from crmcore.conversations.tables import Conversation
from crmcore.errors import Forbidden, Invalid, NotFound
from crmcore.events.tables import EventRow
from crmcore.exporting.service import ExportSettings
from crmcore.records.query import ListQuery
from crmcore.records.tables import History

KINDS = ("contact", "company", "conversation")
PEOPLE, ROLES, TEAMS = range(4), ("alpha", "beta"), range(2)
PERMISSIONS = (
    *(f"{kind}.{action}" for kind in KINDS[:2] for action in ("read", "write", "delete")),
    *("contact.*", "company.*", "conversation.read", "export.read", "*.read", "*.write", "*"),
)
PATTERNS = ("*", "*.read", "*.write", "*.delete", "contact.*", "contact.read", "contact.write", "company.*")
# What a rule of a role may name, and what each record has there.
GUARDED = ("notes", "job_title", "custom.tier", "custom.passport")

which = st.integers(0, 19)
people = st.sampled_from(PEOPLE)
roles = st.fixed_dictionaries(
    {
        "permissions": st.frozensets(st.sampled_from(PERMISSIONS), max_size=7).map(
            lambda chosen: sorted(chosen | {"contact.read"}) if len(chosen) % 3 else sorted(chosen)
        ),
        "rows": st.dictionaries(
            st.sampled_from(PATTERNS), st.sampled_from(("own", "team", "all")), max_size=3
        ),
        "fields": st.dictionaries(
            st.sampled_from(GUARDED), st.sampled_from(("hidden", "read_only")), max_size=3
        ).map(lambda rules: {"contact": rules} if rules else {}),
    }
)


class Thing:
    """What one record should be: whose it is, and what its guarded fields hold."""

    def __init__(self, id: UUID, kind: str, owner: int | None, team: int | None) -> None:
        self.id = id
        self.kind = kind
        self.owner = owner
        self.team = team
        self.deleted = False
        self.about: Thing | None = None
        self.values: dict[str, str] = {}


class Roles(WorkspaceMachine):
    """Four people, two roles, two teams; ``things`` are records, ``given`` is what each role says."""

    plugins = (EntryPoint("sensitive", "sensitive_plugin", "crmcore"),)

    def __init__(self) -> None:
        super().__init__()
        self.things: list[Thing] = []
        self.number = 0

    @initialize(alpha=roles, beta=roles, data=st.data())
    def house(self, alpha: dict[str, Any], beta: dict[str, Any], data: st.DataObject) -> None:
        self.given = dict(zip(ROLES, (alpha, beta), strict=True))
        self.role_of = {one: ROLES[one % 2] for one in PEOPLE}
        self.teams_of: dict[int, set[int]] = {one: {one // 2} for one in PEOPLE}
        self.run(self._build())
        for kind in (*KINDS[:2], "contact", "conversation", "contact"):
            self.put_down(kind, data)

    async def _build(self) -> None:
        for key, format in (("tier", ""), ("passport", "sensitive-number")):
            field = CustomField(record_type="contact", key=key, label=key, format=format)
            await self.crm.fields.create(field, actor=ADMIN)
        for key, says in self.given.items():
            role = NewRole(key=key, label=RoleLabel(en=key, ru=key), **says)
            await self.crm.roles.create(role, actor=ADMIN)
        self.team_ids = [uuid7() for _ in TEAMS]
        await Team.insert(*(Team(id=id, name=f"Team {index}") for index, id in enumerate(self.team_ids)))
        self.user_ids = [
            await self.crm.accounts.create_user(
                f"u{one}@example.com", f"U{one}", None, role=self.role_of[one]
            )
            for one in PEOPLE
        ]
        for one in PEOPLE:
            await self._join(one, one // 2)

    async def _join(self, one: int, team: int) -> None:
        await TeamMember.insert(TeamMember(id=uuid7(), user=self.user_ids[one], team=self.team_ids[team]))

    def actor(self, one: int) -> Actor:
        actor = self.run(self.crm.accounts.actor_for_user(self.user_ids[one]))
        assert actor is not None
        return actor

    def thing(self, number: int, *kinds: str) -> Thing:
        fitting = [thing for thing in self.things if not kinds or thing.kind in kinds]
        return fitting[number % len(fitting)]

    # The model

    def may(self, one: int, permission: str) -> bool:
        subject, action = permission.split(".")
        return bool({"*", permission, f"{subject}.*", f"*.{action}"} & set(self._says(one)["permissions"]))

    def scope(self, one: int, kind: str, action: str) -> str:
        rows = self._says(one)["rows"]
        patterns = (f"{kind}.{action}", f"{kind}.*", f"*.{action}", "*")
        return next((rows[pattern] for pattern in patterns if pattern in rows), "all")

    def within(self, one: int, thing: Thing, action: str) -> bool:
        scope, own = self.scope(one, thing.kind, action), thing.owner == one
        if scope == "team":
            return own or thing.team in self.teams_of[one]
        return own if scope == "own" else True

    def reads(self, one: int, thing: Thing) -> bool:
        if thing.deleted or not self.may(one, f"{thing.kind}.read"):
            return False
        talks = [talk for talk in self.things if talk.about is thing]
        return self.within(one, thing, "read") or any(self.reads(one, talk) for talk in talks)

    def changes(self, one: int, thing: Thing, action: str) -> bool:
        return (
            self.reads(one, thing)
            and self.may(one, f"{thing.kind}.{action}")
            and self.within(one, thing, action)
        )

    def rule_for(self, one: int, field: str) -> str:
        return str(self._says(one)["fields"].get("contact", {}).get(field, ""))

    def hides(self, one: int, field: str) -> bool:
        return self.rule_for(one, field) == "hidden"

    def _says(self, one: int) -> dict[str, Any]:
        return self.given[self.role_of[one]]

    def refused(self, one: int, thing: Thing, action: str) -> type[Exception]:
        """Return what an actor hears who may not: that he may not at all, or that there is no such record."""
        allowed = self.may(one, f"{thing.kind}.read") and self.may(one, f"{thing.kind}.{action}")
        return NotFound if allowed else Forbidden

    def denied(self, error: type[Exception], work: Coroutine[Any, Any, Any]) -> None:
        before = self.run(_everything())
        with pytest.raises(error):
            self.run(work)
        assert self.run(_everything()) == before
        self.counts["denials"] += 1

    # What the administrator does

    @rule(kind=st.sampled_from((*KINDS, "contact")), data=st.data())
    def put_down(self, kind: str, data: st.DataObject) -> None:
        self.number += 1
        owner, team = data.draw(st.sampled_from((None, *PEOPLE))), data.draw(st.sampled_from((None, *TEAMS)))
        contacts = [thing for thing in self.things if thing.kind == "contact" and not thing.deleted]
        about = data.draw(st.sampled_from((None, *contacts))) if kind == "conversation" else None
        thing = Thing(self._created(kind, owner, team, about), kind, owner, team)
        thing.about = about
        if kind == "contact":
            thing.values = self._values()
        self.things.append(thing)

    def _values(self) -> dict[str, str]:
        number = self.number
        return {
            "notes": f"note{number}word",
            "job_title": f"job{number}word",
            "custom.tier": f"tier{number}word",
            "custom.passport": f"AB-{number:09}",
        }

    def _created(self, kind: str, owner: int | None, team: int | None, about: Thing | None) -> UUID:
        person = "assignee_id" if kind == "conversation" else "owner_id"
        document: dict[str, Any] = {
            person: None if owner is None else str(self.user_ids[owner]),
            "team_id": None if team is None else str(self.team_ids[team]),
        }
        if kind == "contact":
            document |= {"first_name": "Zoe", **_document(self._values())}
        elif kind == "company":
            document["name"] = f"Zoe {self.number}"
        else:
            document["subject"] = "Zoe asks"
        internal = {"contact": about.id} if about is not None else None
        record = self.run(self.crm.records.create(kind, document, actor=ADMIN, internal=internal))
        return record.id

    @rule(key=st.sampled_from(ROLES), says=roles)
    def role_changes(self, key: str, says: dict[str, Any]) -> None:
        self.run(self.crm.roles.update(key, RoleChanges(**says), actor=ADMIN))
        self.given[key] = says

    @rule(one=people, key=st.sampled_from(ROLES))
    def another_role(self, one: int, key: str) -> None:
        self.run(self.crm.records.update("user", self.user_ids[one], {"role": key}, actor=ADMIN))
        self.role_of[one] = key

    @rule(one=people, team=st.sampled_from(TEAMS))
    def join_or_leave(self, one: int, team: int) -> None:
        async def leave() -> None:
            await TeamMember.delete().where(
                TeamMember.user == self.user_ids[one], TeamMember.team == self.team_ids[team]
            )

        leaving = team in self.teams_of[one]
        self.run(leave() if leaving else self._join(one, team))
        self.teams_of[one] ^= {team}

    @rule(which=which, owner=people)
    def hand_over(self, which: int, owner: int) -> None:
        thing = self.thing(which, "contact", "company")
        if not thing.deleted:
            changes = {"owner_id": str(self.user_ids[owner])}
            self.run(self.crm.records.update(thing.kind, thing.id, changes, actor=ADMIN))
            thing.owner = owner

    # What people do

    @rule(one=people, kind=st.sampled_from(KINDS))
    def look_around(self, one: int, kind: str) -> None:
        """List, count and search tell of the same records, those that he may read."""
        actor, records = self.actor(one), self.crm.records
        query = ListQuery(limit=200)
        if not self.may(one, f"{kind}.read"):
            self.denied(Forbidden, records.list(kind, query, actor=actor))
            self.denied(Forbidden, records.count(kind, query, actor=actor))
            self.denied(Forbidden, self.crm.search.find("zoe", actor=actor, record_type=kind))
            return
        expected = {thing.id for thing in self.things if thing.kind == kind and self.reads(one, thing)}
        page = self.run(records.list(kind, query, actor=actor))
        assert {record.id for record in page.items} == expected
        assert self.run(records.count(kind, query, actor=actor)) == len(expected)
        named = self.run(records.list(kind, ListQuery(q="zoe", limit=200), actor=actor))
        found = self.run(self.crm.search.find("zoe", actor=actor, record_type=kind, limit=100))
        if kind != "conversation":
            # A conversation's own words in a list are its number and its contact's.
            assert {record.id for record in named.items} == expected
        assert {find.id for find in found.items} == expected
        for record in page.items:
            self._check_shown(one, record.document)
        self.counts["lists"] += 1

    def _check_shown(self, one: int, document: dict[str, Any]) -> None:
        for field in GUARDED if "first_name" in document else ():
            name = field.removeprefix("custom.")
            there = name in (document["custom"] if field != name else document)
            assert there is not self.hides(one, field), field

    @rule(one=people, which=which)
    def read_one(self, one: int, which: int) -> None:
        thing, actor, records = self.thing(which), self.actor(one), self.crm.records
        if not self.reads(one, thing):
            error = self.refused(one, thing, "read")
            self.denied(error, records.get(thing.kind, thing.id, actor=actor))
            if not thing.deleted:
                self.denied(error, records.history(thing.kind, thing.id, actor=actor))
            return
        self._check_shown(one, self.run(records.get(thing.kind, thing.id, actor=actor)).document)
        if thing.kind == "contact":
            told = self.run(records.history(thing.kind, thing.id, actor=actor))
            named = {name for entry in told for name in entry.changes}
            assert not {field for field in GUARDED if self.hides(one, field)} & named
        self.counts["reads"] += 1

    @rule(one=people, which=which, field=st.sampled_from(GUARDED[:3]))
    def look_for_words(self, one: int, which: int, field: str) -> None:
        """What stands in a hidden field is found by nobody who does not see it, and cannot be asked for."""
        thing, actor = self.thing(which, "contact"), self.actor(one)
        if not self.may(one, "contact.read"):
            return
        seen = self.reads(one, thing) and not self.hides(one, field)
        finds = self.run(self.crm.search.find(thing.values[field], actor=actor, record_type="contact"))
        # Custom values are not among the words of a search; what is found there would be a leak all the same.
        assert {find.id for find in finds.items} == ({thing.id} if seen and field != "custom.tier" else set())
        if field == "job_title":
            query = ListQuery(filter={"field": field, "op": "eq", "value": thing.values[field]})
            if self.hides(one, field):
                self.denied(Invalid, self.crm.records.list("contact", query, actor=actor))
            else:
                page = self.run(self.crm.records.list("contact", query, actor=actor))
                assert [record.id for record in page.items] == ([thing.id] if seen else [])
        self.counts["searches"] += 1

    @rule(one=people, kind=st.sampled_from(KINDS[:2]))
    def export(self, one: int, kind: str) -> None:
        actor = self.actor(one)
        work = self.crm.exports.prepare(kind, ExportSettings(), actor=actor)
        if not (self.may(one, "export.read") and self.may(one, f"{kind}.read")):
            self.denied(Forbidden, work)
            return

        async def text() -> str:
            export = await work
            return b"".join([piece async for piece in export.pieces]).decode("utf-8-sig")

        written = self.run(text())
        rows = list(csv.DictReader(io.StringIO(written)))
        expected = {str(thing.id) for thing in self.things if thing.kind == kind and self.reads(one, thing)}
        assert {row["id"] for row in rows} == expected
        hidden = [field for field in GUARDED if self.hides(one, field)]
        for thing in self.things:
            assert thing.values.get("custom.passport", "nobody") not in written
            assert not [field for field in hidden if thing.values.get(field, "nobody") in written]
        self.counts["exports"] += 1

    @rule(one=people, which=which)
    def reveal(self, one: int, which: int) -> None:
        thing, actor = self.thing(which, "contact"), self.actor(one)
        # Somebody reads twenty a minute.
        self.clock.advance(61)
        work = self.crm.records.reveal("contact", thing.id, "passport", reason="he calls", actor=actor)
        if self.hides(one, "custom.passport"):
            self.denied(NotFound, work)
        elif not (self.may(one, "sensitive.read") and self.may(one, "contact.read")):
            self.denied(Forbidden, work)
        elif not self.reads(one, thing):
            self.denied(NotFound, work)
        else:
            assert self.run(work).value == thing.values["custom.passport"]
            self.counts["reveals"] += 1

    @rule(one=people, which=which, fields=st.frozensets(st.sampled_from(GUARDED), min_size=1, max_size=2))
    def update(self, one: int, which: int, fields: frozenset[str]) -> None:
        thing, actor = self.thing(which, "contact"), self.actor(one)
        self.number += 1
        values = {field: value for field, value in self._values().items() if field in fields}
        work = self.crm.records.update("contact", thing.id, _document(values), actor=actor)
        if not self.changes(one, thing, "write"):
            self.denied(self.refused(one, thing, "write"), work)
        elif any(self.rule_for(one, field) for field in fields):
            self.denied(Invalid, work)
        else:
            self._check_shown(one, self.run(work).document)
            thing.values |= values
            self.counts["updates"] += 1

    @rule(one=people)
    def create(self, one: int) -> None:
        actor = self.actor(one)
        self.number += 1
        work = self.crm.records.create("company", {"name": f"Zoe {self.number}"}, actor=actor)
        if not self.may(one, "company.write"):
            self.denied(Forbidden, work)
            return
        # Whose sight is narrowed owns what he makes.
        narrowed = self.scope(one, "company", "read") != "all"
        self.things.append(Thing(self.run(work).id, "company", one if narrowed else None, None))
        assert self.reads(one, self.things[-1]) or not self.may(one, "company.read")
        self.counts["creations"] += 1

    @rule(one=people, which=which)
    def delete_or_restore(self, one: int, which: int) -> None:
        thing, actor, records = self.thing(which, "contact", "company"), self.actor(one), self.crm.records
        action = "write" if thing.deleted else "delete"
        was, thing.deleted = thing.deleted, False
        allowed = self.changes(one, thing, action)
        thing.deleted = was
        change = records.restore if was else records.delete
        work: Any = change(thing.kind, thing.id, actor=actor)
        if not allowed:
            self.denied(self.refused(one, thing, action), work)
        else:
            self.run(work)
            thing.deleted = not was
            self.counts["deletions and restorations"] += 1

    # What always holds

    @invariant()
    def the_records_are_as_they_should_be(self) -> None:
        if self.things:
            self.run(self._check())

    async def _check(self) -> None:
        stored = {}
        for kind, table in (("contact", Contact), ("company", Company), ("conversation", Conversation)):
            stored |= {row["id"]: (kind, row) for row in await table.select()}
        assert stored.keys() == {thing.id for thing in self.things}
        users = dict(enumerate(self.user_ids))
        for thing in self.things:
            kind, row = stored[thing.id]
            owner = row["assignee" if kind == "conversation" else "owner"]
            assert (kind, owner) == (thing.kind, users.get(thing.owner if thing.owner is not None else -1))
            assert (row.get("deleted_at") is not None) is thing.deleted
            for field in ("notes", "job_title") if kind == "contact" else ():
                assert row[field] == thing.values[field]


def _document(values: dict[str, str]) -> dict[str, Any]:
    custom = {
        field.removeprefix("custom."): value for field, value in values.items() if field.startswith("custom.")
    }
    plain = {field: value for field, value in values.items() if "." not in field}
    return {**plain, "custom": custom} if custom else plain


async def _everything() -> list[Any]:
    """Return all rows that a denied request might have left a trace in."""
    return [
        await table.select() for table in (Contact, ContactPoint, Company, Conversation, History, EventRow)
    ]


@patience
def test_roles_of_everybody(
    fresh_database: ExampleDatabases, record_property: Callable[[str, object], None]
) -> None:
    counts = run_machine(Roles, fresh_database, examples=12, steps=30)
    record_property("counted", told("roles", fresh_database.kind, counts))
