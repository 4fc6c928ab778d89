"""Bad input of every kind, at every address: a 4xx every time, and the same one on both engines."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from litestar import Litestar
from structlog.testing import capture_logs

from crmcore.contracts.records import RecordType
from crmcore.records.filters import OPERATORS
from crmcore.workspace import Crm

VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**63 - 1,
    -(2**63),
    1.5,
    1e308,
    "",
    " ",
    "x" * 70_000,
    "\u0001\u001f\u007f\u0085",
    "\u202e\ufeff\U0010ffff",
    "' OR 1=1 --",
    "%_\\{}",
    "0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-14:00",
    "2026-02-30T25:61:61Z",
    "2026-03-02T09:30:00",
    [],
    {},
    [None],
    [1, "a", []],
    ["x" * 70_000],
    ["a"] * 5_000,
    [["a"]],
    {"id": 1},
    {"\u0001": {"a": [{}]}},
    {"$ref": "file:///etc/passwd"},
)
QUERIES = (
    "q=%00",
    "q=%FF%FE",
    "q=%25%5C%5F",
    "q=%F0%9F%98%80",
    "q=" + "%20" * 150,
    "q=%2B%2B%2B+1+2+3",
    "limit=NaN",
    "limit=0x10",
    "limit=%2B5",
    "limit=5.0",
    "cursor=W10",
    "cursor=WyJuYW1lIiwxLDJd",
    "cursor=eyJhIjoxfQ",
    "cursor=%F0%9F%98%80",
    "sort=name%3B",
    "sort=-",
    "sort=%00",
    "fields=,",
    "fields=id,id",
    "filter=null",
    "filter=1",
    "filter=%7B%7D",
    "filter=%7B%22all%22%3A%5B%5D%7D",
    "filter=" + "%5B" * 3000,
    "filter=%7B%22not%22%3A" * 70 + "1" + "%7D" * 70,
    "&".join(f"a{number}=1" for number in range(2000)),
    "=",
    "&&&",
    "deleted=maybe",
    "total=",
)


@pytest.fixture(scope="session")
def seen() -> dict[str, dict[str, list[Any]]]:
    """The statuses of each test by engine: the second engine is compared with the first."""
    return {}


@pytest.fixture
def bare(client: httpx2.AsyncClient) -> Iterator[httpx2.AsyncClient]:
    client.event_hooks = {"response": []}
    with capture_logs():
        yield client


class Statuses:
    """Collects what each request was answered, and finds the 5xx."""

    def __init__(self) -> None:
        self.all: list[tuple[str, int]] = []

    async def add(self, what: str, request: Any) -> None:
        answer = await request
        assert answer.status_code < 500, f"{what[:300]}: {answer.status_code} {answer.text[:300]}"
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", what[:300]
        self.all.append((what, answer.status_code))

    def compare(self, seen: dict[str, dict[str, list[Any]]], name: str, crm: Crm) -> None:
        engines = seen.setdefault(name, {})
        engines[crm.database.kind] = self.all
        if len(engines) == 2:
            assert engines["sqlite"] == engines["postgres"]


async def test_no_value_of_any_field_breaks_anything(
    bare: httpx2.AsyncClient, crm: Crm, seen: dict[str, dict[str, list[Any]]]
) -> None:
    statuses = Statuses()
    made = {
        "contact": {"first_name": "Lena"},
        "company": {"name": "Orlova & Sons"},
        "task": {"title": "Call"},
        "team": {"name": "Support"},
        "tag": {"name": "vip"},
        "user": {"email": "bo@example.com", "name": "Bo"},
    }
    for key, document in made.items():
        record_type = crm.records.record_type(key)
        created = await bare.post(f"/api/{record_type.plural}", json=document)
        address = f"/api/{record_type.plural}/{created.json()['id']}"
        names = [*record_type.properties, "custom", "tags", "version", "id", "deleted_at"]
        for name in names:
            for number, value in enumerate(VALUES):
                body = json.dumps({name: value}).encode()
                await statuses.add(f"PATCH {key}.{name} {number}", bare.patch(address, content=body))
        for number, value in enumerate(VALUES):
            whole = json.dumps(dict.fromkeys(document, value)).encode()
            await statuses.add(f"POST {key} {number}", bare.post(f"/api/{record_type.plural}", content=whole))
        assert (await bare.get(address)).status_code == 200
    statuses.compare(seen, "values", crm)


def _kind(record_type: RecordType, field: str) -> tuple[str, ...]:
    schema = record_type.properties.get(field, {"format": "date-time"})
    return str(schema.get("type")), schema.get("format", ""), str("enum" in schema)


async def test_no_filter_breaks_anything(
    bare: httpx2.AsyncClient, crm: Crm, seen: dict[str, dict[str, list[Any]]]
) -> None:
    statuses = Statuses()
    await bare.post("/api/contacts", json={"first_name": "Lena", "tags": ["vip"]})
    late = "9999-12-31T23:59:59.999999-14:00"
    values: tuple[Any, ...] = (None, True, -1, 2**63 - 1, 1.5, "", "'\\%_{}", late, [], ["a", 1], {"a": 1})
    for record_type in crm.records.types.values():
        # One field of each kind: fields of one kind differ in their names alone.
        kinds = {_kind(record_type, field): field for field in record_type.filters}
        fields = [*kinds.values(), *(["tags"] if record_type.tags else []), "custom.none", "password_hash"]
        for field in fields:
            for op in (*OPERATORS, "nothing"):
                for number, value in enumerate(values):
                    leaf = json.dumps({"field": field, "op": op, "value": value})
                    await statuses.add(
                        f"{record_type.key}.{field} {op} {number}",
                        bare.get(f"/api/{record_type.plural}", params={"filter": leaf}),
                    )
    statuses.compare(seen, "filters", crm)


async def test_no_question_breaks_any_list(
    bare: httpx2.AsyncClient, app: Litestar, crm: Crm, seen: dict[str, dict[str, list[Any]]]
) -> None:
    statuses = Statuses()
    for operation in app.state.operations:
        if operation.method == "GET" and "{" not in operation.path:
            # A stream that is not told when to end does not.
            end = "seconds=0&" if operation.id == "listen" else ""
            for number, query in enumerate(QUERIES):
                await statuses.add(f"{operation.path} {number}", bare.get(f"{operation.path}?{end}{query}"))
    statuses.compare(seen, "questions", crm)


async def test_no_body_breaks_any_address(
    bare: httpx2.AsyncClient, app: Litestar, crm: Crm, seen: dict[str, dict[str, list[Any]]]
) -> None:
    statuses = Statuses()
    bodies = (
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe{}",
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b'{"a": "\\ud800"}',
        b"[" + b"1," * 30_000 + b"1]",
        b'{"name": {}, "text": [], "ids": 1, "scopes": {}, "merged": 1, "password": 0, "enabled": "no"}',
    )
    id = "0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80"
    known = {"id": id, "name": "core", "account": "shop", "type": "contact"}
    for operation in app.state.operations:
        if operation.method == "GET":
            continue
        address = re.sub(r"\{(\w+):\w+\}", lambda part: known.get(part[1], "nobody"), operation.path)
        for number, body in enumerate(bodies):
            for kind in (
                "application/json",
                "text/plain",
                "multipart/form-data; boundary=x; charset=punycode",
                "x" * 300,
            ):
                request = bare.request(
                    operation.method, address, content=body, headers={"Content-Type": kind}
                )
                await statuses.add(f"{operation.id} {number} {kind}", request)
    statuses.compare(seen, "bodies", crm)


@pytest.mark.parametrize(
    "method", ["GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get"]
)
async def test_no_method_and_no_path_breaks_anything(bare: httpx2.AsyncClient, method: str) -> None:
    paths = (
        "/",
        "//",
        "/api",
        "/api/",
        "/api/contacts/",
        "//api//contacts//",
        "/api/contacts/%2e%2e/users",
        "/api/contacts/%00",
        "/api/contacts/%FF",
        "/api/contacts/" + "x" * 8_000,
        "/api/%F0%9F%98%80",
        "/health",
        "/hooks/",
        "/hooks/" + "%25" * 500,
    )
    for path in paths:
        answer = await bare.request(method, path)
        assert answer.status_code < 500, f"{method} {path}"


async def test_fifty_edits_at_once_are_all_counted_or_refused(bare: httpx2.AsyncClient) -> None:
    created = (await bare.post("/api/contacts", json={"first_name": "Lena", "notes": "0"})).json()
    address = f"/api/contacts/{created['id']}"

    async def increment() -> int:
        while True:
            read = await bare.get(address)
            if read.status_code == 503:
                continue
            now = read.json()
            body = {"notes": str(int(now["notes"]) + 1), "version": now["version"]}
            answer = await bare.patch(address, json=body)
            if answer.status_code == 200:
                return 1
            # 503: the lock was not had in time on a busy machine; nothing was written then either.
            assert answer.status_code in (409, 503)

    assert sum(await asyncio.gather(*(increment() for _ in range(50)))) == 50
    last = (await bare.get(address)).json()
    assert (last["notes"], last["version"]) == ("50", 51)
