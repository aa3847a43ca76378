"""The pages of a made project, in a browser: one can do there what they are for, and everybody can."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.axe import Axe
from support.browser import Browser, Window
from support.full_project import grant_admin, make_full, served
from support.server_process import ServerProcess

pytestmark = pytest.mark.thorough

PASSWORD = "correct horse battery"
PROVIDER = {"GITHUB_CLIENT_ID": "an-id", "GITHUB_CLIENT_SECRET": "a secret of this test, and of it alone"}
PUBLIC = ["/", "/signup", "/login", "/greeting", "/primes", "/docs", "/not/there"]
FOR_MEMBERS = ["/account", "/files", "/wall", "/rooms/lobby", "/people"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_full(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def site(project: Path) -> Iterator[ServerProcess]:
    with served(project, env=PROVIDER) as server:
        server.wait_for("ready")
        yield server


def sign_up(window: Window, site: ServerProcess, name: str) -> None:
    window.open(f"{site.url}/signup")
    window.type("#name", name)
    window.type("#password", PASSWORD)
    window.click("main button")
    window.wait_until(f"document.querySelector('.flash')?.textContent.includes('Welcome, {name}!')")


def test_one_signs_up_logs_out_and_logs_in_again(window: Window, site: ServerProcess) -> None:
    sign_up(window, site, "ada")
    window.click("form[action='/logout'] button")
    window.wait_until("document.querySelector('nav a[href=\"/login\"]')")
    window.open(f"{site.url}/account")
    assert window.evaluate("location.pathname") == "/login"
    window.type("#name", "ada")
    window.type("#password", PASSWORD)
    window.click("main button")
    window.wait_until("location.pathname == '/account' && document.querySelector('h1')?.textContent == 'ada'")


def test_a_provider_of_logins_is_reached_under_the_policy(window: Window, site: ServerProcess) -> None:
    window.open(f"{site.url}/login")
    window.click("form[action='/oauth/github'] button")
    # The browser knows no host outside: that it looked for one is all it can do.
    window.wait_until("location.protocol == 'chrome-error:'")


def test_a_form_says_what_is_wrong_beside_the_field_and_then_thanks(window: Window, site: ServerProcess) -> None:
    window.open(f"{site.url}/greeting")
    with window.loading():
        window.click("main button")
    assert "Please enter a name." in window.text
    assert window.evaluate("document.querySelector('#name').ariaInvalid") == "true"
    # The console tells of each answer that is an error.
    [refused] = window.complaints
    assert "422" in refused.text
    window.console.clear()
    window.type("#name", "Ada <b>Lovelace</b>")
    window.click("main button")
    window.wait_until("document.querySelector('.flash')?.textContent == 'Hello, Ada <b>Lovelace</b>!'")


def test_a_file_is_uploaded_and_listed(window: Window, site: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "a picture.txt").write_bytes(b"x" * 100_000)
    sign_up(window, site, "of-files")
    window.open(f"{site.url}/files")
    window.choose_file("#file", tmp_path / "a picture.txt")
    window.click("main button")
    window.wait_until("document.querySelector('.flash')?.textContent == 'a_picture.txt is here.'")
    came = window.evaluate("fetch(document.querySelector('main td a').href).then((answer) => answer.text())")
    assert came == "x" * 100_000


def test_two_windows_chat(browser: Browser, site: ServerProcess) -> None:
    with ExitStack() as stack:
        windows = {name: stack.enter_context(browser.window()) for name in ("grace", "linus")}
        for name, one in windows.items():
            sign_up(one, site, name)
            one.open(f"{site.url}/rooms/talk")
        for name, one in windows.items():
            one.wait_until("document.querySelector('#people').textContent == 'grace, linus'")
            one.type("#text", f"It is <i>{name}</i>.")
            one.click("#say button")
        for one in windows.values():
            one.wait_until("document.querySelectorAll('#lines li').length == 2")
            assert "grace It is <i>grace</i>." in one.text
            assert "linus It is <i>linus</i>." in one.text
            assert one.complaints == []


def test_a_note_appears_in_another_window_by_itself(browser: Browser, site: ServerProcess) -> None:
    with browser.window() as writer, browser.window() as reader:
        for name, one in (("writer", writer), ("reader", reader)):
            sign_up(one, site, name)
            one.open(f"{site.url}/wall")
        writer.type("#text", "Milk & bread")
        writer.click("main button")
        for one in (reader, writer):
            one.wait_until("document.querySelector('#notes')?.textContent.includes('Milk & bread')")
            assert one.complaints == []


def test_a_number_is_checked_over_the_websocket(window: Window, site: ServerProcess) -> None:
    window.open(f"{site.url}/primes")
    for number, answer in ((1_000_003, "1,000,003 is a prime."), (1_000_001, "1,000,001 is no prime.")):
        window.type("#number", str(number))
        window.click("main button")
        window.wait_until(f"document.querySelector('#answer').textContent == '{answer}'")


@pytest.fixture(scope="module")
def visits(
    browser: Browser, project: Path, site: ServerProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Window]]:
    """Give what opens a page of the site as an admin sees it, when some life is in it."""
    file = tmp_path_factory.mktemp("upload") / "Minutes of the meeting of the society for the promotion of primes.txt"
    file.write_text("minutes")
    with browser.window() as admin:
        sign_up(admin, site, "charles.babbage")
        grant_admin(project, "charles.babbage")
        admin.open(f"{site.url}/files")
        admin.choose_file("#file", file)
        with admin.loading():
            admin.click("main button")
        for note in ("Buy milk", "A rather long note: " + "on and on " * 8, "https://somewhere.example/" + "a" * 40):
            admin.open(f"{site.url}/wall")
            admin.type("#text", note)
            with admin.loading():
                admin.click("main button")
        admin.open(f"{site.url}/rooms/lobby")
        admin.wait_until("document.querySelector('#people').textContent == 'charles.babbage'")
        for line in ("Is anybody here?", "The engine weaves algebraical patterns, " * 3, "n" * 60):
            admin.type("#text", line)
            admin.click("#say button")
            admin.wait_until("document.querySelector('#text').value == ''")
        admin.wait_until("document.querySelectorAll('#lines li').length == 3")
        with browser.window() as stranger:

            def visit(path: str) -> Window:
                window = stranger if path in PUBLIC else admin
                window.open(site.url + path)
                if path == "/rooms/lobby":
                    window.wait_until("document.querySelectorAll('#lines li').length == 3")
                return window

            yield visit


@pytest.mark.parametrize("path", [*PUBLIC, *FOR_MEMBERS])
def test_a_page_is_for_everybody_on_any_screen(
    visits: Callable[[str], Window], axe: Axe, path: str, tmp_path: Path
) -> None:
    window = visits(path)
    faults: list[str] = []
    for width in (1280, 400):
        for dark in (False, True):
            window.resize(width)
            window.prefer(dark=dark)
            # To look at: pytest keeps the last three.
            window.screenshot(tmp_path / f"{width}-{'dark' if dark else 'light'}.png")
            faults += axe.faults(window)
            if window.evaluate("document.documentElement.scrollWidth") > width:
                faults.append(f"wider than {width}")
    assert faults == []


def test_what_is_wrong_with_a_form_is_for_everybody(window: Window, site: ServerProcess, axe: Axe) -> None:
    for path in ("/signup", "/login", "/greeting"):
        window.open(site.url + path)
        with window.loading():
            window.click("main button")
        for dark in (False, True):
            window.prefer(dark=dark)
            assert axe.faults(window) == []
    assert all("422" in one.text for one in window.complaints)
    window.console.clear()


def test_a_page_in_another_language_is_for_everybody_who_speaks_it(
    window: Window, site: ServerProcess, axe: Axe
) -> None:
    window.open(site.url)
    window.click("footer button[value=de]")
    window.wait_until("document.documentElement.lang == 'de'")
    assert "It works." not in window.text
    assert axe.faults(window) == []
