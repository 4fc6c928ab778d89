import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from api_people import transport
from litestar import Litestar
from structlog.testing import capture_logs

from crmcore.http.app import create_app
from crmcore.http.idempotency import forget_old_answers
from crmcore.records.tables import IdempotentAnswer
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

LENA = {"first_name": "Lena", "emails": ["lena@example.com"]}
KEY = {"Idempotency-Key": "one-and-only"}


async def contacts(client: httpx2.AsyncClient) -> int:
    total: int = (await client.get("/api/contacts?total=true")).json()["total"]
    return total


async def kept() -> int:
    return int(await IdempotentAnswer.count())


async def test_the_same_request_gets_the_same_answer_and_happens_once(client: httpx2.AsyncClient) -> None:
    first = await client.post("/api/contacts", json=LENA, headers=KEY)
    again = await client.post("/api/contacts", json=dict(reversed(LENA.items())), headers=KEY)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    for name in ("Location", "ETag", "Content-Type"):
        assert first.headers[name] == again.headers[name]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await contacts(client) == 1


async def test_another_request_with_the_key_is_refused(client: httpx2.AsyncClient) -> None:
    await client.post("/api/contacts", json=LENA, headers=KEY)
    for address, body in (("/api/contacts", {"first_name": "Bo"}), ("/api/companies", LENA)):
        answer = await client.post(address, json=body, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert (await client.post("/api/contacts", json=LENA, headers=KEY)).status_code == 201
    assert await contacts(client) == 1


async def test_a_key_belongs_to_its_actor(client: httpx2.AsyncClient, browser: httpx2.AsyncClient) -> None:
    ours = {**KEY, "Sec-Fetch-Site": "same-origin"}
    first = await client.post("/api/contacts", json={"first_name": "Lena"}, headers=KEY)
    second = await browser.post("/api/contacts", json={"first_name": "Lena"}, headers=ours)
    assert first.json()["id"] != second.json()["id"]


async def test_a_refusal_is_kept_like_an_answer(client: httpx2.AsyncClient) -> None:
    taken = await client.post("/api/contacts", json=LENA)
    refused = await client.post("/api/contacts", json=LENA, headers=KEY)
    assert refused.status_code in (409, 422)
    await client.delete(f"/api/contacts/{taken.json()['id']}")
    again = await client.post("/api/contacts", json=LENA, headers=KEY)
    assert (again.status_code, again.content) == (refused.status_code, refused.content)
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"first_name": "\xff"}'])
async def test_what_never_began_is_not_kept(client: httpx2.AsyncClient, body: bytes) -> None:
    assert (await client.post("/api/contacts", content=body, headers=KEY)).status_code == 400
    assert await kept() == 0
    assert (await client.post("/api/contacts", json=LENA, headers=KEY)).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "ключ".encode(), b"a\x7fb", b"\x01"])
