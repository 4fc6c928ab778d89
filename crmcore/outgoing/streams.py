"""Connections for protocols that are not HTTP, to addresses that were checked as those of requests are."""

import asyncio
import ssl

from crmcore.contracts.durations import Duration
from crmcore.contracts.labels import Label
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
    ca: str = "",
    check_name: bool = True,
    resolve: Resolve = resolve,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to ``host``; without ``tls`` only where the deployment lists it.

    ``ca`` are certificates (PEM) that are trusted instead of the public authorities': what a device made for itself.
    Without ``check_name`` whatever they have signed is taken for the host; it needs a ``ca``.

    Raises :class:`~crmcore.OutgoingRefused` and :class:`~crmcore.OutgoingFailed`.
    """
    listed = allowed.allow(host, port)
    if not listed and not tls:
        raise OutgoingRefused(sentences.PLAIN_STREAM, host=host, port=port)
    context = _trusting(ca, check_name=check_name) if tls else None
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
                    last = OutgoingFailed(sentences.UNREACHABLE, host=host, reason=_why(error))
                    last.__cause__ = error
    except TimeoutError as error:
        raise OutgoingFailed(sentences.LATE, host=host, seconds=Duration(timeout_s)) from error
    raise last


def _trusting(ca: str, *, check_name: bool) -> ssl.SSLContext:
    if not ca:
        if not check_name:
            raise OutgoingRefused(sentences.NO_CA)
        return ssl.create_default_context()
    try:
        context = ssl.create_default_context(cadata=ca)
    except (ssl.SSLError, ValueError) as error:
        raise OutgoingRefused(sentences.BAD_CA) from error
    # A certificate that the device signed itself stands in its settings as it is; it need not be an authority's.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    # Of what devices make for themselves, most lacks an extension or two that authorities have to write.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.check_hostname = check_name
    return context


def _why(error: OSError) -> Label:
    if isinstance(error, ssl.SSLCertVerificationError):
        return {
            language: text.format(why=error.verify_message)
            for language, text in sentences.BAD_CERTIFICATE.items()
        }
    return str(error)[:200]
