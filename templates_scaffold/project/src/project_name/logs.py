"""The log as programs read it: a JSON object a line, with the id of the request that it is about."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

from tornado.log import access_log
from tornado.web import RequestHandler

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The request that is being answered."""


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": REQUEST_ID.get(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            facts["traceback"] = self.formatException(record.exc_info)
        return json.dumps({name: fact for name, fact in facts.items() if fact != ""})


def log_as_json() -> None:
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonFormatter())


def log_request(handler: RequestHandler) -> None:
    """Tell of an answer. What the query holds is not told: it may be a secret."""
    status, request = handler.get_status(), handler.request
    facts = {
        "method": request.method,
        "path": request.path,
        "status": status,
        "milliseconds": round(1000 * request.request_time(), 2),
        "client": request.remote_ip,
        "request_id": getattr(handler, "request_id", ""),
    }
    level = logging.INFO if status < 400 else logging.WARNING if status < 500 else logging.ERROR
    access_log.log(level, "%s %s %d", request.method, request.path, status, extra={"facts": facts})
