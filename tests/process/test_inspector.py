"""The inspector of `tcli serve --debug`: what came, what was answered and why, and once more by a button."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.inspected import LIST, details, find, listed, number_in, post, press_again, token_of
from support.project import save, write
from support.server_process import ServerProcess

APP = """
import asyncio
import logging
import time

from tornado.web import Application, RequestHandler, stream_request_body
from tornado.websocket import WebSocketHandler

log = logging.getLogger("shop")


class Main(RequestHandler):
    def get(self):
        self.write("one")


class Order(RequestHandler):
    async def post(self):
        log.info("order of %s", self.get_argument("name"))
        await asyncio.gather(self.take(), asyncio.sleep(0.005))
        await asyncio.to_thread(log.warning, "stock is low")
        self.set_cookie("sid", "c00k1e")
        self.write({"name": self.get_argument("name"), "api_token": "t0k3n"})

    async def take(self):
        await asyncio.sleep(0.01)


class Broken(RequestHandler):
    async def get(self):
        await asyncio.sleep(0)
        raise LookupError("no tea at postgresql://ada:p4ssw0rd@db/shop")


class Blocking(RequestHandler):
    def get(self):
        time.sleep(0.15)


class Waiting(RequestHandler):
    async def get(self):
        await asyncio.sleep(0.001)
        self.write("begun")
        await self.flush()
        await release.wait()


class Release(RequestHandler):
    def post(self):
        release.set()


class Forget(RequestHandler):
    def post(self):
        release.clear()


class Later(RequestHandler):
    async def get(self):
        self.finish("sooner")
        await asyncio.sleep(0.01)
        log.info("said after the answer")


class Echo(WebSocketHandler):
    async def on_message(self, message):
        log.info("heard %s", message)
        await self.write_message(message)


@stream_request_body
class Upload(RequestHandler):
    size = 0

    def data_received(self, chunk):
        self.size += len(chunk)

    def put(self):
        self.write(str(self.size))


release = asyncio.Event()


def make_app():
    return Application(
        [
            ("/order", Order), ("/broken", Broken), ("/blocking", Blocking), ("/waiting", Waiting),
            ("/release", Release), ("/forget", Forget), ("/later", Later), ("/echo", Echo), ("/upload", Upload),
            ("/.*", Main),
        ],
        compress_response=True,
    )
