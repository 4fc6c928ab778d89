"""The guarded client: the one way from core and plugins to the outside."""

import asyncio
import ipaddress
import re
import ssl
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import httpcore2
import httpx2

from crmcore.contracts.context import HttpAnswer, Log
from crmcore.contracts.durations import Duration
from crmcore.contracts.labels import Label
from crmcore.contracts.outgoing import OutgoingFailed, OutgoingRefused
from crmcore.outgoing import sentences
from crmcore.outgoing.bodies import read_capped
from crmcore.outgoing.hosts import AllowedHosts
from crmcore.outgoing.pinning import refuse_private
from crmcore.outgoing.streams import open_stream
from crmcore.outgoing.transport import PinnedTransport
from crmcore.telemetry.current import note_now, spanned
from crmcore.telemetry.tracing import Attributes

ANSWER_LIMIT = 1_000_000
LARGEST_ANSWER = 50_000_000
REQUEST_LIMIT = 10_000_000
_LONGEST_S = 120.0

_METHOD = re.compile(r"[A-Z]{3,10}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,8000}")
# A name in its ASCII form or an address; nothing percent-encoded, no zone of a network card.
_HOST = re.compile(r"[a-z0-9_][a-z0-9._-]{0,252}|[0-9a-f:.]{2,45}")
# These say where the request goes and where its body ends: the client's business alone.
_OWN_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"}
)


def _described(_: Any, request: httpx2.Request, *rest: Any) -> tuple[str, Attributes]:
    """Return the span of a request: the host alone, because addresses and headers hold keys."""
    host = request.url.host
    return f"{request.method} {host}", {"http.request.method": request.method, "server.address": host}


