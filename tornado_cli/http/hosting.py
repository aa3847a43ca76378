"""Where patched Tornado finds the service of this process: it is patched before there is one."""

import socket

from tornado.httpserver import HTTPServer

from tornado_cli.app.listening import Wanted
from tornado_cli.app.patches import patch_tornado
from tornado_cli.http.accept import add_accept_handler
from tornado_cli.http.service import Service


class NotServingYet(Exception):  # noqa: N818 - an event, not an error of anybody's.
    """The application asked for something that only a process that will serve can give."""


class Hosting:
    """Stands between an application and a service that may come after its first imports."""

    def __init__(self, service: Service | None = None) -> None:
        self._service = service
        self._is_prepared = False
        self.owns_loop = False
        """Whether the loop is ours (module mode) and not a script's."""

    def prepare(self) -> None:
        """Patch Tornado, once: what is imported afterwards finds it as it will be."""
        if self._is_prepared:
            return
        self._is_prepared = True
        patch_tornado(
            provide_listeners=self._provide_listeners,
            bind_elsewhere=self._bind_elsewhere,
            on_serving=self._server_listens,
            add_accept_handler=add_accept_handler,
        )

    def take(self, service: Service) -> None:
        """Serve by this one."""
        self._service = service

    @property
    def service(self) -> Service:
        """The service; raises NotServingYet while there is none."""
        if self._service is None:
            raise NotServingYet
        self._service.owns_loop = self.owns_loop
        return self._service

    def _provide_listeners(self) -> list[socket.socket]:
        # What a module listens on by itself is not what it is served on.
        return [] if self.owns_loop else self.service.provide_listeners()

    def _bind_elsewhere(self, wanted: Wanted) -> list[socket.socket]:
        return self.service.bind_elsewhere(wanted)

    def _server_listens(self, server: HTTPServer) -> None:
        self.service.server_listens(server)
