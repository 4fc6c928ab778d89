"""The stand-in as a server: tokens, the cost limit, and trouble when it is told to make some."""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from crm_shopify.queries import API_VERSION
from crm_shopify.standin.shop import StandInShop

QUERY_COST = 12.0


class StandInServer:
    """An ASGI application that answers like ``https://SHOP.myshopify.com``.

    ``tokens`` are the access tokens that work; ``refresh_tokens`` each work once. ``instead``, a status with a body
    and headers, is answered to every query as long as it is set, after ``delay_s``.
    """

    def __init__(
        self,
        shop: StandInShop,
        *,
        client_id: str = "demo",
        client_secret: str = "demo-secret",  # noqa: S107
    ) -> None:
        self.shop = shop
        self.client_id = client_id
        self.client_secret = client_secret
        self.tokens: set[str] = set()
        self.refresh_tokens: set[str] = set()
        self.codes: set[str] = set()
        self.expires_in = 3600
        self.instead: tuple[int, bytes, Mapping[str, str]] | None = None
        self.delay_s = 0.0
        self.maximum, self.restore_rate = 2000.0, 100.0
        self.asked: list[dict[str, Any]] = []
        self.grants: list[dict[str, str]] = []
        self._available, self._at = self.maximum, time.monotonic()

    def new_token(self) -> str:
        """Return another access token that works."""
        token = f"shpat_{secrets.token_hex(16)}"
        self.tokens.add(token)
        return token

    async def __call__(
        self,
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Mapping[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        status, content, more = await self._answer(scope["method"], scope["path"], headers, body)
        sent = [(b"content-type", b"application/json"), (b"x-shopify-api-version", API_VERSION.encode())]
        sent += [(name.encode(), value.encode()) for name, value in more.items()]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": content})

    async def _answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes, Mapping[str, str]]:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if method == "POST" and path == "/admin/oauth/access_token":
            return self._grant({name: values[0] for name, values in parse_qs(body.decode()).items()})
        if method != "POST" or path != f"/admin/api/{API_VERSION}/graphql.json":
            return 404, b'{"errors": "Not Found"}', {}
        if self.instead is not None:
            return self.instead
        if headers.get("x-shopify-access-token") not in self.tokens:
            return 401, b'{"errors": "[API] Invalid API key or access token"}', {}
        document = json.loads(body)
        self.asked.append(document)
        return 200, json.dumps(self._priced(document)).encode(), {}

    def _priced(self, document: Mapping[str, Any]) -> dict[str, Any]:
        now = time.monotonic()
        self._available = min(self.maximum, self._available + (now - self._at) * self.restore_rate)
        self._at = now
        enough = self._available >= QUERY_COST
        if enough:
            self._available -= QUERY_COST
        cost = {
            "requestedQueryCost": QUERY_COST,
            "throttleStatus": {
                "maximumAvailable": self.maximum,
                "currentlyAvailable": self._available,
                "restoreRate": self.restore_rate,
            },
        }
        if not enough:
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return {"errors": [error], "extensions": {"cost": cost}}
        return {
            **self.shop.execute(document["query"], document["variables"]),
            "extensions": {"cost": cost},
        }

    def _grant(self, form: dict[str, str]) -> tuple[int, bytes, Mapping[str, str]]:
        self.grants.append(form)
        known = (form.get("client_id"), form.get("client_secret")) == (self.client_id, self.client_secret)
        kind = form.get("grant_type", "code")
        answer: dict[str, Any] = {"scope": ",".join(self.shop.scopes)}
        if known and kind == "client_credentials":
            answer |= {"access_token": self.new_token(), "expires_in": 86_399}
            return 200, json.dumps(answer).encode(), {}
        taken = self.codes if kind == "code" else self.refresh_tokens
        secret = form.get("code" if kind == "code" else "refresh_token", "")
        if not known or secret not in taken:
            return 400, b'{"error": "invalid_grant"}', {}
        taken.discard(secret)
        refresh = f"shprt_{secrets.token_hex(16)}"
        self.refresh_tokens.add(refresh)
        answer |= {"access_token": self.new_token(), "expires_in": self.expires_in, "refresh_token": refresh}
        return 200, json.dumps(answer).encode(), {}
