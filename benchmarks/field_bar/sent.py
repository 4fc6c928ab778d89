"""What was sent and what was acknowledged: held against what is there afterwards."""

from msgspec import Struct, field


class Order(Struct):
    """A contact whose state a factory's system keeps up to date, one change after the other."""

    id: str
    version: int
    wanted: int = 0
    acknowledged: list[int] = field(default_factory=list)
    busy: bool = False


class Sent(Struct):
    """Everything that a run has sent, by its own numbers."""

    orders: list[Order] = field(default_factory=list)
    created: set[str] = field(default_factory=set)
    tried_to_create: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    tried_to_write: set[str] = field(default_factory=set)
    conversations: list[str] = field(default_factory=list)
