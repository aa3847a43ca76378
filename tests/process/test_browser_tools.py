"""What `tcli serve` has for the browser under `/__tcli__/`: for pages of its own on this machine, and nobody else."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.connection import Answer
from support.live import LIVE, PAGE, news, open_live, tag_of
from support.project import save, write
from support.server_process import ServerProcess

SCRIPT = "/__tcli__/live.js"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = write(tmp_path_factory.mktemp("shop"), {"main.py": PAGE})
    with ServerProcess("serve", "--debug", cwd=folder) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


def ask(server: ServerProcess, token: str, **headers: str) -> Answer:
    with server.connect() as connection:
        connection.ask_for_websocket(f"{LIVE}?token={token}", **headers)
        return connection.answer()


def test_a_page_of_ours_is_told_what_is_served(server: ServerProcess) -> None:
    tag = tag_of(server)
    with open_live(server, tag.token) as page:
        assert news(page) == {"state": "serving", "build": tag.build}


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.2",
        "http://127.0.0.1",
        "http://localhost:1",
        "http://localhost.evil",
        "",
    ],
)
def test_a_page_of_another_origin_is_refused(server: ServerProcess, origin: str) -> None:
    answer = ask(server, tag_of(server).token, Host="localhost", Origin=origin)
    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_who_names_no_origin_is_no_page(server: ServerProcess) -> None:
    assert ask(server, tag_of(server).token).status == 403


@pytest.mark.parametrize("token", ["", "0" * 32, "é"])
def test_the_token_of_this_run_is_needed(server: ServerProcess, token: str) -> None:
    assert ask(server, token, Host="localhost", Origin="http://localhost").status in {400, 403}


def test_two_runs_have_two_tokens(server: ServerProcess, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": PAGE})
    with ServerProcess("serve", cwd=tmp_path) as other:
        other.wait_for("ready")
        assert tag_of(other).token != tag_of(server).token


@pytest.mark.parametrize("path", [SCRIPT, LIVE, "/__tcli__/", "/__tcli__/nothing"])
def test_another_host_is_misdirected_though_the_origin_is_its_own(server: ServerProcess, path: str) -> None:
    rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
    answer = server.get(f"{path}?token={tag_of(server).token}", **rebound)
    assert answer.status == 421
    assert ask(server, tag_of(server).token, **rebound).status == 421


def test_a_page_for_another_host_has_no_script(server: ServerProcess) -> None:
    assert "__tcli__" not in server.get(Accept="text/html", Host="evil.example").text


def test_what_comes_through_a_proxy_is_not_from_this_machine(server: ServerProcess) -> None:
    assert server.get(SCRIPT, X_Forwarded_For="192.0.2.1").status == 403
    assert "__tcli__" not in server.get(Accept="text/html", X_Forwarded_For="192.0.2.1").text


def test_another_site_can_load_nothing(server: ServerProcess) -> None:
    assert server.get(SCRIPT, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status == 403
    answer = server.get(SCRIPT)
    assert answer.status == 200
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers
    # Every project has the same file: it tells nothing of this one.
    assert tag_of(server).token not in answer.text


@pytest.mark.parametrize(
    "path", ["/__tcli__/../main.py", "/__tcli__/..%2fmain.py", "/__tcli__/guards.py", "/__tcli__/eval"]
)
def test_there_is_nothing_else(server: ServerProcess, path: str) -> None:
    assert server.get(path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_is_done_for_who_is_no_page_of_ours(server: ServerProcess, method: str) -> None:
    with server.connect() as connection:
        connection.ask(SCRIPT, method=method, Content_Length="0")
        assert connection.answer().status in {403, 405}


def test_what_pages_ask_for_is_not_in_the_access_log(server: ServerProcess) -> None:
    assert server.get(SCRIPT).status == 200
    server.get("/of-the-application")
    server.wait_for(path="/of-the-application")
    assert not [one for one in server.seen("access") if "__tcli__" in one["path"]]


def test_a_reload_ends_the_connection_at_once_and_the_next_process_takes_the_page(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": PAGE})
    with ServerProcess("serve", "--reload-grace", "30", cwd=tmp_path) as server:
        server.wait_for("ready")
        tag = tag_of(server)
        with open_live(server, tag.token) as page:
            news(page)
            save(tmp_path / "main.py", PAGE.replace("says", "said"))
            page.wait_for_end()
        with open_live(server, tag.token) as page:
            assert news(page)["build"] == tag_of(server).build != tag.build
        assert server.stop() == 0


def test_nothing_is_put_where_others_can_write(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    write(tmp_path, {"main.py": PAGE})
    with ServerProcess("serve", "--debug", cwd=tmp_path, env={"TMPDIR": str(temporary)}) as server:
        server.wait_for("ready")
        save(tmp_path / "main.py", PAGE + "1 / 0")
        server.wait_for("app_failed")
        assert server.get(Accept="text/html").status == 500
        assert list(temporary.iterdir()) == []
        assert server.stop() == 0


def test_without_live_reload_pages_are_as_the_application_makes_them(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": PAGE})
    with ServerProcess("serve", "--no-livereload", cwd=tmp_path) as server:
        server.wait_for("ready")
        answer = server.get(Accept="text/html")
        assert answer.text == "<!doctype html><html><head></head><body>{says}</body></html>"
        assert "etag" in answer.headers
        assert server.stop() == 0


def test_run_has_nothing_of_it(tmp_path: Path) -> None:
    modules = 'str([name for name in __import__("sys").modules if "tornado_cli.serve" in name])'
    tells = PAGE.replace("self.write(", f"self.write({modules} + ").replace("Main)]", "Main)], debug=True")
    write(tmp_path, {"main.py": tells})
    with ServerProcess("run", cwd=tmp_path, env={"DEBUG": "1", "TCLI_SERVE_DEBUG": "1"}) as run:
        run.wait_for("ready")
        page = run.get(Accept="text/html")
        assert page.text == "[]<!doctype html><html><head></head><body>{says}</body></html>"
        # The application's own answer to any path.
        assert run.get(SCRIPT).text == run.get("/__tcli__/").text == page.text
        assert run.stop() == 0


@pytest.mark.outside("root", "ip", "unshare", "nsenter", "curl")
def test_another_machine_gets_the_application_only_unless_it_may(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": PAGE})
    address = "192.0.2.7"
    network = f'ip link set lo up && ip address add {address} dev lo && exec "$@"'
    under = ["unshare", "-n", "sh", "-c", network, "sh"]

    def ask(served: ServerProcess, path: str, *arguments: str) -> str:
        inside = ["nsenter", "-n", "-t", str(served.pid), "curl", "-s", *arguments]
        command = [*inside, f"http://{address}:{served.port}{path}"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    status = ["-o", "/dev/null", "-w", "%{http_code}"]
    host = ["--debug", "--host", "0.0.0.0", "--allowed-hosts", address]
    with ServerProcess("serve", *host, cwd=tmp_path, under=under) as served:
        served.wait_for("exposed")
        served.wait_for("ready")
        assert "__tcli__" not in ask(served, "/")
        assert "says" in ask(served, "/")
        assert ask(served, SCRIPT, *status) == ask(served, "/__tcli__/", *status) == "403"
        (tmp_path / "main.py").write_text(f"{PAGE}\nraise LookupError\n")
        served.wait_for("app_failed")
        assert "LookupError" not in ask(served, "/", "-H", "Accept: text/html")
    with ServerProcess("serve", *host, "--debug-remote", cwd=tmp_path, under=under) as served:
        served.wait_for("app_failed")
        page = ask(served, "/", "-H", "Accept: text/html")
        assert "__tcli__" in page
        assert "LookupError" in page
        assert ask(served, SCRIPT, *status) == ask(served, "/__tcli__/", *status) == "200"
