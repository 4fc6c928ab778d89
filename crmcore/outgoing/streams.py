"""Connections for protocols that are not HTTP, to addresses that were checked as those of requests are."""

import asyncio
import ssl

from crmcore.contracts.durations import Duration
from crmcore.contracts.outgoing import OutgoingFailed, OutgoingRefused
from crmcore.outgoing import sentences
from crmcore.outgoing.hosts import AllowedHosts
from crmcore.outgoing.pinning import Resolve, refuse_private, resolve

_TRIED_ADDRESSES = 4


async def open_stream(
    host: str,
    port: int,
    *,
    tls: bool,
    allowed: AllowedHosts,
    timeout_s: float,
    resolve: Resolve = resolve,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to ``host``; without ``tls`` only where the deployment lists it.

    Raises :class:`~crmcore.OutgoingRefused` and :class:`~crmcore.OutgoingFailed`.
    """
    listed = allowed.allow(host, port)
    if not listed and not tls:
        raise OutgoingRefused(sentences.PLAIN_STREAM, host=host, port=port)
    context = ssl.create_default_context() if tls else None
    last: Exception = OutgoingFailed(sentences.NO_ADDRESS, host=host)
    try:
        async with asyncio.timeout(timeout_s):
            addresses = await resolve(host, port)
            if not listed:
                refuse_private(host, addresses)
            for address in addresses[:_TRIED_ADDRESSES]:
                try:
                    return await asyncio.open_connection(
                        address, port, ssl=context, server_hostname=host if tls else None
                    )
                except OSError as error:
                    last = OutgoingFailed(sentences.UNREACHABLE, host=host, reason=str(error)[:200])
                    last.__cause__ = error
    except TimeoutError as error:
        raise OutgoingFailed(sentences.LATE, host=host, seconds=Duration(timeout_s)) from error
    raise last