async def test_a_key_that_is_none_is_refused(client: httpx2.AsyncClient, key: str | bytes) -> None:
    headers: dict[bytes, bytes] = {b"Idempotency-Key": key if isinstance(key, bytes) else key.encode()}
    answer = await client.post("/api/contacts", json=LENA, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")
    assert await contacts(client) == 0


async def test_a_fault_of_ours_is_never_kept_and_leaves_nothing(
    client: httpx2.AsyncClient, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = crm.outbox.write

    async def broken(*arguments: Any, **named: Any) -> None:
        await write(*arguments, **named)
        raise RuntimeError("boom")

    with monkeypatch.context() as patch, capture_logs():
        patch.setattr(crm.outbox, "write", broken)
        assert (await client.post("/api/contacts", json=LENA, headers=KEY)).status_code == 500
    assert (await kept(), await contacts(client)) == (0, 0)
    assert (await client.post("/api/contacts", json=LENA, headers=KEY)).status_code == 201
    assert (await kept(), await contacts(client)) == (1, 1)


async def test_effect_and_answer_are_committed_together(
    client: httpx2.AsyncClient, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after the effect and before the answer is kept: neither is there, the retry does it."""

    async def killed(*arguments: Any, **named: Any) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr("crmcore.http.idempotency._keep", killed)
        with pytest.raises(asyncio.CancelledError):
            await client.post("/api/contacts", json=LENA, headers=KEY)
    assert (await kept(), await contacts(client)) == (0, 0)
    assert (await client.post("/api/contacts", json=LENA, headers=KEY)).status_code == 201
    assert (await kept(), await contacts(client)) == (1, 1)


@pytest.fixture
def slow(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Lets the creation of records wait until the event is set."""
    go_on = asyncio.Event()
    create = crm.records.create

    async def waiting(*arguments: Any, **named: Any) -> Any:
        record = await create(*arguments, **named)
        await go_on.wait()
        return record

    monkeypatch.setattr(crm.records, "create", waiting)
    return go_on


async def test_while_the_first_is_at_work_the_second_is_told_so(
    client: httpx2.AsyncClient, slow: asyncio.Event
) -> None:
    first = asyncio.create_task(client.post("/api/contacts", json=LENA, headers=KEY))
    await asyncio.sleep(0.1)
    second = await client.post("/api/contacts", json=LENA, headers=KEY)
    assert (second.status_code, second.json()["code"]) == (409, "request_in_flight")
    assert second.headers["Retry-After"] == "1"
    slow.set()
    assert (await first).status_code == 201
    assert (await client.post("/api/contacts", json=LENA, headers=KEY)).json() == (await first).json()
    assert await contacts(client) == 1


async def test_two_processes_do_it_once(
    client: httpx2.AsyncClient, crm: Crm, app: Litestar, slow: asyncio.Event
) -> None:
    """Another application on the same database knows nothing of the first one's requests in flight."""
    elsewhere = Crm.build(crm.settings, clock=crm.clock, entry_points=[])
    elsewhere.database = crm.database
    other = create_app(elsewhere, start=False, worker=False, pages=False)
    async with httpx2.AsyncClient(
        transport=transport(other), base_url=client.base_url, headers=client.headers
    ) as neighbour:
        first = asyncio.create_task(client.post("/api/contacts", json=LENA, headers=KEY))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(neighbour.post("/api/contacts", json=LENA, headers=KEY))
        await asyncio.sleep(0.1)
        slow.set()
        one, two = await asyncio.gather(first, second)
    assert one.status_code == 201
    if crm.database.kind == "postgres":
        assert two.status_code == 409
    else:
        assert (two.status_code, two.content) == (201, one.content)
    assert await contacts(client) == 1


async def test_a_storm_of_retries_creates_one(client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(client.post("/api/contacts", json={"first_name": "Lena"}, headers=KEY) for _ in range(30))
    )
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await contacts(client) == 1


async def test_after_three_days_a_key_is_free_again(
    client: httpx2.AsyncClient, crm: Crm, clock: TurnableClock
) -> None:
    body = {"first_name": "Lena"}
    first = await client.post("/api/contacts", json=body, headers=KEY)
    clock.advance(72 * 3600 - 1)
    assert (await client.post("/api/contacts", json=body, headers=KEY)).json() == first.json()
    await forget_old_answers(crm)
    assert await kept() == 1
    clock.advance(2)
    second = await client.post("/api/contacts", json=body, headers=KEY)
    assert second.json()["id"] != first.json()["id"]
    clock.advance(72 * 3600 + 1)
    await forget_old_answers(crm)
    assert await kept() == 0


async def test_a_bulk_is_answered_again_without_being_repeated(client: httpx2.AsyncClient) -> None:
    id = (await client.post("/api/contacts", json=LENA)).json()["id"]
    body = {"ids": [id], "changes": {"notes": "Called"}}
    first = await client.post("/api/contacts/bulk", json=body, headers=KEY)
    again = await client.post("/api/contacts/bulk", json=body, headers=KEY)
    assert first.content == again.content
    assert (await client.get(f"/api/contacts/{id}")).json()["version"] == 2


async def test_no_token_is_ever_kept(
    client: httpx2.AsyncClient, connect: Callable[..., httpx2.AsyncClient]
) -> None:
    made = await client.post("/api/tokens", json={"scopes": ["read"]}, headers=KEY)
    assert made.status_code == 201
    assert await kept() == 0
