"""What tcli changes in Tornado, each change in a process of its own."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

HEAD = """
import asyncio, logging, os, socket, sys
from tornado_cli.app.listening import Wanted
from tornado_cli.app.patches import patch_tornado, run_reload_hooks, watched_files
from tornado import autoreload, httpserver, ioloop, log, netutil, options, process, tcpserver, web

ours = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
for sock in ours:
    sock.setblocking(False)
asked, serving = [], []

def elsewhere(wanted):
    asked.append(wanted)
    return Wanted(port=0, address="127.0.0.1").bind()

def patched():
    return patch_tornado(provide_listeners=lambda: ours, bind_elsewhere=elsewhere, on_serving=serving.append)

def on_loop(function):
    async def main():
        function()
    asyncio.run(main())

def sockets_of(server):
    return list(server._sockets.values())

logging.basicConfig(format="%(levelname)s %(name)s %(message)s", level=logging.INFO, stream=sys.stdout)
app = web.Application([])
"""


def run(folder: Path, code: str) -> str:
    """Standard output of a process that asserts by itself."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", HEAD + textwrap.dedent(code)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_everything_is_undone(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        def names():
            modules = (autoreload, log, netutil, process, tcpserver, tcpserver.TCPServer, httpserver.HTTPServer, web)
            return {(module, name): value for module in modules for name, value in vars(module).items()}
        before = names()
        patches = patched()
        process.fork_processes(3)
        changed = {name for (_, name), value in names().items() if before[_, name] is not value}
        assert changed == {
            "start", "wait", "main", "_reload_attempted", "fork_processes", "_task_id", "enable_pretty_logging",
            "bind_sockets", "bind_unix_socket", "listen", "bind", "add_sockets",
        }, changed
        patches.undo()
        assert names() == before
        """,
    )


def test_what_tornados_table_of_modules_lacks_is_there_when_it_is_asked_for(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        import tornado
        patched()
        assert "tornado.websocket" not in sys.modules
        assert tornado.websocket.WebSocketHandler
        assert tornado.wsgi.WSGIContainer
        """,
    )


def test_debug_starts_no_reloader_and_its_files_and_hooks_are_kept(tmp_path: Path) -> None:
    told = run(
        tmp_path,
        """
        patched()
        ran = []
        def main():
            web.Application([], debug=True)
            autoreload.start(10)
            autoreload.wait()
            autoreload.watch("local.yaml")
            autoreload.watch("/etc/abs.yaml")
            autoreload.add_reload_hook(lambda: ran.append(1))
            autoreload.add_reload_hook(lambda: 1 / 0)
            autoreload.add_reload_hook(lambda: ran.append(2))
            assert not autoreload._io_loops
        on_loop(main)
        assert watched_files() == {os.path.join(os.getcwd(), "local.yaml"), "/etc/abs.yaml"}
        run_reload_hooks()
        assert ran == [1, 2]
        """,
    )
    assert "ERROR tcli The reload hook " in told


