"""Many records changed by a plugin: refusals apart, in few transactions, and nothing told to who did it."""

from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

from crmcore import hookimpl, system_actor
from crmcore.contracts.events import Event
from crmcore.testing.plugin_points import ObjectEntryPoint
from crmcore.testing.workspaces import workspace


async def test_many_changes_of_a_plugin(database_url: str, tmp_path: Path) -> None:
    told: list[tuple[str, UUID]] = []

    def listening(name: str) -> ObjectEntryPoint:
        async def contact_updated(event: Event) -> None:
            told.append((name, event.record_id))

        return ObjectEntryPoint(name, SimpleNamespace(contact_updated=hookimpl(contact_updated)))

    points = [listening("writer"), listening("reader")]
    async with workspace(tmp_path / "data", database_url, points) as crm:
        actor = system_actor("tests")
        ids = [
            (await crm.records.create("contact", {"first_name": f"P{number}"}, actor=actor)).id
            for number in range(5)
        ]
        records = crm.host.context("writer").records
        nobody = uuid4()
        changes = {id: {"last_name": "Lee"} for id in [*ids[:3], nobody]}
        refused = await records.update_many("contact", {**changes, ids[3]: {"nope": 1}}, reason="many")
        assert {id: [problem.code for problem in problems] for id, problems in refused.items()} == {
            nobody: ["not_found"],
            ids[3]: ["unknown_field"],
        }
        await crm.worker.drain()
        names = [(await crm.records.get("contact", id, actor=actor)).document["last_name"] for id in ids]
        assert names == ["Lee", "Lee", "Lee", "", ""]
        entry = (await crm.records.history("contact", ids[0], actor=actor))[0]
        assert (entry.actor_kind, entry.actor_id, entry.reason) == ("plugin", "writer", "many")
        # Others hear of each; who did it knows.
        assert sorted(told) == sorted(("reader", id) for id in ids[:3])
        assert await records.update_many("contact", {}) == {}
