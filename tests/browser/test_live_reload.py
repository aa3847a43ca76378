"""Open pages follow the project: refreshed, restyled, covered by a failure, with what people have typed."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.browser import Browser, Window
from support.project import save, write
from support.server_process import ServerProcess

pytestmark = pytest.mark.thorough
APP = """
import asyncio
from pathlib import Path
from tornado.web import Application, RequestHandler

SAYS = "one"

class Page(RequestHandler):
    def get(self):
        self.render("page.html", says=SAYS)

class Strict(Page):
    def set_default_headers(self):
        policy = "default-src 'none'; style-src 'self'; img-src data:; require-trusted-types-for 'script'"
        self.set_header("Content-Security-Policy", policy)

class Streamed(RequestHandler):
    async def get(self):
        self.write("<!doctype ht")
        await self.flush()
        self.write(f"ml><html><head><link rel=icon href=data:,></head><body><p id=says>{SAYS}</p>")
        await self.flush()
        await asyncio.sleep(0.05)
        self.write("<p id=end>end</p></body></html>")

class Sent(RequestHandler):
    count = 0

    def post(self):
        Sent.count += 1
        self.finish(f"<!doctype html><html><body><p id=says>{SAYS} sent {Sent.count}</p></body></html>")

    def check_xsrf_cookie(self):
        pass

class Broken(RequestHandler):
    def get(self):
        raise RuntimeError(f"{SAYS} is broken")

def make_app():
    here = Path(__file__).parent
    routes = [("/strict", Strict), ("/streamed", Streamed), ("/sent", Sent), ("/broken", Broken), ("/.*", Page)]
    return Application(
        routes, template_path=here / "templates", static_path=here / "static", static_url_prefix="/assets/",
        compress_response=True,
    )
