"""The stand-in as a web application (ASGI)."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from crm_mailchimp.standin.service import StandInService, encoded

Message = MutableMapping[str, Any]


class StandInServer:
    """Answers at ``/3.0/…`` as Mailchimp does, and hands out the results of batches."""

    def __init__(self, service: StandInService) -> None:
        self.service = service

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status, content = self._answer(scope, body)
        kind = (
            b"application/json; charset=utf-8" if status < 400 else b"application/problem+json; charset=utf-8"
        )
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, scope: Message, body: bytes) -> tuple[int, bytes]:
        path = scope["path"]
        if path.startswith("/results/"):
            return 200, self.service.batches.archive(path.rpartition("/")[2].partition("-")[0])
        query = scope["query_string"].decode()
        target = path.removeprefix("/3.0") + (f"?{query}" if query else "")
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        status, found = self.service.answer(
            scope["method"], target, headers, json.loads(body) if body else None
        )
        return status, encoded(found)
