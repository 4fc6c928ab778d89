"""Imports and exports over HTTP."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

PEOPLE = """Имя;Фамилия;Почта;Телефон;Теги
Анна;Петрова;anna@example.com;+7 999 123-45-67;vip, рио
Борис;Иванов;не адрес;;
Анна;Снова;ANNA@example.com;;
"""


async def uploaded(client: httpx2.AsyncClient, text: str, name: str = "люди.csv") -> dict[str, Any]:
    answer = await client.post(
        "/api/imports",
        params={"record_type": "contact", "file_name": name},
        content=text.encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/api/imports/{found['id']}"
    return found


async def finished(client: httpx2.AsyncClient, crm: Crm, id: str) -> dict[str, Any]:
    await crm.worker.drain()
    found: dict[str, Any] = (await client.get(f"/api/imports/{id}")).json()
    return found


async def test_an_import_lives_over_the_api(client: httpx2.AsyncClient, crm: Crm) -> None:
    run = await uploaded(client, PEOPLE)
    assert (run["state"], run["total"], run["file_name"]) == ("uploaded", 3, "люди.csv")
    one = f"/api/imports/{run['id']}"

    preview = (await client.post(f"{one}/preview", json={})).json()
    assert [column["field"] for column in preview["columns"]] == [
        "first_name",
        "last_name",
        "emails",
        "phones",
        "tags",
    ]
    assert [row["outcome"] for row in preview["rows"]] == ["created", "refused", "skipped"]
    assert preview["rows"][1]["problems"][0]["path"] == "/emails/0"
    assert (await client.get("/api/contacts")).json()["items"] == []

    started = await client.post(f"{one}/start", json={"dry_run": True})
    assert (started.status_code, started.json()["state"]) == (202, "queued")
    checked = await finished(client, crm, run["id"])
    assert (checked["state"], checked["created"], checked["refused"], checked["skipped"]) == (
        "checked",
        1,
        1,
        1,
    )
    assert (await client.get("/api/contacts")).json()["items"] == []

    skipped = await client.get(f"{one}/errors", params={"rows": "skipped"}, headers={"Accept-Language": "ru"})
    assert skipped.text.splitlines()[1:] == [
        "Анна;Снова;ANNA@example.com;;;4;emails: ANNA@example.com уже есть.;"
    ]
    assert (await client.get(f"{one}/errors", params={"rows": "all"})).status_code == 422

    await client.post(f"{one}/start", json={"duplicates": "merge"})
    done = await finished(client, crm, run["id"])
    assert [done[name] for name in ("state", "created", "unchanged", "refused", "done")] == [
        "done",
        1,
        1,
        1,
        3,
    ]
    assert (await client.post(f"{one}/start", json={})).status_code == 409
    (anna,) = (await client.get("/api/contacts")).json()["items"]
    assert (anna["last_name"], anna["phones"], anna["tags"]) == (
        "Петрова",
        ["+7 999 123-45-67"],
        ["vip", "рио"],
    )

    errors = await client.get(f"{one}/errors", headers={"Accept-Language": "ru"})
    assert errors.headers["content-disposition"].startswith("attachment")
    header, row = csv.reader(io.StringIO(errors.text.removeprefix("\ufeff")), delimiter=";")
    assert header[-1] == "ошибка" and row[:3] == ["Борис", "Иванов", "не адрес"]
    assert row[-1] == "emails: Это не адрес электронной почты."

    assert (await client.post(f"{one}/undo")).json()["state"] == "undoing"
    undone = await finished(client, crm, run["id"])
    assert (undone["state"], undone["undone"], undone["kept"]) == ("undone", 1, 0)
    assert (await client.get("/api/contacts")).json()["items"] == []
    assert [item["id"] for item in (await client.get("/api/imports")).json()["items"]] == [run["id"]]
    assert (await client.delete(one)).status_code == 204
    assert (await client.get(one)).status_code == 404
    assert list((crm.settings.data_path / "imports").iterdir()) == []


async def test_a_cancelled_import_goes_on(client: httpx2.AsyncClient, crm: Crm) -> None:
    run = await uploaded(client, PEOPLE)
    one = f"/api/imports/{run['id']}"
    await client.post(f"{one}/start", json={})
    assert (await client.post(f"{one}/cancel")).json()["state"] == "cancelled"
    assert (await finished(client, crm, run["id"]))["done"] == 0
    assert (await client.post(f"{one}/cancel")).status_code == 409
    assert (await client.post(f"{one}/resume")).json()["state"] == "queued"
    assert (await finished(client, crm, run["id"]))["state"] == "done"


@pytest.mark.parametrize(
    ("params", "content", "status"),
    [
        ({"record_type": "contact", "file_name": "x.csv"}, b"", 422),
        ({"record_type": "contact", "file_name": "x.csv"}, b"\xd0\xcf\x11\xe0rest", 422),
        ({"record_type": "contact", "file_name": "x.xlsx"}, b"PK\x03\x04rest", 422),
        ({"record_type": "contact"}, b"Name\nAnn\n", 422),
        ({"record_type": "nothing", "file_name": "x.csv"}, b"Name\nAnn\n", 404),
        ({"record_type": "contact", "file_name": "x.csv", "z": "1"}, b"Name\nAnn\n", 422),
    ],
)
async def test_what_is_no_table_is_refused_and_not_kept(
    client: httpx2.AsyncClient, crm: Crm, params: dict[str, str], content: bytes, status: int
) -> None:
    answer = await client.post("/api/imports", params=params, content=content)
    assert answer.status_code == status
    folder = crm.settings.data_path / "imports"
    assert not folder.exists() or list(folder.iterdir()) == []


async def test_a_refusal_names_the_file_as_its_owner_does(client: httpx2.AsyncClient) -> None:
    params = {"record_type": "contact", "file_name": "folder/nul.csv"}
    answer = await client.post("/api/imports", params=params, content=b"Name\nA\0nn\n")
    assert (answer.status_code, answer.json()["code"]) == (422, "not_a_table")
    assert answer.json()["detail"].startswith("nul.csv is no text: it contains NUL")


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"mapping": {"Shoe": "emails"}}, "bad_mapping"),
        ({"mapping": {"Почта": "e_mails"}}, "bad_mapping"),
        ({"key": "custom.none"}, "bad_mapping"),
        ({"encoding": "utf-9"}, "not_a_table"),
        ({"duplicates": "eat"}, "invalid"),
        ({"nothing": 1}, "invalid"),
    ],
)
async def test_wrong_settings_are_refused(
    client: httpx2.AsyncClient, settings: dict[str, Any], code: str
) -> None:
    run = await uploaded(client, PEOPLE)
    for action in ("preview", "start"):
        answer = await client.post(f"/api/imports/{run['id']}/{action}", json=settings)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        russian = await client.post(
            f"/api/imports/{run['id']}/{action}", json=settings, headers={"Accept-Language": "ru"}
        )
        assert russian.json()["detail"] != answer.json()["detail"]


async def test_who_may_only_look_neither_imports_nor_exports(viewer: httpx2.AsyncClient) -> None:
    params = {"record_type": "contact", "file_name": "x.csv"}
    assert (await viewer.post("/api/imports", params=params, content=b"Name\nAnn\n")).status_code == 403
    assert (await viewer.get("/api/imports")).status_code == 403
    assert (await viewer.get("/api/contacts/export")).status_code == 403


@pytest.fixture
async def agent(connect: Callable[..., httpx2.AsyncClient], crm: Crm) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with the token of an agent."""
    id = await crm.accounts.create_user("gus@example.com", "Gus Agent", "correct horse battery", role="agent")
    yield connect(authorization=f"Bearer {await crm.accounts.create_token(id, 'tests', ['all'])}")


