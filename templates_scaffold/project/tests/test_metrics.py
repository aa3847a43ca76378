"""What Prometheus is told."""

from prometheus_client import REGISTRY
from tornado.httpclient import HTTPResponse

from .support import OWN, AppCase


def count(**labels: str) -> float:
    found = REGISTRY.get_sample_value("http_request_duration_seconds_count", labels)
    return found or 0.0


class MetricsTest(AppCase):
    def ask(self, token: str) -> HTTPResponse:
        return self.fetch("/metrics", headers={"Authorization": f"Bearer {token}"})

    def test_each_answer_is_counted_by_what_gave_it(self) -> None:
        labels = {"method": "GET", "handler": "LiveHandler", "status": "200"}
        before = count(**labels)
        self.fetch("/livez")
        assert count(**labels) == before + 1
        body = self.ask(OWN["metrics_token"]).body.decode()
        assert 'http_request_duration_seconds_count{handler="LiveHandler",method="GET"' in body

    def test_a_client_cannot_make_new_labels(self) -> None:
        labels = {"method": "OTHER", "handler": "NotFoundHandler", "status": "405"}
        before = count(**labels)
        for method in ("ONE", "TWO"):
            self.fetch("/nowhere", method=method, allow_nonstandard_methods=True)
        assert count(**labels) == before + 2

    def test_nobody_is_told_without_the_token(self) -> None:
        assert self.fetch("/metrics").code == 403
        assert self.ask("of somebody else").code == 403
