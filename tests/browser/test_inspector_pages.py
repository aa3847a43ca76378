"""The inspector in a browser: the list follows what is asked, the buttons send again, and everybody can read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.axe import Axe
from support.browser import Browser, Window
from support.project import save, write
from support.server_process import ServerProcess

pytestmark = pytest.mark.thorough

APP = """
import asyncio
import logging
import time

from tornado.web import Application, RequestHandler


class Main(RequestHandler):
    async def get(self):
        logging.getLogger("shop").warning("stock is low")
        await asyncio.gather(self.take(), asyncio.sleep(0.005))
        self.write({"says": "one", "api_token": "t0k3n"})

    async def take(self):
        await asyncio.sleep(0.01)


class Broken(RequestHandler):
    def get(self):
        raise LookupError("no tea")


class Blocking(RequestHandler):
    def get(self):
        time.sleep(0.15)


def make_app():
    return Application([("/broken", Broken), ("/blocking", Blocking), ("/.*", Main)])
"""
LONG = f"/a/{'very-long-name' * 20}?q={'x' * 200}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("shop"), {"main.py": APP})


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[ServerProcess]:
    with ServerProcess("serve", "--debug", cwd=project, forgives=["no tea"]) as server:
        server.wait_for("ready")
        server.get("/first?token=secret")
        yield server


def inspector(server: ServerProcess) -> str:
    return f"{server.url}/__tcli__/"


def test_the_list_follows_what_is_asked_and_the_code(window: Window, server: ServerProcess, project: Path) -> None:
    window.open(inspector(server))
    assert "/first?token=***" in window.text
    window.evaluate("document.getElementById('request-1').focus()")
    server.get("/second")
    window.wait_until("document.getElementById('rows').innerText.includes('/second')")
    assert window.evaluate("document.activeElement.id") == "request-1", "who is in the list stays there"
    save(project / "main.py", f"{APP}\n# edited\n")
    server.wait_for_reload_of("main.py")
    server.get("/third")
    window.wait_until("document.getElementById('rows').innerText.includes('/third')")
    # What the list asks for is itself no request.
    assert "__tcli__" not in window.text


def test_the_list_stands_still_when_it_is_told_to(window: Window, server: ServerProcess) -> None:
    window.open(inspector(server))
    window.click("#live button")
    window.wait_until("document.getElementById('live').innerText.includes('Paused')")
    server.get("/while-paused")
    # Longer than it takes when it is live.
    window.evaluate("new Promise((resolve) => setTimeout(resolve, 1200))")
    assert "/while-paused" not in window.text
    window.click("#live button")
    window.wait_until("document.getElementById('rows').innerText.includes('/while-paused')")


def test_a_request_is_sent_again_and_its_awaits_are_traced(window: Window, server: ServerProcess) -> None:
    server.get("/sent-again")
    window.open(inspector(server))
    with window.loading():
        window.click("tbody tr a")
    assert "What it waited for" not in window.text
    with window.loading():
        window.click("form.again button:not([name])")
    assert "again: #" in window.text
    with window.loading():
        window.click("form.again button[name=trace]")
    for words in ("traced", "What it waited for", "asyncio.gather", "in Main.take", "stock is low"):
        assert words in window.text
    assert window.evaluate("document.querySelectorAll('.waterfall rect:not(.track)').length") >= 2


def test_it_works_without_javascript(window: Window, server: ServerProcess) -> None:
    window.call("Emulation.setScriptExecutionDisabled", value=True)
    server.get("/without-script")
    window.open(inspector(server))
    assert "/without-script" in window.text
    server.get("/without-script-either")
    with window.loading():
        window.click("#live a")
    assert "/without-script-either" in window.text
    with window.loading():
        window.click("tbody tr a")
    with window.loading():
        window.click("form.again button[name=trace]")
    assert "What it waited for" in window.text


@pytest.mark.outside("npm")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_keeps_people_from_using_it(browser: Browser, server: ServerProcess, width: int, *, dark: bool) -> None:
    axe = Axe()
    for path in ("/broken", "/blocking", LONG):
        server.get(path)
    with browser.window(width=width, dark=dark) as window:
        window.open(inspector(server))
        pages = window.evaluate("[...document.querySelectorAll('tbody tr a')].slice(0, 3).map((link) => link.href)")
        with window.loading():
            window.click("tbody tr:last-child a")
        with window.loading():
            window.click("form.again button[name=trace]")
        for page in (inspector(server), *pages, str(window.evaluate("location.href"))):
            window.open(page)
            assert axe.faults(window) == []
            assert window.evaluate("document.documentElement.scrollWidth") <= width
        assert window.complaints == []
