"""Streams over HTTP: what travels, who may ask, and how they end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import msgspec
import pytest

from crmcore.accounts.credentials import hash_of
from crmcore.contracts.actors import system_actor
from crmcore.http.app import create_app
from crmcore.http.cookies import session_cookie_name
from crmcore.http.event_stream import EventStream
from crmcore.workspace import Crm

SYSTEM = system_actor("tests")
Person = Callable[..., Awaitable[str]]


def messages(text: str) -> list[tuple[str, str, Any]]:
    """Return each message's kind, place and body."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in fields:
            found.append((fields["event"], fields.get("id", ""), msgspec.json.decode(fields["data"])))
    return found


@pytest.fixture
def ask(crm: Crm) -> Callable[..., Awaitable[httpx2.Response]]:
    """Call it with the secret of a session, a query and headers for the whole of a stream that ends."""
    app: Any = create_app(crm, start=False, worker=False, pages=False)

    async def asked(
        secret: str, query: str = "seconds=0", method: str = "GET", **headers: str
    ) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["cookie"] = f"{session_cookie_name(crm.settings)}={secret}"
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.request(method, f"/api/live?{query}", headers=named)

    return asked


async def test_a_program_that_calls_now_and_then_misses_nothing(
    crm: Crm, person: Person, ask: Callable[..., Awaitable[httpx2.Response]]
) -> None:
    secret = await person("anna")
    first = await ask(secret)
    assert first.status_code == 200
    assert first.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert first.headers["cache-control"] == "no-store" and first.headers["x-accel-buffering"] == "no"
    (hello, place, body), (bye, _, reason) = messages(first.text)
    assert (hello, bye, reason) == ("hello", "bye", {"reason": "done"})
    assert body["language"] == "en" and not body["resumed"]

    made = [await crm.records.create("contact", {"first_name": name}, actor=SYSTEM) for name in "AB"]
    second = messages((await ask(secret, last_event_id=place)).text)
    assert [kind for kind, _, _ in second] == ["hello", "change", "change", "bye"]
    assert [item["record_id"] for _, _, item in second[1:3]] == [str(record.id) for record in made]
    again = second[2][1]
    assert [kind for kind, _, _ in messages((await ask(secret, f"seconds=0&last={again}")).text)] == [
        "hello",
        "bye",
    ]
    assert messages((await ask(secret, "seconds=0&last=nonsense")).text)[1][0] == "reset"
    assert crm.live.listening == 0

    head = await asyncio.wait_for(ask(secret, "", "HEAD"), 5)
    assert (head.status_code, head.content) == (200, b"")
    for query in ("seconds=-1", "seconds=x", "seconds=86401", "other=1"):
        assert (await ask(secret, query)).status_code == 422
    assert (await ask(secret, sec_fetch_site="cross-site")).status_code == 403
    assert (await ask(secret, origin="https://evil.example")).status_code == 403
    assert (await ask("unknown")).status_code == 401


async def test_a_silent_line_is_kept_and_a_full_one_is_cut(crm: Crm, person: Person) -> None:
    secret = await person("anna")
    actor = await crm.accounts.actor_for_session(secret)
    assert actor is not None
    sent: list[bytes] = []
    gone = asyncio.Event()

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    async def stuck(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def stream(patience_s: float = 5) -> EventStream:
        return EventStream(
            *await crm.live.listen(actor, "session", hash_of(secret)),
            place=lambda: crm.live.place,
            leave=crm.live.leave,
            heartbeat_s=0.05,
            patience_s=patience_s,
        )

    scope: Any = {"type": "http"}
    silent = asyncio.create_task((await stream())(scope, receive, send))
    async with asyncio.timeout(5):
        while sum(body.startswith(b": ") for body in sent) < 2:  # noqa: ASYNC110 - it is the sending that is tested
            await asyncio.sleep(0.01)
    assert f": \nid: {crm.live.place}\n\n".encode() in sent
    async with asyncio.timeout(5):
        await (await stream(0.1))(scope, receive, stuck)
    assert crm.live.listening == 1
    gone.set()
    async with asyncio.timeout(5):
        await silent
    assert crm.live.listening == 0
    await crm.live.finish()
