"""Lists, counts, exports, search, references, filters: ids in bodies and queries, for everybody."""

from collections import Counter
from collections.abc import Callable

import httpx2
from matrix_rows import RECORDS
from matrix_world import SYSTEM, Person, make_world, may, reach_of

from crmcore.records.query import ListQuery
from crmcore.workspace import Crm

Connect = Callable[..., httpx2.AsyncClient]
LISTED = ("contact", "company", "conversation", "message", "task")


async def test_what_is_listed_counted_exported_and_named_is_within_the_rows(
    crm: Crm, connect: Connect, record_property: Callable[[str, object], None]
) -> None:
    people = await make_world(crm)
    counts: Counter[str] = Counter()
    everything = {kind: await _all_ids(crm, kind) for kind in LISTED}
    for name in ("admin", "all", "team", "own", "narrow"):
        person = people[name]
        client = connect(authorization=f"Bearer {person.token}")
        for kind in LISTED:
            if may(person, f"{kind}.read"):
                counts["lists"] += await _check_lists(client, person, kind, everything[kind])
        if may(person, "task.write"):
            counts["references"] += await _check_references(client, person)
        counts["queries"] += await _check_queries(client, person)
    record_property("matrix", f"lists and ids in bodies and queries: {sum(counts.values())} cells")


async def _all_ids(crm: Crm, kind: str) -> set[str]:
    page = await crm.records.list(kind, ListQuery(limit=200), actor=SYSTEM)
    return {str(record.id) for record in page.items}


async def _check_lists(client: httpx2.AsyncClient, person: Person, kind: str, everything: set[str]) -> int:
    plural = RECORDS[kind][0]
    reach = reach_of(person, "conversation" if kind == "message" else kind)
    answer = (await client.get(f"/api/{plural}", params={"limit": 200, "total": "true"})).json()
    ids = {item["id"] for item in answer["items"]}
    assert answer["total"] == len(ids), (person.name, kind)
    assert {person.ids[kind][state] for state in reach} <= ids, (person.name, kind)
    assert not ids & {person.ids[kind][state] for state in ("own", "team", "other") if state not in reach}
    if len(reach) == 3:
        assert ids == everything
    cells = 1
    if may(person, "export.read"):
        rows = (await client.get(f"/api/{plural}/export")).text
        for state in ("own", "team", "other"):
            assert (person.ids[kind][state] in rows) is (state in reach), (person.name, kind, state)
            cells += 1
    if kind in ("contact", "conversation", "company"):
        found = (await client.get("/api/search", params={"q": "zoe", "type": kind, "limit": 200})).json()
        assert {find["id"] for find in found["items"]} <= ids
        hits = (await client.get(f"/api/{plural}", params={"q": "zoe", "limit": 200})).json()["items"]
        assert {hit["id"] for hit in hits} <= ids
        cells += 2
    return cells


async def _check_references(client: httpx2.AsyncClient, person: Person) -> int:
    """A record out of sight cannot be named: it is as unknown as one that does not exist."""
    cells = 0
    for kind, name in (("contact", "contact_id"), ("conversation", "conversation_id")):
        if not may(person, f"{kind}.read"):
            continue
        for state in ("own", "team", "other", "deleted"):
            # Without a title nothing is made.
            answer = await client.post("/api/tasks", json={name: person.ids[kind][state], "title": ""})
            problems = {error["path"] for error in answer.json()["errors"]}
            seen = state in reach_of(person, kind) or (state == "deleted" and kind == "conversation")
            assert (f"/{name}" in problems) is not seen, (person.name, kind, state)
            cells += 1
    return cells


async def _check_queries(client: httpx2.AsyncClient, person: Person) -> int:
    cells = 0
    for state in ("own", "team", "other"):
        reach = reach_of(person, "contact")
        panel = await client.get(
            "/ui/panels/core.conversations", params={"ref": f"contact:{person.ids['contact'][state]}"}
        )
        assert panel.status_code == (200 if state in reach else 404), (person.name, state)
        text = f'{{"field":"contact_id","op":"eq","value":"{person.ids["contact"][state]}"}}'
        tasks = (await client.get("/api/tasks", params={"filter": text})).json()["items"]
        assert bool(tasks) is (state in reach_of(person, "task")), (person.name, state)
        # The task of somebody in reach may be about a contact who is not: then it does not tell the name.
        assert all(task["contact"]["name"] == "Zoe" for task in tasks) is (state in reach or not tasks)
        cells += 2
        if may(person, "message.read") and may(person, "conversation.read"):
            talk = person.ids["conversation"][state]
            text = f'{{"field":"conversation_id","op":"eq","value":"{talk}"}}'
            found = (await client.get("/api/messages", params={"filter": text})).json()["items"]
            assert bool(found) is (state in reach_of(person, "conversation"))
            cells += 1
    return cells
