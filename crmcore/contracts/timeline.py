"""What a plugin adds to the timeline of a contact, a company or a conversation."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from crmcore.contracts.actions import ActionRef
from crmcore.contracts.labels import Label
from crmcore.contracts.subjects import Slot, Subject
from crmcore.contracts.values import Badge, Tone

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext


class TimelineEntry(Struct, frozen=True, kw_only=True):
    """Something that happened, at a moment that is aware of its zone; ``href`` is a path of ours or ``https:``."""

    at: datetime
    title: str
    text: str = ""
    icon: str = "puzzle"
    tone: Tone = "neutral"
    href: str = ""
    badge: Badge | None = None
    actions: tuple[ActionRef, ...] = ()


class TimelineSource(Struct, frozen=True, kw_only=True):
    """Where entries come from. ``load(subject, before, limit, plugin)`` returns up to ``limit`` (50 at most) entries
    older than ``before`` (all when None), newest first, within ``timeout_s`` seconds."""

    key: str
    label: Label
    load: "Callable[[Subject, datetime | None, int, PluginContext], Awaitable[Sequence[TimelineEntry]]]"
    slots: tuple[Slot, ...] = ("contact",)
    timeout_s: float = 2.0
