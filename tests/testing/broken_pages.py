"""Pages that break a rule."""

from typing import Any

from markupsafe import Markup
from spoiling import Broken, page, raises

from crmcore import Item, Items, PageContent


async def reads_numbers(request: Any, plugin: Any) -> PageContent:
    int(request.query.get("after", "0"))
    return PageContent()


async def too_few(actor: Any, plugin: Any) -> int:
    return -1


async def repeats_the_question(request: Any, plugin: Any) -> PageContent:
    return PageContent(blocks=(Items((Item(Markup(request.query.get("q", ""))),)),))


async def shows_all(request: Any, plugin: Any) -> PageContent:
    return PageContent(blocks=(Items(tuple(Item("x" * 200) for _ in range(3_000))),))


BROKEN = (
    Broken("page.answer", "show a Note", lambda: page(load=raises)),
    Broken("page.answer_before_they_are_set_up", "before it is configured", lambda: page(load=raises)),
    Broken("page.survive_an_outage", "while its service is away", lambda: page(load=raises)),
    Broken("page.survive_odd_addresses", "for ?after=", lambda: page(load=reads_numbers)),
    Broken("page.counts_are_numbers", "0 or more", lambda: page(count=too_few)),
    Broken(
        "page.hostile_text_is_escaped", "A script stands as markup", lambda: page(load=repeats_the_question)
    ),
    Broken("page.stay_small", "is too long", lambda: page(load=shows_all)),
)
