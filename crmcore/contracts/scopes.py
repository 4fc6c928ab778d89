"""Row scopes: which records of a type somebody works with."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.contracts.labels import Label

if TYPE_CHECKING:
    from crmcore.contracts.actors import Actor
    from crmcore.contracts.records import RecordType

Condition = Any
"""A condition of Piccolo on the columns of a record type's table: what ``.where()`` takes."""

ConditionOf = Callable[["RecordType", "Actor"], Condition | None]
"""Returns under which condition a row is within the scope for the actor; None when no row is."""


class RowScope(Struct, frozen=True, kw_only=True):
    """A named set of rows, relative to who asks: what is one's own, one's team's, a dealer's.

    A role names a scope by ``key`` for what it may read, write and delete. ``condition`` is called for every read
    and write of an actor whose role names the scope: it must be quick and ask no database; what it needs to know
    of other tables it says in a subquery. ``record_types`` are those that it knows; of others it lets nothing
    through. Empty: the scope decides by what a record type declares (``owner``, ``team``).
    """

    key: str
    label: Label
    condition: ConditionOf
    record_types: tuple[str, ...] = ()


def _nothing(record_type: "RecordType", actor: "Actor") -> None:
    return None


NOTHING = RowScope(key="none", label={"en": "Nothing", "ru": "Ничего"}, condition=_nothing)
"""What stands for a scope that is away with its plugin: unknown is denied."""
