"""What blocks may hold: fifty of anything, and figures that can be drawn."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

import msgspec

from crmcore.contracts.blocks import Block, Chart, Items, KeyValues, Meter, Spark, Stats, Table, Timeline
from crmcore.contracts.labels import Label

MOST = 50
MOST_STATS = 4
MOST_SERIES = 6
MOST_POINTS = 200
MOST_COLUMNS = 12
LARGEST = 1e15

TOO_HEAVY: Label = {"en": "It is more than 64 kB.", "ru": "Он больше 64 КБ."}
_NO_FIGURE: Label = {
    "en": "A meter or a chart has a figure that cannot be drawn.",
    "ru": "У шкалы или графика есть число, которое нельзя нарисовать.",
}
_UNEVEN: Label = {
    "en": "A chart has not as many figures as places.",
    "ru": "На графике чисел не столько, сколько отметок.",
}


def blocks_in(answer: Any) -> Sequence[Any]:
    """Return the blocks of a panel's or a page's content, or of a tuple of blocks."""
    found = answer if isinstance(answer, tuple) else getattr(answer, "blocks", ())
    return found if isinstance(found, tuple) else ()


def figures_problem(blocks: Iterable[Any]) -> Label | None:
    """Return why a figure in ``blocks`` cannot be drawn, None when all can."""
    for block in blocks:
        if isinstance(block, Meter) and not (_drawable([block.value, block.max]) and block.max > 0):
            return _NO_FIGURE
        if isinstance(block, Spark) and not _drawable(block.points):
            return _NO_FIGURE
        if isinstance(block, Chart):
            if any(len(series.values) != len(block.x) for series in block.series):
                return _UNEVEN
            if not all(_drawable(series.values) for series in block.series):
                return _NO_FIGURE
    return None


def trimmed(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the first :data:`MOST` blocks, each with no more than is shown."""
    return tuple(_trimmed(block) for block in blocks[:MOST])


def _trimmed(block: Block) -> Block:
    change = msgspec.structs.replace
    if isinstance(block, KeyValues | Items):
        return change(block, items=block.items[:MOST])
    if isinstance(block, Stats):
        return change(block, items=block.items[:MOST_STATS])
    if isinstance(block, Timeline):
        return change(block, entries=block.entries[:MOST])
    if isinstance(block, Table):
        columns = block.columns[:MOST_COLUMNS]
        return change(block, columns=columns, rows=tuple(row[: len(columns)] for row in block.rows[:MOST]))
    if isinstance(block, Spark):
        return change(block, points=block.points[-MOST_POINTS:])
    if isinstance(block, Chart):
        kept = tuple(change(series, values=series.values[:MOST]) for series in block.series[:MOST_SERIES])
        return change(block, x=block.x[:MOST], series=kept)
    return block


def _drawable(figures: Iterable[float]) -> bool:
    return all(isfinite(figure) and abs(figure) <= LARGEST for figure in figures)