class GuardedClient:
    """Implements :class:`~crmcore.HttpClient`.

    ``allowed_hosts`` may be reached over plain http and at private addresses; everything else over https at
    public addresses only. Follows no redirect, keeps no cookie, uses no proxy of the environment. Neither URLs
    nor headers are ever logged, only the host.
    """

    def __init__(
        self,
        allowed_hosts: Iterable[str] = (),
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        log: Log | None = None,
        limit: int = ANSWER_LIMIT,
    ) -> None:
        self._allowed = AllowedHosts(allowed_hosts)
        self._transport = transport or PinnedTransport(self._allowed)
        self._log = log
        self._limit = limit

    def logging_to(self, log: Log) -> "GuardedClient":
        """Return the same client, with the same connections, that writes its lines to ``log``."""
        other = GuardedClient(transport=self._transport, log=log, limit=self._limit)
        other._allowed = self._allowed
        return other

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | bytes | None = None,
        timeout_s: float = 10.0,
        max_bytes: int | None = None,
    ) -> HttpAnswer:
        """Send one request and return its answer, whatever its status.

        ``max_bytes`` lets in a larger answer than usual, a recording say, up to ``LARGEST_ANSWER``.
        Raises :class:`~crmcore.OutgoingRefused` and :class:`~crmcore.OutgoingFailed`.
        """
        target = self._target(url)
        request = _request(method, target, headers or {}, json, data)
        limit = self._limit if max_bytes is None else min(max_bytes, LARGEST_ANSWER)
        return await self._timed(request, min(timeout_s, _LONGEST_S), limit)

    @spanned("client", _described)
    async def _timed(self, request: httpx2.Request, timeout_s: float, limit: int) -> HttpAnswer:
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
        started = time.perf_counter()
        status: int | str = "failed"
        try:
            answer = await self._send(request, timeout_s, limit)
            status = answer.status
            note_now("http.response.status_code", answer.status)
            return answer
        finally:
            if self._log is not None:
                spent = round((time.perf_counter() - started) * 1000)
                self._log.info(
                    "outgoing request", method=request.method, host=request.url.host, status=status, ms=spent
                )

    async def connect(
        self,
        host: str,
        port: int,
        *,
        tls: bool = True,
        timeout_s: float = 10.0,
        ca: str = "",
        check_name: bool = True,
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection for a protocol that is not HTTP, under the same rules; see :func:`open_stream`."""
        return await open_stream(
            host,
            port,
            tls=tls,
            allowed=self._allowed,
            timeout_s=min(timeout_s, _LONGEST_S),
            ca=ca,
            check_name=check_name,
        )

    def check(self, url: str) -> None:
        """Raise :class:`~crmcore.OutgoingRefused` for a URL that is never requested; no name is looked up."""
        target = self._target(url)
        host = target.raw_host.decode("ascii", "replace")
        port = target.port if target.port is not None else {"http": 80, "https": 443}[target.scheme]
        with suppress(ValueError):
            address = ipaddress.ip_address(host)
            if not self._allowed.allow(host, port):
                refuse_private(host, [str(address)])

    async def aclose(self) -> None:
        """Close the idle connections."""
        await self._transport.aclose()

    async def _send(self, request: httpx2.Request, timeout_s: float, limit: int) -> HttpAnswer:
        host = request.url.host
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._transport.handle_async_request(request)
                try:
                    body = await read_capped(response, limit, host)
                finally:
                    await response.aclose()
        except (TimeoutError, httpcore2.TimeoutException, httpx2.TimeoutException) as error:
            raise OutgoingFailed(sentences.LATE, host=host, seconds=Duration(timeout_s)) from error
        except (httpcore2.LocalProtocolError, httpx2.LocalProtocolError) as error:
            raise OutgoingRefused(sentences.UNSENDABLE, host=host, reason=str(error)) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpx2.HTTPError, ssl.SSLError) as error:
            raise OutgoingFailed(sentences.UNREACHABLE, host=host, reason=_why(error)) from error
        headers: dict[str, str] = {}
        for name, value in response.headers.multi_items():
            key = name.lower()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        return HttpAnswer(status=response.status_code, headers=headers, body=body)

    def _target(self, url: str) -> httpx2.URL:
        try:
            target = httpx2.URL(url)
        except (httpx2.InvalidURL, ValueError) as error:
            raise OutgoingRefused(sentences.NO_URL) from error
        if target.scheme not in ("http", "https") or not target.host:
            raise OutgoingRefused(sentences.ONLY_HTTPS)
        host = target.raw_host.decode("ascii", "replace")
        port = target.port if target.port is not None else {"http": 80, "https": 443}[target.scheme]
        if not _HOST.fullmatch(host) or not 0 < port < 65_536:
            raise OutgoingRefused(sentences.NO_URL)
        if target.userinfo:
            raise OutgoingRefused(sentences.USER_IN_URL)
        if target.scheme == "http" and not self._allowed.allow(host, port):
            raise OutgoingRefused(sentences.UNENCRYPTED, host=host)
        return target


def _request(
    method: str,
    url: httpx2.URL,
    headers: Mapping[str, str],
    json: Any,
    data: Mapping[str, str] | bytes | None,
) -> httpx2.Request:
    if not _METHOD.fullmatch(method):
        raise OutgoingRefused(sentences.NO_METHOD)
    for name, value in headers.items():
        if name.lower() in _OWN_HEADERS:
            raise OutgoingRefused(sentences.OWN_HEADER, name=name[:100])
        # The value is not repeated: it may be a secret.
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise OutgoingRefused(sentences.BAD_HEADER)
    if json is not None and data is not None:
        raise OutgoingRefused(sentences.JSON_AND_DATA)
    sent = {"accept": "*/*", "user-agent": "crmcore"}
    sent.update({name.lower(): value for name, value in headers.items()})
    sent["accept-encoding"] = "gzip"
    if isinstance(data, bytes):
        request = httpx2.Request(method, url, headers=sent, content=data)
    else:
        request = httpx2.Request(method, url, headers=sent, json=json, data=data)
    if len(request.content) > REQUEST_LIMIT:
        raise OutgoingRefused(sentences.LARGE_REQUEST, limit=REQUEST_LIMIT)
    return request


def _why(error: Exception) -> Label:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return {
            language: text.format(why=cause.verify_message)
            for language, text in sentences.BAD_CERTIFICATE.items()
        }
    return str(error) or type(error).__name__
