"""Tell from its source what a file is when it is no Tornado application, and what to do with it instead."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tornado_cli.errors import AppError

if TYPE_CHECKING:
    from tornado_cli.app.source import Source

WSGI_FRAMEWORKS = frozenset({"bottle", "cherrypy", "django", "falcon", "flask", "pyramid", "web2py", "werkzeug"})
ASGI_FRAMEWORKS = frozenset({"blacksheep", "fastapi", "litestar", "quart", "sanic", "starlette"})
WSGI_PARAMETERS = ("environ", "start_response")
ASGI_PARAMETERS = ("scope", "receive", "send")
WSGI_HINT = (
    "Run it with gunicorn, or wrap it: app = tornado.web.Application([(r'.*', tornado.web.FallbackHandler, "
    "{'fallback': tornado.wsgi.WSGIContainer(wsgi_app)}])."
)
ASGI_HINT = "Run it with an ASGI server: uvicorn, hypercorn or granian."

# Any of these makes a file an HTTP server's, whatever else is in it.
_HTTP_MODULES = ("tornado.web", "tornado.httpserver", "tornado.routing", "tornado.wsgi")
_CLIENT_NAMES = (
    "tornado.httpclient",
    "tornado.simple_httpclient",
    "tornado.curl_httpclient",
    "tornado.tcpclient",
    "tornado.websocket.websocket_connect",
)


def stranger(source: "Source", title: str) -> AppError | None:
    """Two signs are needed for each verdict: one alone is in many a good application, too."""
    if source.is_broken:
        return None
    checks = (_tcp_server, _client_script, _foreign_framework)
    return next((error for check in checks for error in check(source, title)), None)


def _tcp_server(source: "Source", title: str) -> Iterator[AppError]:
    if source.tcp_servers and not source.uses(*_HTTP_MODULES):
        names = ", ".join(source.tcp_servers)
        yield AppError(
            f"{title} is a plain TCP server ({names}, a tornado.tcpserver.TCPServer): tcli serves HTTP applications.",
            hint=f"Run it as before: python {title}",
        )


def _client_script(source: "Source", title: str) -> Iterator[AppError]:
    # A process that serves has read no source.
    from tornado_cli.app.source import LoopStart

    if (
        source.uses(*_CLIENT_NAMES)
        and source.loop is not LoopStart.NEVER
        and not source.listens
        and not source.uses(*_HTTP_MODULES)
        and not _imports_a_neighbour(source)
    ):
        yield AppError(
            f"{title} is a client: it makes requests, and nothing in it listens.",
            hint=f"Run it as before: python {title}",
        )


def _imports_a_neighbour(source: "Source") -> bool:
    folder = source.path.parent
    return any(name == "." or (folder / name).is_dir() or (folder / f"{name}.py").exists() for name in source.imports)


def _foreign_framework(source: "Source", title: str) -> Iterator[AppError]:
    if "tornado" in source.imports:
        return
    if sign := _sign_of(source, WSGI_FRAMEWORKS, WSGI_PARAMETERS):
        yield AppError(f"{title} is a WSGI application ({sign}), not a Tornado one.", hint=WSGI_HINT)
    if sign := _sign_of(source, ASGI_FRAMEWORKS, ASGI_PARAMETERS):
        yield AppError(f"{title} is an ASGI application ({sign}), not a Tornado one.", hint=ASGI_HINT)


def _sign_of(source: "Source", frameworks: frozenset[str], parameters: tuple[str, ...]) -> str:
    if any(binding.parameters == parameters for binding in source.names.values()):
        return f"a function of {', '.join(parameters)}"
    return ", ".join(sorted(source.imports & frameworks))
