"""What tests in the browser rely on."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.browser import Browser, Window

pytestmark = pytest.mark.thorough
PAGE = """<!doctype html><title>A page</title><meta name="viewport" content="width=device-width">
<style>body { background: white } @media (prefers-color-scheme: dark) { body { background: black } }</style>
<form action="/next"><input id="name" name="name"><button>Go</button></form><p id="at"></p>
<script nonce="once">document.querySelector("#at").textContent = location.search;</script>
<script>console.log("this must not run")</script>"""


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", "script-src 'nonce-once'; default-src 'self' 'unsafe-inline'")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name is theirs.
        """Say nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_a_form_is_filled_in_and_leads_on(browser: Browser, url: str) -> None:
    with browser.window() as window:
        window.open(url)
        window.type("#name", "Ada")
        window.click("button")
        assert window.wait_until("document.querySelector('#at')?.textContent == '?name=Ada'")
        assert "?name=Ada" in window.text


def test_what_a_policy_refuses_is_a_complaint(browser: Browser, url: str) -> None:
    with browser.window() as window:
        window.open(url)
        [complaint] = [one for one in window.complaints if "favicon" not in one.text]
        assert complaint.level == "error"
        assert "Content Security Policy" in complaint.text


def test_a_window_knows_nothing_of_the_others(browser: Browser, url: str) -> None:
    for _ in range(2):
        with browser.window() as window:
            window.open(url)
            assert window.evaluate("document.cookie") == ""
            window.evaluate("document.cookie = 'a=1'")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (400, True)])
def test_it_is_as_wide_and_as_dark_as_one_wants(
    browser: Browser, url: str, width: int, dark: bool, tmp_path: Path
) -> None:
    with browser.window(width=width, dark=dark) as window:
        window.open(url)
        assert window.evaluate("innerWidth") == width
        assert window.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(0, 0, 0)" if dark else "rgb(255, 255, 255)"
        )
        window.screenshot(tmp_path / "page.png")
        assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_it_leaves_the_machine_for_nobody(window: Window) -> None:
    with pytest.raises(AssertionError, match="ERR_NAME_NOT_RESOLVED"):
        window.open("http://somewhere.example/")
