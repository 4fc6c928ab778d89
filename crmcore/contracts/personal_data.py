"""Personal data: what is stored of one person, given out and taken away."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.labels import Label
from crmcore.contracts.messages import Identity

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext


class DataSubject(Struct, frozen=True, kw_only=True):
    """The person whose data is asked for.

    ``contacts`` are the ids of the contact, first, and of every contact that was merged into it. ``points`` are all
    contact points that any of them has or had, as they are compared; ``words`` are the texts that name the person
    wherever they stand: contact points as they were written and as they are compared, and full names. ``names`` are
    first and last names alone, which others have too.
    ``pseudonym`` is what takes the person's place in what is kept; it is empty for an export.
    """

    contacts: tuple[UUID, ...]
    points: tuple[Identity, ...] = ()
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    pseudonym: str = ""


class DataItem(Struct, frozen=True, kw_only=True):
    """One thing that is stored of a person: ``data`` is JSON. ``files`` are ids of stored files that go along."""

    id: str
    data: Mapping[str, Any]
    files: tuple[UUID, ...] = ()


class PersonalData(Struct, frozen=True, kw_only=True):
    """A kind of personal data that the core or a plugin keeps, here or at a service elsewhere.

    ``export(subject, plugin)`` yields every item. ``erase(subject, plugin)`` takes everything away, or puts
    ``subject.pseudonym`` in its place, and returns how many things that were; it may run again after it was
    interrupted. Raising stops the whole erasure at this point until a person lets it go on. ``count`` says how many
    things there are where items are not worth exporting: an index, a queue. Both run within ``timeout_s`` seconds.
    """

    key: str
    label: Label
    export: "Callable[[DataSubject, PluginContext], AsyncIterator[DataItem]]"
    erase: "Callable[[DataSubject, PluginContext], Awaitable[int]]"
    count: "Callable[[DataSubject, PluginContext], Awaitable[int]] | None" = None
    timeout_s: float = 60.0
