"""``crmcore serve`` is killed in the middle of traffic, again and again: what was answered is there, once."""

import asyncio
import json
import random
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from crmcore_shell import Server, Shell
from fault_tally import FULL, Tally

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter on Windows"),
    pytest.mark.timeout(1800),
]

KILLS = 50 if FULL else 5
CLIENTS = 4
SETTLES_S = 90


@pytest.fixture(params=["sqlite", *(["postgres"] if FULL else [])])
def fresh_database(request: pytest.FixtureRequest) -> str | None:
    """On PostgreSQL the whole run alone: a server of its own keeps what was committed."""
    if request.param == "sqlite":
        return None
    server, databases = (request.getfixturevalue(name) for name in ("postgres_server", "postgres_databases"))
    return str(server.url_of(databases.take()))


@pytest.fixture
def shell(tmp_path: Path, fresh_database: str | None) -> Iterator[Shell]:
    made = Shell(tmp_path)
    if fresh_database:
        made.variables["CRMCORE_DATABASE_URL"] = fresh_database
    yield made
    made.end_all()


class Wish:
    """A request that is repeated, the same each time, until it is answered."""

    def __init__(self, random: random.Random) -> None:
        self.mark = uuid4().hex
        self.kind = random.choice(("contact", "message"))
        self.answered = False
        self.asked = 0

    async def ask(self, client: httpx2.AsyncClient) -> bool:
        self.asked += 1
        if self.kind == "contact":
            answer = await client.post(
                "/api/contacts",
                json={"first_name": "K", "last_name": self.mark, "emails": [f"{self.mark}@example.com"]},
                headers={"Idempotency-Key": self.mark},
            )
        else:
            body = {
                "delivery_key": self.mark,
                "text": f"T {self.mark}",
                "from": {"email": f"{self.mark}@ex.com"},
            }
            answer = await client.post("/api/channels/shop/inbound", json=body)
        # A request in flight when its process died is nobody's any more; one that still works says 409.
        assert answer.status_code in (201, 202, 409, 503), (answer.status_code, answer.text)
        self.answered = answer.is_success
        return self.answered


class Traffic:
    """Clients that wish one thing after the other, whatever becomes of the server."""

    def __init__(self, token: str) -> None:
        self.address = ""
        self.token = token
        self.over = False
        self.wishes: list[Wish] = []
        self.failed = 0

    async def client(self, seed: int) -> None:
        choice = random.Random(seed)
        while not self.over:
            wish = Wish(choice)
            self.wishes.append(wish)
            while not wish.answered:
                try:
                    async with httpx2.AsyncClient(
                        base_url=self.address, headers={"Authorization": f"Bearer {self.token}"}, timeout=20
                    ) as connection:
                        while await wish.ask(connection) and not self.over:
                            wish = Wish(choice)
                            self.wishes.append(wish)
                except (httpx2.HTTPError, httpx2.InvalidURL):
                    self.failed += 1
                    await asyncio.sleep(0.05)
                if self.over and wish.answered:
                    break


def test_kill_9_while_serving_loses_nothing_and_does_nothing_twice(shell: Shell, tally: Tally) -> None:
    password = "correct horse battery staple"
    shell.ok("user", "add", "ada@example.com", "--role", "admin", "--password", password)
    token = json.loads(shell.ok("token", "add", "--user", "ada@example.com", "--scope", "all", "--json"))[
        "token"
    ]
    traffic = Traffic(token)
    asyncio.run(_killed_again_and_again(shell, traffic))
    found = json.loads(shell.ok("doctor", "--stored", "--json"))
    problems = [finding for finding in found if finding["result"] == "problem"]
    assert problems == []
    looked = sum(
        int(finding["message"].split()[0].replace(",", ""))
        for finding in found
        if finding["check"].startswith("stored: ")
    )
    engine = "postgres" if "postgres" in str(shell.variables) else "sqlite"
    tally("kill -9 of serve in traffic", engine, KILLS, examined=1, looked=looked)
    tally("request answered once or repeated", engine, len(traffic.wishes))


async def _killed_again_and_again(shell: Shell, traffic: Traffic) -> None:
    choice = random.Random(7)
    server = await _started(shell)
    traffic.address = server.line("Address: ")
    async with httpx2.AsyncClient(
        base_url=traffic.address, headers={"Authorization": f"Bearer {traffic.token}"}
    ) as admin:
        made = await admin.post(
            "/api/channel-accounts", json={"channel": "api", "name": "Shop", "slug": "shop"}
        )
        assert made.status_code == 201, made.text
    clients = [asyncio.create_task(traffic.client(number)) for number in range(CLIENTS)]
    for _ in range(KILLS):
        await asyncio.sleep(choice.uniform(0.3, 1.2))
        server.process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(server.kill)
        server = await _started(shell)
        traffic.address = server.line("Address: ")
    await asyncio.sleep(0.5)
    traffic.over = True
    await asyncio.wait_for(asyncio.gather(*clients), SETTLES_S)
    await _everything_once(traffic)
    assert await asyncio.to_thread(server.end) == 0


async def _started(shell: Shell) -> Server:
    server = shell.start("serve", "--port", "0")
    await asyncio.to_thread(server.line, "Address: ")
    return server


async def _everything_once(traffic: Traffic) -> None:
    wished = Counter(wish.kind for wish in traffic.wishes)
    assert wished["contact"] and wished["message"], wished
    async with httpx2.AsyncClient(
        base_url=traffic.address, headers={"Authorization": f"Bearer {traffic.token}"}, timeout=30
    ) as admin:
        async with asyncio.timeout(SETTLES_S):
            while (await _texts(admin)).total() < wished["message"]:  # noqa: ASYNC110 - a server fills it
                await asyncio.sleep(0.2)
        texts = await _texts(admin)
        names: Counter[str] = Counter()
        async for item in _all(admin, "/api/contacts"):
            names[item["last_name"]] += 1
    for wish in traffic.wishes:
        times = names[wish.mark] if wish.kind == "contact" else texts[f"T {wish.mark}"]
        assert times == 1, (wish.kind, times, wish.asked)
    assert texts.total() == wished["message"]


async def _texts(admin: httpx2.AsyncClient) -> Counter[str]:
    return Counter([item["preview"] async for item in _all(admin, "/api/conversations")])


async def _all(admin: httpx2.AsyncClient, path: str) -> Any:
    cursor = ""
    while cursor is not None:
        query = {"limit": 200, **({"cursor": cursor} if cursor else {})}
        answer = await admin.get(path, params=query)
        assert answer.status_code == 200, answer.text
        for item in answer.json()["items"]:
            yield item
        cursor = answer.json()["next"]
