"""Panels: what a plugin shows beside a conversation, a contact or a company."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from crmcore.contracts.actions import ActionRef
from crmcore.contracts.blocks import Block
from crmcore.contracts.labels import Label
from crmcore.contracts.subjects import Slot, Subject
from crmcore.contracts.values import Badge, Link

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext


class PanelContent(Struct, frozen=True, kw_only=True):
    """What a panel shows. ``setup`` is for administrators only: it says what to configure."""

    blocks: tuple[Block, ...] = ()
    status: Literal["ok", "empty", "setup", "error"] = "ok"
    message: str = ""
    badge: Badge | None = None
    link: Link | None = None
    fetched_at: datetime | None = None
    actions: tuple[ActionRef, ...] = ()


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
