"""Who is at work in this task: what the audit writes where a service is not told."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from crmcore.contracts.actors import Actor, system_actor


class Acting:
    """Who asks, as soon as that is known, and from which network address."""

    __slots__ = ("actor", "address")

    def __init__(self, actor: Actor | None = None, address: str = "") -> None:
        self.actor = actor
        self.address = address


_ACTING: ContextVar[Acting | None] = ContextVar("crmcore.acting", default=None)


@contextmanager
def acting(actor: Actor | None = None, address: str = "") -> Iterator[Acting]:
    """Let the audit know who is at work inside the block; the actor may be filled in later."""
    held = Acting(actor, address)
    token = _ACTING.set(held)
    try:
        yield held
    finally:
        _ACTING.reset(token)


def acting_now() -> tuple[Actor, str]:
    """Return who is at work and from which address; the system itself where nobody said so."""
    held = _ACTING.get()
    if held is None:
        return system_actor(), ""
    return held.actor or system_actor("not signed in"), held.address


def found_out(actor: Actor) -> None:
    """Tell who is at work, once that is known."""
    held = _ACTING.get()
    if held is not None:
        held.actor = actor
