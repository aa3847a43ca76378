"""The error page as people see it: in light and in dark, on narrow screens, and for those who cannot see it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.axe import Axe
from support.broken_shop import APP, PRICING
from support.browser import Browser
from support.project import write
from support.server_process import ServerProcess

pytestmark = [pytest.mark.thorough, pytest.mark.outside("npm")]
LOOKS = [(width, dark) for width in (1280, 400) for dark in (False, True)]


@pytest.fixture(scope="module")
def axe() -> Axe:
    return Axe()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = write(tmp_path_factory.mktemp("shop"), {"main.py": APP, "pricing.py": PRICING})
    with ServerProcess("serve", "--debug", "--show-locals", "--editor", "vscode", cwd=folder) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


@pytest.mark.parametrize(("width", "dark"), LOOKS)
@pytest.mark.parametrize("path", ["/chained", "/group"])
def test_it_fits_and_keeps_nobody_out(
    browser: Browser, axe: Axe, server: ServerProcess, path: str, width: int, dark: bool
) -> None:
    with browser.window(width=width, dark=dark) as window:
        window.open(server.url + path)
        window.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert window.evaluate("document.documentElement.scrollWidth") <= width
        assert axe.faults(window) == []
        assert [one.text for one in window.complaints if "500" not in one.text] == []


def test_a_page_without_details_does_so_too(browser: Browser, axe: Axe, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "def make_app(): return 1 / 0\n"})
    with ServerProcess("serve", "main:make_app", cwd=tmp_path) as server, browser.window(width=400) as window:
        server.wait_for("app_failed")
        window.open(server.url)
        assert "terminal" in window.text
        assert axe.faults(window) == []
