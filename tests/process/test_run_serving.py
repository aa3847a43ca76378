"""`tcli run` at work: how many serve, what the log tells of it, what debug settings come to."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.project import write
from support.server_process import ServerProcess

APP = """
import asyncio, os, sys
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        self.write(self.request.headers.get("X-Request-ID", ""))

    def post(self):
        pass

class Pid(RequestHandler):
    def get(self):
        self.write(str(os.getpid()))

class Loop(RequestHandler):
    def get(self):
        self.write(type(asyncio.get_running_loop()).__module__)

class Fail(RequestHandler):
    def get(self):
        raise RuntimeError("secret-of-the-handler")

class Say(RequestHandler):
    def get(self):
        print("to stdout")
        print("to stderr", file=sys.stderr)
        os.write(1, b"to descriptor 1\\n")

class Settings(RequestHandler):
    def get(self):
        names = ("debug", "autoreload", "serve_traceback", "compiled_template_cache", "static_hash_cache")
        self.write({name: self.settings.get(name) for name in names})

def make_app(**settings):
    return Application(
        [("/", Main), ("/pid", Pid), ("/loop", Loop), ("/fail", Fail), ("/say", Say), ("/settings", Settings)],
        **settings,
    )
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = write(tmp_path_factory.mktemp("project"), {"main.py": APP})
    with ServerProcess("run", "--workers", "2", cwd=folder) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


def test_connections_reach_every_worker(server: ServerProcess) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(64)]
        for client in clients:
            client.ask("/pid")
        pids = [client.answer().text for client in clients]
    assert len(set(pids)) == 2
    # Neither is left with less than a quarter.
    assert min(pids.count(pid) for pid in set(pids)) >= 16


def test_an_access_line_has_all_its_parts(server: ServerProcess) -> None:
    assert server.get("/pid?whole=line").status == 200
    line = server.wait_for("access", path="/pid?whole=line")
    assert (line["client"], line["method"], line["status"]) == ("127.0.0.1", "GET", 200)
    assert str(line["source"]).startswith("worker ")
    assert line["duration_ms"] > 0
    assert line["size"] > 0
    assert line["request_id"]


@pytest.mark.parametrize("name", ["token", "api_key", "client_secret", "password", "code", "state"])
def test_an_access_line_masks_what_is_secret(server: ServerProcess, name: str) -> None:
    assert server.get(f"/pid?page=7&{name}=hunter-{name}", X_Request_ID=f"id-{name}").status == 200
    line = server.wait_for("access", request_id=f"id-{name}")
    assert str(line["path"]).startswith(f"/pid?page=7&{name}=")
    assert f"hunter-{name}" not in json.dumps(server.events)


def test_a_request_id_is_passed_through_to_application_answer_and_log(server: ServerProcess) -> None:
    answer = server.get("/", X_Request_ID="from-the-proxy.1")
    assert (answer.text, answer.headers["x-request-id"]) == ("from-the-proxy.1", "from-the-proxy.1")
    server.wait_for("access", request_id="from-the-proxy.1")


@pytest.mark.parametrize("foreign", ["", "a b", "x" * 129, "\x1b[2J", "<script>"])
def test_a_request_id_is_made_where_there_is_no_proper_one(server: ServerProcess, foreign: str) -> None:
    with server.connect() as client:
        answer = client.get("/", **({"X_Request_ID": foreign} if foreign else {}))
    if answer.status == 400:
        # Tornado itself refuses control bytes.
        return
    made = answer.headers["x-request-id"]
    assert made == answer.text != foreign
    server.wait_for("access", request_id=made)


def test_two_requests_never_have_the_same_id(server: ServerProcess) -> None:
    ids = [server.get().text for _ in range(20)]
    assert len(set(ids)) == 20


