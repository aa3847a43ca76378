"""Importing the application and making it; the mistakes that people make there."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import tornado.web
from tornado.httputil import HTTPServerConnectionDelegate
from tornado.wsgi import WSGIContainer

from tornado_cli.app.discover import find_target
from tornado_cli.app.load import Delegate, load, make_application
from tornado_cli.app.target import Target
from tornado_cli.errors import AppError

HEAD = "import asyncio, contextlib\nimport tornado.web, tornado.ioloop\nfrom tornado.web import Application\n"

Made = tuple[Delegate, AbstractAsyncContextManager[Any] | None]


@pytest.fixture(autouse=True)
def _leaves_nothing_imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in {"site_app", "shop"}:
            del sys.modules[name]


def make(folder: Path, text: str, spec: str, argv: tuple[str, ...] = ()) -> Made:
    """Write `site_app.py`, then find, load and make what `spec` names in it."""
    (folder / "site_app.py").write_text(HEAD + text)
    target = find_target(f"site_app{spec}", folder, environ={}, configured=None)
    return asyncio.run(make_application(load(target, argv)))


@pytest.mark.parametrize(
    "text",
    [
        "make = Application([], site='yes')",
        "def make(): return Application([], site='yes')",
        "async def make():\n    await asyncio.sleep(0)\n    return Application([], site='yes')",
        "class make(Application):\n    def __init__(self): super().__init__([], site='yes')",
        "make = lambda: Application([], site='yes')",
        "from tornado.gen import *\n@coroutine\ndef make():\n    yield moment\n    return Application([], site='yes')",
        "class Maker:\n    async def __call__(self): return Application([], site='yes')\nmake = Maker()",
    ],
)
def test_every_kind_of_maker_makes_the_application(tmp_path: Path, text: str) -> None:
    app, lifespan = make(tmp_path, text, ":make")
    assert isinstance(app, tornado.web.Application)
    assert app.settings["site"] == "yes"
    assert lifespan is None


def test_a_factory_gets_its_literals(tmp_path: Path) -> None:
    text = "def make(*args, **kwargs): return Application([], args=args, kwargs=kwargs)"
    app, _ = make(tmp_path, text, ":make(1, 'two', three=[3])")
    assert isinstance(app, tornado.web.Application)
    assert app.settings["args"] == (1, "two")
    assert app.settings["kwargs"] == {"three": [3]}


def test_an_attribute_may_be_inside_another(tmp_path: Path) -> None:
    app, _ = make(tmp_path, "class site:\n    app = Application([])", ":site.app")
    assert isinstance(app, tornado.web.Application)


def test_an_unnamed_attribute_is_the_first_usual_one(tmp_path: Path) -> None:
    app, _ = make(tmp_path, "app = None\napplication = Application([])\nmain = 1", "")
    assert isinstance(app, tornado.web.Application)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("from tornado.routing import RuleRouter\napp = RuleRouter([])", HTTPServerConnectionDelegate),
        ("from tornado.wsgi import WSGIContainer\napp = WSGIContainer(lambda environ, start: [])", WSGIContainer),
    ],
)
def test_whatever_an_http_server_can_serve_will_do(tmp_path: Path, text: str, kind: type) -> None:
    app, _ = make(tmp_path, text, ":app")
    assert isinstance(app, kind)


def test_a_factory_runs_on_the_running_loop(tmp_path: Path) -> None:
    text = """
def make():
    return Application([], loop=asyncio.get_running_loop())
"""
    app, _ = make(tmp_path, text, ":make")
    assert isinstance(app, tornado.web.Application)
    assert app.settings["loop"].is_closed()


def test_arguments_reach_the_applications_options(tmp_path: Path) -> None:
    text = """
