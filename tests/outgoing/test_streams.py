"""Connections for other protocols go where requests may go."""

import asyncio
from typing import Any

import pytest

from crmcore import OutgoingFailed, OutgoingRefused
from crmcore.outgoing.client import GuardedClient


async def test_a_plain_connection_only_to_a_listed_host() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        reader, writer = await GuardedClient([f"127.0.0.1:{port}"]).connect("127.0.0.1", port, tls=False)
        assert await reader.readline() == b"hello\n"
        writer.close()
        for tls in (False, True):
            with pytest.raises(OutgoingRefused):
                await GuardedClient([f"127.0.0.1:{port + 1}"]).connect("127.0.0.1", port, tls=tls)
    with pytest.raises(OutgoingFailed):
        await GuardedClient(["127.0.0.1"]).connect("127.0.0.1", port, tls=False)


async def test_whom_a_device_in_the_house_is_believed(server: Any, certificates: Any) -> None:
    """Its certificate is for ``shop.example``, of an authority that nobody knows."""
    client = GuardedClient([f"127.0.0.1:{server.port}"])
    authority = certificates.authority_file.read_text()
    own = certificates.file.read_text()

    async def opened(**trust: Any) -> None:
        _, writer = await client.connect("127.0.0.1", server.port, **trust)
        writer.close()

    with pytest.raises(OutgoingFailed, match=r"certificate is not valid \(unable to get local issuer"):
        await opened()
    with pytest.raises(OutgoingFailed, match=r"certificate is not valid .*IP address mismatch"):
        await opened(ca=authority)
    await opened(ca=authority, check_name=False)
    # The certificate of the device itself is as good as its authority's, and no other one is.
    await opened(ca=own, check_name=False)
    with pytest.raises(OutgoingRefused, match="always checked"):
        await opened(check_name=False)
    for nonsense in ("no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"):
        with pytest.raises(OutgoingRefused, match="no certificate in PEM"):
            await opened(ca=nonsense)
