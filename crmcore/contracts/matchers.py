"""Matchers: what else says that two contacts are one person."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.labels import Label

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext

MatchStrength = Literal["weak", "strong", "certain"]
"""How much a match says: ``weak`` as much as one company, ``strong`` as much as a name and a company, ``certain`` as
much as one mailbox. Names that differ speak against even the last."""


class Match(Struct, frozen=True, kw_only=True):
    """Something that ``contact`` and ``other`` have in common, said in ``reason`` to people in their languages."""

    contact: UUID
    other: UUID
    strength: MatchStrength
    reason: Label


class Matcher(Struct, frozen=True, kw_only=True):
    """Finds pairs of contacts that may be one person by what a plugin knows.

    ``find(contacts, plugin)`` gets up to 200 ids and returns matches of these with any other contacts. It is asked
    for one contact when somebody looks at it, and for all, batch by batch, when the whole base is searched.
    """

    key: str
    label: Label
    find: "Callable[[Sequence[UUID], PluginContext], Awaitable[list[Match]]]"
    timeout_s: float = 5.0
