"""A browser and our HTTPS: it is led from plain HTTP to it, and trusts our authority where it was told to as we say."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.browser import Browser
from support.project import app_that_says, write
from support.server_process import ServerProcess

from tornado_cli.system.certificates.kept import authorities
from tornado_cli.system.certificates.telling import this_machine, told_of_trust

pytestmark = [pytest.mark.thorough, pytest.mark.outside("chromium")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = write(tmp_path_factory.mktemp("project"), {"main.py": app_that_says("one")})
    options = ("--ssl", "--redirect-http", "127.0.0.1:0", "--hsts=60")
    with ServerProcess("run", *options, cwd=folder) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


def test_who_asks_by_plain_http_is_shown_the_way(browser: Browser, server: ServerProcess) -> None:
    with browser.window(width=400) as window:
        window.open(f"http://127.0.0.1:{server.port}/shop?page=2")
        assert "This port speaks HTTPS" in window.text
        assert window.evaluate("document.links[0].href") == f"https://127.0.0.1:{server.port}/shop?page=2"
        assert window.evaluate("document.documentElement.scrollWidth") <= 400
        # That it was answered 400 is the only complaint.
        assert [one.text.partition(" (")[0] for one in window.complaints if "400" not in one.text] == []


@pytest.mark.outside("certutil")
def test_a_browser_that_was_told_to_trusts_it(
    server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "XDG_DATA_HOME": server.environment["XDG_DATA_HOME"]}
    for line in told_of_trust(authorities(environ=environ), this_machine(environ), forget=False).splitlines():
        if line.startswith(("mkdir ", "certutil ")):
            subprocess.run(["bash", "-ec", line], env=environ, check=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    [plain] = server.wait_for("redirecting")["urls"]
    with Browser() as browser, browser.window() as window:
        window.open(plain.replace("127.0.0.1", "localhost") + "/shop")
        assert window.text == "one"
        assert window.evaluate("location.href") == f"https://localhost:{server.port}/shop"
        assert window.complaints == []


def test_a_browser_that_was_not_told_to_does_not(browser: Browser, server: ServerProcess) -> None:
    with browser.window() as window, pytest.raises(AssertionError, match="ERR_CERT_AUTHORITY_INVALID"):
        window.open(f"https://127.0.0.1:{server.port}/")
