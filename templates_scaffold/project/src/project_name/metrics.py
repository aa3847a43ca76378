"""What Prometheus is told: how many requests there were, how long they took, how they ended.

Several processes write into the files of PROMETHEUS_MULTIPROC_DIR, and each can tell for all.
"""

import os

from prometheus_client import REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from tornado.web import RequestHandler

REQUESTS = Histogram(
    "http_request_duration_seconds",
    "Time until a request was answered.",
    ["method", "handler", "status"],
)


def note(handler: RequestHandler) -> None:
    """Count an answer. No label has a value that a client can choose: each is kept for ever."""
    method = handler.request.method
    known = method if method in handler.SUPPORTED_METHODS else "OTHER"
    labels = (known or "", type(handler).__name__, str(handler.get_status()))
    REQUESTS.labels(*labels).observe(handler.request.request_time())


def exposition() -> bytes:
    """All that is known, of all processes; with several of them it reads files."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
