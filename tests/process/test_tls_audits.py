"""What scanners find where `tcli run` serves HTTPS: nothing but what docs/tls.md gives its reason for."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.outside import SSLYZE
from support.project import write
from support.server_process import ServerProcess

pytestmark = pytest.mark.thorough
DOCS = Path(__file__).parents[2] / "docs/tls.md"
SECONDS = 900
APP = """
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        # What only an application can say of its pages; testssl looks for it.
        self.set_header("Content-Security-Policy", "default-src 'self'")
        self.write("one")

def make_app():
    return Application([("/.*", Main)])
"""
CURVES = {"X448", "secp521r1"}
"""Python before 3.15 can choose one curve or take OpenSSL's."""
OF_THE_CERTIFICATE = {"cert_revocation"}
"""An authority on one's own machine answers nobody who asks whether it has revoked something."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = write(tmp_path_factory.mktemp("project"), {"main.py": APP})
    with ServerProcess("run", "--ssl", "--hsts", "--workers", "2", cwd=folder) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0
        assert {event["event"] for event in server.events if event["level"] != "info"} == {"certificate"}


def authority_of(server: ServerProcess) -> str:
    return f"{server.environment['XDG_DATA_HOME']}/tcli/certificates/authority.pem"


@pytest.mark.outside("sslyze")
def test_sslyze_finds_mozillas_intermediate_configuration(server: ServerProcess) -> None:
    done = subprocess.run(
        [
            SSLYZE,
            "--mozilla_config=intermediate",
            f"--certinfo_ca_file={authority_of(server)}",
            f"localhost:{server.port}",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    verdict = done.stdout.partition("COMPLIANCE AGAINST TLS CONFIGURATION")[2]
    found = dict(re.findall(r"^\s+\* (\w+): (.*)$", verdict, re.MULTILINE))
    assert set(found) == {"tls_curves"}, done.stdout
    assert set(re.findall(r"'(\w+)'", found["tls_curves"])) == CURVES
    assert all(one in DOCS.read_text() for one in CURVES)


@pytest.mark.outside("testssl", "openssl")
def test_testssl_finds_nothing_but_what_is_the_development_certificates(server: ServerProcess, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = subprocess.run(
        [
            *("testssl", "--severity", "MEDIUM", "--add-ca", authority_of(server)),
            *("--jsonfile", report, "--quiet", "--color", "0", f"localhost:{server.port}"),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert report.exists(), done.stdout
    # What it says of its own OpenSSL is not about us.
    found = {one["id"] for one in json.loads(report.read_text()) if one["id"] != "engine_problem"}
    assert found == OF_THE_CERTIFICATE, done.stdout
    assert all(one in DOCS.read_text() for one in found)
