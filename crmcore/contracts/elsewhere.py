"""Properties whose values are rows of another table, as filters find them."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from piccolo.table import Table


class KeptElsewhere(Struct, frozen=True, kw_only=True):
    """A list property that is kept as rows of ``table``, whose foreign key ``owner`` leads to the record.

    Only rows with ``kind`` in the column ``kind`` are meant, all rows when it is empty. ``compared`` is the column in
    which whole values are compared, in the form that ``normal`` gives them; ``part_of`` is the column in which a
    part is looked for, in the form that ``part`` gives it. Both raise ValueError for what no such value can be.
    """

    table: type[Table]
    owner: str
    kind: str
    compared: str
    part_of: str
    normal: Callable[[str], Any]
    part: Callable[[str], str]
