"""The tracer of the workspace that is at work; where there is none, a look at one variable is the whole cost."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from crmcore.telemetry.tracing import Attributes, Kind, Tracing, Value

P = ParamSpec("P")
T = TypeVar("T")

_TRACING: ContextVar[Tracing | None] = ContextVar("crmcore_tracing", default=None)


@contextmanager
def bound_tracing(tracing: Tracing) -> Iterator[None]:
    """Trace with ``tracing`` in this task, and in the tasks and threads that it starts."""
    token = _TRACING.set(tracing)
    try:
        yield
    finally:
        _TRACING.reset(token)


def tracing_now() -> Tracing | None:
    """Return the tracer at work, None where nobody traces."""
    return _TRACING.get()


def trace_headers() -> dict[str, str]:
    """Return the headers that let another program go on with the current trace; empty where nobody traces."""
    tracing = _TRACING.get()
    return {} if tracing is None else tracing.headers()


def note_now(name: str, value: Value) -> None:
    """Say something about the span of the work at hand."""
    tracing = _TRACING.get()
    if tracing is not None:
        tracing.note(name, value)


def spanned(
    kind: Kind, describe: Callable[..., tuple[str, Attributes] | None]
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """Time every call of an async function that is a part of a trace.

    ``describe`` names it from its arguments; None leaves the call out.
    """

    def decorate(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        async def timed(tracing: Tracing, *args: P.args, **kwargs: P.kwargs) -> T:
            # Outside of a request and a job there is only the coming and going of a worker that looks for work.
            described = describe(*args, **kwargs) if tracing.trace_id() else None
            if described is None:
                return await function(*args, **kwargs)
            with tracing.span(kind, *described):
                return await function(*args, **kwargs)

        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
            tracing = _TRACING.get()
            return function(*args, **kwargs) if tracing is None else timed(tracing, *args, **kwargs)

        return called

    return decorate
