"""One rule of the quality scale, and what came of it."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from crmcore.testing.bench import Bench

Level = Literal["bronze", "silver", "gold"]
LEVELS: tuple[Level, ...] = ("bronze", "silver", "gold")
State = Literal["kept", "broken", "unshown", "nothing"]


class Broken(Exception):
    """The plugin breaks the rule; the sentence says where, and what to do."""


class Unshown(Exception):
    """Nobody can tell: the plugin brings no sample of it. The sentence says which one to add."""


class Nothing(Exception):
    """The plugin has nothing that the rule is about."""


class Rule(Struct, frozen=True, kw_only=True):
    """A rule: ``key`` is ``KIND.NAME``; what it asks stands in the docstring of ``check``."""

    key: str
    level: Level
    check: "Callable[[Bench], Awaitable[None]]"

    @property
    def kind(self) -> str:
        """What it is about: ``plugin``, ``channel``, ``panel`` …"""
        return self.key.partition(".")[0]

    @property
    def asks(self) -> str:
        """The rule in a sentence."""
        return " ".join((self.check.__doc__ or "").partition("\n\n")[0].split())


class Finding(Struct, frozen=True, kw_only=True):
    """What came of one rule. ``sentence`` says what to do about a broken or unshown one; ``traceback`` is for it."""

    rule: str
    level: Level
    asks: str
    state: State
    sentence: str = ""
    traceback: str = ""


def rules(kind: str, **checks: "tuple[Level, Callable[[Bench], Awaitable[None]]]") -> tuple[Rule, ...]:
    """Return the rules of ``kind``: their names, each with its level and its check."""
    return tuple(
        Rule(key=f"{kind}.{name}", level=level, check=check) for name, (level, check) in checks.items()
    )
