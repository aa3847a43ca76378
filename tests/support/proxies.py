"""Real proxies, configured as docs/proxies.md has it, and an application that shows who asks it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from support.certificates import certificate
from support.connection import Connection
from support.outside import NGINX_STREAM
from support.ports import free_port
from support.programs import end, started

DOCUMENT = Path(__file__).parents[2] / "docs" / "proxies.md"
ADDRESS = "127.0.0.3"
"""Where proxies listen: nobody else does."""
CLIENT = "127.0.0.2"
"""From where their clients come; the proxies themselves connect from 127.0.0.1."""
HOST = "shop.example.com"
SHOWS_THE_CLIENT = """
import os
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

class Client(RequestHandler):
    def get(self):
        request = self.request
        mine = {name: value for name, value in request.headers.items() if name.startswith(("X-", "Forw"))}
        mine.pop("X-Request-Id")
        shown = {"client": [request.remote_ip, request.protocol, request.host], "path": request.path, "headers": mine}
        self.write({**shown, "connection": f"{os.getpid()} {id(request.connection.context)}"})

    def post(self):
        self.write("saved")

class Socket(WebSocketHandler):
    def on_message(self, message):
        self.write_message(self.request.remote_ip)

def make_app():
    return Application([("/ws", Socket), ("/.*", Client)], cross_origin_protection=True)
"""
SPOOFED = {
    "X_Forwarded_For": "6.6.6.6",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Host": "evil.example",
    "Forwarded": "for=6.6.6.6;proto=https;host=evil.example",
    "X_Real_Ip": "6.6.6.6",
    "X_Scheme": "https",
}
# As root it would serve as another user, who may not enter the folders of pytest.
_NGINX = """daemon off;
user root;
pid nginx.pid;
error_log stderr notice;
events {}
"""
_NGINX_OWN = "access_log off; " + " ".join(
    f"{name}_temp_path {name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)
_CADDY_OPTIONS = "{\n\tadmin off\n\tauto_https off\n\tstorage file_system storage\n}\n"
_COMMANDS: Mapping[str, tuple[list[str], bytes]] = {
    "nginx": (["nginx", "-p", ".", "-c", "proxy.conf", "-e", "stderr"], b"start worker process"),
    "haproxy": (["haproxy", "-W", "-db", "-f", "proxy.conf"], b"Loading success"),
    "caddyfile": (
        ["caddy", "run", "--adapter", "caddyfile", "--config", "proxy.conf"],
        b"serving initial configuration",
    ),
}


def client_of_websocket(client: Connection) -> str:
    """Ask by a message, an empty and masked one (RFC 6455, 5.2), who the server takes this client for."""
    client.send(b"\x81\x80\0\0\0\0")
    kind, size = client.read(2)
    assert kind == 0x81
    return client.read(size).decode()


def documented(language: str, containing: str = "") -> str:
    """Return the example of the manual in that language that holds these words."""
    examples = re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return next(str(example) for example in examples if containing in example)


class Proxy:
    """A proxy in front of a server, as its clients see it."""

    def __init__(self, port: int) -> None:
        self._port = port

    def connect(self, source: str = CLIENT) -> Connection:
        return Connection(self._port, host=ADDRESS, source=source, tls=True, name=HOST)


@contextmanager
def proxy(language: str, text: str, folder: Path, upstream: str) -> Iterator[Proxy]:
    """Run a proxy by an example of the manual, whose addresses and files become those of the test."""
    port = free_port()
    certfile, keyfile = certificate(HOST).write_to(folder)
    bundle = folder / "bundle.pem"
    bundle.write_bytes(certfile.read_bytes() + keyfile.read_bytes())
    listens = f"{ADDRESS}:{port}"
    replaced = {
        "127.0.0.1:8000": upstream,
        "127.0.0.1:8443": upstream,
        "listen 443": f"listen {listens}",
        "bind :443": f"bind {listens}",
        "/etc/ssl/shop.pem": str(certfile),
        "/etc/ssl/shop.key": str(keyfile),
        "/etc/haproxy/shop.pem": str(bundle),
        f"{HOST} {{\n": f"https://{HOST}:{port} {{\n\tbind {ADDRESS}\n\ttls {certfile} {keyfile}\n",
    }
    for word, mine in replaced.items():
        text = text.replace(word, mine)
    if language == "nginx" and text.startswith("stream"):
        text = f"load_module {NGINX_STREAM};\n{_NGINX}{text}"
    elif language == "nginx":
        text = f"{_NGINX}http {{\n{_NGINX_OWN}\n{text}}}\n"
    elif language == "caddyfile":
        text = _CADDY_OPTIONS + text
    (folder / "proxy.conf").write_text(text)
    command, until = _COMMANDS[language]
    process = started(command, {"HOME": str(folder)}, folder, until=until)
    try:
        yield Proxy(port)
    finally:
        end(process)
