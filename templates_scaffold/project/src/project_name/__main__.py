"""Runs the application on Tornado alone: `python -m project_name`."""

import asyncio
import logging
import signal
import sys
from contextlib import suppress

from tornado.httpserver import HTTPServer
from tornado.log import enable_pretty_logging
from tornado.netutil import bind_sockets
from tornado.web import Application

from . import app
from .logs import log_as_json, log_request  # % if not bare
from .settings import Settings, SettingsError

MAX_BODY_SIZE = 1024 * 1024

logger = logging.getLogger(__package__)


async def main(settings: Settings) -> None:
    application = app.make_app(settings)
    # % if not bare
    if settings.log_format == "json":
        log_as_json()
        application.settings["log_function"] = log_request
    async with app.lifespan(application):
        await serve(application, settings)
    # % else
    # %| await serve(application, settings)
    # % endif


async def serve(application: Application, settings: Settings) -> None:
    """Serve until Ctrl-C or TERM comes."""
    server = HTTPServer(application, max_body_size=MAX_BODY_SIZE)
    try:
        sockets = bind_sockets(settings.port, settings.host)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise SettingsError(f"Cannot listen on {where}: {error.strerror}.") from error
    server.add_sockets(sockets)
    logger.info("Serving on http://%s:%d/", *sockets[0].getsockname()[:2])
    await signal_to_stop()
    server.stop()


async def signal_to_stop() -> None:
    came = asyncio.Event()
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, came.set)
    await came.wait()


if __name__ == "__main__":
    enable_pretty_logging()
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(main(Settings.from_environment()))
    except SettingsError as error:
        sys.exit(f"project-name: {error}")
