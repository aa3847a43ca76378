"""What a made project does against each of the OWASP Top 10 of 2025, as it is made and as it runs."""

import ast
import http.server
import json
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from support.certificates import certificate
from support.connection import Answer
from support.full_project import make_full, served
from support.server_process import ServerProcess

from tornado_cli.scaffold.generate import plan

pytestmark = pytest.mark.thorough
PASSWORD = "correct horse battery"
PUBLIC = {
    "home", "greeting", "language", "primes", "primes-socket", "metrics", "livez", "readyz", "openapi", "docs",
    "sign_up", "log_in", "log_out", "log_out_everywhere", "oauth_start", "oauth_callback", "None",
}  # fmt: skip
FOR_MEMBERS = {"account", "files", "file", "wall", "news", "room", "room-socket", "items", "item", "people"}
BROWSER = {"Accept": "text/html"}
SOCKET = {
    "Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec_WebSocket_Version": "13",
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_full(tmp_path_factory.mktemp("made"), ci="github")


@pytest.fixture(scope="module")
def site(project: Path) -> Iterator[ServerProcess]:
    with served(project) as server:
        server.wait_for("ready")
        yield server


def send(site: ServerProcess, path: str, body: str, *, kind: str = "application/json", **headers: str) -> Answer:
    with site.connect() as connection:
        connection.ask(path, method="POST", Content_Type=kind, Content_Length=str(len(body)), **headers)
        connection.send(body.encode())
        return connection.answer()


def submit(site: ServerProcess, path: str, fields: dict[str, str], **headers: str) -> Answer:
    return send(site, path, urlencode(fields), kind="application/x-www-form-urlencoded", **headers)


def session(site: ServerProcess, name: str) -> str:
    """Sign up; return the cookie as a browser sends it."""
    answer = submit(site, "/signup", {"name": name, "password": PASSWORD})
    assert answer.status == 303, answer
    return as_sent(answer)


def as_sent(answer: Answer) -> str:
    """The cookie of the session that an answer began."""
    [begun] = [cookie for cookie in answer.cookies if "session=" in cookie]
    return begun.partition(";")[0]


@pytest.fixture(scope="module")
def member(site: ServerProcess) -> str:
    """The cookie of somebody who is logged in."""
    return session(site, "ada")


def test_a01_who_is_not_logged_in_reaches_only_what_is_for_all(project: Path, site: ServerProcess) -> None:
    code = "from shop.app import ROUTES; print(*(route.name for route in ROUTES))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project / "src", capture_output=True, text=True, check=True, timeout=60
    )
    # A new route has to be put in one of the two.
    assert set(done.stdout.split()) == PUBLIC | FOR_MEMBERS
    some = "0" * 32
    for path in ("/account", "/people", "/files", f"/files/{some}/a", "/wall", "/wall/after/0", "/rooms/lobby"):
        asked = site.get(path, **BROWSER)
        assert (asked.status, asked.headers["location"].partition("?")[0]) == (302, "/login"), path
    for path in ("/items", f"/items/{some}"):
        assert site.get(path).status == 401, path
    assert site.get("/rooms/lobby/socket", **SOCKET).status == 401
    assert site.get("/metrics").status == 403


def test_a01_members_are_no_admins(site: ServerProcess, member: str) -> None:
    assert site.get("/people", Cookie=member).status == 403


@pytest.mark.parametrize("foreign", [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}])
def test_a01_other_sites_act_for_nobody(site: ServerProcess, member: str, foreign: dict[str, str]) -> None:
    assert submit(site, "/wall", {"text": "spam"}, Cookie=member, **foreign).status == 403
    assert send(site, "/items", '{"name": "spam"}', Cookie=member, **foreign).status == 403
    assert "spam" not in site.get("/wall", Cookie=member).text
    # WebSockets go by the origin alone.
    if "Origin" in foreign:
        assert site.get("/rooms/lobby/socket", Cookie=member, **SOCKET, **foreign).status == 403
        assert site.get("/primes/socket", **SOCKET, **foreign).status == 403


