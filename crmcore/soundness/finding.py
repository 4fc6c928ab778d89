"""What a check found, and what all of them found together."""

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class Fault(Struct, frozen=True, kw_only=True):
    """Something that does not agree. ``subject`` says what it is about (``contact 0198…``), never what is in it."""

    check: str
    subject: str
    message: str


class Looked(Struct, frozen=True):
    """That a check has looked at so many more things."""

    count: int


Check = Callable[["Crm"], AsyncIterator[Looked | tuple[str, str]]]
"""Yields :class:`Looked`, and for each fault its subject and message."""


class Verdict(Struct, kw_only=True):
    """How many things each check has looked at, and what it found."""

    looked: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether everything agrees."""
        return not self.faults
