"""Errors, and the headers that no answer is without."""

import json
from unittest.mock import patch

from project_name.handlers import base

from .support import AppCase


class ErrorsTest(AppCase):
    # % if pages
    def test_a_browser_gets_a_page(self) -> None:
        response = self.fetch("/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})
        assert response.code == 404
        assert b"There is nothing at this address." in response.body

    # % endif
    def test_a_program_gets_a_problem(self) -> None:
        response = self.fetch("/nowhere", headers={"X-Request-ID": "one"})
        assert response.code == 404
        assert response.headers["Content-Type"] == "application/problem+json"
        assert json.loads(response.body) == {
            "status": 404,
            "title": "Not Found",
            "request_id": "one",
        }

    def test_an_unfit_request_id_is_replaced(self) -> None:
        response = self.fetch("/", headers={"X-Request-ID": "<one>"})
        assert response.headers["X-Request-ID"].isalnum()

    def test_every_answer_has_the_security_headers(self) -> None:
        paths = ["/", "/livez", "/nowhere"]
        paths += ["/static/app.css", "/static/nowhere.css"]  # % if pages
        for path in paths:
            headers = self.fetch(path).headers
            assert "default-src 'self'" in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cache-Control"] == "private, no-cache"
            assert "Server" not in headers

    def test_each_answer_allows_other_scripts(self) -> None:
        policies = {self.fetch("/").headers["Content-Security-Policy"] for _ in range(2)}
        assert len(policies) == 2

    def test_a_slow_answer_is_noted(self) -> None:
        with patch.object(base, "SLOW", 0.0), self.assertLogs(base.logger, "WARNING") as logged:
            self.fetch("/livez", headers={"X-Request-ID": "one"})
        assert "'/livez' took" in logged.output[0]
        assert "(one)" in logged.output[0]