import sys
from tornado.options import OptionParser, define, options
define("site_greeting", default="none")
def make(): return Application([], greeting=options.site_greeting, argv=sys.argv)
"""
    app, _ = make(tmp_path, text, ":make", ("--site_greeting=hi", "--logging=none"))
    assert isinstance(app, tornado.web.Application)
    assert app.settings["greeting"] == "hi"
    assert app.settings["argv"] == [str(tmp_path / "site_app.py"), "--site_greeting=hi", "--logging=none"]


def test_a_module_that_parses_its_options_by_itself_while_it_is_imported_has_them_there(tmp_path: Path) -> None:
    text = """
from tornado.options import define, options, parse_command_line
define("site_early", default="none")
rest = parse_command_line()
app = Application([], early=options.site_early, rest=rest)
"""
    app, _ = make(tmp_path, text, ":app", ("--site_early=hi", "word"))
    assert isinstance(app, tornado.web.Application)
    assert (app.settings["early"], app.settings["rest"]) == ("hi", ["word"])


def test_an_application_may_read_its_arguments_in_a_way_of_its_own(tmp_path: Path) -> None:
    text = """
import argparse
import tornado.options
def make():
    parser = argparse.ArgumentParser()
    parser.add_argument("--site-name")
    return Application([], name=parser.parse_args().site_name)
"""
    app, _ = make(tmp_path, text, ":make", ("--site-name", "hi"))
    assert isinstance(app, tornado.web.Application)
    assert app.settings["name"] == "hi"


def test_an_option_that_the_application_does_not_have_is_named_and_those_it_has(tmp_path: Path) -> None:
    text = (
        'from tornado.options import define\ndefine("site_word")\ndefine("site_kind", group="k")\napp = Application([])'
    )
    with pytest.raises(AppError, match="site_app:app: Unrecognized command line option: 'site-wrod'") as caught:
        make(tmp_path, text, ":app", ("--site_wrod=1",))
    assert caught.value.hint == "Its options: --site-kind, --site-word."


def test_the_users_folder_comes_first_and_once(tmp_path: Path) -> None:
    sys.path.append(str(tmp_path))
    make(tmp_path, "app = Application([])", ":app")
    assert [number for number, entry in enumerate(sys.path) if entry == str(tmp_path)] == [0]


@pytest.mark.parametrize(
    ("text", "spec", "message", "hint"),
    [
        ("def make_app(): ...", ":mkae_app", "There is no mkae_app in site_app", "Did you mean make_app?"),
        ("def build(): ...", ":xyz", "There is no xyz in site_app", "There are: Application, build"),
        ("class site: pass", ":site.app.x", r"There is no app in site_app:site\.", ""),
        ("def make(): ...", ":make", "site_app:make returned None", "return app"),
        ("def make(db, /, cache, *, key, size=1): ...", ":make", "needs arguments: db, cache, key", "make(…, …, …)"),
        ("def make(db, cache): ...", ":make('x')", "needs arguments: cache", "name a function that needs none"),
        ("def make(): ...", ":make(1)", r"make\(\) cannot be called like that: too many positional", ""),
        ("def make(): ...", ":make(a=1)", "cannot be called like that: got an unexpected keyword argument 'a'", ""),
        ("app = Application([])", ":app(1)", "is an application already", "Leave the arguments out"),
        ("async def make(): ...\napp = make()", ":app", "a coroutine that nobody awaited", "Name the async function"),
        ("def make(): return tornado.ioloop.IOLoop.current()", ":make", "returned an IOLoop", ""),
        ("def make(): return [('/', None)]", ":make", "returned a list of routes", ""),
        ("def make(): return Application", ":make", "returned the class Application", ""),
        ("def make(): return 3", ":make", r"returned an int\. tcli wants", ""),
        ("app = 'text'", ":app", r"site_app:app is a str\. tcli wants", ""),
        ("app = asyncio", ":app", "is the module asyncio", ""),
        ("class app(tornado.web.RequestHandler): ...", ":app", "is the class app, no Application subclass", ""),
        (
            "from tornado.httpserver import HTTPServer\ndef make(): return HTTPServer(print)",
            ":make",
            "an HTTPServer",
            "",
        ),
        ("from tornado.httpserver import HTTPServer\napp = HTTPServer(print)", ":app", "is an HTTPServer", ""),
        ("from tornado.tcpserver import TCPServer\ndef make(): return TCPServer()", ":make", "a plain TCPServer", ""),
        ("def app(environ, start_response): ...", ":app", "is a WSGI application", "WSGIContainer"),
        ("async def app(scope, receive, send): ...", ":app", "is an ASGI application", "uvicorn"),
        (
            "def w(environ, start_response): ...\ndef make(): return w",
            ":make",
            "returned a WSGI application",
            "gunicorn",
        ),
    ],
)
def test_a_wrong_application_is_named_for_what_it_is(
    tmp_path: Path, text: str, spec: str, message: str, hint: str
) -> None:
    with pytest.raises(AppError, match=message) as caught:
        make(tmp_path, text, spec)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("def make(): return len()", TypeError),
        ("def make():\n    import nothing_like_it\n", ModuleNotFoundError),
        ("import nothing_like_it", ModuleNotFoundError),
        ("raise LookupError('theirs')", LookupError),
        ("raise SystemExit(3)", SystemExit),
        ("def make(:", SyntaxError),
        ("async def make(): raise LookupError('theirs')", LookupError),
    ],
)
def test_an_error_in_the_users_code_stays_theirs(tmp_path: Path, text: str, error: type[BaseException]) -> None:
    with pytest.raises(error):
        make(tmp_path, text, ":make")


def test_a_module_that_went_away_is_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "site_app.py").write_text(HEAD)
    target = find_target("site_app:app", tmp_path, command="tcli run", environ={}, configured=None)
    (tmp_path / "site_app.py").unlink()
    with pytest.raises(AppError, match="There is no module site_app: looked in ") as caught:
        load(Target.from_dict(target.to_dict()))
    assert caught.value.hint == "Name a file: tcli run path/to/file.py"


def test_a_name_that_is_taken_by_another_module_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "types.py").write_text(HEAD)
    with pytest.raises(AppError, match="that name belongs to"):
        load(find_target("types.py:app", tmp_path, environ={}, configured=None))


LIFESPAN = """
@contextlib.asynccontextmanager
async def lifespan(app):
    app.settings["log"].append("open")
    yield
    app.settings["log"].append("closed")
