"""Run foreign code for a limited time, whatever it does."""

import contextvars
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Overdue(Exception):
    """The call did not end in time; its thread is left behind."""


class Outcome(Generic[T]):
    """What a call came to: its value, or what it raised, of whatever kind."""

    __slots__ = ("error", "value")

    def __init__(self, value: T | None = None, error: BaseException | None = None) -> None:
        self.value = value
        self.error = error


def outcome_of(call: Callable[[], T]) -> Outcome[T]:
    """Run ``call`` here and catch whatever it raises, ``SystemExit`` included."""
    try:
        return Outcome(call())
    except BaseException as error:
        return Outcome(error=error)


def run_within(seconds: float, call: Callable[[], T], name: str) -> Outcome[T]:
    """Run ``call`` in a daemon thread and wait at most ``seconds`` for it.

    The outcome's error is :class:`Overdue` when the time is up. A thread that hangs cannot be stopped; being
    a daemon it does not keep the process from ending.
    """
    box: list[Outcome[T]] = []
    context = contextvars.copy_context()
    thread = threading.Thread(
        target=lambda: box.append(context.run(outcome_of, call)), name=f"crmcore-load-{name}", daemon=True
    )
    thread.start()
    thread.join(seconds)
    return box[0] if box else Outcome[Any](error=Overdue())
