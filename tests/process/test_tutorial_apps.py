"""Ten applications as people write them run unmodified under `tcli serve` and under `tcli run`."""

import asyncio
import hashlib
import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from support.server_process import ServerProcess
from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import websocket_connect

APPS = Path(__file__).parents[1] / "support" / "apps"
ANSWERS = {
    "hello": "Hello, world",
    "asyncio_main": "Hello from asyncio",
    "forks_first": "Hello from task ",
    "bind_start": "One of many: pid ",
    "chat": "<title>Chat</title>",
    "long_polling": "POST to /new",
    "streaming_upload": "PUT a file",
    "configured": "Hello, world",
    "coroutine": "squares: 0, 1, 4, 9",
    "background_task": "A clock ticks",
}
# What broadcasts does so within its own process, here as on plain Tornado with several.
COMMANDS = {"serve": ("serve",), "run": ("run", "--workers", "2"), "run one": ("run",)}
both = pytest.mark.parametrize("command", ["serve", "run"])
alone = pytest.mark.parametrize("command", ["serve", "run one"])
# What is done with these below begins with the same question.
ASKED_MORE = {
    ("hello", "serve"),
    ("bind_start", "run"),
    ("chat", "serve"),
    ("long_polling", "serve"),
    ("streaming_upload", "serve"),
    ("streaming_upload", "run"),
    ("background_task", "serve"),
    ("background_task", "run"),
}
# With options, or by one worker, they are.
MUCH_THE_SAME = {("configured", "serve"), ("configured", "run"), ("chat", "run"), ("long_polling", "run")}
ASKED_ONCE = [
    pytest.param(app, command, marks=[pytest.mark.thorough] if (app, command) in MUCH_THE_SAME else [])
    for app in ANSWERS
    for command in ("serve", "run")
    if (app, command) not in ASKED_MORE
]


@contextmanager
def running(folder: Path, command: str, app: str, *arguments: str) -> Iterator[ServerProcess]:
    shutil.copy(APPS / f"{app}.py", folder)
    with ServerProcess(*COMMANDS[command], f"{app}.py", *arguments, cwd=folder) as server:
        server.wait_for("ready")
        if not arguments:
            assert ANSWERS[app] in server.get().text
        yield server
        server.send(signal.SIGTERM)
        assert server.wait_for_exit() == 0, server.told()
        assert not server.tree()


@pytest.mark.parametrize(("app", "command"), ASKED_ONCE)
def test_an_application_answers_and_stops(app: str, command: str, tmp_path: Path) -> None:
    with running(tmp_path, command, app):
        """That is all."""


def test_every_file_is_one_of_the_ten() -> None:
    assert {path.stem for path in APPS.glob("*.py")} == set(ANSWERS)


@alone
def test_the_chat_tells_everyone_and_says_goodbye(command: str, tmp_path: Path) -> None:
    with running(tmp_path, command, "chat") as server:

        async def talk() -> list[object]:
            first, second = [await websocket_connect(f"ws://127.0.0.1:{server.port}/ws") for _ in range(2)]
            heard: list[object] = [await first.read_message(), await second.read_message()]
            await first.write_message("hello all")
            heard += [await first.read_message(), await second.read_message()]
            server.send(signal.SIGTERM)
            heard += [await first.read_message(), first.close_code, await second.read_message(), second.close_code]
            first.close()
            second.close()
            return heard

        welcome = "welcome, there are {} of us"
        assert asyncio.run(asyncio.wait_for(talk(), 20)) == [
            welcome.format(1),
            welcome.format(2),
            "hello all",
            "hello all",
            *(None, 1001, None, 1001),
        ]


@alone
def test_a_poll_waits_for_what_is_posted(command: str, tmp_path: Path) -> None:
    async def poll(url: str) -> list[bytes]:
        client = AsyncHTTPClient(force_instance=True)
        waiting = client.fetch(f"{url}/updates", request_timeout=20)
        posted = await client.fetch(f"{url}/new", method="POST", body="body=news", request_timeout=20)
        return [posted.body, (await waiting).body]

    with running(tmp_path, command, "long_polling") as server:
        assert asyncio.run(poll(server.url)) == [b'{"count": 1}', b'{"messages": ["news"]}']


@both
def test_an_upload_is_taken_in_chunks(command: str, tmp_path: Path) -> None:
    content = b"abcdefgh" * 200_000

    async def upload(url: str) -> bytes:
        client = AsyncHTTPClient(force_instance=True)
        return (await client.fetch(f"{url}/upload", method="PUT", body=content, request_timeout=20)).body

    with running(tmp_path, command, "streaming_upload") as server:
        told = json.loads(asyncio.run(upload(server.url)))
    assert (told["size"], told["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert told["chunks"] > 1


@both
def test_options_of_the_application_are_passed_on(command: str, tmp_path: Path) -> None:
    with running(tmp_path, command, "configured", "--", "--greeting=Ahoy", "--names=Ann,Bob") as server:
        assert server.get().text == "Ahoy, Ann and Bob"


@both
def test_a_background_task_runs(command: str, tmp_path: Path) -> None:
    with running(tmp_path, command, "background_task") as server:
        assert server.get("/ticks").json["ticks"] >= 1


def test_workers_share_the_port_of_a_script(tmp_path: Path) -> None:
    with running(tmp_path, "run", "bind_start") as server, ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(8)]
        assert len({client.get().text for client in clients}) == 2


def test_an_edit_of_a_script_is_served(tmp_path: Path) -> None:
    with running(tmp_path, "serve", "hello") as server:
        script = tmp_path / "hello.py"
        script.write_text(script.read_text().replace("Hello, world", "Good morning"))
        server.wait_for("reloaded", attempt=2)
        assert server.get().text == "Good morning"
