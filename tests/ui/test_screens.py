"""Every screen in three sizes, two themes and two languages: accessible, whole, without a word in the console."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from browsers import SIZES, THEMES, People, show
from figures import FIGURES, FULL
from gates import cut_off, double_text, turn, violations
from screens import Screen, page_routes, screens, table

COMBINATIONS = list(product(SIZES, THEMES))
# What has to be there, so that a screen is not looked at while it is empty.
SHOWN = {
    "/contacts/duplicates": ".c-pair",
    "/contacts/{id:uuid}/merge": ".c-merge",
    "/companies/{id:uuid}/merge": ".c-merge",
    "/contacts": ".c-list tbody tr",
    "/inbox": ".c-conv",
    "/overview": ".c-tiles .c-stats",
}


def test_every_page_route_has_a_row() -> None:
    rows = table()
    assert page_routes() - rows.keys() == set(), "tests/ui/screens.py lacks these pages"
    assert rows.keys() - page_routes() == set(), "tests/ui/screens.py has rows of pages that are no more"


def _looked_at() -> list[tuple[int, Screen, str]]:
    """Return screen and language; the short form takes turns with the languages."""
    numbered = list(enumerate(screens()))
    return [
        (number, screen, language)
        for number, screen in numbered
        for place, language in enumerate(("en", "ru"))
        if FULL or number % 2 == place
    ]


@pytest.mark.parametrize(
    ("number", "screen", "language"), _looked_at(), ids=lambda one: getattr(one, "name", None) or str(one)
)
def test_screen(
    number: int,
    screen: Screen,
    language: str,
    people: People,
    pictures: Path,
    record_property: Callable[[str, object], None],
) -> None:
    watched = show(people, screen, language)
    page = watched.page
    assert page.locator(SHOWN.get(screen.path, "h1")).count() > 0, f"{page.url} shows nothing"
    unfit: list[str] = []
    narrow: list[str] = []
    # In the short form each screen is seen wide or narrow, light or dark, and its neighbour otherwise.
    chosen = COMBINATIONS if FULL else [COMBINATIONS[number % len(COMBINATIONS)]]
    for size, theme in chosen:
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        turn(page, theme)
        if FULL:
            page.screenshot(path=str(pictures / f"{screen.name}-{size}-{theme}-{language}.png"))
        record_property("looked_at", f"{screen.name} {size} {theme} {language}")
        unfit += [f"{size} {theme}: {fault}" for fault in violations(page)]
        narrow += [f"{size}: {fault}" for fault in cut_off(page)]
    nodes = page.evaluate("document.querySelectorAll('*').length")
    page.set_viewport_size({"width": 320, "height": 640})
    narrow += [f"320 px: {fault}" for fault in cut_off(page)]
    page.set_viewport_size({"width": 1280, "height": 900})
    double_text(page)
    narrow += [f"text 200 %: {fault}" for fault in cut_off(page)]
    console, policy = watched.take()
    if screen.path != "/settings/ui":
        record_property("nodes", nodes)
    for name, faults in (("axe", unfit), ("overflow", narrow), ("console", console), ("policy", policy)):
        record_property(name, len(faults))
    faults = [*unfit, *narrow, *console, *policy]
    assert not faults, "\n".join([page.url, *faults])
    # The gallery has everything that there is, more often than any screen of work.
    assert screen.path == "/settings/ui" or nodes <= FIGURES["nodes"].most, nodes
