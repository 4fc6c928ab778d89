"""Which request something goes back to: kept with a job, and taken up again where the job runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
import structlog
from msgspec import Meta, Struct

from crmcore.telemetry.current import trace_headers, tracing_now
from crmcore.telemetry.tracing import Attributes


class Origin(Struct, frozen=True, omit_defaults=True):
    """The id of a request and the place in its trace."""

    request_id: Annotated[str, Meta(max_length=64)] = ""
    traceparent: Annotated[str, Meta(max_length=60)] = ""


def origin_now() -> str | None:
    """Return what the work at hand goes back to, as a text to be kept; None when it is nobody's request."""
    origin = Origin(
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
        traceparent=trace_headers().get("traceparent", ""),
    )
    return msgspec.json.encode(origin).decode() if origin != Origin() else None


@contextmanager
def working_on(name: str, attributes: Attributes, origin: str | None, **fields: str) -> Iterator[None]:
    """Let the log lines of the block say ``fields`` and what it goes back to; time it as a part of that trace."""
    came_from = _read(origin)
    if came_from.request_id:
        fields["request_id"] = came_from.request_id
    tracing = tracing_now()
    # What was bound before is another's: a worker that a request started is not that request's.
    structlog.contextvars.unbind_contextvars("request_id", "trace_id", "plugin")
    with structlog.contextvars.bound_contextvars(**fields):
        if tracing is None:
            yield
            return
        with (
            tracing.span("consumer", name, attributes, {"traceparent": came_from.traceparent}),
            structlog.contextvars.bound_contextvars(trace_id=tracing.trace_id()),
        ):
            yield


def _read(origin: str | None) -> Origin:
    try:
        return msgspec.json.decode(origin, type=Origin) if origin else Origin()
    except msgspec.DecodeError:
        return Origin()
