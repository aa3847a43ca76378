"""What comes in JSON or in the query: a model reads it, or it is refused field by field."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError
from tornado.web import HTTPError, RequestHandler


class InvalidError(HTTPError):
    """422, and for each field what is wrong with it."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__(422)
        self.errors = [
            {"field": ".".join(map(str, one["loc"])), "message": one["msg"]}
            for one in error.errors()
        ]


@contextmanager
def refusing() -> Iterator[None]:
    """Whatever a model does not take in here is the fault of who asks."""
    try:
        yield
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise HTTPError(400) from error
        raise InvalidError(error) from error


def json_of(handler: RequestHandler) -> bytes:
    kind = handler.request.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise HTTPError(415)
    return handler.request.body


def query_of(handler: RequestHandler) -> dict[str, str]:
    """Return the last value of each name in the query."""
    return {name: handler.get_query_argument(name) for name in handler.request.query_arguments}
