"""Traces: a span for each request and each call to another service, sent by OTLP.

Where to, and all else, is said by the variables of OpenTelemetry: OTEL_EXPORTER_OTLP_ENDPOINT,
OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER. Without the first, nothing is traced.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.tornado import TornadoInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@asynccontextmanager
async def tracing(processor: SpanProcessor | None = None) -> AsyncIterator[None]:
    if processor is None and ENDPOINT not in os.environ:
        yield
        return
    name = os.environ.get("OTEL_SERVICE_NAME", "project-name")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    # Not before the application starts: the thread that sends would be lost by a fork.
    provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
    instrumentor = TornadoInstrumentor()  # type: ignore[no-untyped-call]
    instrumentor.instrument(tracer_provider=provider)
    try:
        yield
    finally:
        instrumentor.uninstrument()
        await asyncio.to_thread(provider.shutdown)
