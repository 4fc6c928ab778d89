"""The outermost ring around the app: workspace, request id, security headers, for every answer there is."""

import asyncio
import re
import secrets
from typing import TYPE_CHECKING, Any, cast

import structlog
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from crmcore.audit.acting import acting
from crmcore.http.answers import encode
from crmcore.http.auth import find_actor
from crmcore.http.failures import PROGRAM_PATHS, scrubbed
from crmcore.http.problems import problem_document
from crmcore.http.refusals import ServerFault
from crmcore.http.tracing import Answering, answering

if TYPE_CHECKING:
    from crmcore.workspace import Crm

REQUEST_ID = re.compile(rb"[A-Za-z0-9_\-]{8,64}")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}
YEAR_S = 31_536_000

# A database that is frozen is answered with 503 within three seconds.
STATEMENT_PATIENCE_S = 2.5


class Envelope:
    """Wraps the app's whole handler, so that 404, 405 and 500 get the same treatment as a page.

    Answers HEAD like GET without the body (RFC 9110 §9.3.2). Takes the ``charset`` out of form types, because
    the multipart parser would obey it. Catches what even the exception handler let through.
    """

    def __init__(self, app: ASGIApp, crm: "Crm") -> None:
        self.app = app
        self.crm = crm
        self._plain = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
        self._secure = [
            *self._plain,
            (b"strict-transport-security", f"max-age={YEAR_S}; includeSubDomains".encode()),
        ]

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of every answer; with https, browsers are told never to come without."""
        return self._secure if self.crm.settings.base_url.startswith("https:") else self._plain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            with self.crm.bound():
                await self.app(scope, receive, send)
            return
        # A server that has just hung up, over nonsense behind this request, gets the time to say so: an answer that
        # is made without a pause would be sent into a closed connection.
        await asyncio.sleep(0)
        # A copy: the server must go on knowing that it answers HEAD, or it counts the bytes of a body it never
        # gets. A plain dictionary: what is changed below are Literals in Litestar's types.
        request: dict[str, Any] = {**scope}
        request_id = _request_id(scope)
        state: dict[str, Any] = scope["state"]
        state["request_id"] = request_id
        state["language"] = self.crm.settings.language
        request["headers"] = [_plain_form_type(header) for header in scope["headers"]]
        bodyless = request["method"] == "HEAD"
        if bodyless:
            request["method"] = "GET"
            state["bodyless"] = True
        started = False
        span: Answering | None = None

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                if span is not None:
                    span.answered(message["status"])
                sent = list(message["headers"])
                names = {name.lower() for name, _ in sent}
                sent.extend(header for header in self.headers if header[0] not in names)
                sent.append((b"x-request-id", request_id.encode()))
                message["headers"] = sent
            elif bodyless and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        try:
            with (
                self.crm.bound(),
                acting(address=_address(scope)),
                self.crm.database.patience(STATEMENT_PATIENCE_S),
                answering(request, request_id) as span,
            ):
                await self._meet(request)
                await self.app(cast(Scope, request), receive, send_with_headers)
        except Exception as error:
            structlog.get_logger("crmcore.http").error(
                "answer_failed",
                request_id=request_id,
                error=type(error).__name__,
                detail=scrubbed(str(error))[:500],
            )
            if started:
                raise
            await self._last_answer(request_id, send_with_headers)

    async def _meet(self, request: dict[str, Any]) -> None:
        """Find out who opens a page before it is known whether there is one: a missing one speaks his language.

        The guard of a page that is there finds the answer, or the failure, in the state and asks no second time.
        """
        headers = dict(request["headers"])
        wanted = request["method"] == "GET" and b"text/html" in headers.get(b"accept", b"")
        if not wanted or b"cookie" not in headers or request["path"].startswith(PROGRAM_PATHS):
            return
        try:
            await find_actor(ASGIConnection(cast(Scope, request)))
        except Exception as error:
            request["state"]["not_met"] = error

    async def _last_answer(self, request_id: str, send: Send) -> None:
        fault = ServerFault(request_id=request_id)
        body = encode(
            problem_document(
                fault, self.crm.settings.language, base_url=self.crm.settings.base_url, request_id=request_id
            )
        )
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 500, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return value.decode("ascii")
    return secrets.token_hex(8)


def _plain_form_type(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    name, value = header
    if name != b"content-type" or b"charset" not in value.lower() or b"form" not in value.lower():
        return header
    kept = [part for part in value.split(b";") if not part.strip().lower().startswith(b"charset")]
    return name, b";".join(kept)
