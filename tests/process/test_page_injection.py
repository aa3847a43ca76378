"""The script of live reload in each kind of answer: whole pages have it, and nothing else is touched."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.connection import Answer
from support.live import tag_in, tag_of
from support.project import write
from support.server_process import ServerProcess

APP = """
from pathlib import Path
from tornado.web import Application, RequestHandler, StaticFileHandler

PAGE = "<!doctype html><html><head><title>x</title></head><body>hello</body></html>"

class Page(RequestHandler):
    def get(self):
        self.write(PAGE)
    post = put = get

class Long(RequestHandler):
    def get(self):
        self.set_header("Last-Modified", "Sat, 28 Nov 2026 13:00:00 GMT")
        self.write(PAGE.replace("hello", "hello" * 1000))

class Streamed(RequestHandler):
    async def get(self):
        for part in ("", "<!doc", "type html>\\n<ht", "ml><head>", "<title>x</title></head>", "<body>hello</body>"):
            self.write(part)
            await self.flush()

class Counted(RequestHandler):
    async def get(self):
        self.set_header("Content-Length", str(len(PAGE)))
        for part in (PAGE[:10], PAGE[10:]):
            self.write(part)
            await self.flush()

class Fragment(RequestHandler):
    def get(self):
        self.write("<li>one</li>")

class FragmentInParts(RequestHandler):
    async def get(self):
        for part in ("<li", ">one", "<html><head>quoted</head></html></li>"):
            self.write(part)
            await self.flush()

class Missing(RequestHandler):
    def get(self):
        self.send_error(404)

    def write_error(self, status_code, **kwargs):
        self.finish(PAGE)

class Json(RequestHandler):
    def get(self):
        self.write({"html": PAGE})

class Empty(RequestHandler):
    def get(self):
        self.set_status(204)
        self.set_header("Content-Type", "text/html")

class Download(Page):
    def set_default_headers(self):
        self.set_header("Content-Disposition", "attachment; filename=x.html")

class Packed(RequestHandler):
    def get(self):
        self.set_header("Content-Encoding", "br")
        self.write(PAGE)

class Policy(Page):
    def set_default_headers(self):
        self.set_header("Content-Security-Policy", "default-src 'none'; img-src 'self'")
        self.set_header("Content-Security-Policy-Report-Only", "script-src 'nonce-theirs'")

def make_app():
    classes = (Page, Long, Streamed, Counted, Fragment, FragmentInParts, Missing, Json, Empty, Download, Packed, Policy)
    routes = [(f"/{one.__name__.lower()}", one) for one in classes]
    static = (r"/static/(.*)", StaticFileHandler, {"path": Path(__file__).parent / "static"})
    return Application([*routes, static], compress_response=True)
