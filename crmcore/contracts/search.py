"""What of a record is found by words."""

from msgspec import Struct


class SearchParts(Struct, frozen=True, kw_only=True):
    """The texts by which a record is found, by what they are.

    ``names`` are found by their beginnings and with typing errors; ``titles`` by their beginnings; ``texts`` by
    the stems of their words; ``addresses`` (mail, handles) whole and in parts; ``phones`` by their last digits;
    ``numbers`` as ``#123``.
    """

    names: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()


class FoundThrough(Struct, frozen=True, kw_only=True):
    """Another record type whose finds count for this one: a conversation is found by its messages.

    ``column`` is the column of this type's table that holds the other record's id; without one, the other
    record's entry names this record as its parent.
    """

    record_type: str
    column: str = ""
