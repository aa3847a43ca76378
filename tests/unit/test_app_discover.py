"""Finding the application: files and syntax trees only."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tornado_cli.app.discover import find_target
from tornado_cli.app.target import Kind, Origin, Target
from tornado_cli.errors import AppError, TcliError, UsageError

FACTORY = "import tornado.web\n\ndef make_app():\n    return tornado.web.Application([])\n"
INSTANCE = "import tornado.web\n\napp = tornado.web.Application([])\n"
GUARDED = """
import asyncio
import tornado.web

async def main():
    tornado.web.Application([]).listen(8888)
    await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""
UNGUARDED = """
import tornado.ioloop, tornado.web

app = tornado.web.Application([])
app.listen(8888)
tornado.ioloop.IOLoop.current().start()
"""
BROKEN = "import tornado.web\n\ndef make_app(:\n    return tornado.web.Application([])\n"


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def find(
    folder: Path,
    spec: str | None = None,
    *,
    script: bool = False,
    environ: Mapping[str, str] | None = None,
    configured: str | None = None,
) -> Target:
    return find_target(spec, folder, script=script, environ=environ or {}, configured=configured)


def brief(target: Target, folder: Path) -> str:
    """Kind, name and the folder to put first on the path, in one word each."""
    assert target.path is not None
    name = f"{target.module}:{target.attribute}" if target.kind is Kind.MODULE else target.module
    root = Path(target.search_path[0]).relative_to(folder).as_posix()
    return f"{target.kind} {name or target.path.name} {root}"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"app.py": FACTORY}, "module app:make_app ."),
        ({"main.py": INSTANCE}, "module main:app ."),
        ({"server.py": GUARDED}, "script server.py ."),
        ({"application.py": UNGUARDED}, "script application.py ."),
        ({"app.py": FACTORY + GUARDED}, "module app:make_app ."),
        ({"app.py": FACTORY + UNGUARDED}, "script app.py ."),
        ({"app.py": FACTORY + "\napp = make_app()\n"}, "module app:app ."),
        ({"app.py": "app = None\n" + FACTORY}, "module app:make_app ."),
        ({"app.py": "def make_app(db): ...\n" + GUARDED}, "script app.py ."),
        ({"app.py": "from elsewhere import create_app\n"}, "module app:create_app ."),
        ({"app.py": "try:\n    from fast import app\nexcept ImportError:\n    app = slow()\n"}, "module app:app ."),
        ({"app.py": "import typer\napp = typer.Typer()\n", "main.py": FACTORY}, "module main:make_app ."),
        ({"src/app.py": FACTORY}, "module app:make_app src"),
        ({"src/shop/__init__.py": "", "src/shop/app.py": FACTORY}, "module shop.app:make_app src"),
        ({"src/shop/app.py": FACTORY}, "module app:make_app src/shop"),
        ({"shop/__init__.py": "", "shop/app.py": FACTORY, "tests/__init__.py": ""}, "module shop.app:make_app ."),
        ({"shop/__init__.py": FACTORY}, "module shop:make_app ."),
        ({"shop/__init__.py": "", "shop/__main__.py": GUARDED}, "script shop.__main__ ."),
        ({"shop/__init__.py": "", "shop/__main__.py": GUARDED, "shop/app.py": FACTORY}, "module shop.app:make_app ."),
        ({"shop/__init__.py": "from . import app", "shop/app.py": FACTORY}, "module shop.app:make_app ."),
        ({"shop/__init__.py": "", "shop/main.py": "from . import x\n" + GUARDED}, "script shop.main ."),
        ({"shop/__init__.py": "", "shop/main.py": "from shop import x\n" + GUARDED}, "script shop.main ."),
        ({"shop/__init__.py": "", "shop/main.py": "import handlers\n" + GUARDED}, "script main.py shop"),
    ],
)
def test_the_usual_places_are_searched(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    write(tmp_path, files)
    target = find(tmp_path)
    assert brief(target, tmp_path) == expected
    assert target.origin is Origin.FOUND


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("shop.web:application", "module shop.web:application ."),
        ("shop.web:site.app", "module shop.web:site.app ."),
        ("shop/web.py:make", "module shop.web:make ."),
        ("./shop/web.py", "module shop.web:app ."),
        ("shop.web", "module shop.web:app ."),
        ("shop", "module shop.app:make_app ."),
        ("shop/", "module shop.app:make_app ."),
        ("shop:make", "module shop:make ."),
        ("inner:app", "module inner:app src"),
        ("inner", "module inner:app src"),
        ("tool.py", "script tool.py ."),
        ("tool", "script tool.py ."),
        ("runs", "script runs.__main__ ."),
        ("python -m", ""),
        ("folder", "module app:make_app folder"),
        ("folder/../tool.py", "script tool.py ."),
        ("my-app.py:app", "module my-app:app ."),
    ],
)
def test_every_form_of_a_name_is_understood(tmp_path: Path, spec: str, expected: str) -> None:
    write(
        tmp_path,
        {
            "shop/__init__.py": "",
            "shop/app.py": FACTORY,
            "shop/web.py": INSTANCE,
            "src/inner.py": INSTANCE,
            "tool.py": GUARDED,
            "runs/__init__.py": "",
            "runs/__main__.py": GUARDED,
            "folder/app.py": FACTORY,
            "my-app.py": INSTANCE,
        },
    )
    if not expected:
        with pytest.raises(AppError, match="There is no module python -m"):
            find(tmp_path, spec)
        return
    target = find(tmp_path, spec)
    assert brief(target, tmp_path) == expected
    assert target.origin is Origin.ARGUMENT


