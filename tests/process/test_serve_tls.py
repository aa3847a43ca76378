"""`tcli serve` over TLS: with a certificate made here, or one's own; reloads, pages and WebSockets go on over it."""

import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from support.certificates import certificate
from support.connection import Connection
from support.handshakes import client_context
from support.project import app_that_says, save, write
from support.server_process import ServerProcess

APP = """
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

class Main(RequestHandler):
    def get(self):
        self.set_cookie("basket", "3", secure=True, httponly=True)
        self.write(self.request.protocol)

class Echo(WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)

def make_app():
    return Application([("/echo", Echo), ("/.*", Main)])
"""


def authority_of(project: Path, name: str = "authority.pem") -> str:
    return str(project / ".data" / "tcli" / "certificates" / name)


def test_ssl_serves_reloads_cookies_and_websockets_with_a_certificate_of_our_own(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP})
    with ServerProcess("serve", "--ssl", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.url == f"https://127.0.0.1:{server.port}"
        [told] = server.seen("certificate")
        assert "tcli cert trust" in told["message"]
        answer = server.get()
        assert answer.text == "https"
        assert "Secure" in answer.headers["set-cookie"]
        with server.connect() as client:
            client.open_websocket("/echo")
            # A masked text frame of one letter, with a mask of zeros.
            client.send(b"\x81\x81\x00\x00\x00\x00x")
            assert client.read(3) == b"\x81\x01x"
            save(tmp_path / "main.py", app_that_says("two"))
            server.wait_for_reload_of("main.py")
            assert server.get().text == "two"
            assert client.wait_for_close_frame() == 1001
        save(tmp_path / "main.py", "broken(")
        server.wait_for("app_failed")
        assert server.get().status == 500
        assert len(server.seen("certificate")) == 1, "a reload says nothing of it"
        assert server.stop() == 0


def test_who_trusts_the_authority_is_served_without_a_word(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP})
    with ServerProcess("serve", "--ssl", cwd=tmp_path) as server:
        server.wait_for("ready")
        context = client_context(authority_of(tmp_path))
        with Connection(server.port, tls=context) as client:
            assert client.get().status == 200
        assert not [event for event in server.events if event.get("logger") == "tornado.general"]


def test_browsers_that_do_not_trust_it_are_one_line_however_many_they_are(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP})
    with ServerProcess("serve", "--ssl", cwd=tmp_path) as server:
        server.wait_for("ready")
        other = tmp_path / "other.pem"
        other.write_bytes(certificate("localhost", is_authority=True).certificate_pem)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = client_context(str(other))
            context.minimum_version = context.maximum_version = version
            for _ in range(3):
                with pytest.raises(ssl.SSLCertVerificationError):
                    Connection(server.port, tls=context)
        assert server.get().text == "https"
        server.wait_for("handshake_failed")
        [told] = [event for event in server.events if "tls" in str(event.get("message")).lower()]
        assert (told["event"], told["level"]) == ("handshake_failed", "info")
        with Connection(server.port) as plain:
            plain.ask("/basket")
            answer = plain.answer()
        assert (answer.status, "https://localhost/basket" in answer.text) == (400, True)
        assert server.stop() == 0


def test_a_certificate_of_ones_own_turns_tls_on(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    site = certificate("localhost", not_before=now - timedelta(days=1), not_after=now + timedelta(days=90))
    site.write_to(write(tmp_path, {"main.py": APP}))
    with ServerProcess("serve", "--certfile", "site.pem", "--keyfile", "site.key", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as client:
            assert client.get().text == "https"
            assert client.certificate == site.certificate.public_bytes(Encoding.DER)
        assert not server.seen("certificate"), "it is not ours to be trusted"
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--keyfile", "site.key"), "--certfile"),
        (("--certfile", "nowhere.pem"), "nowhere.pem"),
        (("--ssl", "--host", "192.0.2.1"), "192.0.2.1"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_started(tmp_path: Path, options: tuple[str, ...], word: str) -> None:
    write(tmp_path, {"main.py": APP})
    with ServerProcess("serve", *options, cwd=tmp_path) as server:
        assert server.wait_for_exit() == 2
        assert word in server.stderr
        assert "Hint:" in server.stderr
        assert not server.events


@pytest.mark.outside("root", "linux", "curl", "ip", "nsenter", "unshare")
def test_where_others_find_it_the_certificate_is_for_that_address_too(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP})
    network = (
        "ip link add outside type veth peer name other && ip address add 10.20.30.40/24 dev outside"
        ' && ip link set outside up && ip link set lo up && exec "$@"'
    )
    under = ["unshare", "--net", "sh", "-c", network, "sh"]
    with ServerProcess("serve", "--ssl", "--host", "0.0.0.0", cwd=tmp_path, under=under) as server:
        server.wait_for("ready")
        assert not server.seen("certificate", level="warning"), "no address is left out"
        trusting = ["curl", "--silent", "--noproxy", "*", "--cacert", authority_of(tmp_path, "network-authority.pem")]
        inside = ["nsenter", "--target", str(server.pid), "--net", *trusting]
        for host in ("10.20.30.40", "localhost"):
            assert subprocess.check_output([*inside, f"https://{host}:{server.port}/"], text=True) == "https"
        assert not Path(authority_of(tmp_path)).exists(), "what vouches for this machine alone is not touched"
        assert server.stop() == 0
