"""Charts, meters and sparks as figures of an SVG: every number is ours, nothing of a plugin becomes markup."""

from collections.abc import Callable, Sequence
from math import floor, log10

from msgspec import Struct

from crmcore.contracts.blocks import Chart, Meter

# The drawing is stretched to its place; only its proportions count.
WIDTH, HEIGHT = 600.0, 160.0
SPARK_WIDTH, SPARK_HEIGHT = 120.0, 28.0
LINES = 4


class Bar(Struct, frozen=True):
    """One bar: its corner, its size, its tone."""

    x: str
    y: str
    width: str
    height: str
    tone: str


class Drawn(Struct, frozen=True, kw_only=True):
    """A chart ready to draw. ``bars`` for bars, ``lines`` (points with a tone) for lines, ``grid`` heights of ticks.

    ``ticks`` are the figures beside the grid, the highest first; ``zero`` is the height of the base line.
    """

    bars: tuple[Bar, ...]
    lines: tuple[tuple[str, str], ...]
    grid: tuple[str, ...]
    ticks: tuple[float, ...]
    zero: str


def drawn(chart: Chart) -> Drawn:
    """Return ``chart`` as figures in a box of :data:`WIDTH` by :data:`HEIGHT`."""
    values = [value for series in chart.series for value in series.values]
    low, high = min([0.0, *values]), max([0.0, *values])
    step = _step((high - low) / LINES)
    low, high = step * floor(low / step), step * -floor(-high / step)
    span = (high - low) or 1.0

    def height(value: float) -> float:
        return HEIGHT - (value - low) / span * HEIGHT

    count = round((high - low) / step)
    ticks = tuple(high - step * number for number in range(count + 1))
    bars: list[Bar] = []
    lines: list[tuple[str, str]] = []
    if chart.kind == "bar" and chart.x:
        room = WIDTH / len(chart.x)
        width = room * 0.72 / max(1, len(chart.series))
        for number, series in enumerate(chart.series):
            for place, value in enumerate(series.values):
                top, foot = sorted((height(value), height(0)))
                x = place * room + room * 0.14 + number * width
                bars.append(Bar(_say(x), _say(top), _say(width * 0.92), _say(foot - top), series.tone))
    elif chart.x:
        for series in chart.series:
            lines.append((_points(series.values, WIDTH, height), series.tone))
    return Drawn(
        bars=tuple(bars),
        lines=tuple(lines),
        grid=tuple(_say(height(tick)) for tick in ticks),
        ticks=ticks,
        zero=_say(height(0)),
    )


def spark(points: Sequence[float]) -> str:
    """Return the points of a small line in a box of :data:`SPARK_WIDTH` by :data:`SPARK_HEIGHT`."""
    if not points:
        return ""
    low, high = min(points), max(points)
    span = (high - low) or 1.0
    inner = SPARK_HEIGHT - 4

    def height(value: float) -> float:
        return 2 + inner - (value - low) / span * inner if high != low else SPARK_HEIGHT / 2

    return _points(points if len(points) > 1 else [points[0]] * 2, SPARK_WIDTH, height)


def share(meter: Meter) -> str:
    """Return how much of the meter is filled, from 0 to 100."""
    return _say(min(100.0, max(0.0, meter.value / meter.max * 100)))


def _points(values: Sequence[float], width: float, height: Callable[[float], float]) -> str:
    gap = width / max(1, len(values) - 1)
    return " ".join(f"{_say(place * gap)},{_say(height(value))}" for place, value in enumerate(values))


def _step(rough: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten, at least ``rough``."""
    if rough <= 0:
        return 1.0
    power = 10.0 ** floor(log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _say(figure: float) -> str:
    return f"{figure:.2f}".rstrip("0").rstrip(".")
