"""The client of the manager interface against servers that answer, hang, lie and flood; and against panoramisk."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from ami_sessions import GREETING, SECRET, USERNAME, AmiServer, ami_server, session
from crm_telephony.asterisk import connection
from crm_telephony.asterisk.connection import AmiConnection, AmiLost, AmiRefused
from crm_telephony.asterisk.framing import packet

from crmcore.outgoing.client import GuardedClient

HTTP = GuardedClient(["127.0.0.1"])
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[int]:
    """A server that does what ``serve`` does."""
    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield running.sockets[0].getsockname()[1]
    finally:
        running.close()


async def opened(ami: AmiServer, *, md5: bool = True) -> AmiConnection:
    """A connection that is signed in."""
    found = await AmiConnection.open("127.0.0.1", ami.port, http=HTTP)
    await found.login(USERNAME, SECRET, md5=md5)
    return found


@pytest.mark.parametrize("md5", [True, False])
async def test_signing_in_both_ways(md5: bool) -> None:
    async with ami_server() as ami, await opened(ami, md5=md5) as client:
        assert client.version == "11.0.0"
        assert await client.entries("CoreShowChannels") == []
        sent = [value for action in ami.actions for value in action.values()]
        assert (SECRET in sent) is not md5
    async with ami_server() as ami, await AmiConnection.open("127.0.0.1", ami.port, http=HTTP) as client:
        with pytest.raises(AmiRefused, match="Authentication failed"):
            await client.login(USERNAME, "wrong", md5=md5)


async def test_the_same_events_as_panoramisk_reads(caplog: pytest.LogCaptureFixture) -> None:
    panoramisk = pytest.importorskip("panoramisk")
    caplog.set_level(logging.CRITICAL)
    recorded = [piece for name in ("answered", "missed", "recorded") for piece in session(name)]
    async with ami_server() as ami:
        theirs: list[dict[str, str]] = []
        manager = panoramisk.Manager(
            loop=asyncio.get_running_loop(), host="127.0.0.1", port=ami.port, username=USERNAME, secret=SECRET
        )
        manager.register_event("*", lambda _, event: theirs.append(dict(event.items())))
        connecting = manager.connect()
        if connecting is not None:
            await connecting
        await ami.signed_in()
        async with await opened(ami) as client:
            await ami.play(recorded)
            ours = []
            async for event in client.events():
                ours.append(event)
                if len(ours) == len(recorded):
                    break
        async with asyncio.timeout(10):
            while len(theirs) < len(ours):  # noqa: ASYNC110 - it has nothing to wait for
                await asyncio.sleep(0.02)
        manager.close()
    for mine, other in zip(ours, theirs, strict=True):
        told = {name.lower(): value for name, value in other.items() if name.lower() != "content"}
        for name, value in told.items():
            # Of a name that comes twice panoramisk makes a list; we keep the first.
            assert mine[name] == (value[0] if isinstance(value, list) else value).strip()


async def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_S", 0.1)
    monkeypatch.setattr(connection, "SILENCE_S", 0.1)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with server(silent) as port:
        with pytest.raises(AmiLost):
            await AmiConnection.open("127.0.0.1", port, http=HTTP, timeout_s=0.1)
    async with ami_server() as ami, await opened(ami) as client:
        ami.mute = True
        with pytest.raises(AmiLost, match="no answer to Ping"):
            async for _ in client.events():
                pass


@pytest.mark.parametrize(
    "greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"x" * 200_000, b"220 mail\r\n", b"\xff\x00\r\n"]
)
async def test_whoever_is_no_asterisk_is_told_from_one(greeting: bytes) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    async with server(other) as port:
        with pytest.raises(AmiLost):
            await AmiConnection.open("127.0.0.1", port, http=HTTP)


async def test_a_flood_is_bounded_and_a_break_ends_everything_that_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "MOST_WAITING", 100)
    many = (b"Event: Noise\r\nPad: " + b"z" * 4000 + b"\r\n\r\n") * 5_000
    sent = asyncio.Event()

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING + b"Event: " + b"y" * 100_000 + b"\r\n\r\n" + b"Response: Success\r\n\r\n")
        writer.write(many)
        try:
            async with asyncio.timeout(0.3):
                await writer.drain()
        except TimeoutError:
            sent.set()  # nobody reads on: the server is kept waiting, our memory is not filled
        writer.transport.abort()

    async with server(flood) as port, await AmiConnection.open("127.0.0.1", port, http=HTTP) as client:
        await asyncio.wait_for(sent.wait(), 10)
        heard = 0
        with pytest.raises(AmiLost):
            async for _ in client.events():
                heard += 1
        assert heard >= 100
        with pytest.raises(AmiLost):
            await client.action("Ping")


async def test_an_action_that_waits_hears_of_the_end_at_once() -> None:
    async with ami_server() as ami, await opened(ami) as client:
        ami.mute = True
        waiting = asyncio.create_task(client.action("Ping"))
        await asyncio.sleep(0.05)
        ami.hang_up()
        with pytest.raises(AmiLost):
            await asyncio.wait_for(waiting, 5)


def test_nothing_slips_an_action_into_a_line() -> None:
    with pytest.raises(ValueError, match="line break"):
        packet("Originate", "1", {"Exten": "100\r\nAction: Command\r\nCommand: core stop now"})
