"""Merging and undoing: nobody loses a way to be reached, and what was not touched comes back exactly."""

from collections import Counter
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from machine import ExampleDatabases, WorkspaceMachine, patience, run_machine, told
from posting import ADMIN

from crmcore import CustomField
from crmcore.contacts.tables import Company, Contact, ContactPoint, MergeLog
from crmcore.conversations.tables import Conversation
from crmcore.errors import Conflict, CrmError, NotFound
from crmcore.files.tables import StoredFile
from crmcore.records.query import ListQuery
from crmcore.records.tables import History, Tagging
from crmcore.tasks.tables import Task

# What every write changes, and what tells that there was one.
MOVING = {"version", "updated_at"}
FIELDS = (
    CustomField(record_type="contact", key="tier", label="Tier"),
    CustomField(record_type="contact", key="seats", label="Seats", type="number"),
    CustomField(record_type="contact", key="passport", label="Passport", format="sensitive-number"),
    CustomField(record_type="contact", key="photo", label="Photo", type="file"),
    CustomField(
        record_type="contact",
        key="advisor",
        label="Advisor",
        type="reference",
        options={"record_type": "contact"},
    ),
    CustomField(
        record_type="company",
        key="keeper",
        label="Keeper",
        type="reference",
        options={"record_type": "contact"},
    ),
)
CHOOSABLE = ("first_name", "job_title", "company_id", "custom.tier", "custom.photo", "custom.passport")

which = st.integers(0, 9)
Points = dict[tuple[str, str], int]


class Merged:
    """A merge that is not undone: ``moved`` are the contact points that came; ``before`` all rows, if untouched."""

    def __init__(self, id: UUID, kept: int, merged: int, moved: set[tuple[str, str]], before: Any) -> None:
        self.id = id
        self.kept = kept
        self.merged = merged
        self.moved = moved
        self.before = before


