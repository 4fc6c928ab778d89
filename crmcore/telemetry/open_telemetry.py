"""Spans by OpenTelemetry; imported only where they are wanted: ``pip install 'crmcore[otel]'``."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import structlog
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from crmcore import __version__
from crmcore.telemetry.tracing import Attributes, Kind, Span, Value

EXPORT_S = 5
CLOSE_S = 5.0
_KINDS = {
    "server": trace.SpanKind.SERVER,
    "internal": trace.SpanKind.INTERNAL,
    "client": trace.SpanKind.CLIENT,
    "consumer": trace.SpanKind.CONSUMER,
}
# What a log line says of where it comes from, a span says too.
_FROM_LOGS = {"request_id": "crmcore.request_id", "plugin": "crmcore.plugin"}


class _Span:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, name: str, value: Value) -> None:
        self._span.set_attribute(name, value)

    def fail(self, kind: str) -> None:
        self._span.set_attribute("error.type", kind)
        self._span.set_status(trace.Status(trace.StatusCode.ERROR))


class OpenTelemetry:
    """Implements :class:`~crmcore.telemetry.tracing.Tracing`.

    The provider is this workspace's own: nothing global is set, so that several workspaces in a process stay apart.
    Everything beside the address follows OpenTelemetry's variables: ``OTEL_SERVICE_NAME``, ``OTEL_TRACES_SAMPLER``,
    ``OTEL_EXPORTER_OTLP_HEADERS``.
    """

    def __init__(self, processor: SpanProcessor, service: str = "crmcore") -> None:
        # The variables are asked first, which is what people expect of them.
        named = Resource.create({SERVICE_VERSION: __version__})
        if str(named.attributes.get("service.name", "")).startswith("unknown_service"):
            named = named.merge(Resource({"service.name": service}))
        self._provider = TracerProvider(resource=named, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("crmcore", __version__)
        self._propagator = TraceContextTextMapPropagator()

    @classmethod
    def sending_to(cls, url: str) -> "OpenTelemetry":
        """Return a tracer that posts its spans to ``url`` in batches: OTLP over HTTP."""
        return cls(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=EXPORT_S)))

    @contextmanager
    def span(
        self, kind: Kind, name: str, attributes: Attributes, headers: Mapping[str, str] | None = None
    ) -> Iterator[Span]:
        """Time the block; see the protocol."""
        bound = structlog.contextvars.get_contextvars()
        said = {key: str(bound[field]) for field, key in _FROM_LOGS.items() if field in bound}
        parent = None if headers is None else self._propagator.extract(headers, context.Context())
        span = self._tracer.start_span(
            name, context=parent, kind=_KINDS[kind], attributes={**said, **attributes}
        )
        made = _Span(span)
        token = context.attach(trace.set_span_in_context(span))
        try:
            yield made
        except BaseException as error:
            # Its class alone: the text may hold what a customer wrote.
            made.fail(type(error).__name__)
            raise
        finally:
            context.detach(token)
            span.end()

    def note(self, name: str, value: Value) -> None:
        """Say something about the current span."""
        trace.get_current_span().set_attribute(name, value)

    def headers(self) -> dict[str, str]:
        """Return ``traceparent`` and, where the trace has one, ``tracestate``."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier

    def trace_id(self) -> str:
        """Return the current trace's id."""
        found = trace.get_current_span().get_span_context()
        return trace.format_trace_id(found.trace_id) if found.is_valid else ""

    async def close(self) -> None:
        """Send what is left; a collector that is away costs :data:`CLOSE_S` seconds and its spans."""
        closing = asyncio.get_running_loop().run_in_executor(None, self._provider.shutdown)
        await asyncio.wait({closing}, timeout=CLOSE_S)
