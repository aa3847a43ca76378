"""Errors, and the headers that no answer is without."""

import json

from tornado.testing import AsyncHTTPTestCase
from tornado.web import Application

from project_name.app import make_app
from project_name.settings import Settings


class ErrorsTest(AsyncHTTPTestCase):
    def get_app(self) -> Application:
        return make_app(Settings(cookie_secret="of these tests"))

    def test_a_browser_gets_a_page(self) -> None:
        response = self.fetch("/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})
        assert response.code == 404
        assert b"There is nothing at this address." in response.body

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
        for path in ("/", "/livez", "/nowhere", "/static/app.css", "/static/nowhere.css"):
            headers = self.fetch(path).headers
            assert "default-src 'self'" in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "Server" not in headers