def test_a_reloader_that_was_started_before_does_nothing(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        os.execv = lambda *_: os._exit(9)
        async def main():
            autoreload.start(1)
            autoreload.watch("watched")
            open("watched", "w").close()
            times = {}
            autoreload._reload_on_update(times)
            patched()
            os.utime("watched", (1, 1))
            autoreload._reload_on_update(times)
        asyncio.run(main())
        """,
    )


def test_forking_returns_as_in_the_first_child(tmp_path: Path) -> None:
    told = run(
        tmp_path,
        """
        patched()
        assert process.task_id() is None
        from tornado.process import fork_processes
        def main():
            assert fork_processes(0) == 0
            assert process.task_id() == 0
            assert process.fork_processes(4, max_restarts=0) == 0
            server = httpserver.HTTPServer(app)
            server.bind(8888)
            server.start(0)
            assert sockets_of(server) == ours
        pid = os.getpid()
        on_loop(main)
        assert os.getpid() == pid
        """,
    )
    assert (
        told.splitlines()[0]
        == "INFO tcli fork_processes(0) is left to tcli: it counts the workers (tcli run --workers N)."
    )
    assert told.count("INFO tcli fork_processes") == 3


@pytest.mark.parametrize(
    "start",
    [
        "app.listen(8888)",
        "app.listen(8888, '0.0.0.0', family=socket.AF_INET, backlog=1024, reuse_port=True)",
        "httpserver.HTTPServer(app, xheaders=True).listen(8888, address='')",
        "class Mine(httpserver.HTTPServer): pass\nMine(app).listen(8888)",
        "server = httpserver.HTTPServer(app); server.bind(8888); server.start()",
        "httpserver.HTTPServer(app).add_sockets(netutil.bind_sockets(8888))",
        "httpserver.HTTPServer(app).add_sockets(netutil.bind_sockets(8888)[1:])",
        "server = httpserver.HTTPServer(app)\nfor sock in netutil.bind_sockets(8888): server.add_socket(sock)",
        "httpserver.HTTPServer(app).add_socket(netutil.bind_unix_socket('/nowhere/app.sock', mode=0o666))",
    ],
)
def test_the_first_http_server_gets_our_sockets(tmp_path: Path, start: str) -> None:
    run(
        tmp_path,
        f"""
patched()
def main():
{textwrap.indent(start, "    ")}
    assert set(sockets_of(serving[0])) == set(ours), serving
on_loop(main)
assert asked == []
""",
    )


def test_what_else_is_listened_on_is_asked_for(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        class Echo(tcpserver.TCPServer):
            async def handle_stream(self, stream, address): ...
        patched()
        def main():
            echo = Echo()
            echo.listen(9000, "127.0.0.1")
            Echo().bind(9001)
            first = app.listen(8888)
            second = app.listen(9002, "::1", reuse_port=True)
            netutil.bind_sockets(9003, flags=socket.AI_PASSIVE)
            netutil.bind_unix_socket("admin.sock", 0o660, 5)
            assert not set(sockets_of(echo)) & set(ours)
            assert sockets_of(first) == ours
            assert serving == [first, second]
        on_loop(main)
        assert asked == [
            Wanted(port=9000, address="127.0.0.1"),
            Wanted(port=9001),
            Wanted(port=9002, address="::1", reuse_port=True),
            Wanted(port=9003, flags=int(socket.AI_PASSIVE)),
            Wanted(unix_path="admin.sock", unix_mode=0o660, backlog=5),
        ]
        """,
    )


def test_where_tcli_runs_the_server_nothing_is_given(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        patch_tornado(bind_elsewhere=elsewhere)
        on_loop(lambda: app.listen(8888))
        assert asked == [Wanted(port=8888)]
        """,
    )


def test_by_default_other_addresses_are_bound_by_tornado(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        import stat
        patch_tornado(provide_listeners=lambda: ours)
        def main():
            app.listen(8888)
            other = app.listen(0, "127.0.0.1")
            assert sockets_of(other)[0].getsockname()[1] not in {0, 8888}
            netutil.bind_unix_socket("here.sock", 0o640).close()
            assert stat.S_IMODE(os.stat("here.sock").st_mode) == 0o640
        on_loop(main)
        """,
    )


@pytest.mark.parametrize(
    ("arguments", "level", "told"),
    [
        ([], "WARNING", ""),
        (["--logging=debug"], "DEBUG", ""),
        (["--logging=info"], "INFO", ""),
        (["--logging=none"], "WARNING", ""),
        (["--log_file_prefix=app.log"], "WARNING", "log_file_prefix is ignored"),
        (["--log_to_stderr"], "WARNING", ""),
    ],
)
def test_options_set_only_a_level_that_was_asked_for(
    tmp_path: Path, arguments: list[str], level: str, told: str
) -> None:
    output = run(
        tmp_path,
        f"""
        logging.getLogger().setLevel(logging.WARNING)
        handlers = list(logging.getLogger().handlers)
        patched()
        options.parse_command_line(["app.py", *{arguments!r}])
        assert logging.getLogger().handlers == handlers
        assert logging.getLevelName(logging.getLogger().level) == {level!r}
        """,
    )
    assert told in output
    assert not (tmp_path / "app.log").exists()


def test_another_logger_may_still_be_given_a_level(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        patched()
        options.options.logging = "error"
        log.enable_pretty_logging(logger=logging.getLogger("mine"))
        assert logging.getLogger("mine").level == logging.ERROR
        assert not logging.getLogger("mine").handlers
        """,
    )
