"""What the host's own address tells: which workspaces there are and how they are, for whoever runs it."""

from datetime import datetime

import msgspec
from litestar.types import Receive, Scope, Send
from msgspec import Struct

from crmcore.hosting.host import Host
from crmcore.hosting.tenant import State


class WorkspaceStatus(Struct, frozen=True, kw_only=True):
    """One workspace. ``woke_ms`` says how long it last took to wake, ``look_at`` when its next job is due."""

    name: str
    hosts: tuple[str, ...]
    state: State
    reason: str
    in_use: int
    wakes: int
    woke_ms: float
    look_at: datetime | None


def status_of(host: Host) -> list[WorkspaceStatus]:
    """Return the workspaces by name."""
    return [
        WorkspaceStatus(
            name=name,
            hosts=tenant.hosted.hosts,
            state=tenant.state,
            reason=tenant.reason,
            in_use=tenant.in_use,
            wakes=tenant.wakes,
            woke_ms=round(tenant.woke_ms, 1),
            look_at=tenant.look_at,
        )
        for name, tenant in sorted(host.tenants.items())
    ]


class StatusPage:
    """Answers ``GET /workspaces`` and ``GET /health`` on an address of the machine's own, never to the world."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = {"/workspaces": self._workspaces, "/health": self._health}.get(scope.get("path", ""))
        status, body = (200, found()) if found else (404, b"{}")
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _workspaces(self) -> bytes:
        return msgspec.json.encode({"items": status_of(self._host)})

    def _health(self) -> bytes:
        states = [tenant.state for tenant in self._host.tenants.values()]
        return msgspec.json.encode({state: states.count(state) for state in sorted(set(states))})
