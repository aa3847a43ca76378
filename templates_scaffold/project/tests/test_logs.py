"""The log as programs read it."""

import json
import logging
from io import StringIO
from typing import Any

from tornado import web

from project_name.handlers.base import BaseHandler
from project_name.logs import JsonFormatter, log_request

from .support import AppCase


class TroubleHandler(BaseHandler):
    def get(self) -> None:
        logging.getLogger(__name__).warning("Trouble\nahead")
        raise ValueError("two\nlines")


class LogsTest(AppCase):
    def get_app(self) -> web.Application:
        app = super().get_app()
        app.settings["log_function"] = log_request
        app.add_handlers(".*", [("/trouble", TroubleHandler)])
        return app

    def setUp(self) -> None:
        super().setUp()
        self.stream = StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(JsonFormatter())
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        self.addCleanup(root.removeHandler, handler)
        self.addCleanup(root.setLevel, level)

    def lines(self, path: str, request_id: str) -> list[dict[str, Any]]:
        """Return what a request makes the log say."""
        self.stream.truncate(0)
        self.stream.seek(0)
        self.fetch(path, headers={"X-Request-ID": request_id})
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def test_an_answer_is_one_line_without_its_query(self) -> None:
        [line] = self.lines("/livez?token=secret", "one")
        told = {name: line[name] for name in ("method", "path", "status", "request_id", "level")}
        assert told == {
            "method": "GET",
            "path": "/livez",
            "status": 200,
            "request_id": "one",
            "level": "info",
        }
        assert "secret" not in self.stream.getvalue()

    def test_whatever_a_request_makes_it_say_has_the_id_of_the_request(self) -> None:
        for request_id in ("one", "two"):
            lines = self.lines("/trouble", request_id)
            assert [line["request_id"] for line in lines] == [request_id] * 3
            warning, error, answer = lines
            assert warning["message"] == "Trouble\nahead"
            assert error["traceback"].endswith("ValueError: two\nlines")
            assert (answer["status"], answer["level"]) == (500, "error")

    def test_an_answer_that_no_handler_was_asked_for_has_its_id_too(self) -> None:
        [line] = self.lines("/nowhere", "one")
        assert (line["status"], line["request_id"]) == (404, "one")


def test_what_belongs_to_no_request_has_no_id() -> None:
    record = logging.LogRecord("a", logging.INFO, "a.py", 1, "%s", ("hello",), None)
    line = json.loads(JsonFormatter().format(record))
    assert sorted(line) == ["level", "logger", "message", "time"]
    assert line["time"].endswith("+00:00")
