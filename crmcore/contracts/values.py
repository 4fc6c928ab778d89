"""Typed values inside panels: the core formats them for the viewer's language, zone and permissions."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from msgspec import Struct

Tone = Literal["neutral", "accent", "ok", "warn", "bad", "violet", "teal", "pink"]


class _Value(Struct, frozen=True, tag_field="k", forbid_unknown_fields=True):
    """Tagged by ``k``, because ``type`` is a field name that values want for themselves."""


class Text(_Value, frozen=True, tag="text"):
    """Plain text, never markup."""

    text: str


class Money(_Value, frozen=True, tag="money"):
    """An amount in units of an ISO 4217 currency."""

    amount: Decimal
    currency: str


class Num(_Value, frozen=True, tag="num"):
    """A number with an optional unit."""

    value: float
    unit: str = ""


class When(_Value, frozen=True, tag="when"):
    """A moment, aware of its zone; shown in the viewer's."""

    at: datetime
    style: Literal["relative", "date", "datetime"] = "relative"


class Email(_Value, frozen=True, tag="email"):
    """An e-mail address."""

    address: str


class Phone(_Value, frozen=True, tag="phone"):
    """A phone number in E.164. Every action on ``"phone"`` stands beside it as a button: to call it."""

    e164: str


class Link(_Value, frozen=True, tag="link"):
    """A link out: ``https:``, ``mailto:`` or ``tel:``; anything else is shown as text."""

    label: str
    href: str


class Badge(_Value, frozen=True, tag="badge"):
    """A short coloured mark."""

    label: str
    tone: Tone = "neutral"


class Badges(_Value, frozen=True, tag="badges"):
    """Several marks side by side, at most 20."""

    items: tuple[Badge, ...]


class Ref(_Value, frozen=True, tag="ref"):
    """A link to a record of ours, shown only to whom may read it."""

    record_type: str
    id: UUID
    label: str


Value = Text | Money | Num | When | Email | Phone | Link | Badge | Badges | Ref