"""
LINES = APP.splitlines()
RAISED = LINES.index('        raise LookupError("no tea at postgresql://ada:p4ssw0rd@db/shop")') + 1
ORDERED = LINES.index("class Order(RequestHandler):") + 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = write(tmp_path_factory.mktemp("shop"), {"main.py": APP})
    with ServerProcess("serve", "--debug", cwd=folder, forgives=["no tea"]) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


def order(server: ServerProcess) -> int:
    """Give an order and return its number."""
    answer = post(server, "/order?token=qu3ry&page=2", "name=Ada&password=h1dd3n", Cookie="theme=c00k1e")
    assert answer.status == 200
    return find(server, "/order").number


def test_a_request_is_listed_with_what_answered_it(server: ServerProcess) -> None:
    order(server)
    row = find(server, "200 POST /order?token=***&page=2")
    assert re.search(rf"\b[\d.]+ ms Order main\.py:{ORDERED}\b", row.text), row.text
    assert "2 log lines" in row.text


def test_its_page_has_all_of_it_but_no_secret(server: ServerProcess) -> None:
    page = details(server, order(server))
    for words in (
        f"main.py:{ORDERED} in Order.post",
        "page 2",
        "name Ada",
        "password ***",
        "Cookie theme=***",
        "Set-Cookie sid=***; Path=/",
        '"api_token": "***"',
        "info shop order of Ada",
        # From a thread, to which the context went along.
        "warning shop stock is low",
    ):
        assert words in page
    for secret in ("qu3ry", "h1dd3n", "c00k1e", "t0k3n"):
        assert secret not in page


def test_an_exception_is_shown_with_its_place_but_not_with_the_password_in_it(server: ServerProcess) -> None:
    server.get("/broken")
    row = find(server, "500 GET /broken")
    assert "1 exception" in row.text
    page = details(server, row.number)
    assert "LookupError: no tea at postgresql://***@db/shop" in page
    assert f"main.py:{RAISED}" in page
    assert "p4ssw0rd" not in page


def test_who_held_the_loop_is_marked_and_who_waited_for_it(server: ServerProcess) -> None:
    with server.connect() as waiting:
        waiting.ask("/waiting", Connection="close")
        waiting.read(1)
        server.get("/blocking")
        server.wait_for("loop_blocked")
        post(server, "/release", "")
        waiting.wait_for_end()
    culprit = find(server, "GET /blocking")
    assert "held the loop" in culprit.text
    assert re.search(r"Held the event loop for .* ms: main\.py:\d+ in Blocking\.get\.", details(server, culprit.number))
    assert "for the loop" in find(server, "GET /waiting").text


def test_a_request_that_goes_on_is_listed_meanwhile(server: ServerProcess) -> None:
    post(server, "/forget", "")
    with server.connect() as waiting:
        waiting.ask("/waiting")
        waiting.read(1)
        row = find(server, "GET /waiting")
        assert "Waiting main.py:" in row.text
        assert "going on" in row.text
        assert "begun" in details(server, row.number)
        post(server, "/release", "")
        server.wait_for_all(1, {"event": "access", "path": "/release"})
    assert "going on" not in find(server, "GET /waiting").text


def test_what_is_logged_after_the_answer_belongs_to_it_too(server: ServerProcess) -> None:
    server.get("/later")
    server.wait_for(message="said after the answer")
    assert "said after the answer" in details(server, find(server, "/later").number)


def test_a_websocket_is_listed_while_it_is_open_and_for_as_long_as_it_was(server: ServerProcess) -> None:
    with server.connect() as client:
        client.open_websocket("/echo")
        assert "going on WebSocket" in find(server, "101 GET /echo").text
        client.send_message("hello")
        client.read(7)
    server.get()
    row = find(server, "/echo")
    assert "going on" not in row.text
    page = details(server, row.number)
    assert "heard hello" in page
    assert "It cannot be sent again" in page


def test_a_body_that_is_streamed_is_kept_in_part(server: ServerProcess) -> None:
    with server.connect() as client:
        client.ask("/upload", method="PUT", Content_Length="100000", Content_Type="text/plain")
        client.send(b"x" * 100_000)
        assert client.answer().text == "100000"
    page = details(server, find(server, "PUT /upload").number)
    assert "The first 16.0 KiB of 97.7 KiB." in page
    assert "Too long to be kept whole" in page


def test_a_request_is_sent_again_whole_and_marked(server: ServerProcess) -> None:
    first = order(server)
    second = number_in(press_again(server, first))
    assert second > first
    assert f"again: #{first}" in find(server, "/order").text
    page = details(server, second)
    assert "info shop order of Ada" in page
    assert "What it waited for" not in page
    assert "X-Tcli" not in page


def test_made_again_with_tracing_it_shows_each_await_that_took_a_while(server: ServerProcess) -> None:
    page = details(server, number_in(press_again(server, order(server), trace=True)))
    waits = page.partition("What it waited for")[2].partition("Log After")[0]
    assert "asyncio.gather" in waits
    assert "asyncio.sleep" in waits
    assert "in Order.take" in waits
    # Nobody else is traced, nor later.
    assert "What it waited for" not in details(server, order(server))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"X-Forwarded-For": "192.0.2.1"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_nobody_else_has_anything_sent_again(server: ServerProcess, headers: dict[str, str]) -> None:
    number = order(server)
    form = f"token={token_of(server, number)}"
    assert post(server, f"{LIST}requests/{number}/again", form, **headers).status in {403, 421}
    assert listed(server)[0].number == number


@pytest.mark.parametrize("token", ["", "0" * 32])
def test_without_the_token_of_this_run_nothing_is_sent_again(server: ServerProcess, token: str) -> None:
    number = order(server)
    assert press_again(server, number, token=token).status in {400, 403}
    assert listed(server)[0].number == number


@pytest.mark.parametrize("path", [LIST, f"{LIST}rows", f"{LIST}requests/1", f"{LIST}inspector.js"])
def test_what_it_shows_is_for_pages_of_this_machine(server: ServerProcess, path: str) -> None:
    server.get("/")
    assert server.get(path).status == 200
    assert server.get(path, Host="evil.example").status == 421
    assert server.get(path, X_Forwarded_For="192.0.2.1").status == 403
    assert server.get(path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status == 403


def test_what_is_shown_is_text_whatever_it_holds(server: ServerProcess) -> None:
    script = "<script>alert(1)</script>"
    server.get(f"/x?{script}", User_Agent=script, **{"X-Odd": "\x9b31m"})
    row = find(server, "GET /x?")
    for path in (LIST, f"{LIST}requests/{row.number}"):
        answer = server.get(path)
        assert script not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert "\x9b" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]


def test_requests_for_the_inspector_are_not_listed(server: ServerProcess) -> None:
    server.get("/")
    before = listed(server)
    assert "__tcli__" not in " ".join(row.text for row in before)
    assert listed(server) == before


def test_a_list_that_is_live_is_sent_only_when_something_has_changed(server: ServerProcess) -> None:
    server.get("/")
    changes = server.get(f"{LIST}rows").headers["x-tcli-changes"]
    assert server.get(f"{LIST}rows?changes={changes}").status == 204
    server.get("/")
    assert server.get(f"{LIST}rows?changes={changes}").status == 200


@pytest.mark.parametrize(
    "path", ["requests/0", "requests/99999", "requests/999999999999999", "requests/x", "requests/"]
)
def test_what_is_not_kept_is_not_found(server: ServerProcess, path: str) -> None:
    assert server.get(f"{LIST}{path}").status == 404


def test_what_was_asked_survives_reloads_and_broken_code(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP})
    with ServerProcess("serve", "--debug", cwd=tmp_path) as server:
        server.wait_for("ready")
        server.get("/first")
        with server.connect() as client:
            client.open_websocket("/echo")
            save(tmp_path / "main.py", f"{APP}\n# edited\n")
            server.wait_for_reload_of("main.py")
            client.wait_for_end()
        server.get("/second")
        assert "going on" not in find(server, "/echo").text
        assert "never ended" not in find(server, "/echo").text
        assert [row.number for row in listed(server)] == [3, 2, 1]
        assert number_in(press_again(server, 1)) == 4
        save(tmp_path / "main.py", "broken(")
        server.wait_for("app_failed")
        assert [row.number for row in listed(server)] == [4, 3, 2, 1]
        assert "The application does not run" in details(server, 1)
        assert server.stop() == 0


def test_without_debug_there_is_nothing_of_it(tmp_path: Path) -> None:
    tells = 'self.write(str([name for name in __import__("sys").modules if "inspector" in name]))'
    write(tmp_path, {"main.py": APP.replace('self.write("one")', tells)})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get("/").text == "[]"
        for path in (LIST, f"{LIST}rows", f"{LIST}requests/1"):
            assert server.get(path).status == 404
        assert server.stop() == 0


SCRIPT = """
import asyncio
from tornado.httpserver import HTTPServer
from tornado.httputil import ResponseStartLine, HTTPHeaders

def answer(request):
    request.connection.write_headers(ResponseStartLine("", 200, "OK"), HTTPHeaders({"Content-Length": "5"}), b"plain")
    request.connection.finish()

async def main():
    server = HTTPServer(answer)
    server.listen(8888)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_script_without_an_application_is_inspected_as_well(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": SCRIPT})
    with ServerProcess("serve", "--debug", "main.py", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get("/any").text == "plain"
        row = find(server, "200 GET /any")
        assert "answer main.py:6" in row.text
        assert "plain" in details(server, number_in(press_again(server, row.number)))
        assert server.stop() == 0


def test_over_tls_it_sends_to_itself_over_tls(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP.replace('self.write("one")', "self.write(self.request.protocol)")})
    with ServerProcess("serve", "--debug", "--ssl", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get("/").text == "https"
        assert "https" in details(server, number_in(press_again(server, 1)))
        assert server.stop() == 0