async def test_an_agent_imports_undoes_and_sees_nobody_elses(
    client: httpx2.AsyncClient, agent: httpx2.AsyncClient, crm: Crm
) -> None:
    others = await uploaded(client, PEOPLE)
    assert (await agent.get(f"/api/imports/{others['id']}")).status_code == 404
    assert (await agent.post(f"/api/imports/{others['id']}/start", json={})).status_code == 404
    run = await uploaded(agent, PEOPLE)
    await agent.post(f"/api/imports/{run['id']}/start", json={})
    assert (await finished(agent, crm, run["id"]))["created"] == 1
    assert [item["id"] for item in (await agent.get("/api/imports")).json()["items"]] == [run["id"]]
    await agent.post(f"/api/imports/{run['id']}/undo")
    assert (await finished(agent, crm, run["id"]))["undone"] == 1


async def test_a_list_is_exported(client: httpx2.AsyncClient, clock: TurnableClock) -> None:
    for name, phone in (("Anna", "+79991234567"), ("Boris", "=1+1"), ("Clara", None)):
        clock.advance(1)
        body = {"first_name": name, "last_name": phone if phone and "=" in phone else ""}
        await client.post(
            "/api/contacts", json=body | ({"phones": [phone]} if phone == "+79991234567" else {})
        )
    view = {"name": "B", "record_type": "contact", "query": {"q": "boris"}}
    view_id = (await client.post("/api/views", json=view)).json()["id"]
    columns = {"columns": "first_name,last_name,phones"}

    answer = await client.get("/api/contacts/export", params=columns)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text == (
        "\ufefffirst_name,last_name,phones\r\nAnna,,'+79991234567\r\nBoris,'=1+1,\r\nClara,,\r\n"
    )
    labelled = await client.get(
        "/api/contacts/export", params={**columns, "view": view_id, "labels": "true", "delimiter": ";"}
    )
    assert labelled.text == "\ufeffFirst name;Last name;Phone numbers\r\nBoris;'=1+1;\r\n"
    book = await client.get("/api/contacts/export", params={"format": "xlsx"})
    assert (
        book.content[:4] == b"PK\x03\x04"
        and 'filename="contacts.xlsx"' in book.headers["content-disposition"]
    )


@pytest.mark.parametrize(
    "query",
    ["format=pdf", "columns=nothing", "filter=[]", "sort=x", "view=x", "delimiter=x", "z=1", "labels=maybe"],
)
async def test_a_strange_export_is_refused(client: httpx2.AsyncClient, query: str) -> None:
    assert (await client.get(f"/api/contacts/export?{query}")).status_code == 422


async def test_every_record_type_is_exported(client: httpx2.AsyncClient, crm: Crm) -> None:
    for kind in crm.registry.record_types.values():
        answer = await client.get(f"/api/{kind.item.plural}/export")
        assert answer.status_code == 200 and answer.text.startswith("\ufeffid,"), kind.item.key
