"""Which handler answers a request, and where it is written."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from tornado_cli.app.libraries import is_project
from tornado_cli.app.sites import short_name
from tornado_cli.records import Record

_DEEPEST = 8
"""Routers within routers that are looked through."""


class Place(Record, kw_only=True):
    """Empty where there is nothing to tell."""

    handler: str = ""
    function: str = ""
    file: str = ""
    line: int = 0


def place_of(delegate: Any, method: str) -> Place:
    """Return it, by the delegate that an HTTP server was given for the request; of others' code the name alone."""
    for one in _inside(delegate):
        handler = getattr(one, "handler_class", None)
        if isinstance(handler, type):
            return _of_function(handler.__qualname__, getattr(handler, method.lower(), None))
        callback = getattr(one, "request_callback", None)
        if callable(callback):
            return _of_function(_name_of(callback), callback)
    return Place()


def _inside(delegate: Any) -> Iterator[Any]:
    """Yield what a router has chosen, and what that has chosen, and so on."""
    for _ in range(_DEEPEST):
        if delegate is None:
            return
        yield delegate
        delegate = getattr(delegate, "delegate", None)


def _of_function(handler: str, function: Any) -> Place:
    code = getattr(_unwrapped(function), "__code__", None)
    if code is None or not is_project(code.co_filename):
        return Place(handler=handler)
    return Place(handler=handler, function=short_name(code), file=code.co_filename, line=code.co_firstlineno)


def _unwrapped(function: Any) -> Any:
    """Return what decorators have been put around."""
    if not callable(function):
        return None
    try:
        return inspect.unwrap(function)
    except ValueError:
        # It goes round in a circle.
        return function


def _name_of(callback: Callable[..., Any]) -> str:
    return str(getattr(callback, "__qualname__", type(callback).__name__))