"""


@pytest.mark.parametrize(
    "text",
    [
        LIFESPAN + "def make(): return Application([], log=[])",
        LIFESPAN + "app = Application([], log=[])\nmake = lambda: app",
        LIFESPAN + "inside, lifespan = lifespan, None\ndef make(): return Application([], log=[], lifespan=inside)",
        LIFESPAN + "inside, lifespan = lifespan, 3\ndef make(): return Application([], log=[], lifespan=inside)",
    ],
)
def test_a_lifespan_is_found_beside_the_factory_or_in_the_settings(tmp_path: Path, text: str) -> None:
    app, lifespan = make(tmp_path, text, ":make")
    assert isinstance(app, tornado.web.Application)
    assert lifespan is not None

    async def live() -> list[str]:
        async with lifespan:
            return list(app.settings["log"])

    assert asyncio.run(live()) == ["open"]
    assert app.settings["log"] == ["open", "closed"]


def test_a_lifespan_is_found_where_an_imported_factory_is_defined(tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("from shop.factory import make")
    (package / "factory.py").write_text(HEAD + LIFESPAN + "def make(): return Application([], log=[])")
    target = find_target("shop:make", tmp_path, environ={}, configured=None)
    _, lifespan = asyncio.run(make_application(load(target)))
    assert lifespan is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lifespan = 3", "lifespan in site_app is of type int"),
        ("async def lifespan(app): ...", "does not make an async context manager"),
        ("async def lifespan(app):\n    yield", "does not make an async context manager"),
    ],
)
def test_a_lifespan_that_is_no_context_manager_is_a_clear_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(AppError, match=message) as caught:
        make(tmp_path, f"{text}\napp = Application([])", ":app")
    assert "asynccontextmanager" in caught.value.hint