def test_an_absolute_path_is_understood(tmp_path: Path) -> None:
    write(tmp_path, {"project/site.py": INSTANCE})
    target = find(tmp_path / "elsewhere", str(tmp_path / "project" / "site.py"))
    assert brief(target, tmp_path) == "module site:app project"


def test_arguments_of_a_factory_are_literals_and_survive_json(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": FACTORY})
    target = find(tmp_path, """app:make_app(1, "x:y", [None, -2.5], key=True, more={'a': b'b'})""")
    again = Target.from_dict(json.loads(json.dumps(target.to_dict())))
    assert again == target
    assert again.args == (1, "x:y", [None, -2.5])
    assert again.kwargs == {"key": True, "more": {"a": b"b"}}
    assert again.title == "app:make_app(1, 'x:y', [None, -2.5], key=True, more={'a': b'b'})"


def test_an_argument_comes_before_the_variable_before_the_project_file_before_what_is_found(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(("app.py", "one.py", "two.py", "three.py"), INSTANCE))
    environ = {"TCLI_APP": "two"}
    asked = [
        find(tmp_path, "one", environ=environ, configured="three"),
        find(tmp_path, environ=environ, configured="three"),
        find(tmp_path, environ={"TCLI_APP": ""}, configured="three"),
        find(tmp_path),
    ]
    assert [(target.module, target.origin.value) for target in asked] == [
        ("one", "argument"),
        ("two", "TCLI_APP"),
        ("three", "pyproject.toml"),
        ("app", "found"),
    ]


def test_the_title_says_how_it_will_be_run(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": GUARDED, "shop/__init__.py": "", "shop/app.py": FACTORY, "shop/__main__.py": GUARDED})
    titles = [find(tmp_path, spec).title for spec in ("main.py", "shop", "shop/__main__.py")]
    assert titles == [
        "main.py, a script that starts its own loop",
        "shop.app:make_app",
        "python -m shop, a package that starts its own loop",
    ]


@pytest.mark.parametrize(
    ("start", "is_script"),
    [
        ("IOLoop.current().start()", True),
        ("tornado.ioloop.IOLoop.instance().start()", True),
        ("loop = IOLoop.current()\nloop.start()", True),
        ("here = ioloop.IOLoop.current()\nhere.start()", True),
        ("IOLoop.current().run_sync(main)", True),
        ("asyncio.get_event_loop().run_forever()", True),
        ("from asyncio import run\nrun(main())", True),
        ("import asyncio as aio\naio.run(main())", True),
        ("with asyncio.Runner() as runner:\n    runner.run(main())", True),
        ("def start():\n    asyncio.run(main())\nstart()", True),
        ("class Service:\n    def serve(self):\n        self.io_loop.start()\nService().serve()", True),
        ("if True:\n    asyncio.run(main())", True),
        ("def start():\n    asyncio.run(main())", False),
        ("server.start()", False),
        ("thread.start()", False),
        ("subprocess.run(['x'])", False),
        ("if __name__ == '__main__':\n    asyncio.run(main())", False),
        ("if '__main__' == __name__ and True:\n    asyncio.run(main())", False),
    ],
)
def test_a_file_that_starts_its_loop_when_imported_is_a_script(tmp_path: Path, start: str, is_script: bool) -> None:
    write(tmp_path, {"app.py": f"import asyncio\n{INSTANCE}\n{start}\n"})
    assert (find(tmp_path).kind is Kind.SCRIPT) is is_script


def test_start_code_that_reads_the_command_line_makes_a_script(tmp_path: Path) -> None:
    options = "from tornado.options import parse_command_line\n"
    start = "def main():\n    parse_command_line()\n    IOLoop.current().start()\n"
    guard = "if __name__ == '__main__':\n    main()\n"
    write(
        tmp_path, {"app.py": options + FACTORY + start + guard, "read.py": options + FACTORY + "parse_command_line()"}
    )
    assert find(tmp_path, "app.py").kind is Kind.SCRIPT
    assert find(tmp_path, "read.py").kind is Kind.MODULE


def test_a_named_attribute_forces_a_module_and_a_flag_a_script(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": UNGUARDED, "main.py": FACTORY})
    assert find(tmp_path, "app.py:app").kind is Kind.MODULE
    assert find(tmp_path, "main.py", script=True).kind is Kind.SCRIPT
    with pytest.raises(UsageError, match="--script runs a whole file"):
        find(tmp_path, "app.py:app", script=True)


def test_a_broken_file_is_still_a_target(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": BROKEN, "tool.py": GUARDED + "\n)", "mute.py": "(", "null.py": "\0"})
    assert find(tmp_path, "app.py:make_app").attribute == "make_app"
    assert brief(find(tmp_path), tmp_path) == "module app:None ."
    assert brief(find(tmp_path, "tool.py"), tmp_path) == "script tool.py ."
    assert brief(find(tmp_path, "mute.py"), tmp_path) == "module mute:None ."
    assert brief(find(tmp_path, "null.py"), tmp_path) == "module null:None ."


def test_a_file_too_deep_to_walk_is_still_a_target(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": FACTORY + f"x = {'+'.join(['1'] * 4000)}\n"})
    assert find(tmp_path).module == "app"


def test_looking_imports_nothing_of_the_project(tmp_path: Path) -> None:
    write(tmp_path, {"fresh/__init__.py": "raise SystemExit", "fresh/app.py": "raise SystemExit\napp = 1 + 1\n"})
    before = set(sys.modules)
    find(tmp_path)
    find(tmp_path, "fresh.app:app")
    assert not {name for name in set(sys.modules) - before if name.startswith("fresh")}


def test_an_installed_module_may_be_named(tmp_path: Path) -> None:
    target = find(tmp_path, "tornado.test.runtests:main")
    assert target.module == "tornado.test.runtests"
    assert target.search_path == (str(tmp_path),)


@pytest.mark.parametrize(
    ("files", "spec", "message", "hint"),
    [
        (
            {"app.py": FACTORY, "main.py": INSTANCE},
            None,
            r"more than one application: app:make_app; main:app\.",
            "tcli serve app.py:make_app",
        ),
        (
            {"a/__init__.py": "", "b/__init__.py": ""},
            None,
            r"no Tornado application in this folder: looked for app.py, main.py, server.py or application.py",
            "tcli new NAME",
        ),
        ({"chat.py": GUARDED}, None, "no Tornado application", "Name it: tcli serve chat.py"),
        ({"web.py": FACTORY}, None, "no Tornado application", "Name it: tcli serve web.py:make_app"),
        ({"app.py": FACTORY}, "ap.py", r"There is no ap\.py in ", "Did you mean app.py?"),
        (
            {"shop.py": FACTORY},
            "shpo:app",
            "There is no module shpo: |There is no module shpo in ",
            "Did you mean shop?",
        ),
        ({"app.py": "site = 1"}, "app.py", r"looked for make_app, create_app, app or application", "app.py:make_app"),
        ({"x/app.py": FACTORY}, "x:app", "x is a folder that is no package", "x/app.py:app"),
        ({}, ":app", "does not name an application", "module:attr"),
        ({}, "app:", "does not name an application", "module:attr"),
        ({}, "app:1+1", "is not the name of an attribute", "module:attr"),
        ({}, "app:make()()", "is not the name of an attribute", "module:attr"),
        ({}, "app:make(", "is not the name of an attribute", "module:attr"),
        ({}, "app:make(db)", "db in .* is not a literal", "a factory of your own"),
        ({}, "app:make(*[1])", "is not a literal", "a factory of your own"),
        ({}, "app:make(**{'a': 1})", "is not a literal", "module:attr"),
    ],
)
@pytest.mark.parametrize(("command", "other"), [("tcli serve", "tcli run"), ("tcli run", "tcli serve")])
def test_a_mistake_says_what_was_looked_for_and_what_to_type(
    tmp_path: Path, files: dict[str, str], spec: str | None, message: str, hint: str, command: str, other: str
) -> None:
    write(tmp_path, files)
    with pytest.raises(AppError, match=message) as caught:
        find_target(spec, tmp_path, command=command, environ={}, configured=None)
    assert hint.replace("tcli serve", command) in caught.value.hint
    assert other not in caught.value.hint


ECHO = """
from tornado.tcpserver import TCPServer
from tornado.ioloop import IOLoop

class EchoServer(TCPServer):
    async def handle_stream(self, stream, address): ...

if __name__ == "__main__":
    EchoServer().listen(9000)
    IOLoop.current().start()
"""
CLIENT = """
from tornado import httpclient, ioloop

async def main():
    print(await httpclient.AsyncHTTPClient().fetch("http://127.0.0.1/"))

ioloop.IOLoop.current().run_sync(main)
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ECHO, r"is a plain TCP server \(EchoServer"),
        (CLIENT, "is a client: it makes requests, and nothing in it listens"),
        ("from flask import Flask\napp = Flask(__name__)\n", r"is a WSGI application \(flask\)"),
        ("from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n", r"WSGI .*django"),
        ("def application(environ, start_response): ...\n", r"WSGI .*a function of environ, start_response"),
        ("import fastapi\napp = fastapi.FastAPI()\n", r"is an ASGI application \(fastapi\)"),
        ("async def app(scope, receive, send): ...\n", r"ASGI .*a function of scope, receive, send"),
    ],
)
@pytest.mark.parametrize("spec", [None, "app.py", "app"])
def test_what_is_no_tornado_application_is_told_apart(
    tmp_path: Path, text: str, message: str, spec: str | None
) -> None:
    write(tmp_path, {"app.py": text})
    with pytest.raises(AppError, match=message) as caught:
        find(tmp_path, spec)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ECHO + INSTANCE, id="an HTTP application with a TCP server beside it"),
        pytest.param(CLIENT + "\nimport tornado.web\n", id="a server that is also a client"),
        pytest.param(CLIENT + "\nimport shop\n", id="a start file whose server is elsewhere"),
        pytest.param(
            "import flask, tornado.wsgi\napp = tornado.wsgi.WSGIContainer(x)\n", id="a wrapped WSGI application"
        ),
    ],
)
def test_one_sign_alone_does_not_make_a_stranger(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"app.py": text, "shop.py": ""})
    assert find(tmp_path).module in {"app", None}


def test_script_overrules_what_the_source_says(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": ECHO})
    assert find(tmp_path, "app.py", script=True).kind is Kind.SCRIPT


def test_an_unreadable_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "app.py").mkdir()
    write(tmp_path, {"main.py": FACTORY})
    assert find(tmp_path).module == "main"
    (tmp_path / "loop.py").symlink_to("loop.py")
    with pytest.raises(TcliError):
        find(tmp_path, "loop.py")
