"""From the first byte of a call to the page of whose phone rings, all ways real: TCP, database, live stream."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from ami_sessions import ami_server, renamed, session
from workspace import ADMIN, asterisk, workspace

from crmcore.accounts.credentials import hash_of
from crmcore.connections.listening import Listening
from crmcore.live.listener import Listener
from crmcore.live.told import Noticed
from crmcore.workspace import Crm

PASSWORD = "violet harbour tin canoe"
CALLS = 5


async def test_a_card_is_told_to_whose_phone_rings_and_to_nobody_else(
    database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with (
        ami_server() as ami,
        workspace(database_url, tmp_path, f"127.0.0.1:{ami.port}") as crm,
    ):
        await asterisk(crm, ami)
        stop = asyncio.Event()
        running = asyncio.create_task(Listening(crm, look_s=0.1).run(stop))
        ann, bob = await _signed_in(crm, "ann", "200"), await _signed_in(crm, "bob", "300")
        try:
            await ami.signed_in()
            spent = []
            for number in range(CALLS):
                packets = renamed(
                    session("missed"),
                    **{"1795335213.": f"17953352{number:02}.9", "+79161234567": f"+7916123450{number}"},
                )
                began = time.perf_counter()
                await ami.play(packets)
                while True:
                    told = await ann.next(20)
                    assert told is not None
                    if isinstance(told.body, Noticed) and told.body.topic == "pop" and told.body.text:
                        break
                spent.append(time.perf_counter() - began)
                assert told.body.data["open"].startswith("/x/telephony/calls/")
                assert told.body.text.startswith("Incoming call: +7916123450")
                # Everything else of this call is told before the next.
                while (more := await ann.next(20)) is not None:
                    if isinstance(more.body, Noticed) and not more.body.text:
                        break
            record_property("counted", f"{CALLS} cards, slowest after {max(spent) * 1000:.0f} ms")
            while (other := await bob.next(0.3)) is not None:
                assert not (isinstance(other.body, Noticed) and other.body.topic == "pop")
        finally:
            stop.set()
            await running
            for listener in (ann, bob):
                crm.live.leave(listener)
            await crm.live.finish()


async def _signed_in(crm: Crm, name: str, phone: str) -> Listener:
    email = f"{name}@example.com"
    user = await crm.accounts.create_user(email, name.title(), PASSWORD, role="agent")
    await crm.records.create("telephony_phone", {"phone": phone, "user_id": str(user)}, actor=ADMIN)
    secret = await crm.accounts.sign_in(email, PASSWORD, address="127.0.0.1", user_agent="tests")
    actor = await crm.accounts.actor_for_session(secret)
    assert actor is not None
    listener, _ = await crm.live.listen(actor, "session", hash_of(secret))
    return listener
