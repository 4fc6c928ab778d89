"""A receiver that checks signatures by its own computation."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import msgspec
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


class Receiver:
    """Remembers what is posted to ``/hook`` and answers ``status``, or what ``answer`` returns."""

    def __init__(self, server: HTTPServer) -> None:
        self.got: list[Request] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        self.answer: Callable[[Request], Response] | None = None
        self.url = server.url_for("/hook")
        server.expect_request("/hook", method="POST").respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        request.get_data()
        self.got.append(request)
        return self.answer(request) if self.answer else Response(status=self.status, headers=self.headers)

    def bodies(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(request.data) for request in self.got]

    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in self.got]


def is_signed(request: Request, secret: str) -> bool:
    """Tell whether one of the request's signatures is that of ``secret``, after the specification's text."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = (
        f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.data
    )
    expected = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return any(
        version == "v1" and hmac.compare_digest(signature, expected)
        for version, _, signature in (
            part.partition(",") for part in request.headers["webhook-signature"].split(" ")
        )
    )
