"""Which handler has answered, and where it is written."""

import functools
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.web import ErrorHandler, RequestHandler, authenticated

from tornado_cli.serve.inspector.places import Place, place_of


def decorated(method: Any) -> Any:
    @functools.wraps(method)
    def instead(*args: Any) -> Any:
        return method(*args)

    return instead


class Shop(RequestHandler):
    def get(self) -> None: ...

    @authenticated
    @decorated
    def post(self) -> None: ...

    delete = 3  # type: ignore[assignment]


class Special(Shop):
    pass


def callback(_request: Any) -> None: ...


def routed(handler: type, depth: int = 1) -> Any:
    delegate: Any = SimpleNamespace(handler_class=handler)
    for _ in range(depth):
        delegate = SimpleNamespace(delegate=delegate)
    return delegate


def line_of(function: Any) -> int:
    return int(getattr(function, "__wrapped__", function).__code__.co_firstlineno)


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_a_handler_is_found_behind_routers(depth: int) -> None:
    place = place_of(routed(Shop, depth), "GET")
    assert place == Place(handler="Shop", function="Shop.get", file=__file__, line=line_of(Shop.get))


def test_what_decorators_stand_before_is_what_was_written() -> None:
    assert place_of(routed(Special), "POST").function == "Shop.post"
    assert place_of(routed(Special), "POST").file == __file__


@pytest.mark.parametrize("method", ["DELETE", "PUT", "BREW"])
def test_of_what_is_nobody_s_code_here_the_name_alone_is_told(method: str) -> None:
    assert place_of(routed(Shop), method) == Place(handler="Shop")
    assert place_of(routed(ErrorHandler), "GET") == Place(handler="ErrorHandler")


def test_a_callback_is_its_own_handler() -> None:
    delegate = SimpleNamespace(request_callback=callback)
    assert place_of(delegate, "GET") == Place(
        handler="callback", function="callback", file=__file__, line=line_of(callback)
    )


def test_of_anything_else_nothing_is_told() -> None:
    endless = SimpleNamespace()
    endless.delegate = endless
    for delegate in (None, object(), endless):
        assert place_of(delegate, "GET") == Place()
