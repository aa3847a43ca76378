"""What answers say of the server: a name, no version."""

from pathlib import Path

import pytest
from support.project import write
from support.server_process import ServerProcess

APP = """
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

class Plain(RequestHandler):
    pass

class Named(RequestHandler):
    def set_default_headers(self):
        self.set_header("Server", "shop/2")

class Nameless(RequestHandler):
    def get(self):
        self.clear_header("Server")

class Room(WebSocketHandler):
    pass

def make_app():
    return Application([("/named", Named), ("/nameless", Nameless), ("/room", Room), ("/plain", Plain)])
"""


@pytest.mark.parametrize("command", ["serve", "run"])
def test_the_server_is_named_without_a_version_unless_the_application_names_it(command: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP})
    with ServerProcess(command, cwd=tmp_path) as server:
        server.wait_for("ready")
        names = {path: server.get(path).headers.get("server") for path in ("/named", "/nameless", "/plain", "/nowhere")}
        assert names == {"/named": "shop/2", "/nameless": None, "/plain": "TornadoServer", "/nowhere": "TornadoServer"}
        with server.connect() as client:
            assert client.open_websocket("/room").headers["server"] == "TornadoServer"
        assert server.stop() == 0
