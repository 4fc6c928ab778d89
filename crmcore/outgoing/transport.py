"""The transport under the guarded client: pooled connections to checked addresses, nothing else."""

import asyncio
import ssl
from collections.abc import AsyncIterable, AsyncIterator

import httpcore2
import httpx2

from crmcore.outgoing.hosts import AllowedHosts
from crmcore.outgoing.pinning import PinnedBackend, Resolve, resolve

_MAX_CONNECTIONS = 100
_MAX_IDLE = 20
_IDLE_S = 30.0


class _Body(httpx2.AsyncByteStream):
    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        close = getattr(self._stream, "aclose", None)
        if close is not None:
            await close()


class PinnedTransport(httpx2.AsyncBaseTransport):
    """Sends requests over connections of a :class:`PinnedBackend`.

    Has no cookies, no redirects and no proxies of the environment: those belong to a client that trusts its
    surroundings. ``SSL_CERT_FILE`` names another set of authorities. They are read when the first request leaves.
    The pool is made anew when another event loop asks.
    """

    def __init__(
        self,
        allowed: AllowedHosts,
        *,
        resolve: Resolve = resolve,
        dial: httpcore2.AsyncNetworkBackend | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._backend = PinnedBackend(allowed, resolve=resolve, dial=dial)
        self._ssl = ssl_context
        self._pool: httpcore2.AsyncConnectionPool | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send ``request``; the answer's body is still to be read."""
        if not isinstance(request.stream, AsyncIterable):
            raise TypeError("the body of a request is read asynchronously")
        pool = self._current_pool(await self._trusting())
        answer = await pool.handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        if not isinstance(answer.stream, AsyncIterable):
            raise TypeError("the pool answered with a synchronous body")
        return httpx2.Response(status_code=answer.status, headers=answer.headers, stream=_Body(answer.stream))

    async def aclose(self) -> None:
        """Close the idle connections."""
        pool, self._pool = self._pool, None
        if pool is not None and self._loop is asyncio.get_running_loop():
            await pool.aclose()

    async def _trusting(self) -> ssl.SSLContext:
        """Return who is trusted. It takes 20 ms to read, which a workspace that asks nobody is spared."""
        if self._ssl is None:
            self._ssl = await asyncio.to_thread(httpx2.create_ssl_context)
        return self._ssl

    def _current_pool(self, trusted: ssl.SSLContext) -> httpcore2.AsyncConnectionPool:
        loop = asyncio.get_running_loop()
        if self._pool is None or self._loop is not loop:
            self._loop = loop
            self._pool = httpcore2.AsyncConnectionPool(
                ssl_context=trusted,
                max_connections=_MAX_CONNECTIONS,
                max_keepalive_connections=_MAX_IDLE,
                keepalive_expiry=_IDLE_S,
                network_backend=self._backend,
            )
        return self._pool
