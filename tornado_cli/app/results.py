"""Tell what the user's attribute or factory gave, where it is not an application."""

import inspect
from collections.abc import Callable, Coroutine, Mapping
from types import ModuleType
from typing import Any

from tornado import httpserver, httputil, ioloop, tcpserver, web, wsgi

from tornado_cli.app.strangers import (
    ASGI_FRAMEWORKS,
    ASGI_HINT,
    ASGI_PARAMETERS,
    WSGI_FRAMEWORKS,
    WSGI_HINT,
    WSGI_PARAMETERS,
)
from tornado_cli.errors import AppError

_WANTED = "tcli wants a tornado.web.Application, or something that makes one."


def is_delegate(value: object) -> bool:
    """Whether an HTTP server can be given this as it is."""
    is_served = isinstance(value, httputil.HTTPServerConnectionDelegate | wsgi.WSGIContainer)
    return is_served and not isinstance(value, httpserver.HTTPServer)


def check_maker(value: Any, title: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Raise AppError unless calling `value` with these arguments may make an application.

    Decided before the call: a TypeError out of the call itself is the factory's own.
    """
    if inspect.iscoroutine(value):
        value.close()
        hint = "Name the async function itself: tcli calls and awaits it."
        raise AppError(f"{title} is a coroutine that nobody awaited.", hint=hint)
    if error := _foreign(value, f"{title} is"):
        raise error
    if not callable(value):
        raise AppError(f"{title} is {_described(value)}. {_WANTED}")
    if inspect.isclass(value) and not issubclass(value, httputil.HTTPServerConnectionDelegate):
        raise AppError(f"{title} is the class {value.__name__}, no Application subclass. {_WANTED}")
    _check_arguments(value, title, args, kwargs)


def check_delegate(value: Any, title: str) -> None:
    """Raise AppError, saying what came back, unless `value` is an application."""
    if is_delegate(value):
        return
    if value is None:
        raise AppError(f"{title} returned None.", hint="End it with `return app`.")
    if error := _foreign(value, f"{title} returned"):
        raise error
    raise AppError(f"{title} returned {_described(value)}. {_WANTED}")


def _check_arguments(value: Callable[..., Any], title: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    try:
        signature = inspect.signature(value)
    except (ValueError, TypeError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        missing = _missing(signature, args, kwargs)
        if not missing:
            raise AppError(f"{title}{signature} cannot be called like that: {error}.") from None
        example = ", ".join("…" for _ in missing)
        raise AppError(
            f"{title} needs arguments: {', '.join(missing)}.",
            hint=f"Give them as literals, {title}({example}), or name a function that needs none.",
        ) from None


def _missing(signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[str]:
    try:
        given = signature.bind_partial(*args, **kwargs).arguments
    except TypeError:
        return []
    variadic = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return [
        name
        for name, parameter in signature.parameters.items()
        if parameter.default is parameter.empty and parameter.kind not in variadic and name not in given
    ]


def _foreign(value: Any, verb: str) -> AppError | None:
    if _is_made_by(value, WSGI_FRAMEWORKS) or _parameters(value) == WSGI_PARAMETERS:
        return AppError(f"{verb} a WSGI application, not a Tornado one.", hint=WSGI_HINT)
    if _is_made_by(value, ASGI_FRAMEWORKS) or _parameters(value) == ASGI_PARAMETERS:
        return AppError(f"{verb} an ASGI application, not a Tornado one.", hint=ASGI_HINT)
    return None


def _is_made_by(value: object, frameworks: frozenset[str]) -> bool:
    return any(parent.__module__.partition(".")[0] in frameworks for parent in type(value).__mro__)


def _parameters(value: Any) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(value).parameters)
    except (ValueError, TypeError):
        return ()


def _described(value: object) -> str:
    match value:
        case httpserver.HTTPServer():
            return "an HTTPServer: tcli makes that, and wants its application"
        case tcpserver.TCPServer():
            return "a plain TCPServer"
        case ioloop.IOLoop():
            return "an IOLoop"
        case ModuleType():
            return f"the module {value.__name__}"
        case Coroutine():
            return "a coroutine that nobody awaited"
        case list() | tuple():
            return "a list of routes, perhaps: tornado.web.Application(routes) makes an application of it"
        case type() if issubclass(value, web.RequestHandler):
            return f"the handler {value.__name__}"
        case type():
            return f"the class {value.__name__}"
    kind = type(value)
    article = "an" if kind.__name__[:1].lower() in "aeiou" else "a"
    return f"{article} {kind.__name__}"
