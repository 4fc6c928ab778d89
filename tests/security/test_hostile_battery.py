"""Hostile requests of fourteen classes at every address, over raw sockets: never a 5xx, never a blocked loop."""

import asyncio
import os
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from hostile_cases import CLASSES, Case, Target, cases_for
from hostile_server import HostileServer
from litestar import Litestar
from litestar.routes import HTTPRoute

EVERY = os.environ.get("CRMCORE_SECURITY") == "full"
UNKNOWN = UUID("0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80")
MIN_CASES = 1500
ANSWER_S = 10
# What takes time by design (a password is hashed, in a thread) or ends the battery's own session comes last.
LATE = ("login", "logout", "sign", "password", "session", "second", "token")


@pytest.fixture(scope="session")
def answered() -> dict[str, list[tuple[str, str, str, int]]]:
    """What each engine answered, for the second to be compared with the first."""
    return {}


@pytest.mark.timeout(900)
async def test_no_hostile_request_gets_a_5xx_or_blocks_the_loop(
    fresh_database: Callable[[], str],
    tmp_path: Path,
    answered: dict[str, list[tuple[str, str, str, int]]],
    record_property: Callable[[str, object], None],
) -> None:
    url = fresh_database()
    with HostileServer(url, tmp_path / "data").running() as server:
        assert server.app is not None
        seen = []
        for number, target in enumerate(_targets(server, server.app)):
            for case in cases_for(target, number, EVERY):
                server.now_sending = f"{target.method} {target.template} {case.kind}: {case.name}"
                seen.append((server.now_sending, case.kind, case.name, await _send(server.port, case)))
    kinds = Counter(kind for _, kind, _, _ in seen)
    engine = url.split(":")[0]
    record_property("counted", f"hostile requests on {engine}: {len(seen)} in {len(kinds)} classes")
    assert set(kinds) == set(CLASSES)
    assert len(seen) >= MIN_CASES
    assert [(what, status) for what, _, _, status in seen if not 100 <= status < 500] == []
    assert server.faults == []
    assert server.blocked == []
    answered[engine] = seen
    if len(answered) == 2:
        first, second = ({what: status for what, _, _, status in one} for one in answered.values())
        assert {
            what: (status, second[what]) for what, status in first.items() if second[what] != status
        } == {}


def _targets(server: HostileServer, app: Litestar) -> list[Target]:
    found = []
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                    found.append(_target(server, str(method), route.path, api="operation" in handler.opt))
    found.sort(
        key=lambda target: (any(word in target.template for word in LATE), target.template, target.method)
    )
    return found


def _target(server: HostileServer, method: str, path: str, *, api: bool) -> Target:
    # A page's buttons work with an empty form: they are pointed at what is not there.
    known = server.ids if method == "GET" or (api and method != "DELETE") else {}
    plural = path.split("/")[2] if path.startswith("/api/") else path.split("/")[1]
    filled, elsewhere = (
        re.sub(r"\{[^}]*\}", id, path).encode() for id in (known.get(plural, str(UNKNOWN)), str(UNKNOWN))
    )
    host = (b"Host", b"127.0.0.1:%d" % server.port)
    if api:
        headers = (host, (b"Authorization", b"Bearer " + server.token.encode()))
    else:
        headers = (host, (b"Cookie", server.cookie.encode()), (b"Sec-Fetch-Site", b"same-origin"))
    return Target(
        method=method, template=path, path=filled, elsewhere=elsewhere, headers=headers, page=not api
    )


async def _send(port: int, case: Case) -> int:
    """Return the status; 0 when the server closed without a word, -1 when it said nothing at all in time."""
    loop = asyncio.get_running_loop()
    with socket.socket() as connection:
        connection.setblocking(False)
        await loop.sock_connect(connection, ("127.0.0.1", port))
        try:
            async with asyncio.timeout(ANSWER_S):
                with suppress(ConnectionError):
                    await loop.sock_sendall(connection, case.raw)
                # What was answered before the whole body was taken is still there to read: a plain socket keeps
                # it when sending fails, a stream of asyncio's throws it away.
                line = b""
                with suppress(ConnectionError):
                    while b"\n" not in line and (piece := await loop.sock_recv(connection, 65_536)):
                        line += piece
        except TimeoutError:
            return -1
    match = re.match(rb"HTTP/1\.[01] (\d{3})", line)
    return int(match[1]) if match else 0


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Refusals are logged by design; thousands of them need not be shown."""
    from structlog.testing import capture_logs

    with capture_logs():
        yield
