"""Making the demo, once: setting, customers, story, and a large base when asked."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from crmcore.clock import utc_now
from crmcore.contracts.actors import Actor, system_actor
from crmcore.demo.bulk import generate
from crmcore.demo.clock import StoryClock
from crmcore.demo.customers import import_customers, mark_customers
from crmcore.demo.progress import Progress
from crmcore.demo.setting import EMAIL, make_channels, make_colleagues, make_fields
from crmcore.demo.sign_in import SignIn, working_sign_in
from crmcore.demo.story import DAYS
from crmcore.demo.telling import Telling
from crmcore.plugins.tables import PluginValue

if TYPE_CHECKING:
    from crmcore.workspace import Crm

IMPORT = Actor(kind="import", label="demo data", permissions=frozenset({"*"}))


async def prepare(crm: "Crm", clock: StoryClock, *, size: int = 0, progress: Progress) -> SignIn:
    """Bring the demo's data into ``crm`` unless it is there, and return how to sign in.

    Broken off and called again, it goes on. ``size`` adds contacts up to that number, with conversations. The
    clock of ``crm`` is ``clock``; it runs with the present again when this returns.
    """
    actor = system_actor("demo")
    done = await _done()
    now = utc_now()
    try:
        if not done.get("told"):
            # Everybody and everything is there before the first question is asked.
            clock.set(now - timedelta(days=DAYS, hours=3))
        colleagues = await make_colleagues(crm)
        if not done.get("told"):
            await make_fields(crm, actor)
            await make_channels(crm, actor)
            await import_customers(crm, IMPORT, progress)
            await mark_customers(crm, actor)
            await Telling(crm, clock, colleagues, progress).run(now)
            done["told"] = True
            await _remember(done)
    finally:
        clock.let_go()
    if size > done.get("size", 0):
        await generate(crm, size, colleagues, progress)
        done["size"] = size
        await _remember(done)
    return await working_sign_in(crm, colleagues[EMAIL])


async def _done() -> dict[str, Any]:
    row = await PluginValue.select(PluginValue.value).where(_mine()).first()
    value: dict[str, Any] = msgspec.json.decode(row["value"]) if row else {}
    return value


async def _remember(done: dict[str, Any]) -> None:
    value = msgspec.json.encode(done).decode()
    if await PluginValue.exists().where(_mine()):
        await PluginValue.update({PluginValue.value: value}).where(_mine())
    else:
        await PluginValue.insert(PluginValue(plugin="core", key="demo", value=value))


def _mine() -> Any:
    return (PluginValue.plugin == "core") & (PluginValue.key == "demo")