class Inside(http.server.BaseHTTPRequestHandler):
    """A service that answers with the way to another one, which nobody outside may see."""

    asked: "list[str]" = []  # noqa: RUF012 - one for all requests.
    came = threading.Event()

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.send_response(307)
        self.send_header("Location", "/inside")
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.came.set()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def test_a01_no_service_outside_leads_the_project_to_one_inside(project: Path) -> None:
    source = "\n".join(path.read_text() for path in (project / "src").rglob("*.py"))
    # All that it ever asks for are addresses of its settings, and what they lead to is not followed.
    assert len(re.findall(r"await self\.\w+\.fetch\(", source)) == source.count("follow_redirects=False") > 0
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Inside) as inside:
        threading.Thread(target=inside.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{inside.server_address[1]}/hook"
        with served(project, env={"WEBHOOK_URL": address}) as site, site.connect() as connection:
            site.wait_for("ready")
            connection.open_websocket("/primes/socket")
            connection.send(b"\x81\x8d\0\0\0\0" + b'{"number": 7}')
            assert Inside.came.wait(20)
            assert site.stop() == 0
        inside.shutdown()
    assert set(Inside.asked) == {"/hook"}


def test_a02_every_answer_has_the_headers_that_bind_browsers(site: ServerProcess, member: str) -> None:
    for path in (
        "/",
        "/account",
        "/static/app.css",
        "/static/nowhere",
        "/nowhere",
        "/items",
        "/docs",
        "/livez",
        "/files",
    ):
        headers = site.get(path, Cookie=member, **BROWSER).headers
        policy = headers["content-security-policy"]
        assert re.search(r"script-src 'nonce-[\w-]{20,}';", policy), path
        assert "unsafe" not in policy
        for part in ("default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"):
            assert part in policy, path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers
        assert "strict-transport-security" not in headers
        assert "server" not in headers, path


def test_a02_no_page_has_a_script_or_style_in_it(site: ServerProcess, member: str) -> None:
    for path in ("/", "/files", "/wall", "/rooms/lobby", "/primes", "/docs", "/nowhere"):
        page = site.get(path, Cookie=member, **BROWSER).text
        assert re.findall(r"<script(?![^>]* src=)", page) == []
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", page) == []


def test_a02_debug_is_off_and_cannot_be_had_in_production(project: Path) -> None:
    assert "#DEBUG=1" in (project / ".env").read_text()
    with served(project, env={"DEBUG": "1"}) as site:
        site.wait_for("ready")
        assert site.get("/nowhere").json["title"] == "Not Found"
        assert any("debug" in str(event.get("message")) for event in site.events if event["level"] == "warning")


def test_a02_under_tls_browsers_never_come_back_without_it_and_other_hosts_are_refused(
    project: Path, tmp_path: Path
) -> None:
    certfile, keyfile = certificate("localhost").write_to(tmp_path)
    tls = ["--certfile", str(certfile), "--keyfile", str(keyfile), "--allowed-hosts", "localhost"]
    with served(project, *tls) as site:
        site.wait_for("ready")
        assert site.get("/").headers["strict-transport-security"].startswith("max-age=31536000")
        assert site.get("/", Host="evil.example").status in {400, 403, 421}
        answer = submit(site, "/signup", {"name": "tls", "password": PASSWORD})
        [cookie] = [one for one in answer.cookies if "session=" in one]
        assert cookie.startswith("__Host-session=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


def test_a03_what_runs_at_each_push_is_pinned_and_may_do_little(project: Path) -> None:
    workflow = (project / ".github/workflows/ci.yml").read_text()
    used = re.findall(r"uses: (\S+)", workflow)
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one)] == []
    assert "permissions:\n  contents: read\n" in workflow
    assert workflow.count("persist-credentials: false") == workflow.count("uses: actions/checkout@")
    assert "pip-audit --strict" in workflow
    assert "package-ecosystem: pip" in (project / ".github/dependabot.yml").read_text()


