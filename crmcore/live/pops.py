"""Pops: a card on the pages of those who have to act now."""

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from crmcore.accounts.tables import User
from crmcore.contracts.actors import plugin_actor
from crmcore.contracts.labels import text_of
from crmcore.contracts.pops import Pop

if TYPE_CHECKING:
    from crmcore.workspace import Crm

POP = "pop"
"""The topic of the notices that pages show as cards."""
MAX_TITLE, MAX_TEXT = 200, 250
MAX_USERS = 2_000


async def show_pop(crm: "Crm", plugin: str, pop: Pop) -> None:
    """Tell those whom ``pop`` names, after the open transaction when there is one. Raises ValueError."""
    # A frozen Struct takes any value when it is made.
    pop = msgspec.convert(msgspec.to_builtins(pop, builtin_types=(UUID,)), Pop)
    if pop.users is not None and len(pop.users) > MAX_USERS:
        raise ValueError(f"a card is for at most {MAX_USERS} users")
    people = list(pop.users) if pop.users is not None else await _everybody()
    if not people:
        return
    # The title is the first line: what is told has one text, in the reader's language.
    text = {language: _lines(pop, language) for language in ("en", "ru")}
    async with crm.database.transaction():
        await crm.live.publish(
            POP,
            to=people,
            text=text,
            record=pop.record,
            permission=pop.permission,
            data={
                "key": f"{plugin}:{pop.key}",
                "open": pop.open,
                "icon": pop.icon,
                "seconds": pop.seconds,
                "plugin": plugin,
            },
            actor=plugin_actor(plugin),
        )


async def _everybody() -> list[UUID]:
    rows = await User.select(User.id).where(User.active.eq(True)).order_by(User.id).limit(MAX_USERS)
    return [row["id"] for row in rows]


def _lines(pop: Pop, language: str) -> str:
    title = " ".join(text_of(pop.title, language).split())[:MAX_TITLE]
    text = text_of(pop.text, language)[:MAX_TEXT]
    return f"{title}\n{text}" if text and title else title
