"""The demo's telephone: customers of the demo call, on this machine."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle

from crm_telephony.asterisk.channel import KEY
from crm_telephony.standin.pbx import Pbx
from crm_telephony.standin.script import Caller, Scene, scenes_events
from crmcore import PluginContext
from crmcore.demo.setting import EMAIL
from crmcore.demo.standins import StandInPlace

PHONE = "101"
LINE = "Demo line"
FIRST_AFTER_S = 12.0
AGAIN_AFTER_S = 75.0
MOST_CALLS = 12
CALLERS = 4
SCRIPT = {
    "name": "Demo: an order that is late",
    "direction": "in",
    "text": "1. Greet by name.\n2. Ask for the order’s number.\n3. Say when it arrives.",
}


@asynccontextmanager
async def stand_in(place: StandInPlace) -> AsyncIterator[None]:
    """Serve the telephone system as long as the demo does, connect it, and let customers call."""
    username, secret = "demo", secrets.token_urlsafe(12)
    pbx = Pbx(username, secret)
    host, _, port = place.address.partition(":")
    callers = await prepare(place)
    async with pbx.serving(place.socket):
        await place.account(
            KEY,
            "Demo phone system",
            {
                "host": host,
                "port": int(port),
                "username": username,
                "secret": secret,
                "recordings": f"http://{place.address}/{{file}}",
            },
        )
        calling = asyncio.create_task(call_again_and_again(pbx, callers))
        try:
            yield
        finally:
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)


async def prepare(place: StandInPlace) -> list[Caller]:
    """Give the demo's user a phone and a script, and customers numbers; return who will call."""
    plugin = place.plugin
    for user in await plugin.records.find("user", _is("email", EMAIL), limit=1):
        if not await plugin.records.find("telephony_phone", _is("phone", PHONE), limit=1):
            await plugin.records.create("telephony_phone", {"phone": PHONE, "user_id": str(user.id)})
    if not await plugin.records.find("telephony_script", _is("name", SCRIPT["name"]), limit=1):
        await plugin.records.create("telephony_script", SCRIPT)
    return [
        Caller(name=f"{customer.name} (demo)", number=await _number(customer.email, place_in_list, plugin))
        for place_in_list, customer in enumerate(place.customers[:CALLERS])
    ]


async def call_again_and_again(pbx: Pbx, callers: list[Caller]) -> None:
    """Let customers call, one after the other: every second call is answered and recorded, the others missed."""
    await pbx.heard.wait()
    await asyncio.sleep(FIRST_AFTER_S)
    run = secrets.token_hex(4)
    for number, caller in zip(range(MOST_CALLS), cycle(callers)):
        scene = Scene(
            caller=caller, line=LINE, phone=PHONE, rings_s=20.0, talks_s=15.0 if number % 2 else 0.0
        )
        await pbx.play(scenes_events(scene, f"demo-{run}-{number}"))
        await asyncio.sleep(AGAIN_AFTER_S)


async def _number(email: str, place: int, plugin: PluginContext) -> str:
    """Return the customer's phone number, a new one where there is none: 555-01xx is kept for fiction."""
    fictional = f"+1202555{150 + place:04}"
    for contact in await plugin.records.find("contact", _is("emails", email), limit=1):
        if phones := contact.document.get("phones"):
            return str(phones[0])
        await plugin.records.update("contact", contact.id, {"phones": [fictional]}, reason="demo")
    return fictional


def _is(field: str, value: str) -> dict[str, str]:
    return {"field": field, "op": "eq", "value": value}
