"""The budgets of the web interface, and how what was measured is told beside them."""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

FULL = os.environ.get("CRMCORE_UI") == "full"


class Budget(NamedTuple):
    """What may be measured at most; ``of_time`` is judged on a quiet machine alone, in the full form."""

    label: str
    most: float
    unit: str
    of_time: bool = False


FIGURES = {
    "axe": Budget("axe violations, WCAG 2.2 A and AA and best practice", 0, ""),
    "console": Budget("console errors and script errors", 0, ""),
    "policy": Budget("violations of the content policy", 0, ""),
    "overflow": Budget("places cut off at 320 px and with text of 200 %", 0, ""),
    "css": Budget("style sheet, gzip", 14_000, "B"),
    "js": Budget("scripts of a page, gzip", 24_000, "B"),
    "fonts": Budget("fonts and icons", 45_000, "B"),
    "first_load": Budget("first load of the inbox with a conversation, without panels", 95_000, "B"),
    "warm_load": Budget("the same once more, until it is loaded", 12_000, "B"),
    "partial": Budget("opening a conversation from the list, gzip", 9_000, "B"),
    "nodes": Budget("DOM nodes of a screen, at most", 1500, ""),
    "cls": Budget("cumulative layout shift, at most", 0.01, ""),
    "fcp": Budget("first contentful paint, processor × 1/4", 800, "ms", True),
    "lcp": Budget("largest contentful paint, processor × 1/4", 1200, "ms", True),
    "tbt": Budget("total blocking time, processor × 1/4", 150, "ms", True),
    "swap": Budget("click on a conversation to painted thread", 100, "ms", True),
    "swap_slow": Budget("the same, processor × 1/4", 300, "ms", True),
    "live": Budget("a change committed elsewhere to its painted row", 300, "ms", True),
    "large_swap": Budget("click to painted thread, 100,000 conversations", 100, "ms", True),
    "large_swap_slow": Budget("the same, processor × 1/4", 300, "ms", True),
    "large_live": Budget("committed elsewhere to painted row, 100,000 conversations", 300, "ms", True),
    "ttfb": Budget("answer of the inbox, 100,000 conversations, p95", 120, "ms", True),
    "large_list": Budget("answer of the contacts, 100,000 of them, p95", 120, "ms", True),
    "large_search": Budget("answer of a search in them, p95", 120, "ms", True),
    "large_contact": Budget("answer of a contact among them, p95", 120, "ms", True),
    "large_calendar": Budget("answer of the calendar, p95", 120, "ms", True),
    "long_thread": Budget("DOM nodes of a thread of 500 messages", 1500, ""),
    "long_fields": Budget("answer of the list of 60 custom fields, p95", 120, "ms", True),
}


def within(name: str, value: float, *, full: bool) -> bool:
    """Tell whether ``value`` keeps to its budget; times count in the full form alone."""
    budget = FIGURES[name]
    return value <= budget.most or (budget.of_time and not full)


def gathered(told: Iterable[tuple[str, object]]) -> tuple[dict[str, float], dict[str, set[str]]]:
    """Return the figures by name, and what was looked at.

    What was counted on each screen is added up, of the rest it is the largest.
    """
    found: dict[str, float] = {}
    seen: dict[str, set[str]] = {}
    for name, value in told:
        if name in ("axe", "console", "policy", "overflow"):
            found[name] = found.get(name, 0) + float(str(value))
        elif name in FIGURES:
            found[name] = max(found.get(name, 0), float(str(value)))
        elif name == "looked_at":
            screen, *combination = str(value).split(" ")
            seen.setdefault("screens", set()).add(screen)
            seen.setdefault("combinations", set()).add(str(value))
            for kind, one in zip(("sizes", "themes", "languages"), combination, strict=True):
                seen.setdefault(kind, set()).add(one)
    return found, seen


def lines(measured: Mapping[str, float], seen: Mapping[str, set[str]]) -> list[str]:
    """Return the table, one line for each figure that was measured."""
    if not measured:
        return []
    rows = []
    if seen:
        counts = {kind: len(ones) for kind, ones in seen.items()}
        rows.append(
            f"  {counts['screens']} screens, {counts['sizes']} sizes, {counts['themes']} themes, "
            f"{counts['languages']} languages: {counts['combinations']:,} combinations looked at"
        )
    rows.append(f"  {'':<62} {'measured':>9} {'at most':>9}")
    for name, budget in FIGURES.items():
        if name in measured:
            value = measured[name]
            shown = f"{value:,.3f}".rstrip("0").rstrip(".") if value < 1 else f"{value:,.0f}"
            over = (
                ""
                if value <= budget.most
                else "  OVER" + (" (told only)" if budget.of_time and not FULL else "")
            )
            share = f" {value / budget.most:>4.0%}" if budget.most else ""
            rows.append(f"  {budget.label:<62} {shown:>9} {budget.most:>9,g} {budget.unit:<2}{share}{over}")
    return ["Web interface, figures and budgets:", *rows]
