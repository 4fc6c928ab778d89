"""One request as a span, and in what its log lines say."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import structlog

from crmcore.telemetry.current import tracing_now
from crmcore.telemetry.tracing import Span, Tracing

_W3C = (b"traceparent", b"tracestate")
# More than any trace needs: W3C asks for 512 characters at least.
_LONGEST = 1000


class Answering:
    """The span of a request, which is told what became of it."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def answered(self, status: int) -> None:
        """Note the answer's status; one of 500 and up is a failure of ours."""
        self._span.note("http.response.status_code", status)
        if status >= 500:
            self._span.fail(str(status))

    def found(self, method: str, route: Any) -> None:
        """Name the span after the route's template: an address itself may hold a secret."""
        if route:
            self._span.note("http.route", str(route))
            self._span.rename(f"{method} {route}")


def answering(request: dict[str, Any], request_id: str) -> AbstractContextManager[Any]:
    """Return the block in which ``request`` is answered: an :class:`Answering` where somebody traces.

    A ``traceparent`` that came with the request is gone on with.
    """
    tracing = tracing_now()
    if tracing is None:
        return structlog.contextvars.bound_contextvars(request_id=request_id)
    return _traced(tracing, request, request_id)


@contextmanager
def _traced(tracing: Tracing, request: dict[str, Any], request_id: str) -> Iterator[Answering]:
    method = request["method"]
    headers = {
        name.decode(): value.decode("latin-1")
        for name, value in request["headers"]
        if name in _W3C and len(value) <= _LONGEST
    }
    attributes = {"http.request.method": method, "url.scheme": str(request.get("scheme", "http"))}
    with (
        structlog.contextvars.bound_contextvars(request_id=request_id),
        tracing.span("server", method, attributes, headers) as span,
        structlog.contextvars.bound_contextvars(trace_id=tracing.trace_id()),
    ):
        answering = Answering(span)
        try:
            yield answering
        finally:
            answering.found(method, request.get("path_template"))
