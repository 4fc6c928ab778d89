"""The one application of the process: it finds out whose request it is and lets that workspace answer."""

import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import structlog
from litestar.types import Message, Receive, Scope, Send

from crmcore.hosting.current import asking
from crmcore.hosting.host import Host
from crmcore.hosting.limits import TooMany
from crmcore.hosting.tenant import NotOpen

NOT_HERE = {
    "en": "No workspace answers to this address.",
    "ru": "По этому адресу рабочего пространства нет.",
}
SUSPENDED = {
    "en": "This workspace is suspended. Ask whoever runs it for you.",
    "ru": "Рабочее пространство приостановлено. Обратитесь к тому, кто его обслуживает.",
}
AWAY = {
    "en": "This workspace cannot be opened right now.",
    "ru": "Рабочее пространство сейчас не открывается.",
}
TOO_MANY = {"en": "Too many requests. Wait a moment.", "ru": "Слишком много запросов. Подождите немного."}


class Gateway:
    """An ASGI application over all workspaces of a :class:`~crmcore.hosting.host.Host`."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._open = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's own lifespan messages."""
        if str(scope["type"]) == "lifespan":
            await self._live(receive, send)
            return
        headers = dict(scope["headers"])
        tenant = self.host.tenant_of(headers.get(b"host", b"").decode("latin-1").lower())
        if tenant is None:
            # A name that nobody has: what the server was asked for is not meant for it (RFC 9110 §15.5.20).
            await _refuse(scope, send, 421, NOT_HERE)
            return
        try:
            with tenant.turnstile.through() as leave:
                async with tenant.used() as (crm, application):
                    with structlog.contextvars.bound_contextvars(workspace=tenant.name), asking(crm):
                        await application(scope, receive, _leaving_with_streams(send, leave))
        except TooMany as refusal:
            await _refuse(scope, send, 429, TOO_MANY, refusal.after_s)
        except NotOpen as refusal:
            text = SUSPENDED if refusal.state == "suspended" else AWAY
            await _refuse(scope, send, 503, text, refusal.after_s)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            # Messages of the server's own life are none of the types that requests have.
            message: Any = await receive()
            answer: Any = {"type": f"{message['type']}.complete"}
            if message["type"] == "lifespan.startup":
                await self._open.enter_async_context(self.host.looking_after())
                await send(answer)
            else:
                await self._open.aclose()
                await send(answer)
                return


def _leaving_with_streams(send: Send, leave: Callable[[], None]) -> Send:
    """Return ``send`` that calls ``leave`` when a stream begins: it is open for hours and takes nothing."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and any(
            value.startswith(b"text/event-stream") for _, value in message["headers"]
        ):
            leave()
        await send(message)

    return sending


async def _refuse(
    scope: Scope, send: Send, status: int, texts: dict[str, str], after_s: int | None = None
) -> None:
    wanted = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1").lower()
    language = "ru" if wanted.startswith("ru") else "en"
    body = json.dumps(
        {"type": "about:blank", "status": status, "title": texts[language]}, ensure_ascii=False
    ).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if after_s is not None:
        headers.append((b"retry-after", str(after_s).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