def test_control_bytes_never_reach_the_log_raw(server: ServerProcess) -> None:
    with server.connect() as client:
        client.send(b"GET /\x9b31m\x7f%1b[2J HTTP/1.1\r\nHost: \x1b]0;title\x07\r\n\r\n")
        client.wait_for_end()
    with server.connect() as client:
        client.send(b"GET /\x9b31m\x85\xff%1b[2J HTTP/1.1\r\nHost: x\r\nX-Request-ID: control-bytes\r\n\r\n")
        client.answer()
    server.wait_for("access", request_id="control-bytes")
    assert not {chr(code) for code in (*range(32), *range(127, 160))} & set("".join(server.lines))


def test_what_the_application_prints_is_in_the_log(server: ServerProcess) -> None:
    assert server.get("/say").status == 200
    assert server.wait_for(message="to stdout")["logger"] == "stdout"
    assert server.wait_for(message="to descriptor 1")["logger"] == "stdout"
    assert (said := server.wait_for(message="to stderr"))["logger"] == "stderr"
    assert said["level"] == "warning"


def test_a_request_that_fails_is_logged_once_and_its_traceback_is_not_answered(server: ServerProcess) -> None:
    answer = server.get("/fail")
    assert answer.status == 500
    assert "secret-of-the-handler" not in answer.text
    server.wait_for("access", path="/fail")
    assert sum("secret-of-the-handler" in str(event.get("traceback", "")) for event in server.events) == 1


def test_an_answer_is_logged_once(server: ServerProcess) -> None:
    with server.connect() as client:
        # One connection, one worker: its lines keep their order.
        client.get("/pid?once")
        client.get("/pid?then")
    server.wait_for("access", path="/pid?then")
    assert json.dumps(server.events).count("/pid?once") == 1


@pytest.mark.parametrize("method", ["HEAD", "PUT", "OPTIONS"])
def test_other_methods_and_statuses_are_logged_too(server: ServerProcess, method: str) -> None:
    with server.connect() as client:
        client.ask(f"/pid?{method}", method=method, Content_Length="0", Connection="close")
        client.wait_for_end()
    assert server.wait_for("access", path=f"/pid?{method}")["method"] == method


def test_a_client_that_leaves_is_logged_as_499(server: ServerProcess) -> None:
    with server.connect() as client:
        client.begin_upload("/?left", 5)
    assert server.wait_for("access", path="/?left")["status"] == 499


def test_debug_settings_are_undone_with_a_warning(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP})
    with ServerProcess("run", "main:make_app(debug=True)", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get("/settings").json == {
            "debug": False,
            "autoreload": False,
            "serve_traceback": False,
            "compiled_template_cache": True,
            "static_hash_cache": True,
        }
        answer = server.get("/fail")
        assert (answer.status, "Traceback" in answer.text) == (500, False)
        [warning] = [event for event in server.events if "DEBUG SETTINGS" in str(event.get("message"))]
        assert warning["level"] == "warning"
        write(tmp_path, {"main.py": "raise SystemExit('a change must do nothing')"})
        assert server.get("/settings").status == 200
        assert server.stop() == 0


@pytest.mark.parametrize(
    "loop",
    [pytest.param("asyncio", marks=pytest.mark.thorough), pytest.param("uvloop", marks=pytest.mark.outside("uvloop"))],
)
def test_the_loop_is_the_one_that_was_asked_for(tmp_path: Path, loop: str) -> None:
    write(tmp_path, {"main.py": APP})
    with ServerProcess("run", "--loop", loop, cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get("/loop").text.startswith("uvloop" if loop == "uvloop" else "asyncio")
        assert server.stop() == 0


def test_workers_0_is_one_for_each_cpu_and_says_why(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP})
    with ServerProcess("run", "--workers", "0", cwd=tmp_path) as server:
        told = server.wait_for("workers")
        assert 1 <= told["workers"] <= len(os.sched_getaffinity(0))
        assert ":" in str(told["message"])
        server.wait_for("ready", workers=told["workers"])
        assert len(server.wait_for_all(told["workers"], {"event": "worker_ready"})) == told["workers"]
        assert server.stop() == 0


def test_without_access_log_there_are_no_lines(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP})
    with ServerProcess("run", "--no-access-log", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get("/say").status == 200
        server.wait_for(message="to stderr")
        assert server.stop() == 0
        assert not server.seen("access")
