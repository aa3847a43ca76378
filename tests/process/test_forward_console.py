"""`--forward-console`: what the browser's console complains of is in the terminal, and can do nothing there."""

import json
from pathlib import Path

from support.live import PAGE, news, open_live, tag_of
from support.project import write
from support.server_process import ServerProcess


def complaint(text: str, where: str = "") -> str:
    return json.dumps({"console": text, "where": where})


def test_complaints_are_lines_of_the_log_without_secrets_and_harmless(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": PAGE})
    with ServerProcess("serve", "--forward-console", cwd=tmp_path, env={"API_TOKEN": "planted-token"}) as server:
        server.wait_for("ready")
        tag = tag_of(server)
        assert " data-console>" in tag.text
        with open_live(server, tag.token) as page:
            news(page)
            for nonsense in ("", "{", "[1]", '{"console": 1, "where": ""}', "[" * 60_000):
                page.send_message(nonsense)
            text = "TypeError: x is\x1b]0;owned\x07 planted-token [link=x]\n  at f (a.js:1)"
            page.send_message(complaint(text, "a.js:1"))
            told = server.wait_for("browser_console")
        assert told["message"] == "In the browser: TypeError: x is\x1b]0;owned\x07 *** [link=x] (a.js:1)"
        assert "at f" in str(told["traceback"])
        assert not [line for line in server.lines if "\x1b" in line or "planted" in line]
        assert server.stop() == 0


def test_a_storm_of_complaints_is_counted(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": PAGE})
    with ServerProcess("serve", "--forward-console", cwd=tmp_path) as server:
        server.wait_for("ready")
        with open_live(server, tag_of(server).token) as page:
            news(page)
            for number in range(500):
                page.send_message(complaint(f"number {number}"))
            server.wait_for_all(20, {"event": "browser_console"})
            page.send_message(complaint("the last"))
        assert server.stop() == 0
        assert len(server.seen("browser_console")) <= 21


def test_without_it_nobody_listens(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": PAGE})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        tag = tag_of(server)
        assert "data-console" not in tag.text
        with open_live(server, tag.token) as page:
            news(page)
            page.send_message(complaint("nobody hears this"))
        assert server.get().status == 200
        assert server.stop() == 0
        assert not server.seen("browser_console")
