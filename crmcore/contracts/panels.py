"""Panels: what a plugin shows beside a conversation, a contact or a company."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.labels import Label
from crmcore.contracts.values import Badge, Link, Tone, Value

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext

SYSTEM = system_actor("panels")

Slot = Literal["conversation", "contact", "company"]


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


Block = KeyValues | Stats | Items | Table | Note


class Subject(Struct, frozen=True, kw_only=True):
    """What the panel stands beside: the record it is about, its contact, and who looks at it.

    ``contact`` is the contact's document (names, ``emails``, ``phones``, ``custom``), for a conversation's
    panel as well; None when there is none. Both are as ``actor`` sees them, who looks at the panel: other records
    are read with ``plugin.records.seen_by(subject.actor)``. Text in a panel should be in ``language``.
    """

    record_type: Slot
    id: UUID
    document: dict[str, Any]
    contact: dict[str, Any] | None = None
    language: str = "en"
    actor: Actor = SYSTEM


class PanelContent(Struct, frozen=True, kw_only=True):
    """What a panel shows. ``setup`` is for administrators only: it says what to configure."""

    blocks: tuple[Block, ...] = ()
    status: Literal["ok", "empty", "setup", "error"] = "ok"
    message: str = ""
    badge: Badge | None = None
    link: Link | None = None
    fetched_at: datetime | None = None


class Panel(Struct, frozen=True, kw_only=True):
    """A panel in one or more slots. ``load(subject, plugin)`` has ``timeout_s`` seconds; its answer is kept
    ``ttl_s`` seconds per subject and language. Panels are ordered by ``order``, then by name."""

    key: str
    title: Label
    load: "Callable[[Subject, PluginContext], Awaitable[PanelContent]]"
    slots: tuple[Slot, ...] = ("conversation", "contact")
    icon: str = "puzzle"
    order: int = 500
    ttl_s: int = 300
    timeout_s: float = 2.0
