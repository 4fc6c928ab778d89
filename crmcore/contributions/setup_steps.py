"""What an administrator has to do once for the plugins at hand."""

import asyncio
from typing import TYPE_CHECKING

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.setup_steps import SetupStep
from crmcore.contributions.asking import ask
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.registry import Registered

if TYPE_CHECKING:
    from crmcore.workspace import Crm

TIMEOUT_S = 2.0
PERMISSION = "plugin.write"


class Step(Struct, frozen=True, kw_only=True):
    """A step, and whether it is done."""

    key: str
    plugin: str
    title: Label
    text: Label
    open: str
    done: bool


async def setup_steps(crm: "Crm", actor: Actor) -> list[Step]:
    """Return the steps of all plugins in their order; none for whom may not set plugins up.

    A step whose question fails or is late counts as open.
    """
    if not actor.may(PERMISSION):
        return []
    found = sorted(crm.registry.setup_steps.items(), key=lambda entry: (entry[1].item.order, entry[0]))
    done = await asyncio.gather(*(_done(crm, owned) for _, owned in found))
    return [
        Step(
            key=key,
            plugin=owned.plugin,
            title=owned.item.title,
            text=owned.item.text,
            open=owned.item.open,
            done=is_done,
        )
        for (key, owned), is_done in zip(found, done, strict=True)
    ]


async def _done(crm: "Crm", owned: Registered[SetupStep]) -> bool:
    try:
        answer: bool = await ask(
            crm,
            owned.plugin,
            f"setup_step.{owned.item.key}",
            owned.item.done,
            timeout_s=TIMEOUT_S,
            returns=bool,
        )
    except PluginFailed:
        return False
    return answer
