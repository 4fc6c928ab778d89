"""Every route × everybody × whose record it is: answered as the table says, and denied without a trace.

SQLite runs the whole matrix, PostgreSQL the people whose rows are narrowed.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from litestar import Litestar
from matrix_rows import RECORDS, Row, rows
from matrix_world import KINDS, UNKNOWN, Person, make_world, may, reach_of
from snapshot import Snapshot

from crmcore.workspace import Crm

STALE = 999_999
MALFORMED = "not-an-id"
TABLE = rows()
ON_POSTGRES = ("team", "own", "narrow", "nobody")
Cell = tuple[str, str, str]


def routes_of(app: Litestar) -> set[tuple[str, str]]:
    return {
        (str(method), route.path)
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
        if method not in ("OPTIONS", "HEAD")
    }


def test_every_route_has_a_row_and_every_row_a_route(app: Litestar) -> None:
    found = routes_of(app)
    assert sorted(found - TABLE.keys()) == [], "add a row for the route to tests/security/matrix_rows.py"
    assert sorted(TABLE.keys() - found) == [], "take the row out of tests/security/matrix_rows.py"


@pytest.fixture
async def snapshot(crm: Crm, database_url: str) -> AsyncIterator[Snapshot]:
    snapshot = Snapshot(crm.database, database_url)
    yield snapshot
    snapshot.close()


async def test_the_matrix(
    crm: Crm,
    connect: Callable[..., httpx2.AsyncClient],
    snapshot: Snapshot,
    record_property: Callable[[str, object], None],
) -> None:
    people = await make_world(crm)
    if crm.database.kind == "postgres":
        people = {name: person for name, person in people.items() if name in ON_POSTGRES}
    before = await snapshot.take()
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for person in people.values():
        client = connect(**({"authorization": f"Bearer {person.token}"} if person.token else {}))
        for row in TABLE.values():
            for state, id in states_of(row, person):
                expected = expected_status(row, person, state)
                if expected is None:
                    continue
                answer = await ask(client, row, id, person)
                found = outcome(row, answer)
                counts["cells"] += 1
                counts["denied"] += expected != "allowed"
                if found != expected:
                    found = f"{found} ({answer.status_code})"
                    wrong.append(f"{person.name:7} {row.method} {row.path} {state}: {found}, not {expected}")
                if expected == "allowed" and row.probe == "noted":
                    before = await snapshot.take()
                elif expected != "allowed" or row.probe != "none":
                    now = await snapshot.take()
                    if changed := sorted(name for name in now if now[name] != before.get(name)):
                        wrong.append(f"{person.name:7} {row.method} {row.path} {state}: {changed} written")
                        before = now
    record_property("matrix", f"{len(TABLE)} routes, {counts['cells']} cells, {counts['denied']} denials")
    assert not wrong, "\n" + "\n".join(wrong[:100])


def states_of(row: Row, person: Person) -> list[tuple[str, str]]:
    """Return the kinds of ids that the row is tried with."""
    if row.record == "-":
        return [("-", "")]
    if row.record in KINDS:
        found = list(person.ids[row.record].items())
        if row.record in ("conversation", "message", "delivery"):
            found = [entry for entry in found if entry[0] != "deleted"]
        return [*found, ("unknown", UNKNOWN), ("malformed", MALFORMED)]
    if row.record == "@asset":
        return [("unknown", "nothing")]
    return [("unknown", UNKNOWN), ("malformed", MALFORMED)]


def expected_status(row: Row, person: Person, state: str) -> str | None:
    """Return what the table says: ``anonymous``, ``forbidden``, ``missing``, ``allowed``; None is not tried."""
    if row.needs == ("public",):
        return None if row.probe.startswith("deny") else "allowed"
    if person.actor is None:
        return "missing" if state == "malformed" and ":uuid}" in row.path else "anonymous"
    if state == "malformed" and ":uuid}" in row.path:
        return "missing"
    if not all(may(person, permission) for permission in row.needs if not permission.startswith("then:")):
        return "forbidden"
    if row.record == "-":
        return None if row.probe.startswith("deny") else "allowed"
    if row.record not in KINDS:
        if row.probe.startswith("deny") and row.record not in ("@file",) and row.method != "GET":
            return None
        return None if row.probe.startswith(("deny", "bad")) else "missing"
    if state in ("unknown", "malformed"):
        return "missing"
    if row.record == "delivery" and state in ("own", "team", "other"):
        return _allowed(row, person) if state in reach_of(person, "conversation") else "missing"
    kind = "conversation" if row.record == "message" else row.record
    if row.action == "restore":
        return "missing" if state != "deleted" else None
    if row.action == "history" and state == "deleted":
        return "allowed"
    return _allowed(row, person) if state in reach_of(person, kind) else "missing"


def _allowed(row: Row, person: Person) -> str | None:
    later = [permission.removeprefix("then:") for permission in row.needs if permission.startswith("then:")]
    if not all(may(person, permission) for permission in later):
        return "forbidden"
    return None if row.probe.startswith("deny") else "allowed"


async def ask(client: httpx2.AsyncClient, row: Row, id: str, person: Person) -> httpx2.Response:
    path = row.path
    for place in ("{id:str}", "{id:uuid}", "{account:str}", "{key:str}", "{name:str}", "{type:str}"):
        path = path.replace(place, id)
    for place in (
        "{slug:str}",
        "{record_type:str}",
        "{plural:str}",
        "{field:str}",
        "{token:str}",
        "{plugin:str}",
        "{panel:str}",
        "{message:uuid}",
        "{merge:uuid}",
        "{other:uuid}",
        "{export:uuid}",
        "{export:str}",
        "{delivery:str}",
        "{delivery:uuid}",
        "{kind:str}",
        "{digest:str}",
    ):
        path = path.replace(place, id if "uuid" not in place else UNKNOWN)
    path = path.replace("{name:path}", "x.css")
    sent: dict[str, Any] = {}
    if row.method in ("POST", "PATCH", "PUT"):
        sent["json"] = body_of(row, id, person)
    if not row.path.startswith("/api"):
        sent.pop("json", None)
    if row.method == "DELETE" and row.probe == "stale":
        sent["params"] = {"version": STALE}
    if row.probe == "caught-up":
        sent["params"] = {"seconds": 0}
    return await client.request(row.method, path, **sent)


def body_of(row: Row, id: str, person: Person) -> dict[str, Any]:
    if row.probe == "stale":
        return {"version": STALE}
    if row.probe == "bulk":
        return {"ids": [id if id != MALFORMED else UNKNOWN], "changes": {"nope": 1}}
    if row.probe == "merge":
        return {"merged": person.spare, "choices": {"nope": "kept"}}
    if row.probe == "deny-other":
        return {"other": person.spare}
    if row.probe == "reply":
        return {"kind": "reply", "text": "An answer"}
    return {"nope": 1} if row.probe == "bad" else {}


def outcome(row: Row, answer: httpx2.Response) -> str:
    """Return what the answer says, in the table's words."""
    status = answer.status_code
    if status == 401 or (status == 303 and answer.headers["location"].startswith("/login")):
        return "anonymous"
    if status == 403:
        return "forbidden"
    if status == 404:
        return "missing"
    if status >= 500:
        return f"fault {status}"
    if row.probe == "bulk" and status == 200:
        return "missing" if answer.json()["items"][0]["status"] == 404 else "allowed"
    return "allowed"


def test_the_table_knows_every_record_type(crm: Crm) -> None:
    assert set(RECORDS) == set(crm.records.types)
