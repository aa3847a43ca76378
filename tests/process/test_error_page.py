"""What is shown of a failure: to whom, in which form, and what is not."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.broken_shop import APP, PRICING
from support.project import Gate, app_that_says, save, write
from support.server_process import ServerProcess

HTML = {"Accept": "text/html"}
SECRETS = {"Authorization": "Bearer planted-in-a-header", "Cookie": "sid=planted-in-a-cookie"}
ENVIRONMENT = {"DB_PASSWORD": "planted-in-the-environment", "EDITOR": "code --wait"}


def served(folder: Path, *arguments: str) -> ServerProcess:
    write(folder, {"main.py": APP, "pricing.py": PRICING})
    return ServerProcess("serve", *arguments, cwd=folder, env=ENVIRONMENT)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with served(tmp_path_factory.mktemp("shop"), "--debug") as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with served(tmp_path_factory.mktemp("quiet")) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


def words_of(page: str) -> str:
    """Return what people read of it."""
    return re.sub(r"<[^>]*>", "", re.sub(r"<title.*?</title>|<style.*?</style>", "", page, flags=re.DOTALL))


def test_the_failing_line_comes_first_then_where_it_came_from(server: ServerProcess) -> None:
    answer = server.get("/chained", **HTML)
    assert answer.status == 500
    words = words_of(answer.text)
    order = ["GET /chained", "RuntimeError", "main.py:18", "raise RuntimeError", "How it came to that"]
    order += ["It was caused by", "JSONDecodeError", "pricing.py:5", "The request"]
    places = [words.index(word) for word in order]
    assert places == sorted(places)


def test_frames_of_libraries_are_folded_and_the_project_s_are_open(server: ServerProcess) -> None:
    page = server.get("/chained", **HTML).text
    assert re.search(r'<details class="others"><summary>2 calls in json</summary>', page)
    assert re.search(r"<details open><summary><code>pricing\.py:5</code>", page)


def test_each_of_a_group_is_shown_and_the_first_of_them_is_the_place(server: ServerProcess) -> None:
    words = words_of(server.get("/group", **HTML).text)
    assert words.count("One of the group") == 2
    assert words.index("pricing.py:9") < words.index("How it came to that")


def test_lines_are_links_into_the_editor_and_nothing_asks_the_server_to_open_it(server: ServerProcess) -> None:
    page = server.get("/chained", **HTML).text
    links = re.findall(r'href="([^"]*)"', page)
    assert links
    assert {link.partition(":")[0] for link in links} == {"vscode"}
    assert "<form" not in page
    assert re.findall(r"<script [^>]*src=\"([^\"]+)\"", page) == ["/__tcli__/live.js"]
    for path in ("open", "open-in-editor", "eval", "console", "source?file=/etc/passwd"):
        assert server.get(f"/__tcli__/{path}").status == 404


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
def test_no_secret_is_shown(server: ServerProcess, accept: str) -> None:
    answer = server.get("/chained", Accept=accept, **SECRETS)
    assert answer.status == 500
    assert "RuntimeError" in answer.text
    assert "planted" not in answer.text


def test_values_are_shown_only_when_asked_for_and_without_secrets(server: ServerProcess, tmp_path: Path) -> None:
    assert "12,5" not in words_of(server.get("/group", **HTML).text)
    assert "first" not in re.findall(r"<dd>(.*?)</dd>", server.get("/group", **HTML).text)
    with served(tmp_path, "--debug", "--show-locals") as showing:
        showing.wait_for("ready")
        page = showing.get("/chained", **HTML, **SECRETS).text
        assert "<dt>order</dt><dd>{&#x27;price&#x27;: &#x27;12,5&#x27;}</dd>" in page
        assert "<dt>password</dt><dd>***</dd>" in page
        assert "planted" not in page
        assert showing.stop() == 0


def test_what_the_failure_says_is_text_under_a_strict_policy(server: ServerProcess) -> None:
    answer = server.get("/chained", **HTML)
    assert "<script>" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'nonce-")
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


def test_others_get_json_or_plain_text(server: ServerProcess) -> None:
    told = server.get("/chained", Accept="application/json").json
    assert told["status"] == 500
    assert told["place"] == {"file": "main.py", "line": 18, "function": "Chained.get"}
    assert [one["type"] for one in told["exceptions"]] == ["RuntimeError", "json.decoder.JSONDecodeError"]
    text = server.get("/chained")
    assert text.headers["content-type"].startswith("text/plain")
    assert 'File "pricing.py", line 5, in total' in text.text


def test_without_debug_the_page_says_where_to_look(quiet: ServerProcess) -> None:
    for accept in ("text/html", "application/json", "*/*"):
        answer = quiet.get("/chained", Accept=accept)
        assert answer.status == 500
        assert not [word for word in ("RuntimeError", "pricing", "alert", ".py") if word in answer.text]
    assert "terminal" in quiet.get("/chained", **HTML).text
    # What the application's own debug=True would show to everybody.
    assert "Traceback" not in quiet.get("/forbidden").text
    assert "RuntimeError" in str(quiet.wait_for(level="error", logger="tornado.application")["traceback"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"X-Forwarded-For": "192.0.2.1"},
        {"X-Forwarded-Host": "tunnel.example"},
    ],
)
def test_another_host_site_or_address_learns_nothing(server: ServerProcess, headers: dict[str, str]) -> None:
    for accept in ("text/html", "application/json"):
        answer = server.get("/chained", Accept=accept, **headers)
        assert answer.status == 500
        assert "RuntimeError" not in answer.text
        assert "pricing" not in answer.text


def test_an_error_page_of_the_application_s_own_stays(server: ServerProcess) -> None:
    assert server.get("/own", **HTML).text == "our own page for 500: True"


def test_what_a_handler_means_to_answer_stays(server: ServerProcess) -> None:
    assert "403: Forbidden" in server.get("/forbidden", **HTML).text


def test_an_answer_that_has_begun_ends(server: ServerProcess) -> None:
    assert server.get("/late").text == "begun"


def test_an_exception_that_cannot_be_shown_is_shown(server: ServerProcess) -> None:
    assert "Boasts: (its message cannot be shown)" in words_of(server.get("/strange", **HTML).text)


def test_a_syntax_error_shows_its_line(tmp_path: Path) -> None:
    with served(tmp_path, "--debug") as server:
        server.wait_for("ready")
        save(tmp_path / "pricing.py", PRICING.replace("order):", "order:"))
        server.wait_for("app_failed")
        page = server.get(**HTML).text
        words = words_of(page)
        assert words.index("SyntaxError: &#x27;(&#x27; was never closed") < words.index("pricing.py:4")
        assert "<mark>(</mark>order:" in page
        assert server.get(Accept="application/json").json["place"]["file"] == "pricing.py"
        # Of the process that has failed: what the environment holds is hidden, too.
        save(tmp_path / "pricing.py", "import os\nraise OSError(os.environ['DB_PASSWORD'])\n")
        server.wait_for_all(2, {"event": "app_failed"})
        assert "OSError" in server.get(**HTML).text
        assert "planted" not in server.get(**HTML).text
        assert server.stop() == 0


def test_a_start_that_takes_long_shows_what_it_is_at(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": f"def connect():\n    {gate.code}\nconnect()\n" + app_that_says("one")})
    with ServerProcess("serve", "main:make_app", "--debug", cwd=tmp_path) as server:
        gate.wait_for_somebody()
        server.wait_for("slow")
        answer = server.get(**HTML)
        assert (answer.status, answer.headers["retry-after"], answer.headers["refresh"]) == (503, "1", "1")
        words = words_of(answer.text)
        assert words.index("still starting") < words.index("main.py:2") < words.index("main.py:3")
        assert "line 2, in connect" in server.get().text
        gate.open()
        server.wait_for("ready")
        assert server.get().text == "one"
        assert server.stop() == 0
