"""Recorded manager sessions, and a server that replays them as Asterisk would."""

import asyncio
import gzip
import hashlib
import os
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
USERNAME, SECRET = "crm", "ami-secret-of-the-tests"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"


def session(name: str) -> list[bytes]:
    """Return the packets of a captured session after its login, or skip with a visible reason."""
    folder = Path(os.environ.get("CRMCORE_ORACLES", REPOSITORY / ".." / "shared" / "oracles")) / "asterisk"
    if not folder.is_dir():
        pytest.skip(f"no captures of Asterisk at {folder}: set CRMCORE_ORACLES")
    text = (folder / f"ami-22.10-{name}.txt").read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    packets = text.split(b"\r\n\r\n")
    return [packet + b"\r\n\r\n" for packet in packets[1:] if packet.strip()]


SCENES = Path(__file__).parent / "sessions"


def scene(name: str) -> list[bytes]:
    """Return the packets of a scene of ``tests/live`` as Asterisk 22.10.1 told it to a user with all rights."""
    text = gzip.decompress((SCENES / f"ami-22.10.1-{name}.txt.gz").read_bytes())
    return [packet + b"\r\n\r\n" for packet in text.split(b"\r\n\r\n")[1:] if packet.strip()]


def scene_names() -> list[str]:
    """Return what scenes were recorded."""
    return sorted(file.name[len("ami-22.10.1-") : -len(".txt.gz")] for file in SCENES.glob("*.gz"))


def stamp(packet: bytes) -> float | None:
    """Return when an event happened."""
    for line in packet.split(b"\r\n"):
        if line.startswith(b"Timestamp: "):
            return float(line[11:])
    return None


def renamed(packets: Sequence[bytes], **changes: str) -> list[bytes]:
    """Return the packets with texts replaced: another call of the same course."""
    found = list(packets)
    for before, after in changes.items():
        found = [packet.replace(before.encode(), after.encode()) for packet in found]
    return found


class AmiServer:
    """Speaks enough of the manager interface for a client: login, ping, lists; then plays what it is given."""

    def __init__(self) -> None:
        self.actions: list[dict[str, str]] = []
        self.channels: list[dict[str, str]] = []
        self.logins = 0
        self.port = 0
        self.mute = False
        self._writers: list[asyncio.StreamWriter] = []
        self._ready = asyncio.Event()

    async def play(self, packets: Sequence[bytes], speed: float = 0.0) -> None:
        """Send packets to everybody who is signed in; with a ``speed`` in the rhythm they were recorded in."""
        before = None
        for packet in packets:
            at = stamp(packet)
            if speed and before is not None and at is not None:
                await asyncio.sleep(max(0.0, at - before) / speed)
            before = at if at is not None else before
            for writer in self._writers:
                writer.write(packet)
                await writer.drain()

    async def signed_in(self) -> None:
        """Wait until somebody is."""
        await asyncio.wait_for(self._ready.wait(), 10)

    def hang_up(self) -> None:
        """Break all connections."""
        self._ready.clear()
        writers, self._writers = self._writers, []
        for writer in writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        challenge = "840415273"
        try:
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                action = dict(line.split(": ", 1) for line in block.split("\r\n") if ": " in line)
                self.actions.append(action)
                if self.mute:
                    continue
                name, id = action["Action"], action.get("ActionID", "")
                answer = f"Response: Success\r\nActionID: {id}\r\n"
                if name == "Challenge":
                    answer += f"Challenge: {challenge}\r\n"
                elif name == "Login":
                    key = hashlib.md5((challenge + SECRET).encode()).hexdigest()
                    right = action.get("Secret") == SECRET or action.get("Key") == key
                    if action.get("Username") != USERNAME or not right:
                        answer = f"Response: Error\r\nActionID: {id}\r\nMessage: Authentication failed\r\n"
                writer.write(answer.encode() + b"\r\n")
                if name == "CoreShowChannels":
                    for entry in self.channels:
                        lines = "".join(f"{key}: {value}\r\n" for key, value in entry.items())
                        writer.write(f"Event: CoreShowChannel\r\nActionID: {id}\r\n{lines}\r\n".encode())
                    end = f"Event: CoreShowChannelsComplete\r\nActionID: {id}\r\nEventList: Complete\r\n\r\n"
                    writer.write(end.encode())
                if name == "Login" and answer.startswith("Response: Success"):
                    self.logins += 1
                    if action.get("Events") != "off":
                        self._writers.append(writer)
                        self._ready.set()
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if writer in self._writers:
                self._writers.remove(writer)
            writer.close()


@asynccontextmanager
async def ami_server(context: ssl.SSLContext | None = None) -> AsyncIterator[AmiServer]:
    """Run a server on a port of this machine, with TLS where there is a ``context``."""
    ami = AmiServer()
    server = await asyncio.start_server(ami._serve, "127.0.0.1", 0, ssl=context)
    ami.port = server.sockets[0].getsockname()[1]
    try:
        yield ami
    finally:
        server.close()
        ami.hang_up()
