"""A WSGI application mounted in this one, in threads of its own. Put yours in the place of `hello`."""

import logging
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.util import shift_path_info

from tornado.web import FallbackHandler, url
from tornado.wsgi import WSGIContainer

THREADS = 8

logger = logging.getLogger(__name__)


def hello(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"Hello from WSGI at {environ['PATH_INFO'] or '/'}\n".encode()]


def mounted(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Give the application its own paths; what it raises is answered, or its client would wait."""
    shift_path_info(environ)
    try:
        return [whole(hello(environ, start_response))]
    except Exception:
        # WSGI says nothing of what an application may raise.
        logger.exception("%s %r failed", environ["REQUEST_METHOD"], environ["PATH_INFO"])
        start_response("500 Internal Server Error", [], sys.exc_info())
        return [b"The fault is ours, and it has been noted.\n"]


def whole(parts: Iterable[bytes]) -> bytes:
    try:
        return b"".join(parts)
    finally:
        if close := getattr(parts, "close", None):
            close()


# No thread is started before the first request, and so none is lost by a fork.
executor = ThreadPoolExecutor(THREADS, thread_name_prefix="wsgi")
WSGI_ROUTE = url(r"/wsgi(?:/.*)?", FallbackHandler, {"fallback": WSGIContainer(mounted, executor)})
