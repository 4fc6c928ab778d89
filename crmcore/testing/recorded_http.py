"""Answers from outside, told beforehand: the guarded client with a transport that reaches nobody."""

import asyncio
import json as json_of
from collections.abc import Callable, Mapping
from typing import Any, Literal

import httpx2  # noqa: TID251 - reaches nobody
from msgspec import Struct

from crmcore.outgoing.client import GuardedClient

Trouble = Literal["unreachable", "hangs"]
Reply = Callable[["AskedRequest"], "Answered"]


class AskedRequest(Struct, frozen=True, kw_only=True):
    """A request that the plugin sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json_of.loads(self.body)


class Answered(Struct, frozen=True, kw_only=True):
    """What comes back."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}


class NotRecorded(AssertionError):
    """The plugin asked for something that the test does not answer."""


class RecordedHttp(httpx2.AsyncBaseTransport):
    """Answers the requests that it was told, and keeps all of them in ``requests``.

    ``http.answer("https://api.example.com/orders", json={…})`` answers every address that begins so; what was told
    last goes first. ``trouble`` makes the whole outside ``"unreachable"`` or lets it hang. The plugin asks through
    the guarded client as always: what that refuses is refused here too.
    """

    def __init__(self) -> None:
        self.requests: list[AskedRequest] = []
        self.trouble: Trouble | None = None
        self.fallback: Reply | None = None
        self._told: list[tuple[str, str, Reply]] = []

    def answer(
        self,
        url: str,
        *,
        json: Any = None,
        body: bytes | str = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        method: str = "",
    ) -> None:
        """Answer requests whose address begins with ``url``; ``method`` narrows it, ``json`` makes the body."""
        text = json_of.dumps(json).encode() if json is not None else body
        kind = {"content-type": "application/json"} if json is not None else {}
        found = Answered(
            status=status,
            body=text.encode() if isinstance(text, str) else text,
            headers={**kind, **(headers or {})},
        )
        self.reply(url, lambda _: found, method=method)

    def reply(self, url: str, reply: Reply, *, method: str = "") -> None:
        """Answer requests whose address begins with ``url`` by what ``reply(request)`` returns."""
        self._told.insert(0, (method.upper(), url, reply))

    def client(self, allowed_hosts: tuple[str, ...] | list[str] = ()) -> GuardedClient:
        """Return the guarded client that is answered from here."""
        return GuardedClient(allowed_hosts, transport=self)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        asked = AskedRequest(
            method=request.method,
            url=str(request.url),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        )
        self.requests.append(asked)
        if self.trouble == "unreachable":
            raise httpx2.ConnectError("nobody answers")
        if self.trouble == "hangs":
            await asyncio.sleep(3600)
        answered = self._answered(asked)
        return httpx2.Response(
            answered.status,
            stream=httpx2.ByteStream(answered.body),
            headers=dict(answered.headers),
            request=request,
        )

    def _answered(self, asked: AskedRequest) -> Answered:
        for method, url, reply in self._told:
            if method in ("", asked.method) and asked.url.startswith(url):
                return reply(asked)
        if self.fallback is not None:
            return self.fallback(asked)
        raise NotRecorded(
            f"The plugin asked {asked.method} {asked.url}, which nobody answers. Say what comes back: "
            f'http.answer("{asked.url.partition("?")[0]}", json={{…}}).'
        )
