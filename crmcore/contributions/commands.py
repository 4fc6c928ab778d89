"""The lines that plugins add to the command palette."""

from typing import TYPE_CHECKING

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import text_of
from crmcore.contributions.permits import permitted

if TYPE_CHECKING:
    from crmcore.workspace import Crm

LIMIT = 50


class Line(Struct, frozen=True, kw_only=True):
    """A command in the language of whoever asks."""

    label: str
    keywords: str
    open: str
    icon: str
    plugin: str


def commands(crm: "Crm", *, actor: Actor, language: str, words: str = "") -> list[Line]:
    """Return the commands that ``actor`` may use and in whose texts every one of ``words`` begins a word.

    Pages in the menu are commands by themselves.
    """
    lines = [
        Line(
            label=text_of(owned.item.label, language),
            keywords=text_of(owned.item.keywords, language),
            open=owned.item.open,
            icon=owned.item.icon,
            plugin=owned.plugin,
        )
        for _, owned in sorted(crm.registry.commands.items())
        if permitted(crm, owned.item.permission, actor)
    ]
    known = {line.open for line in lines}
    for _, page in crm.contributions.menu.pages(actor):
        address = f"/x/{page.plugin}/{page.item.key}"
        if page.item.menu and address not in known:
            label = text_of(page.item.title, language)
            lines.append(
                Line(label=label, keywords="", open=address, icon=page.item.icon, plugin=page.plugin)
            )
    wanted = words.casefold().split()
    return [line for line in lines if _fits(line, wanted)][:LIMIT]


def _fits(line: Line, wanted: list[str]) -> bool:
    found = f"{line.label} {line.keywords} {line.plugin}".casefold().replace("-", " ").split()
    return all(any(word.startswith(part) for word in found) for part in wanted)
