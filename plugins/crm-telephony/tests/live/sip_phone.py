"""A telephone that speaks SIP over UDP, as far as a test of a PBX needs one: RFC 3261, 3515 (REFER), 3891 (Replaces).

It answers when it is told to, holds, transfers, presses keys and sends a tone. Nothing is sent twice: it is for a PBX
on the same machine, where nothing gets lost.
"""

import asyncio
import math
import re
import struct
from itertools import count
from secrets import token_hex
from typing import Any, Self
from urllib.parse import quote

PBX = ("127.0.0.1", 5060)
ANSWER_S = 30.0
_RATE, _FRAME = 8_000, 160


def _ulaw(sample: int) -> int:
    """Return one sample of 16 bits in G.711 µ-law."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32_635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0F)) & 0xFF


TONE = bytes(_ulaw(round(8_000 * math.sin(2 * math.pi * 440 * n / _RATE))) for n in range(_RATE))


class Message:
    """A request or an answer: its first line, headers by lower-case name, and body."""

    def __init__(self, data: bytes) -> None:
        head, _, self.body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        self.headers: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.headers.setdefault(name.strip().lower(), []).append(value.strip())
        self.is_answer = self.first.startswith("SIP/2.0 ")
        self.status = int(self.first.split()[1]) if self.is_answer else 0
        self.cseq, self.method = self["cseq"].split()
        self.call_id = self["call-id"]

    def __getitem__(self, name: str) -> str:
        return self.headers.get(name, [""])[0]


class Talk:
    """One call of a phone. Wait for ``answered`` and ``over``."""

    def __init__(self, phone: "Phone", call_id: str, us: str, them: str, target: str) -> None:
        self.phone, self.call_id, self.us, self.them, self.target = phone, call_id, us, them, target
        self.cseq = 0
        self.invite: Message | None = None
        self.branch = ""
        self.status = 0
        self.heard, self.answered, self.over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._sound: asyncio.Task[None] | None = None

    async def ask(self, method: str, *lines: str, body: str = "", ok: bool = True) -> Message:
        """Send a request inside the call and return its last answer."""
        self.cseq += 1
        self.branch = f"z9hG4bK{token_hex(8)}"
        self.phone.send(self.phone.request(method, self.target, self, self.cseq, self.branch, lines, body))
        answer = await self.phone.answer_to(self.call_id, self.cseq)
        if method == "INVITE":
            self.acknowledge(answer)
        assert not ok or answer.status < 300, f"{method}: {answer.first}"
        return answer

    def acknowledge(self, answer: Message) -> None:
        """Send the ACK for the last answer to an INVITE."""
        branch = f"z9hG4bK{token_hex(8)}" if answer.status < 300 else self.branch
        self.phone.send(self.phone.request("ACK", self.target, self, int(answer.cseq), branch))

    def accept(self) -> None:
        """Pick up."""
        assert self.invite is not None
        self.phone.reply(self.invite, 200, self, body=self.phone.sdp())
        self.talks(self.invite.body)

    def refuse(self, status: int = 486) -> None:
        """Say that one is busy."""
        assert self.invite is not None
        self.phone.reply(self.invite, status, self)
        self.ended()

    def talks(self, sdp: str) -> None:
        """Note that both talk, and send the tone to where ``sdp`` wants it."""
        self.answered.set()
        media = re.search(r"c=IN IP4 (\S+)", sdp), re.search(r"m=audio (\d+)", sdp)
        if self._sound is None and media[0] and media[1]:
            self._sound = asyncio.create_task(self.phone.tone((media[0][1], int(media[1][1]))))

    def ended(self) -> None:
        """Note the end."""
        self.over.set()
        self.phone.talks.pop(self.call_id, None)
        if self._sound is not None:
            self._sound.cancel()

    async def hold(self, on: bool = True) -> None:
        """Put the other side on hold, or take it off."""
        await self.ask("INVITE", body=self.phone.sdp("sendonly" if on else "sendrecv"))

    async def keys(self, keys: str, pause_s: float = 0.15) -> None:
        """Press keys one after the other."""
        for key in keys:
            kind = "Content-Type: application/dtmf-relay"
            await self.ask("INFO", kind, body=f"Signal={key}\r\nDuration=100\r\n")
            await asyncio.sleep(pause_s)

    async def transfer(self, number: str) -> None:
        """Send the other side to ``number`` without a word."""
        await self.ask("REFER", f"Refer-To: <sip:{number}@{PBX[0]}>", f"Referred-By: <{self.phone.uri}>")

    async def transfer_to(self, other: "Talk") -> None:
        """Connect the other sides of both calls: after a word with the new person."""
        tags = [re.search(r"tag=([^;]+)", end) for end in (other.them, other.us)]
        assert tags[0] and tags[1]
        replaces = quote(f"{other.call_id};to-tag={tags[0][1]};from-tag={tags[1][1]}", safe="")
        target = f"Refer-To: <sip:{other.number}@{PBX[0]}?Replaces={replaces}>"
        await self.ask("REFER", target, f"Referred-By: <{self.phone.uri}>")

    @property
    def number(self) -> str:
        """Who is at the other end."""
        found = re.search(r"sip:([^@>]+)@", self.them)
        return found[1] if found else ""

    async def hang_up(self) -> None:
        """End the call, whichever way it can be ended now."""
        if self.over.is_set():
            return
        if self.answered.is_set():
            await self.ask("BYE")
            self.ended()
        else:
            self.phone.send(self.phone.request("CANCEL", self.target, self, self.cseq, self.branch))
            await asyncio.wait_for(self.over.wait(), ANSWER_S)


class Phone(asyncio.DatagramProtocol):
    """A telephone ``user`` at an address of this machine; use it as an async context manager.

    ``rings`` gives the calls that come in, each ringing already.
    """

    def __init__(self, user: str, host: str = "127.0.0.1", port: int = 0, *, register: bool = True) -> None:
        self.user, self.host, self.port, self._register = user, host, port, register
        self.rings: asyncio.Queue[Talk] = asyncio.Queue()
        self.talks: dict[str, Talk] = {}
        self._answers: dict[tuple[str, int], asyncio.Queue[Message]] = {}
        self._transport: Any = None
        self._media: Any = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._versions = count(1)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self.host, self.port)
        )
        self._media, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=(self.host, 0)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        if self._register:
            await self.register()
        return self

    async def __aexit__(self, *_: object) -> None:
        for talk in list(self.talks.values()):
            try:
                await asyncio.wait_for(talk.hang_up(), 2)
            except (TimeoutError, AssertionError):
                talk.ended()
        if self._register:
            await self.register(0)
        self._transport.close()
        self._media.close()

    @property
    def uri(self) -> str:
        """The phone's address."""
        return f"sip:{self.user}@{self.host}:{self.port}"

    async def register(self, seconds: int = 3600) -> None:
        """Tell the PBX where the phone is; with 0 that it is gone."""
        us = f"<sip:{self.user}@{PBX[0]}>"
        talk = Talk(self, token_hex(8), f"{us};tag={token_hex(4)}", us, f"sip:{PBX[0]}")
        answer = await talk.ask("REGISTER", f"Expires: {seconds}")
        assert answer.status == 200, answer.first

    async def call(self, number: str, caller: str = "", name: str = "", *lines: str) -> Talk:
        """Dial; return as soon as the other side rings, answers or refuses."""
        caller = caller or self.user
        us = f'"{name}" <sip:{caller}@{self.host}>;tag={token_hex(4)}'
        target = f"sip:{number}@{PBX[0]}"
        call_id = token_hex(8)
        talk = self.talks[call_id] = Talk(self, call_id, us, f"<{target}>", target)
        task = asyncio.create_task(self._called(talk, lines))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait_for(talk.heard.wait(), ANSWER_S)
        return talk

    async def _called(self, talk: Talk, lines: tuple[str, ...]) -> None:
        answer = await talk.ask("INVITE", *lines, body=self.sdp(), ok=False)
        talk.status = answer.status
        talk.heard.set()
        if answer.status < 300:
            talk.talks(answer.body)
        else:
            talk.ended()

    async def answer_to(self, call_id: str, cseq: int) -> Message:
        """Wait for the final answer."""
        waiting = self._answers[call_id, cseq] = asyncio.Queue()
        async with asyncio.timeout(90):
            while (answer := await waiting.get()).status < 200:
                if (talk := self.talks.get(call_id)) is not None and answer.status > 100:
                    talk.heard.set()
        talk = self.talks.get(call_id)
        if talk is not None and "tag=" not in talk.them:
            talk.them = answer["to"]
        if talk is not None and (contact := re.search(r"<(sip:[^>]+)>", answer["contact"])):
            talk.target = contact[1]
        return answer

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Take what the PBX sends."""
        if not data.strip():
            return
        message = Message(data)
        if message.is_answer:
            if (waiting := self._answers.get((message.call_id, int(message.cseq)))) is not None and (
                message.method != "CANCEL"
            ):
                waiting.put_nowait(message)
            return
        talk = self.talks.get(message.call_id)
        if message.method == "INVITE" and talk is None:
            contact = re.search(r"<(sip:[^>]+)>", message["contact"])
            us = f"{message['to']};tag={token_hex(4)}"
            talk = Talk(self, message.call_id, us, message["from"], contact[1] if contact else "")
            talk.invite, self.talks[message.call_id] = message, talk
            self.reply(message, 180, talk)
            self.rings.put_nowait(talk)
        elif message.method == "INVITE" and talk is not None:
            if talk.answered.is_set():
                self.reply(message, 200, talk, body=self.sdp())
        elif message.method == "CANCEL" and talk is not None and talk.invite is not None:
            self.reply(message, 200, talk)
            self.reply(talk.invite, 487, talk)
            talk.ended()
        elif message.method != "ACK":
            self.reply(message, 200, talk)
            if message.method == "BYE" and talk is not None:
                talk.ended()

    def request(
        self,
        method: str,
        target: str,
        talk: Talk,
        cseq: int,
        branch: str,
        lines: tuple[str, ...] = (),
        body: str = "",
    ) -> bytes:
        """Return a request as it is sent."""
        kind = ("Content-Type: application/sdp",) if method == "INVITE" else ()
        return _packet(
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.host}:{self.port};branch={branch};rport",
            "Max-Forwards: 70",
            f"From: {talk.us}",
            f"To: {talk.them}",
            f"Call-ID: {talk.call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <{self.uri}>",
            *lines,
            *kind,
            body=body,
        )

    def reply(self, to: Message, status: int, talk: Talk | None, *, body: str = "") -> None:
        """Answer a request."""
        kind = ("Content-Type: application/sdp",) if body else ()
        self.send(
            _packet(
                f"SIP/2.0 {status} Test",
                *(f"Via: {via}" for via in to.headers["via"]),
                f"From: {to['from']}",
                f"To: {talk.us if talk is not None and talk.invite is not None else to['to']}",
                f"Call-ID: {to.call_id}",
                f"CSeq: {to['cseq']}",
                f"Contact: <{self.uri}>",
                *kind,
                body=body,
            )
        )

    def sdp(self, direction: str = "sendrecv") -> str:
        """Return an offer of G.711."""
        port = self._media.get_extra_info("sockname")[1]
        where = f"IN IP4 {self.host}"
        return (
            f"v=0\r\no=- {port} {next(self._versions)} {where}\r\ns=-\r\nc={where}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na={direction}\r\n"
        )

    def send(self, data: bytes) -> None:
        """Send to the PBX."""
        self._transport.sendto(data, PBX)

    async def tone(self, to: tuple[str, int]) -> None:
        """Send a tone in real time."""
        for number in range(10_000):
            at = number * _FRAME % _RATE
            head = struct.pack("!BBHII", 0x80, 0, number, number * _FRAME, 7)
            self._media.sendto(head + TONE[at : at + _FRAME], to)
            await asyncio.sleep(_FRAME / _RATE)


def _packet(*lines: str, body: str = "") -> bytes:
    return ("\r\n".join((*lines, f"Content-Length: {len(body.encode())}", "", "")) + body).encode()
