"""The one page."""

from tornado.testing import AsyncHTTPTestCase
from tornado.web import Application

from project_name.app import make_app
from project_name.settings import Settings


class HelloTest(AsyncHTTPTestCase):
    def get_app(self) -> Application:
        return make_app(Settings())

    def test_the_first_page_says_hello(self) -> None:
        response = self.fetch("/")
        assert response.code == 200
        assert response.body.startswith(b"Hello")

    def test_elsewhere_is_nothing(self) -> None:
        assert self.fetch("/elsewhere").code == 404
