"""The application behind a real server and real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pytest
import uvicorn
from litestar import Litestar
from structlog.testing import capture_logs

from crmcore.http.app import create_app
from crmcore.jobs.tables import JobRow
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

SPEAKERS = [
    "h11",
    pytest.param("httptools", marks=pytest.mark.skipif(not find_spec("httptools"), reason="no httptools")),
]


@asynccontextmanager
async def served(app: Litestar, http: str = "h11") -> AsyncIterator[int]:
    """Serve ``app`` on a free port and return the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=http, log_config=None, lifespan="on", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        if serving.done():
            await serving
        await asyncio.sleep(0.01)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def say(port: int, *parts: bytes, leave: bool = False) -> bytes:
    """Send raw bytes, one part after the other, until the server answers; return its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    listening = asyncio.create_task(_heard(reader))
    try:
        for part in parts:
            if listening.done():
                break
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)
        return b"" if leave else await listening
    except ConnectionError:
        return await listening
    finally:
        listening.cancel()
        writer.close()


async def _heard(reader: asyncio.StreamReader) -> bytes:
    """Return what the server says until it closes or says nothing more for a while."""
    received = b""
    try:
        while chunk := await asyncio.wait_for(reader.read(65_536), 0.3 if received else 3):
            received += chunk
    except (TimeoutError, ConnectionError):
        pass
    return received


@pytest.fixture
async def token(crm: Crm, admin_id: UUID) -> str:
    return await crm.accounts.create_token(admin_id, "tests", ["all"])


@pytest.fixture(params=SPEAKERS)
async def port(request: pytest.FixtureRequest, app: Litestar) -> AsyncIterator[int]:
    async with served(app, request.param) as port:
        yield port


def post(token: str, body: bytes, *headers: str) -> bytes:
    lines = ["POST /api/contacts HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}", *headers]
    return "\r\n".join([*lines, "Content-Type: application/json", "", ""]).encode() + body


async def test_it_answers_over_a_real_connection(port: int, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        made = await client.post("/api/contacts", json={"first_name": "Лена"})
        assert made.status_code == 201
        head = await client.head(made.headers["Location"])
        got = await client.get(made.headers["Location"])
        assert (head.content, head.headers["content-length"]) == (b"", str(len(got.content)))
        assert got.json()["first_name"] == "Лена"
        assert (await client.get("/health/ready")).json()["status"] == "ok"


async def test_nonsense_on_the_wire_never_gets_a_5xx(port: int, token: str) -> None:
    big = b"x" * 70_000
    requests = (
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET /api/contacts\r\n\r\n",
        b"GET /api/\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /api/contacts?q=\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://evil.example/api/contacts HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /api/me HTTP/1.1\r\nHost: a b c\r\n\r\n",
        b"GET /api/me HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET /api/me HTTP/1.1\r\n\r\n",
        b"GET /api/me HTTP/1.1\r\nHost: a\r\nCookie: \xff\xfe=\x80; crm_session=\xff\r\n\r\n",
        b"GET /api/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
        b"GET /api/me HTTP/1.1\r\nHost: a\r\nAccept-Language: \xff;q=\xfe\r\n\r\n",
        b"GET /" + big + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"BREW /api/me HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /api/contacts HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/contacts HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /hooks/shop HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n0\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    )
    with capture_logs() as logs:
        for request in requests:
            answer = await say(port, request)
            assert not answer or answer.split(b" ", 2)[1][:1] in (b"2", b"4"), request[:60] + answer[:200]
    assert [entry for entry in logs if entry["log_level"] == "error"] == []
    assert (await say(port, b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).startswith(
        b"HTTP/1.1 200"
    )


async def test_a_body_beyond_the_limit_is_cut_off(port: int, token: str) -> None:
    announced = await say(port, post(token, b"", "Content-Length: 5000000"))
    assert b" 413 " in announced.partition(b"\r\n")[0]
    assert b'"too_large"' in announced
    chunks = [b"2710\r\n" + b"x" * 10_000 + b"\r\n"] * 110
    counted = await say(port, post(token, b"", "Transfer-Encoding: chunked"), b"".join(chunks))
    assert b" 413 " in counted.partition(b"\r\n")[0]


async def test_a_client_that_leaves_at_any_byte_leaves_nothing_behind(port: int, token: str) -> None:
    body = b'{"first_name": "Lena"}'
    request = post(token, body, f"Content-Length: {len(body)}")
    with capture_logs() as logs:
        for end in (*range(0, len(request) - 1, 23), len(request) - 1):
            await say(port, request[:end], leave=True)
        await asyncio.sleep(0.2)
    assert [entry for entry in logs if entry["log_level"] == "error"] == []
    assert await contacts(port, token) == 0
    assert (await say(port, request)).startswith(b"HTTP/1.1 201")
    assert await contacts(port, token) == 1


async def contacts(port: int, token: str) -> int:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await client.get("/api/contacts?total=true", headers={"Authorization": f"Bearer {token}"})
        total: int = answer.json()["total"]
        return total


async def test_many_requests_at_once_are_all_answered(port: int, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx2.Limits(max_connections=40)
    async with httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, limits=limits, timeout=60
    ) as client:

        async def create(number: int) -> httpx2.Response:
            """Create one contact; a machine too busy to answer in time says so, and is asked again."""
            for _ in range(20):
                answer = await client.post("/api/contacts", json={"first_name": f"Person {number}"})
                if answer.status_code != 503:
                    break
                await asyncio.sleep(float(answer.headers["retry-after"]))
            return answer

        answers = await asyncio.gather(*(create(number) for number in range(200)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 200
    assert await contacts(port, token) == 200


async def test_the_lifespan_starts_works_and_stops_the_workspace(tmp_path: Path) -> None:
    crm = Crm.build(WorkspaceSettings(data_dir=str(tmp_path / "data")), entry_points=[])
    async with served(create_app(crm, pages=False)) as port:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert (await client.get("/health/ready")).status_code == 200
        with crm.bound():
            id = await crm.jobs.enqueue("core", "process_delivery", {"delivery_id": str(uuid4())})
            for _ in range(200):
                row = await JobRow.select(JobRow.state, JobRow.attempts).where(JobRow.id == id).first()
                if row is None or row["attempts"]:
                    break
                await asyncio.sleep(0.05)
            assert row is None or row["attempts"] >= 1
    # The second start proves that the first was stopped: the database opens again.
    async with served(create_app(crm, pages=False, worker=False)) as port:
        assert (
            await say(port, b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        ).startswith(b"HTTP/1.1 200")