def test_a04_secrets_are_random_and_stay_here(project: Path, tmp_path: Path) -> None:
    plan(tmp_path / "other", preset="full").write()
    found = [
        re.findall(r"^(\w+)=(\S+)$", (one / ".env").read_text(), re.MULTILINE) for one in (project, tmp_path / "other")
    ]
    for (name, secret), (_, other) in zip(*found, strict=True):
        assert len(secret) >= 43, name
        assert secret != other, name
    assert [name for name, _ in found[0]] == ["COOKIE_SECRET", "METRICS_TOKEN"]
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600
    assert ".env\n" in (project / ".gitignore").read_text()


def test_a04_nobody_serves_with_the_secrets_of_the_example(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / "shop"
    shutil.copytree(project, copy)
    shutil.copy(copy / ".env.example", copy / ".env")
    with served(copy, forgives=["SettingsError"]) as site:
        assert site.wait_for_exit() == 3
        assert "COOKIE_SECRET: this has to be a real secret" in site.told()


def test_a04_the_database_has_no_password_and_no_token(project: Path, site: ServerProcess) -> None:
    cookie = session(site, "hashed")
    with sqlite3.connect(project / "shop.sqlite3") as database:
        [[stored]] = database.execute("SELECT password_hash FROM users WHERE name = 'hashed'").fetchall()
        tokens = [row[0] for row in database.execute("SELECT token_hash FROM sessions")]
    database.close()
    assert stored.startswith("$argon2id$")
    assert all(re.fullmatch(r"[0-9a-f]{64}", token) and token not in cookie for token in tokens)


def test_a05_what_people_type_stays_text(site: ServerProcess, member: str) -> None:
    evil = "\"'><script>alert(1)</script>{{ 'zz' * 3 }}"
    submit(site, "/wall", {"text": evil}, Cookie=member)
    named = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{evil[2:]}"\r\n\r\na\r\n--x--\r\n'
    assert send(site, "/files", named, kind="multipart/form-data; boundary=x", Cookie=member).status == 303
    refused = submit(site, "/greeting", {"name": evil * 9}).text
    for page in (site.get("/wall", Cookie=member).text, site.get("/files", Cookie=member).text, refused):
        assert "<script>alert" not in page
        assert "zzzzzz" not in page


def test_a05_what_people_ask_stays_a_value(site: ServerProcess, member: str) -> None:
    assert send(site, "/items", '{"name": "plain"}', Cookie=member).status == 201
    for evil in ("' OR '1'='1", "%", "_", "x' UNION SELECT password_hash FROM users --"):
        found = site.get(f"/items?{urlencode({'name': evil})}", Cookie=member)
        assert (found.status, found.json["total"]) == (200, 0), evil
        assert submit(site, "/login", {"name": evil, "password": evil}).status == 422


def test_a05_no_path_leads_out_of_the_folders_of_files(site: ServerProcess, member: str) -> None:
    for way in ("../../../.env", "..%2f..%2f..%2f.env", "%2e%2e/%2e%2e/.env", "/etc/passwd", "....//.env"):
        for folder in ("/static/", f"/files/{'0' * 32}/", "/files/"):
            assert site.get(folder + way, Cookie=member).status in {400, 403, 404}, folder + way


def test_a06_what_is_too_large_is_refused(site: ServerProcess, member: str) -> None:
    with site.connect() as connection:
        head = {"Content_Type": "multipart/form-data; boundary=x", "Content_Length": str(2**30), "Cookie": member}
        connection.ask("/files", method="POST", **head)
        assert connection.answer().status == 413
    with site.connect() as connection:
        connection.ask("/items", method="POST", Content_Length=str(2**30), Cookie=member)
        assert connection.answer().status in {400, 413}
    with site.connect() as connection:
        connection.open_websocket("/primes/socket")
        connection.send(b"\x81\xfe" + (20_000).to_bytes(2) + b"\0\0\0\0" + b"x" * 20_000)
        assert connection.wait_for_close_frame() == 1009


def test_a07_a_session_is_no_business_of_scripts_and_a_new_one_at_each_login(site: ServerProcess) -> None:
    begun = submit(site, "/signup", {"name": "rotating", "password": PASSWORD})
    for cookie in begun.cookies:
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    old = as_sent(begun)
    new = as_sent(submit(site, "/login", {"name": "rotating", "password": PASSWORD}, Cookie=old))
    assert (site.get("/account", Cookie=old).status, site.get("/account", Cookie=new).status) == (401, 200)
    submit(site, "/logout", {}, Cookie=new)
    assert site.get("/account", Cookie=new).status == 401


def test_a07_guessing_is_stopped_and_tells_nothing(project: Path) -> None:
    # At a server of its own: what other tests have tried from this address counts as well.
    with served(project) as site:
        site.wait_for("ready")
        # That is a try, too. Each twelve seconds give one back: on a slow machine more are allowed in all.
        session(site, "guessed")
        known = [submit(site, "/login", {"name": "guessed", "password": f"guess {n}"}) for n in range(10)]
        statuses = [page.status for page in known]
        allowed = statuses.index(429)
        assert allowed >= 4
        assert statuses[:allowed] == [422] * allowed
        unknown = submit(site, "/login", {"name": "nobody", "password": "guess"})
        assert unknown.status == 422
        assert all("do not belong together" in page.text for page in (known[0], unknown))
        assert submit(site, "/signup", {"name": "weak", "password": "short"}).status == 422


def test_a08_what_a_browser_gives_back_is_what_it_was_given(site: ServerProcess, member: str) -> None:
    name, _, value = member.partition("=")
    for place in range(0, len(value), 7):
        forged = value[:place] + ("A" if value[place] != "A" else "B") + value[place + 1 :]
        assert site.get("/account", Cookie=f"{name}={forged}").status == 401, place


def test_a08_nothing_is_made_into_code(project: Path) -> None:
    for path in (project / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            if isinstance(node, ast.ImportFrom):
                names = {node.module or ""}
            assert names.isdisjoint({"pickle", "marshal", "shelve", "dill"}), path
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            assert called not in {"eval", "exec", "compile", "__import__"}, path


def test_a09_what_happens_is_told_and_no_secret_is(site: ServerProcess) -> None:
    planted = "planted-secret"
    cookie = session(site, "logged")
    submit(site, "/login", {"name": "logged", "password": planted}, Cookie=f"{cookie}; other={planted}")
    site.get(f"/nowhere?token={planted}&access_token={planted}", Authorization=f"Bearer {planted}")
    told = site.wait_for("access", path="/login", status=422)
    assert (told["client"], told["method"]) == ("127.0.0.1", "POST")
    site.wait_for("access", path="/nowhere?token=***&access_token=***", status=404)
    assert [line for line in site.lines if planted in line or PASSWORD in line or cookie in line] == []


def test_a09_nobody_writes_lines_of_their_own(site: ServerProcess) -> None:
    site.get("/forged%0A%1b[31m%00?a=%0d%0aERROR", User_Agent="\x1b]0;owned\x9b", Referer="x\u0085y")
    found = site.get("/nowhere", X_Request_ID="the-last-one")
    assert found.headers["x-request-id"] == "the-last-one"
    site.wait_for("access", request_id="the-last-one")
    for line in site.lines:
        json.loads(line)
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)


def test_a10_a_fault_tells_nothing_lets_nobody_in_and_is_seen(tmp_path: Path) -> None:
    project = make_full(tmp_path)
    with served(project, forgives=["no such table"]) as site:
        site.wait_for("ready")
        cookie = session(site, "ada")
        assert (site.get("/livez").status, site.get("/readyz").status) == (200, 200)
        with sqlite3.connect(project / "shop.sqlite3") as database:
            database.execute("DROP TABLE items")
        problem = site.get("/items", Cookie=cookie)
        assert problem.status == 500
        assert problem.json.keys() == {"status", "title", "request_id"}
        page = site.get("/items", Cookie=cookie, **BROWSER)
        assert "The fault is ours" in page.text
        assert not re.search(r"sqlite|no such|Traceback|\.py", page.text.partition("<main")[2])
        with sqlite3.connect(project / "shop.sqlite3") as database:
            database.execute("DROP TABLE sessions")
        database.close()
        assert site.get("/account", Cookie=cookie).status == 500
        assert any("no such table: items" in str(event.get("traceback")) for event in site.events)
