"""Blocks: what a plugin shows in panels, pages and tiles and under messages. The core makes the markup of them."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actions import ActionRef
from crmcore.contracts.timeline import TimelineEntry
from crmcore.contracts.values import Tone, Value


class KeyValue(Struct, frozen=True):
    """One labelled value."""

    label: str
    value: Value


class Stat(Struct, frozen=True):
    """One large figure with its label."""

    label: str
    value: Value
    tone: Tone = "neutral"


class Item(Struct, frozen=True):
    """One row of a list: an order, a call."""

    title: str
    subtitle: str = ""
    meta: tuple[Value, ...] = ()
    href: str = ""
    actions: tuple[ActionRef, ...] = ()


class Column(Struct, frozen=True):
    """One column of a table."""

    label: str
    align: Literal["start", "end"] = "start"


class KeyValues(Struct, frozen=True, tag_field="k", tag="key_values"):
    """Labelled values under each other."""

    items: tuple[KeyValue, ...]


class Stats(Struct, frozen=True, tag_field="k", tag="stats"):
    """Up to four large figures side by side."""

    items: tuple[Stat, ...]


class Items(Struct, frozen=True, tag_field="k", tag="items"):
    """A list of rows; ``empty`` is shown when there are none."""

    items: tuple[Item, ...]
    empty: str = ""


class Table(Struct, frozen=True, tag_field="k", tag="table"):
    """A small table; ``caption`` is read to people who cannot see it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


class Note(Struct, frozen=True, tag_field="k", tag="note"):
    """A sentence set apart."""

    text: str
    tone: Tone = "neutral"


class Media(Struct, frozen=True, tag_field="k", tag="media"):
    """A stored file (``plugin.files.keep``): a player for a recording, a picture, or a file to fetch.

    Shown and served only to whom may see what it stands at. ``seconds`` is how long a recording lasts.
    """

    kind: Literal["audio", "image", "file"]
    file: UUID
    title: str
    seconds: int | None = None


class Timeline(Struct, frozen=True, tag_field="k", tag="timeline"):
    """What happened, newest first; ``empty`` is shown when nothing did."""

    entries: tuple[TimelineEntry, ...]
    empty: str = ""


class Meter(Struct, frozen=True, tag_field="k", tag="meter"):
    """How much of ``max`` there is, both finite and in one unit: a quota, a tank."""

    label: str
    value: float
    max: float = 100.0
    tone: Tone = "accent"
    caption: str = ""


class Spark(Struct, frozen=True, tag_field="k", tag="spark"):
    """A small line of 2 to 200 finite points without axes; ``caption`` says in words what it shows."""

    label: str
    points: tuple[float, ...]
    caption: str = ""


class Series(Struct, frozen=True):
    """One row of figures of a chart: as many ``values`` as the chart has places in ``x``."""

    name: str
    values: tuple[float, ...]
    tone: Tone = "accent"


class Chart(Struct, frozen=True, tag_field="k", tag="chart"):
    """Figures over up to 50 places ``x``, at most 6 series; can always be read as a table too."""

    kind: Literal["bar", "line"]
    title: str
    x: tuple[str, ...]
    series: tuple[Series, ...]
    caption: str = ""
    unit: str = ""


Block = KeyValues | Stats | Items | Table | Note | Media | Timeline | Meter | Spark | Chart
