"""What was traced, as tests ask for it."""

from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from crmcore.telemetry.open_telemetry import OpenTelemetry


class Collector:
    """Keeps the spans of a tracer in memory."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        self.tracing = OpenTelemetry(SimpleSpanProcessor(self._kept))

    def spans(self) -> Sequence[ReadableSpan]:
        return self._kept.get_finished_spans()

    def one(self, name: str) -> ReadableSpan:
        """Return the one span of this name."""
        found = [span for span in self.spans() if span.name == name]
        assert len(found) == 1, f"{len(found)} {name!r} in {[span.name for span in self.spans()]}"
        return found[0]

    def above(self, span: ReadableSpan) -> list[str]:
        """Return the names of the spans that ``span`` is a part of, the nearest first."""
        by_id = {other.context.span_id: other for other in self.spans()}
        names = []
        while span.parent is not None and span.parent.span_id in by_id:
            span = by_id[span.parent.span_id]
            names.append(span.name)
        return names
