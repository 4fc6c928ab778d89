"""A web process that stops turns nobody away whom it has accepted."""

import asyncio
import socket

from crmcore.cli.web_process import close_listeners

CALLERS = 5


async def heard() -> int:
    """Return how many callers are answered who are accepted in the turn before the one in which closing begins."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"!")
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    told: asyncio.Future[None] = loop.create_future()

    async def stop() -> None:
        await told
        await close_listeners([listener])

    stopping = asyncio.create_task(stop())
    await asyncio.sleep(0)
    address = listener.sockets[0].getsockname()
    callers = [socket.create_connection(address) for _ in range(CALLERS)]
    # In the next turn this comes first, then the selector's report that there are callers: so the stop is in front of
    # the making of their transports in the turn after that.
    loop.call_soon(told.set_result, None)
    await stopping
    answers = 0
    for caller in callers:
        caller.setblocking(False)
        try:
            await loop.sock_sendall(caller, b"?")
            answers += await asyncio.wait_for(loop.sock_recv(caller, 1), 5) == b"!"
        except OSError:
            continue
        finally:
            caller.close()
    return answers


async def test_who_was_accepted_just_before_the_stop_is_heard() -> None:
    assert await heard() == CALLERS
