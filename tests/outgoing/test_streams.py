"""Connections for other protocols go where requests may go."""

import asyncio

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