"""
PAGE = "<!doctype html><html><head><title>x</title></head><body>hello</body></html>"
AS_BROWSERS = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Dest": "document"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    files = {
        "main.py": APP,
        "static/page.html": PAGE,
        "static/app.css": "p {}",
        "static/large.html": PAGE + " " * 200_000,
    }
    folder = write(tmp_path_factory.mktemp("shop"), files)
    (folder / "static/away.py").symlink_to(folder / "main.py")
    with ServerProcess("serve", cwd=folder) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


def get(server: ServerProcess, path: str, **headers: str) -> Answer:
    return server.get(path, **(AS_BROWSERS | headers))


@pytest.mark.parametrize("path", ["/page", "/missing", "/counted", "/static/page.html"])
def test_a_page_has_the_script_first_in_its_head(server: ServerProcess, path: str) -> None:
    answer = get(server, path)
    assert answer.text == PAGE.replace("<head>", f"<head>{tag_in(answer.text).text}")
    assert answer.status == (404 if path == "/missing" else 200)


def test_a_page_is_not_kept_by_anybody(server: ServerProcess) -> None:
    for path in ("/page", "/long", "/static/page.html"):
        answer = get(server, path)
        assert answer.headers["cache-control"] == "no-store"
        assert not {"etag", "last-modified"} & answer.headers.keys()


def test_a_browser_that_kept_a_page_gets_the_whole_one(server: ServerProcess) -> None:
    etag = server.get("/static/app.css").headers["etag"]
    assert get(server, "/static/app.css", If_None_Match=etag, Accept="text/css").status == 304
    modified = "Sat, 28 Nov 2099 13:00:00 GMT"
    assert get(server, "/static/page.html", If_None_Match="*", If_Modified_Since=modified).status == 200


def test_a_compressed_page_has_it(server: ServerProcess) -> None:
    answer = get(server, "/long", Accept_Encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert tag_in(gzip.decompress(answer.body).decode()).build == tag_of(server, "/page").build


def test_a_streamed_page_has_it_however_it_is_cut(server: ServerProcess) -> None:
    text = get(server, "/streamed").text
    tag = tag_in(text).text
    # Where it is certain first that this is a page.
    assert text == f"<!doctype html>\n{tag}<html><head><title>x</title></head><body>hello</body>"
    packed = get(server, "/streamed", Accept_Encoding="gzip")
    assert tag_in(gzip.decompress(packed.body).decode()).text == tag


def test_a_long_file_of_html_comes_whole(server: ServerProcess) -> None:
    answer = get(server, "/static/large.html")
    assert len(answer.text) == len(PAGE) + 200_000 + len(tag_in(answer.text).text)


@pytest.mark.parametrize("path", ["/page", "/static/page.html", "/streamed"])
def test_what_is_asked_for_by_head_has_no_body(server: ServerProcess, path: str) -> None:
    with server.connect() as connection:
        connection.ask(path, method="HEAD", **AS_BROWSERS)
        connection.ask("/page", **AS_BROWSERS, Connection="close")
        answered = connection.wait_for_end()
        assert answered.count(b"HTTP/1.1 ") == 2
        assert answered.count(b"<html>") == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/fragment", "<li>one</li>"),
        ("/fragmentinparts", "<li>one<html><head>quoted</head></html></li>"),
        ("/download", PAGE),
        ("/packed", PAGE),
        ("/empty", ""),
        ("/static/app.css", "p {}"),
    ],
)
def test_what_is_no_whole_page_is_left_alone(server: ServerProcess, path: str, body: str) -> None:
    assert get(server, path).text == body


def test_json_is_left_alone(server: ServerProcess) -> None:
    answer = get(server, "/json")
    assert answer.json == {"html": PAGE}
    assert "etag" in answer.headers
    assert "no-store" not in answer.headers.get("cache-control", "")


def test_a_part_of_a_file_is_left_alone(server: ServerProcess) -> None:
    answer = get(server, "/static/page.html", Range="bytes=0-20")
    assert (answer.status, answer.text) == (206, PAGE[:21])


@pytest.mark.parametrize(
    "path", ["../main.py", "%2e%2e/main.py", "..%2fmain.py", "%2e%2e%2fmain.py", "away.py", "//etc/passwd"]
)
def test_nothing_outside_of_the_static_files_is_served(server: ServerProcess, path: str) -> None:
    assert server.get(f"/static/{path}").status in {403, 404}


def test_a_page_that_a_script_fetches_is_as_it_was_written(server: ServerProcess) -> None:
    assert server.get("/page", Accept="text/html", Sec_Fetch_Dest="empty").text == PAGE


def test_a_page_that_came_of_a_form_says_so(server: ServerProcess) -> None:
    with server.connect() as connection:
        connection.ask("/page", method="PUT", Content_Length="0", **AS_BROWSERS)
        assert 'data-method="other"' in tag_in(connection.answer().text).text


def test_a_script_with_two_servers_of_one_application_has_it_once(tmp_path: Path) -> None:
    serves = "\nimport asyncio\nasync def main():\n    app = make_app()\n"
    serves += "    app.listen(8888)\n    app.listen(0)\n    await asyncio.Event().wait()\nasyncio.run(main())\n"
    write(tmp_path, {"main.py": APP + serves})
    with ServerProcess("serve", "--script", "main.py", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert get(server, "/page").text.count("<script") == 1
        assert server.stop() == 0


def test_policies_let_it_in_and_nothing_else(server: ServerProcess) -> None:
    answer = get(server, "/policy")
    policy = answer.headers["content-security-policy"]
    nonce = policy.partition("nonce-")[2].partition("'")[0]
    assert policy == f"default-src 'none'; img-src 'self'; script-src 'nonce-{nonce}'; connect-src 'self'"
    assert f'nonce="{nonce}"' in tag_in(answer.text).text
    assert nonce != get(server, "/policy").headers["content-security-policy"].partition("nonce-")[2].partition("'")[0]