class Merging(WorkspaceMachine):
    """``owners`` says whose each contact point is; contacts are numbered, ``into`` is where tombstones point."""

    plugins = (EntryPoint("sensitive", "sensitive_plugin", "crmcore"),)

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[UUID] = []
        self.into: dict[int, int] = {}
        self.deleted: set[int] = set()
        self.merges: list[Merged] = []
        self.owners: Points = {}
        self.asleep: Points = {}
        self.number = 0
        self.companies: list[UUID] = []

    @property
    def alive(self) -> list[int]:
        return [one for one in range(len(self.ids)) if one not in self.into and one not in self.deleted]

    def one(self, number: int) -> int:
        return self.alive[number % len(self.alive)]

    @initialize(data=st.data())
    def people(self, data: st.DataObject) -> None:
        async def fields() -> None:
            for field in FIELDS:
                await self.crm.fields.create(field, actor=ADMIN)

        self.run(fields())
        for _ in range(4):
            self.somebody(data)

    def touched(self) -> None:
        """What is undone from here on need not come back as it was."""
        for merge in self.merges:
            merge.before = None

    # What people write

    @precondition(lambda self: len(self.ids) < 8)
    @rule(data=st.data())
    def somebody(self, data: st.DataObject) -> None:
        draw, number = data.draw, len(self.ids)
        points = {
            "emails": [f"e{number}.{index}@example.com" for index in range(draw(st.integers(0, 2)))],
            "phones": [f"+1415555{number:02}{index:02}" for index in range(draw(st.integers(0, 1)))],
            "handles": [f"@h{number}{index}" for index in range(draw(st.integers(0, 1)))],
        }
        custom: dict[str, Any] = {
            **draw(st.sampled_from(({}, {"tier": "gold"}, {"tier": f"tier {number}"}))),
            **draw(st.sampled_from(({}, {"seats": number}))),
            **draw(st.sampled_from(({}, {"passport": f"AB-{number:09}"}))),
        }
        if self.alive and draw(st.booleans()):
            custom["advisor"] = str(self.ids[draw(st.sampled_from(self.alive))])
        if draw(st.booleans()):
            custom["photo"] = str(self.run(self._file(f"photo {number}")))
        document = {
            **points,
            "first_name": draw(st.sampled_from(("", f"Name{number}"))),
            "last_name": f"Last{number}",
            "job_title": draw(st.sampled_from(("", "Cook", f"Job {number}"))),
            "company": draw(st.sampled_from((None, "ACME", f"Company {number}"))),
            "tags": sorted(draw(st.frozensets(st.sampled_from(("a", "b", "C", "é"))))),
            "custom": custom,
        }
        id = self.run(self.crm.records.create("contact", document, actor=ADMIN)).id
        self.ids.append(id)
        self._own(number, points)
        if draw(st.booleans()):
            self.run(self._hang_on(id, draw(st.integers(0, 2))))
        self.touched()
        self.counts["contacts"] += 1

    def _own(self, number: int, points: dict[str, list[str]]) -> None:
        for name, kind in (("emails", "email"), ("phones", "phone"), ("handles", "handle")):
            for value in points.get(name, ()):
                point = self.crm.point_rules.point(kind, value)
                self.owners[point.kind, point.normalized] = number

    async def _file(self, words: str) -> UUID:
        id: UUID = (await self.crm.files.keep_bytes("photo.txt", words.encode(), actor=ADMIN))["id"]
        return id

    async def _hang_on(self, contact: UUID, count: int) -> None:
        """Give the contact conversations, tasks, and a company that names it."""
        for _ in range(count):
            self.number += 1
            talk = await self.crm.records.create(
                "conversation", {"subject": f"s{self.number}"}, actor=ADMIN, internal={"contact": contact}
            )
            document = {"title": f"t{self.number}", "contact_id": contact, "conversation_id": talk.id}
            await self.crm.records.create("task", document, actor=ADMIN)
        self.number += 1
        company = {"name": f"Firm {self.number}", "custom": {"keeper": str(contact)}}
        self.companies.append((await self.crm.records.create("company", company, actor=ADMIN)).id)

    @rule(
        which=which,
        changes=st.sampled_from(
            (
                {"job_title": "Pilot"},
                {"job_title": ""},
                {"first_name": "New"},
                {"tags": ["a"]},
                {"tags": []},
                {"custom": {"tier": "silver"}},
                {"custom": {"passport": None}},
                {"custom": {"photo": None}},
                {"custom": {"advisor": None}},
            )
        ),
    )
    def edit(self, which: int, changes: dict[str, Any]) -> None:
        self.run(self.crm.records.update("contact", self.ids[self.one(which)], changes, actor=ADMIN))
        self.touched()
        self.counts["edits"] += 1

    @rule(which=which)
    def another_address(self, which: int) -> None:
        one = self.one(which)
        self.number += 1
        document = self.run(self.crm.records.get("contact", self.ids[one], actor=ADMIN)).document
        emails = [f"more{self.number}@example.com", *document["emails"]]
        self.run(self.crm.records.update("contact", self.ids[one], {"emails": emails}, actor=ADMIN))
        self._own(one, {"emails": emails[:1]})
        self.touched()

    @rule(which=which)
    def one_address_less(self, which: int) -> None:
        one = self.one(which)
        document = self.run(self.crm.records.get("contact", self.ids[one], actor=ADMIN)).document
        if document["emails"]:
            gone = self.crm.point_rules.point("email", document["emails"][0])
            emails = document["emails"][1:]
            self.run(self.crm.records.update("contact", self.ids[one], {"emails": emails}, actor=ADMIN))
            del self.owners[gone.kind, gone.normalized]
            self.touched()

    @rule(which=which, count=st.integers(0, 2))
    def more_hangs_on(self, which: int, count: int) -> None:
        self.run(self._hang_on(self.ids[self.one(which)], count))
        self.touched()

    @precondition(lambda self: len(self.alive) > 2)
    @rule(which=which)
    def delete(self, which: int) -> None:
        one = self.one(which)
        self.run(self.crm.records.delete("contact", self.ids[one], actor=ADMIN))
        self.deleted.add(one)
        gone = {point for point, owner in self.owners.items() if owner == one}
        self.asleep |= {point: self.owners.pop(point) for point in gone}
        self.touched()

    @precondition(lambda self: self.deleted)
    @rule(which=which)
    def restore(self, which: int) -> None:
        one = sorted(self.deleted)[which % len(self.deleted)]
        self.run(self.crm.records.restore("contact", self.ids[one], actor=ADMIN))
        self.deleted.remove(one)
        back = {point for point, owner in self.asleep.items() if owner == one}
        self.owners |= {point: self.asleep.pop(point) for point in back}
        self.touched()

    @precondition(lambda self: self.into)
    @rule(which=which)
    def a_tombstone_is_no_deleted_contact(self, which: int) -> None:
        one = sorted(self.into)[which % len(self.into)]
        before = self.run(_everything())
        with pytest.raises(CrmError):
            self.run(self.crm.records.restore("contact", self.ids[one], actor=ADMIN))
        with pytest.raises(NotFound):
            self.run(self.crm.records.update("contact", self.ids[one], {"job_title": "x"}, actor=ADMIN))
        assert self.run(_everything()) == before

    # Merging

    @precondition(lambda self: len(self.alive) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        self._merge(data)

    @precondition(lambda self: len(self.alive) > 1)
    @rule(data=st.data())
    def merge_and_merge_again(self, data: st.DataObject) -> None:
        self._merge(data)
        if len(self.alive) > 1:
            self._merge(data)

    def _merge(self, data: st.DataObject) -> None:
        kept, merged = data.draw(st.permutations(self.alive))[:2]
        choices = data.draw(
            st.dictionaries(st.sampled_from(CHOOSABLE[:3]), st.sampled_from(("kept", "merged")), max_size=2)
        )
        before = self.run(_everything())
        id = self.run(self.crm.contacts.merge(self.ids[kept], self.ids[merged], actor=ADMIN, choices=choices))
        moved = {point for point, owner in self.owners.items() if owner == merged}
        self.owners |= dict.fromkeys(moved, kept)
        self.into[merged] = kept
        self.merges.append(Merged(id, kept, merged, moved, before))
        self.counts["merges"] += 1

    @precondition(lambda self: self.merges)
    @rule()
    def undo_the_last(self) -> None:
        self._undo(len(self.merges) - 1)

    @precondition(lambda self: self.merges)
    @rule(which=which)
    def undo_any(self, which: int) -> None:
        self._undo(which % len(self.merges))

    def _undo(self, index: int) -> None:
        merge = self.merges[index]
        undo = self.crm.contacts.undo_merge
        if merge.kept not in self.alive:
            before = self.run(_everything())
            with pytest.raises(Conflict):
                self.run(undo(merge.id, actor=ADMIN))
            assert self.run(_everything()) == before
            self.counts["undos refused"] += 1
            return
        self.run(undo(merge.id, actor=ADMIN))
        with pytest.raises(Conflict):
            self.run(undo(merge.id, actor=ADMIN))
        back = {point for point in merge.moved if self.owners.get(point) == merge.kept}
        self.owners |= dict.fromkeys(back, merge.merged)
        del self.into[merge.merged]
        last = index == len(self.merges) - 1
        del self.merges[index]
        self.counts["undos"] += 1
        if not last:
            # What was merged later was merged with what is gone now.
            self.touched()
        elif merge.before is not None:
            assert _differences(merge.before, self.run(_everything())) == []
            self.counts["exact undos"] += 1

    # What always holds

    @invariant()
    def everybody_can_be_reached(self) -> None:
        if self.ids:
            self.run(self._check())

    async def _check(self) -> None:
        numbers = {id: number for number, id in enumerate(self.ids)}
        points = await ContactPoint.select()
        assert len({(row["kind"], row["normalized"]) for row in points}) == len(points)
        found = {(row["kind"], row["normalized"]): numbers[row["contact"]] for row in points}
        assert found == self.owners
        rows = {row["id"]: row for row in await Contact.select()}
        assert rows.keys() == numbers.keys()
        for id, row in rows.items():
            one = numbers[id]
            own = sorted(
                (each for each in points if each["contact"] == id),
                key=lambda each: (each["position"], str(each["id"])),
            )
            if one not in self.deleted:
                shown = [(each["kind"], each["normalized"]) for each in msgspec.json.decode(row["points"])]
                assert shown == [(each["kind"], each["normalized"]) for each in own]
            assert (row["deleted_at"] is None) is (one in self.alive)
            assert row["merged_into"] == (self.ids[self.into[one]] if one in self.into else None)
        tombstones = {self.ids[one] for one in self.into}
        named = [
            row["contact"] for table in (Conversation, Task) for row in await table.select(table.contact)
        ]
        named += [row["record"] for row in await StoredFile.select() if row["record_type"] == "contact"]
        for row in [*rows.values(), *await Company.select()]:
            custom = msgspec.json.decode(row["custom"])
            named += [UUID(custom[key]) for key in ("advisor", "keeper") if custom.get(key)]
        assert not tombstones & set(named)
        assert await MergeLog.count().where(MergeLog.undone_at.is_null()) == len(self.merges)
        versions: dict[UUID, list[int]] = {}
        for entry in await History.select().where(History.record_type == "contact"):
            versions.setdefault(entry["record_id"], []).append(entry["version"])
        for id, seen in versions.items():
            assert len(set(seen)) == len(seen) and max(seen) <= rows[id]["version"]

    @invariant()
    def tombstones_lead_to_somebody(self) -> None:
        for one, target in self.into.items():
            with pytest.raises(NotFound) as gone:
                self.run(self.crm.records.get("contact", self.ids[one], actor=ADMIN))
            assert gone.value.extra == {"merged_into": str(self.ids[target])}

    def teardown(self) -> None:
        try:
            if self.ids:
                self._finish()
        finally:
            super().teardown()

    def _finish(self) -> None:
        """Everything is taken back, the last first; everybody is found by what is theirs."""
        while self.merges:
            if self.merges[-1].kept in self.deleted:
                break
            self._undo(len(self.merges) - 1)
            self.run(self._check())
        self.run(self._found())

    async def _found(self) -> None:
        for (kind, value), owner in self.owners.items():
            assert await self.crm.contacts.find_by_point(kind, value) == self.ids[owner]
            if kind == "email":
                page = await self.crm.records.list("contact", ListQuery(q=value), actor=ADMIN)
                assert [record.id for record in page.items] == [self.ids[owner]]
        everybody = await self.crm.records.list("contact", ListQuery(limit=200), actor=ADMIN)
        assert {record.id for record in everybody.items} == {self.ids[one] for one in self.alive}
        for one in self.alive:
            finds = await self.crm.search.find(f"Last{one}", actor=ADMIN, record_type="contact")
            assert self.ids[one] in {find.id for find in finds.items}


async def _everything() -> dict[str, Any]:
    """Return all that a merge may touch, without what every write changes; what is sealed, as that it is there."""
    dump: dict[str, Any] = {}
    for table in (Contact, ContactPoint, Conversation, Task, Tagging, Company, StoredFile):
        rows = await table.select()
        dump[table._meta.tablename] = {
            str(row["id"]): {name: _plain(value) for name, value in row.items() if name not in MOVING}
            for row in rows
        }
    # Positions count as an order: what was taken away since leaves a gap.
    orders: dict[Any, int] = Counter()
    for point in sorted(
        dump["contact_point"].values(), key=lambda point: (point["position"], str(point["id"]))
    ):
        orders[point["contact"]] += 1
        point["position"] = orders[point["contact"]]
    dump["tagging"] = sorted(
        (row["record_type"], str(row["record_id"]), str(row["tag"])) for row in dump["tagging"].values()
    )
    return dump


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[Any]:
    """Return what is not the same, by table, row and column."""
    found: list[Any] = []
    for table, rows in before.items():
        if table == "tagging":
            found += [(table, rows, after[table])] if rows != after[table] else []
            continue
        for id in rows.keys() | after[table].keys():
            one, other = rows.get(id) or {}, after[table].get(id) or {}
            names = [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
            found += [(table, id, name, one.get(name), other.get(name)) for name in names]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("{"):
        return {
            name: "sealed" if str(item).startswith("enc:") else item
            for name, item in msgspec.json.decode(value).items()
        }
    return value


@patience
def test_merging(fresh_database: ExampleDatabases, record_property: Callable[[str, object], None]) -> None:
    counts = run_machine(Merging, fresh_database, examples=12, steps=25)
    record_property("counted", told("merging", fresh_database.kind, counts))
