"""Where things were made is known when they are complained of, and only what is true."""

import asyncio
import functools
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tornado_cli.app.forgotten.origins import Origins
from tornado_cli.app.forgotten.report import Reporter
from tornado_cli.app.forgotten.warned import place_in
from tornado_cli.app.sites import Blame


class Client:
    """As a library has it."""

    def __init__(self, name: str, *, size: int = 1) -> None:
        """Connect."""
        self.made = (name, size)


@pytest.fixture
def origins() -> Iterator[Origins]:
    one = Origins()
    one.start()
    yield one
    one.stop()


@pytest.fixture
def initialize() -> Iterator[None]:
    original = Client.__dict__["__init__"]
    yield
    Client.__init__ = original  # type: ignore[method-assign]


def project(file: Path, code: str, **given: Any) -> Callable[[], Any]:
    """Return the function `run` of a file of the project."""
    file.write_text(code)
    namespace: dict[str, Any] = {"socket": socket, "Client": Client, **given}
    exec(compile(code, str(file), "exec"), namespace)
    run: Callable[[], Any] = namespace["run"]
    return run


def test_a_socket_is_remembered_by_the_line_of_the_project_that_led_to_it(origins: Origins, tmp_path: Path) -> None:
    run = project(
        tmp_path / "shop.py", "def run():\n    first, second = socket.socketpair()\n    return first, second\n"
    )
    first, second = run()
    with first, second:
        for one in (first, second):
            site = origins.of(one)
            assert site is not None
            assert (site.code.co_filename, site.line) == (str(tmp_path / "shop.py"), 2)


def test_a_file_is_remembered_by_its_name(origins: Origins, tmp_path: Path) -> None:
    run = project(tmp_path / "shop.py", "def run():\n    return open(path)\n", path=str(tmp_path / "shop.py"))
    with run() as file:
        site = origins.of(file)
        assert site is not None
        assert site.line == 2


@pytest.mark.usefixtures("initialize")
def test_a_class_is_learned_once_and_goes_on_as_it_was(origins: Origins, tmp_path: Path) -> None:
    run = project(tmp_path / "shop.py", "def run():\n    return Client('one', size=2)\n")
    assert origins.of(run()) is None
    origins.learn(Client)
    learned = Client.__dict__["__init__"]
    origins.learn(Client)
    assert Client.__dict__["__init__"] is learned
    assert Client.__init__.__doc__ == "Connect."
    client = run()
    assert client.made == ("one", 2)
    site = origins.of(client)
    assert site is not None
    assert site.line == 2


def test_classes_that_are_not_written_in_python_are_left_alone(origins: Origins) -> None:
    for kind in (int, functools.partial, type(None)):
        origins.learn(kind)


@pytest.mark.usefixtures("initialize")
def test_nothing_is_remembered_after_the_end(origins: Origins, tmp_path: Path) -> None:
    origins.learn(Client)
    run = project(tmp_path / "shop.py", "def run():\n    return Client('one')\n")
    origins.stop()
    assert origins.of(run()) is None


def test_another_object_at_the_same_address_is_not_taken_for_the_first(origins: Origins) -> None:
    class Impostor:
        """Has the identity of a socket that is gone."""

    impostor = Impostor()
    origins._note((socket.socket, id(impostor)))
    assert origins.of(impostor) is None


def test_what_python_notes_of_a_coroutine_is_read_from_the_projects_side() -> None:
    class Coroutine:
        cr_origin = ((asyncio.__file__, 1, "gather"), ("/shop/app.py", 7, "get"), ("/shop/b.py", 9, "f"))

    assert place_in(Coroutine()) == Blame(file="/shop/app.py", line=7, function="get")
    assert place_in(object()) is None


def test_a_thing_and_its_parts_are_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    reporter, place = Reporter(), Blame(file="/shop/app.py", line=7)
    reporter.unclosed("session", place)
    reporter.unclosed("connector of the session", place)
    reporter.unclosed("file", Blame(file="/shop/app.py", line=8))
    assert [record.getMessage() for record in caplog.records] == [
        "Never closed: session. It was made at /shop/app.py:7.",
        "Never closed: file. It was made at /shop/app.py:8.",
    ]
