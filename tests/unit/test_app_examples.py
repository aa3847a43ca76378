"""The ten applications that tcli has to run unmodified do run, unmodified, on plain Tornado and hosted."""

import asyncio
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.websocket import websocket_connect

APPS = Path(__file__).parents[1] / "support" / "apps"
GREETINGS = {
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
# Imported by the interpreter before the application: the kernel chooses a port where the file says 8888.
ANY_PORT = """
import os, socket
bind, listen = socket.socket.bind, socket.socket.listen

def bind_anywhere(self, address):
    bind(self, (address[0], 0, *address[2:]) if address[1] == 8888 else address)

def listen_and_tell(self, *backlog):
    listen(self, *backlog)
    if self.family == socket.AF_INET:
        os.write(int(os.environ["TELL"]), b"%d\\n" % self.getsockname()[1])

socket.socket.bind, socket.socket.listen = bind_anywhere, listen_and_tell
"""
# The least that serves an application on a socket it is given, by tcli's own parts.
HOST = """
import asyncio, os, socket, sys
from pathlib import Path
from tornado.httpserver import HTTPServer
from tornado_cli.app.discover import find_target
from tornado_cli.app.load import load, make_application
from tornado_cli.app.patches import patch_tornado
from tornado_cli.app.script import run_script
from tornado_cli.app.target import Kind

async def serve(target, sock):
    delegate, _ = await make_application(load(target, sys.argv[2:]))
    HTTPServer(delegate).add_socket(sock)
    await asyncio.Event().wait()

sock = socket.create_server(("127.0.0.1", 0))
sock.setblocking(False)
os.write(int(os.environ["TELL"]), b"%d\\n" % sock.getsockname()[1])
patch_tornado(provide_listeners=lambda: [sock])
target = find_target(sys.argv[1], Path.cwd(), environ={}, configured=None)
if target.kind is Kind.SCRIPT:
    run_script(target, sys.argv[2:])
else:
    asyncio.run(serve(target, sock))
"""


@contextmanager
def running(folder: Path, *arguments: str, hosted: bool) -> Iterator[str]:
    """The URL of an application in a session of its own, which is killed at the end."""
    (folder / "sitecustomize.py").write_text("" if hosted else ANY_PORT)
    reading, writing = os.pipe()
    command = ["-c", HOST] if hosted else []
    with (folder / "errors").open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, "-B", *command, *arguments],
            env=os.environ | {"PYTHONPATH": str(folder), "TELL": str(writing)},
            cwd=APPS,
            pass_fds=[writing],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            port = told.readline().strip()
        assert port, (folder / "errors").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def fetch(url: str, **options: Any) -> HTTPResponse:
    async def once() -> HTTPResponse:
        return await AsyncHTTPClient(force_instance=True).fetch(url, request_timeout=20, **options)

    return asyncio.run(once())


# By all of tcli they are run in tests/process/test_tutorial_apps.py.
@pytest.mark.thorough
@pytest.mark.parametrize("hosted", [False, True], ids=["by python", "hosted"])
@pytest.mark.parametrize("app", GREETINGS)
def test_an_application_answers(app: str, hosted: bool, tmp_path: Path) -> None:
    with running(tmp_path, f"{app}.py", hosted=hosted) as url:
        assert GREETINGS[app] in fetch(f"{url}/").body.decode()


def test_every_file_is_one_of_the_ten() -> None:
    assert {path.stem for path in APPS.glob("*.py")} == set(GREETINGS)


@pytest.mark.parametrize("app", ["forks_first", "bind_start"])
def test_a_hosted_script_does_not_fork(app: str, tmp_path: Path) -> None:
    with running(tmp_path, f"{app}.py", hosted=True) as url:
        assert len({fetch(f"{url}/").body for _ in range(5)}) == 1
        if app == "forks_first":
            assert fetch(f"{url}/").body.startswith(b"Hello from task 0, pid ")


def test_arguments_are_passed_on_to_tornado_options(tmp_path: Path) -> None:
    with running(tmp_path, "configured.py", "--greeting=Ahoy", "--names=Ann,Bob", hosted=True) as url:
        assert fetch(f"{url}/").body == b"Ahoy, Ann and Bob"


def test_the_chat_tells_everyone(tmp_path: Path) -> None:
    async def talk(url: str) -> list[str | bytes | None]:
        first, second = [await websocket_connect(f"{url}/ws") for _ in range(2)]
        welcomes = [await first.read_message(), await second.read_message()]
        await first.write_message("hello all")
        heard = [await first.read_message(), await second.read_message()]
        for one in (first, second):
            one.close()
            # None says that the connection has gone: the loop must not end before.
            while await one.read_message() is not None:
                pass
        return welcomes + heard

    with running(tmp_path, "chat.py", hosted=True) as url:
        talked = asyncio.run(asyncio.wait_for(talk(url.replace("http:", "ws:")), 20))
    assert talked == ["welcome, there are 1 of us", "welcome, there are 2 of us", "hello all", "hello all"]


def test_a_poll_waits_for_what_is_posted(tmp_path: Path) -> None:
    async def poll(url: str) -> list[bytes]:
        client = AsyncHTTPClient(force_instance=True)
        waiting = client.fetch(f"{url}/updates", request_timeout=20)
        posted = await client.fetch(f"{url}/new", method="POST", body="body=news", request_timeout=20)
        bodies = [posted.body, (await waiting).body]
        client.close()
        return bodies

    with running(tmp_path, "long_polling.py", hosted=True) as url:
        assert asyncio.run(poll(url)) == [b'{"count": 1}', b'{"messages": ["news"]}']


def test_an_upload_is_taken_in_chunks(tmp_path: Path) -> None:
    content = b"abcdefgh" * 200_000
    with running(tmp_path, "streaming_upload.py", hosted=True) as url:
        told = json.loads(fetch(f"{url}/upload", method="PUT", body=content).body)
    assert told["size"] == len(content)
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["chunks"] > 1


def test_the_background_task_runs(tmp_path: Path) -> None:
    with running(tmp_path, "background_task.py", hosted=True) as url:
        assert json.loads(fetch(f"{url}/ticks").body)["ticks"] >= 1


def test_a_hosted_port_is_not_bound_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running(tmp_path, "configured.py", f"--port={port}", hosted=True) as url:
            assert fetch(f"{url}/").code == 200
