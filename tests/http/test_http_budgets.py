"""How many statements a request may run: a measure without noise."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from crmcore.workspace import Crm

Count = Callable[[Awaitable[httpx2.Response]], Awaitable[int]]


@pytest.fixture
def count(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> Count:
    """Return how many statements a request ran, signing in included, whatever the clock says meanwhile."""
    monkeypatch.setattr("crmcore.accounts.tokens.KNOWN_S", 0.0)
    monkeypatch.setattr("crmcore.records.catalog.RECHECK_AFTER_S", 1e9)

    async def statements(request: Awaitable[httpx2.Response]) -> int:
        before = crm.database.statements
        answer = await request
        assert answer.status_code == 200, answer.text
        return crm.database.statements - before

    return statements


@pytest.fixture
def bare(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """The administrator's client without the hook that reads the documentation."""
    client.event_hooks = {"response": []}
    return client


async def make_contacts(client: httpx2.AsyncClient, many: int) -> list[str]:
    ids = []
    for number in range(many):
        document = {
            "first_name": f"Person {number}",
            "emails": [f"{number}@example.com", f"{number}@example.org"],
            "company": f"Company {number % 3}",
            "tags": ["vip", f"tag {number % 5}"],
        }
        ids.append((await client.post("/api/contacts", json=document)).json()["id"])
    return ids


async def make_conversation(client: httpx2.AsyncClient, crm: Crm, messages: int) -> str:
    await client.post("/api/channel-accounts", json={"channel": "api", "name": "Shop", "slug": "shop"})
    for number in range(messages):
        posted = {
            "delivery_key": str(number),
            "from": {"email": "lena@example.com"},
            "text": str(number),
            "thread_key": "1",
        }
        assert (await client.post("/api/channels/shop/inbound", json=posted)).status_code == 202
    await crm.worker.drain()
    (conversation,) = (await client.get("/api/conversations")).json()["items"]
    return str(conversation["id"])


async def test_one_contact_takes_two(bare: httpx2.AsyncClient, count: Count) -> None:
    (id,) = await make_contacts(bare, 1)
    assert await count(bare.get(f"/api/contacts/{id}")) <= 2


async def test_a_list_takes_two_whatever_its_length(bare: httpx2.AsyncClient, count: Count) -> None:
    await make_contacts(bare, 2)
    short = await count(bare.get("/api/contacts?limit=200"))
    await make_contacts_more(bare, 40)
    long = await count(bare.get("/api/contacts?limit=200"))
    assert short == long <= 2


async def make_contacts_more(client: httpx2.AsyncClient, many: int) -> None:
    for number in range(many):
        document: dict[str, Any] = {
            "first_name": f"More {number}",
            "tags": ["vip"],
            "company": f"New {number}",
        }
        assert (await client.post("/api/contacts", json=document)).status_code == 201


@pytest.mark.parametrize(
    "plural", ["companies", "conversations", "messages", "tasks", "users", "teams", "tags"]
)
async def test_every_list_takes_four(bare: httpx2.AsyncClient, count: Count, plural: str) -> None:
    assert await count(bare.get(f"/api/{plural}?limit=200")) <= 4


async def test_a_filter_or_a_search_keeps_the_budget(bare: httpx2.AsyncClient, count: Count) -> None:
    await make_contacts(bare, 3)
    words = {"q": "person"}
    filter = {"filter": '{"field": "tags", "op": "eq", "value": "vip"}'}
    # Those without a last name are asked for behind the others, along the same index.
    assert await count(bare.get("/api/contacts", params=filter | {"sort": "last_name"})) <= 3
    assert await count(bare.get("/api/contacts", params=words)) <= 4
    assert await count(bare.get("/api/contacts", params=words | filter)) <= 4


async def test_a_total_counts_once(bare: httpx2.AsyncClient, count: Count) -> None:
    await make_contacts(bare, 3)
    assert await count(bare.get("/api/contacts", params={"total": "true"})) <= 4


async def test_a_conversation_with_its_messages_takes_few(
    bare: httpx2.AsyncClient, count: Count, crm: Crm
) -> None:
    id = await make_conversation(bare, crm, 12)
    assert await count(bare.get(f"/api/conversations/{id}")) <= 2
    assert await count(bare.get(f"/api/conversations/{id}/messages?limit=200")) <= 3


async def test_a_health_probe_takes_little(bare: httpx2.AsyncClient, count: Count) -> None:
    assert await count(bare.get("/health/live")) == 0
    assert await count(bare.get("/health/ready")) <= 5