"""
PAGE = """<!doctype html>
<html lang="en"><head><title>Shop</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="{{ static_url('app.css') }}"></head>
<body><p id="says">{{ says }}</p><form id="order" method="post" action="/sent">
<input id="name" name="name"><input id="secret" type="password"><input id="gift" type="checkbox" name="gift">
<textarea id="note" name="note"></textarea><select id="size" name="size"><option>S<option>L</select>
<button>Go</button></form>{% raw "<br>" * 150 %}<p>the end</p></body></html>
"""
COVER = "document.querySelector('tcli-overlay')?.shadowRoot.textContent"


class Shop:
    """A project that is served, and edited."""

    def __init__(self, folder: Path, server: ServerProcess) -> None:
        self.folder = folder
        self.server = server
        self.url = server.url

    def say(self, word: str) -> None:
        save(self.folder / "main.py", APP.replace("one", word, 1))

    def break_(self) -> None:
        save(self.folder / "main.py", APP + "\nundefined_name\n")


def says(word: str) -> str:
    return f"document.querySelector('#says')?.textContent.startsWith({word!r})"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    files = {"main.py": APP, "templates/page.html": PAGE, "static/app.css": "#says { color: rgb(1, 2, 3) }"}
    write(tmp_path, files)
    with ServerProcess("serve", "--debug", cwd=tmp_path) as server:
        server.wait_for("ready")
        yield Shop(tmp_path, server)
        assert server.stop() == 0


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    with browser.window() as window:
        yield window


def mark(window: Window) -> None:
    """Remember on the page that it is this one and no other."""
    window.evaluate("window.marked = true")


def has_stayed(window: Window) -> bool:
    return bool(window.evaluate("window.marked === true"))


@pytest.mark.parametrize("path", ["/", "/strict", "/streamed"])
def test_a_page_refreshes_after_an_edit_of_code(shop: Shop, window: Window, path: str) -> None:
    window.open(shop.url + path)
    assert window.wait_until(says("one"))
    for word in ("two", "three"):
        mark(window)
        shop.say(word)
        assert window.wait_until(says(word))
        assert not has_stayed(window)
    assert window.complaints == []


def test_a_stylesheet_is_swapped_without_a_refresh(shop: Shop, window: Window) -> None:
    window.open(shop.url)
    mark(window)
    colour = "getComputedStyle(document.querySelector('#says')).color"
    for number in (4, 5):
        save(shop.folder / "static/app.css", f"#says {{ color: rgb({number}, 2, 3) }}")
        assert window.wait_until(f"{colour} == 'rgb({number}, 2, 3)'")
    assert window.wait_until("document.querySelectorAll('link[rel=stylesheet]').length == 1")
    assert has_stayed(window)


def test_a_template_and_another_static_file_refresh_without_a_restart(shop: Shop, window: Window) -> None:
    window.open(shop.url)
    save(shop.folder / "templates/page.html", PAGE.replace("the end", "another end"))
    assert window.wait_until("document.body?.innerText.includes('another end')")
    mark(window)
    save(shop.folder / "static/app.js", "1")
    assert window.wait_until("window.marked === undefined && document.readyState == 'complete'")
    assert not shop.server.seen("reloaded")


def test_what_is_typed_and_where_one_looks_is_kept(shop: Shop, window: Window) -> None:
    window.open(shop.url)
    window.click("#gift")
    window.type("#secret", "hunter2")
    window.type("#note", "with ribbon")
    window.type("#name", "Ada")
    window.evaluate("document.querySelector('#size').value = 'L'; window.scrollTo(0, 900)")
    shop.say("two")
    assert window.wait_until(says("two"))
    assert window.wait_until("document.querySelector('#name').value == 'Ada'")
    assert window.evaluate("document.querySelector('#note').value") == "with ribbon"
    assert window.evaluate("document.querySelector('#gift').checked")
    assert window.evaluate("document.querySelector('#size').value") == "L"
    assert window.evaluate("document.activeElement.id") == "name"
    assert window.wait_until("scrollY == 900")
    assert window.evaluate("document.querySelector('#secret').value") == ""
    assert "hunter2" not in window.evaluate("JSON.stringify(sessionStorage)")


def test_a_failure_covers_the_page_without_losing_it_and_goes_by_itself(shop: Shop, window: Window) -> None:
    window.open(shop.url)
    window.type("#name", "Ada")
    mark(window)
    shop.break_()
    assert window.wait_until(f"{COVER}?.includes('undefined_name')")
    assert "main.py:" in window.evaluate(COVER)
    assert has_stayed(window)
    assert window.evaluate("document.querySelector('#name').value") == "Ada"
    window.press("Escape", 27)
    assert window.evaluate(f"{COVER} === undefined")
    shop.say("two")
    assert window.wait_until(says("two"))
    assert window.wait_until("document.querySelector('#name').value == 'Ada'")
    assert window.evaluate(f"{COVER} === undefined")


def test_the_cover_asks_no_strict_policy_for_anything(shop: Shop, window: Window) -> None:
    window.open(f"{shop.url}/strict")
    shop.break_()
    assert window.wait_until(f"{COVER}?.includes('undefined_name')")
    assert [one for one in window.complaints if "olicy" in one.text or "rusted" in one.text] == []


def test_the_error_page_comes_and_goes_by_itself(shop: Shop, window: Window) -> None:
    shop.break_()
    shop.server.wait_for("app_failed")
    window.open(shop.url)
    assert "NameError" in window.text
    save(shop.folder / "main.py", APP + "\nanother_name\n")
    assert window.wait_until("document.body?.innerText.includes('another_name')")
    shop.say("two")
    assert window.wait_until(says("two"))


def test_the_page_of_an_exception_goes_by_itself(shop: Shop, window: Window) -> None:
    window.open(f"{shop.url}/broken")
    assert "one is broken" in window.text
    mark(window)
    # Each look would be another request: it does not look again and again.
    assert window.evaluate("new Promise(done => setTimeout(() => done(window.marked), 1500))")
    shop.say("two")
    assert window.wait_until("document.body?.innerText.includes('two is broken')")


def test_a_page_that_came_of_a_form_is_not_sent_again(shop: Shop, window: Window) -> None:
    window.open(shop.url)
    with window.loading():
        window.click("button")
    shop.say("two")
    assert window.wait_until(f"{COVER}?.includes('Refresh')")
    assert "one sent 1" in window.text


@pytest.mark.parametrize("count", [2, 8])
def test_so_many_tabs_follow(shop: Shop, browser: Browser, count: int) -> None:
    with ExitStack() as stack:
        windows = [stack.enter_context(browser.window()) for _ in range(count)]
        for window in windows:
            window.open(shop.url)
        for word in ("two", "three"):
            shop.say(word)
            for window in windows:
                assert window.wait_until(says(word))


def test_nothing_refreshes_for_ever(shop: Shop, window: Window) -> None:
    window.open(shop.url)
    shop.say("two")
    assert window.wait_until(says("two"))
    mark(window)
    for _ in range(2):
        window.evaluate("new Promise(done => setTimeout(done, 15000))")
    assert has_stayed(window)


def test_a_page_that_changes_what_it_is_made_of_is_refreshed_only_so_often(shop: Shop, window: Window) -> None:
    writes = "    def on_finish(self):\n        Path('static/seen.js').write_text(str(id(self)))\n\nclass Strict"
    save(shop.folder / "main.py", APP.replace("class Strict", writes))
    shop.server.wait_for("reloaded")
    window.open(shop.url)
    assert window.wait_until(f"{COVER}?.includes('again and again')")


def test_the_page_comes_back_with_another_run_of_the_server(tmp_path: Path, browser: Browser) -> None:
    write(tmp_path, {"main.py": APP, "templates/page.html": PAGE, "static/app.css": ""})
    with browser.window() as window:
        with ServerProcess("serve", cwd=tmp_path) as server:
            server.wait_for("ready")
            port = server.port
            window.open(server.url)
            assert server.stop() == 0
        save(tmp_path / "main.py", APP.replace("one", "two", 1))
        with ServerProcess("serve", "--strict-port", cwd=tmp_path, port=port) as server:
            server.wait_for("ready")
            assert window.wait_until(says("two"))
            assert server.stop() == 0
