"""The smallest application: served by `tcli run`, and as a script by plain `fork_processes`."""

import argparse
import asyncio
import socket

import tornado.httpserver
import tornado.netutil
import tornado.options
import tornado.process
import tornado.web


class Main(tornado.web.RequestHandler):
    def get(self) -> None:
        self.write({"message": "hello"})


def make_app() -> tornado.web.Application:
    return tornado.web.Application([(r"/", Main)])


async def serve(listeners: list[socket.socket], ssl_options: dict[str, str] | None) -> None:
    server = tornado.httpserver.HTTPServer(make_app(), ssl_options=ssl_options)
    server.add_sockets(listeners)
    await asyncio.Event().wait()


def main() -> None:
    """Serve as Tornado's own documentation shows it: bind, fork, listen."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    parser.add_argument("--log", action="store_true", help="What parse_command_line() sets up: a line to stderr.")
    parser.add_argument("--certfile")
    parser.add_argument("--keyfile")
    settings = parser.parse_args()
    if settings.log:
        tornado.options.parse_command_line(["hello"])
    listeners = tornado.netutil.bind_sockets(settings.port, "127.0.0.1")
    tornado.process.fork_processes(settings.workers)
    files = {"certfile": settings.certfile, "keyfile": settings.keyfile} if settings.certfile else None
    if settings.loop == "uvloop":
        import uvloop

        uvloop.run(serve(listeners, files))
    else:
        asyncio.run(serve(listeners, files))


if __name__ == "__main__":
    main()
