"""Panels that break a rule."""

from typing import Any

import msgspec
from markupsafe import Markup
from spoiling import Broken, panel, raises

from crmcore import Item, Items, PanelContent
from crmcore.testing.samples import Samples

ASKING = Samples(http=lambda http: http.answer("https://api.example.com/", json={"name": "Ann"}))


async def asks(subject: Any, plugin: Any) -> PanelContent:
    """Shows what its service says, without a thought for failures."""
    answer = await plugin.http.request("GET", "https://api.example.com/")
    return PanelContent(blocks=(Items((Item(msgspec.json.decode(answer.body)["name"]),)),))


async def trusts_its_service(subject: Any, plugin: Any) -> PanelContent:
    answer = await plugin.http.request("GET", "https://api.example.com/")
    return PanelContent(blocks=(Items((Item(Markup(msgspec.json.decode(answer.body)["name"])),)),))


async def shows_all(subject: Any, plugin: Any) -> PanelContent:
    return PanelContent(blocks=(Items(tuple(Item(f"Order {number}") for number in range(150))),))


async def speaks_english(subject: Any, plugin: Any) -> PanelContent:
    try:
        await plugin.http.request("GET", "https://api.example.com/")
    except Exception:
        return PanelContent(status="error", message="The service is away.")
    return PanelContent(status="empty")


BROKEN = (
    Broken("panel.answers_in_every_slot", "PanelContent(status='error'", lambda: panel(raises)),
    Broken("panel.knows_nobody", "of whom nothing is known", lambda: panel(raises)),
    Broken("panel.waits_to_be_set_up", "before it is configured", lambda: panel(asks)),
    Broken("panel.survives_an_outage", "while its service is away", lambda: panel(asks), samples=ASKING),
    Broken("panel.survives_garbage", "on the answer 500", lambda: panel(asks), samples=ASKING),
    Broken("panel.survives_garbage", "raises", lambda: panel(asks), samples=Samples()),
    Broken("panel.keeps_its_bounds", "at most 10", lambda: panel(timeout_s=60)),
    Broken(
        "panel.hostile_text_is_escaped",
        "A script stands as markup",
        lambda: panel(trusts_its_service),
        samples=ASKING,
    ),
    Broken("panel.stays_small", "shows 150 rows", lambda: panel(shows_all)),
    Broken(
        "panel.speaks_the_readers_language", "subject.language", lambda: panel(speaks_english), samples=ASKING
    ),
)
