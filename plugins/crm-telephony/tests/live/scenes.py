"""Calls placed on a live PBX that has the configuration of the folder ``asterisk``, by telephones that speak SIP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec import Struct
from sip_phone import ANSWER_S, Phone, Talk

CALLER, NAME = "+79161234567", "Ivan Petrov"
LINE = "7495111{:04}"
OUTSIDE = "127.0.0.2"


class Phones(Struct):
    """Three phones of the house and the outside line."""

    ann: Phone
    bob: Phone
    cleo: Phone
    outside: Phone

    async def dials(self, line: int, caller: str = CALLER, name: str = NAME, *lines: str) -> Talk:
        """Let somebody outside call one of the lines."""
        return await self.outside.call(LINE.format(line), caller, name, *lines)


@asynccontextmanager
async def phones() -> AsyncIterator[Phones]:
    """Plug the phones in."""
    async with AsyncExitStack() as stack:
        house = [await stack.enter_async_context(Phone(number)) for number in ("101", "102", "103")]
        outside = await stack.enter_async_context(Phone("trunk", OUTSIDE, 5080, register=False))
        yield Phones(*house, outside)


async def rung(phone: Phone) -> Talk:
    """Wait until it rings."""
    return await asyncio.wait_for(phone.rings.get(), ANSWER_S)


async def picked_up(phone: Phone, after_s: float = 1.0) -> Talk:
    """Let it ring for a while and pick up."""
    talk = await rung(phone)
    await asyncio.sleep(after_s)
    talk.accept()
    return talk


async def over(*talks: Talk) -> None:
    """Wait until the calls have ended."""
    await asyncio.wait_for(asyncio.gather(*(talk.over.wait() for talk in talks)), ANSWER_S)


async def answered(phones: Phones) -> None:
    """Rings 1 s, talks 2 s; the caller hangs up."""
    call = await phones.dials(1)
    talk = await picked_up(phones.ann)
    await asyncio.sleep(2)
    await call.hang_up()
    await over(talk)


async def unanswered(phones: Phones) -> None:
    """Rings until the PBX gives up."""
    call = await phones.dials(1)
    await over(call, await rung(phones.ann))


async def given_up(phones: Phones) -> None:
    """Rings 2 s, the caller gives up."""
    call = await phones.dials(1)
    talk = await rung(phones.ann)
    await asyncio.sleep(2)
    await call.hang_up()
    await over(talk)


async def refused(phones: Phones) -> None:
    """Is turned away."""
    call = await phones.dials(1)
    talk = await rung(phones.ann)
    await asyncio.sleep(0.5)
    talk.refuse()
    await over(call)


async def busy(phones: Phones) -> None:
    """The line itself is busy."""
    await over(await phones.dials(11))


async def group(phones: Phones) -> None:
    """Three phones ring, the second is picked up."""
    call = await phones.dials(2)
    talk = await picked_up(phones.bob)
    await asyncio.sleep(1)
    await talk.hang_up()
    await over(call)


async def group_missed(phones: Phones) -> None:
    """Three phones ring and nobody answers."""
    call = await phones.dials(2)
    await over(call, *[await rung(phone) for phone in (phones.ann, phones.bob, phones.cleo)])


async def one_after_the_other(phones: Phones) -> None:
    """The first does not answer, the second does."""
    call = await phones.dials(9)
    talk = await picked_up(phones.bob)
    await asyncio.sleep(1)
    await call.hang_up()
    await over(talk)


async def picked_from_afar(phones: Phones) -> None:
    """Rings at one phone and is taken at another with ``*8``."""
    call = await phones.dials(1)
    await rung(phones.ann)
    await asyncio.sleep(1)
    talk = await phones.cleo.call("*8")
    await asyncio.wait_for(talk.answered.wait(), ANSWER_S)
    await asyncio.sleep(1)
    await call.hang_up()
    await over(talk)


async def queue(phones: Phones) -> None:
    """Waits 2 s in the queue, talks 2 s with the second of its members, who hangs up."""
    call = await phones.dials(3)
    talk = await picked_up(phones.bob, 2)
    await asyncio.sleep(2)
    await talk.hang_up()
    await over(call)


async def queue_given_up(phones: Phones) -> None:
    """Gives up in the queue after 2 s."""
    call = await phones.dials(3)
    ringing = [await rung(phone) for phone in (phones.ann, phones.bob)]
    await asyncio.sleep(2)
    await call.hang_up()
    await over(*ringing)


async def queue_unanswered(phones: Phones) -> None:
    """Waits until the queue gives up."""
    call = await phones.dials(3)
    await over(call)


async def queue_of_local_channels(phones: Phones) -> None:
    """Members behind Local channels: the first does not answer, the second does; recorded by the queue."""
    call = await phones.dials(8)
    talk = await picked_up(phones.bob)
    await asyncio.sleep(2)
    await call.hang_up()
    await over(talk)


async def menu(phones: Phones) -> None:
    """Chooses the queue in a menu by a key."""
    call = await phones.dials(7)
    await asyncio.wait_for(call.answered.wait(), ANSWER_S)
    await asyncio.sleep(1)
    await call.keys("1")
    talk = await picked_up(phones.ann)
    await asyncio.sleep(1)
    await call.hang_up()
    await over(talk)


async def held(phones: Phones) -> None:
    """Is put on hold for 2 of 4 s."""
    call = await phones.dials(1)
    talk = await picked_up(phones.ann)
    await asyncio.sleep(1)
    await talk.hold()
    await asyncio.sleep(2)
    await talk.hold(False)
    await asyncio.sleep(1)
    await talk.hang_up()
    await over(call)


async def blind_transfer(phones: Phones) -> None:
    """Is sent on to the second phone without a word."""
    call = await phones.dials(1)
    talk = await picked_up(phones.ann)
    await asyncio.sleep(1)
    await talk.transfer("102")
    await talk.hang_up()
    second = await picked_up(phones.bob)
    await asyncio.sleep(1)
    await call.hang_up()
    await over(talk, second)


async def attended_transfer(phones: Phones) -> None:
    """Is put on hold, spoken about with the second phone, and connected with it."""
    call = await phones.dials(1)
    talk = await picked_up(phones.ann)
    await asyncio.sleep(1)
    await talk.hold()
    word = await phones.ann.call("102")
    second = await picked_up(phones.bob)
    await asyncio.wait_for(word.answered.wait(), ANSWER_S)
    await asyncio.sleep(1)
    await talk.transfer_to(word)
    await asyncio.gather(talk.hang_up(), word.hang_up())
    await asyncio.sleep(1)
    await call.hang_up()
    await over(second)


async def transfer_by_keys(phones: Phones) -> None:
    """The same by the PBX's own keys: ``*2``, the number, and to hang up when the other has answered."""
    call = await phones.dials(1)
    talk = await picked_up(phones.ann)
    await asyncio.sleep(1)
    await talk.keys("*2")
    await asyncio.sleep(1)
    await talk.keys("102")
    second = await picked_up(phones.bob)
    await asyncio.sleep(1)
    await talk.hang_up()
    await asyncio.sleep(1)
    await call.hang_up()
    await over(second)


