"""Traces of requests."""

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from project_name.tracing import tracing

from .support import AppCase


class TracingTest(AppCase):
    def setUp(self) -> None:
        super().setUp()
        self.exporter = InMemorySpanExporter()
        self.tracing = tracing(SimpleSpanProcessor(self.exporter))
        self.io_loop.run_sync(self.tracing.__aenter__)

    def tearDown(self) -> None:
        self.io_loop.run_sync(lambda: self.tracing.__aexit__(None, None, None))
        super().tearDown()

    def test_a_request_belongs_to_the_trace_of_whoever_sent_it(self) -> None:
        assert self.fetch("/livez").code == 200
        spans = {span.kind: span for span in self.exporter.get_finished_spans()}
        answered, asked = spans[SpanKind.SERVER], spans[SpanKind.CLIENT]
        assert answered.parent is not None
        assert answered.parent.span_id == asked.context.span_id
        assert answered.context.trace_id == asked.context.trace_id

    def test_after_the_end_nothing_is_traced(self) -> None:
        self.io_loop.run_sync(lambda: self.tracing.__aexit__(None, None, None))
        self.fetch("/livez")
        assert self.exporter.get_finished_spans() == ()
        self.tracing = tracing()
        self.io_loop.run_sync(self.tracing.__aenter__)