async def queue_transfer(phones: Phones) -> None:
    """Is answered out of the queue, and sent on."""
    call = await phones.dials(3)
    talk = await picked_up(phones.ann)
    await asyncio.sleep(1)
    await talk.transfer("103")
    await talk.hang_up()
    second = await picked_up(phones.cleo)
    await asyncio.sleep(1)
    await second.hang_up()
    await over(call)


async def voicemail(phones: Phones) -> None:
    """Leaves a message of 3 s."""
    call = await phones.dials(5)
    await asyncio.wait_for(call.answered.wait(), ANSWER_S)
    await asyncio.sleep(4)
    await call.hang_up()


async def hidden(phones: Phones) -> None:
    """Withholds the number, and gives up."""
    call = await phones.dials(1, "anonymous", "Anonymous", "Privacy: id")
    talk = await rung(phones.ann)
    await asyncio.sleep(1)
    await call.hang_up()
    await over(talk)


async def inside(phones: Phones) -> None:
    """One phone of the house calls another."""
    call = await phones.ann.call("102")
    talk = await picked_up(phones.bob, 0.5)
    await asyncio.sleep(1)
    await call.hang_up()
    await over(talk)


async def recorded(phones: Phones) -> None:
    """Is recorded by the dialplan."""
    call = await phones.dials(4)
    talk = await picked_up(phones.ann)
    await asyncio.sleep(3)
    await call.hang_up()
    await over(talk)


async def announcement(phones: Phones) -> None:
    """Hears an announcement."""
    await over(await phones.dials(6))


async def forwarded(phones: Phones) -> None:
    """Is sent on to a mobile phone outside, and answered there."""
    call = await phones.dials(10)
    talk = await picked_up(phones.outside)
    await asyncio.sleep(1)
    await call.hang_up()
    await over(talk)


async def out(phones: Phones) -> None:
    """One phone of the house calls somebody outside, who answers."""
    call = await phones.ann.call("442079460123")
    talk = await picked_up(phones.outside)
    await asyncio.sleep(1)
    await call.hang_up()
    await over(talk)


async def out_unanswered(phones: Phones) -> None:
    """The same, and nobody answers."""
    call = await phones.ann.call("442079460123")
    talk = await rung(phones.outside)
    await asyncio.sleep(2)
    await call.hang_up()
    await over(talk)


SCENES: dict[str, Callable[[Phones], Awaitable[None]]] = {
    scene.__name__: scene
    for scene in (
        answered,
        unanswered,
        given_up,
        refused,
        busy,
        group,
        group_missed,
        one_after_the_other,
        picked_from_afar,
        queue,
        queue_given_up,
        queue_unanswered,
        queue_of_local_channels,
        menu,
        held,
        blind_transfer,
        attended_transfer,
        transfer_by_keys,
        queue_transfer,
        voicemail,
        hidden,
        inside,
        recorded,
        announcement,
        forwarded,
        out,
        out_unanswered,
    )
}
