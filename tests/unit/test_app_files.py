"""What an application is made of: files it opens while it starts, modules it loads, folders it serves from."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.project import write
from tornado.routing import HostMatches
from tornado.web import Application, StaticFileHandler

from tornado_cli.app.libraries import is_installed
from tornado_cli.app.opened_files import OpenedFiles
from tornado_cli.app.served_folders import served_folders


@contextmanager
def noting() -> Iterator[OpenedFiles]:
    opened = OpenedFiles()
    opened.start()
    yield opened
    opened.stop()


def test_files_that_are_read_are_noted_however_they_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["by_path", "by_name", "by_bytes", "by_os", "relative"]
    write(tmp_path, dict.fromkeys(names, "x"))
    monkeypatch.chdir(tmp_path)
    with noting() as opened:
        (tmp_path / "by_path").read_text()
        for name in (str(tmp_path / "by_name"), os.fsencode(tmp_path / "by_bytes"), "relative"):
            with open(name) as file:  # noqa: PTH123 - one of the ways.
                file.read()
        os.close(os.open(tmp_path / "by_os", os.O_RDONLY))
    assert opened.read_in([str(tmp_path)], []) == {str(tmp_path / name) for name in names}


def test_what_is_written_or_no_regular_file_or_elsewhere_is_not(tmp_path: Path) -> None:
    names = ["in/log", "in/both", "in/gone", "out/x", "in/static/x", "inside"]
    write(tmp_path, dict.fromkeys(names, "x"))
    os.mkfifo(tmp_path / "in/pipe")
    with noting() as opened:
        for name in names[1:]:
            (tmp_path / name).read_text()
        with (tmp_path / "in/log").open("a"):
            pass
        (tmp_path / "in/both").write_text("y")
        (tmp_path / "in/gone").unlink()
        for name in ("in", "in/pipe"):
            os.close(os.open(tmp_path / name, os.O_RDONLY | os.O_NONBLOCK))
        with pytest.raises(FileNotFoundError):
            (tmp_path / "in/never").read_text()
    assert opened.read_in([str(tmp_path / "in")], [str(tmp_path / "in/static")]) == set()


def test_nothing_is_noted_after_the_end(tmp_path: Path) -> None:
    write(tmp_path, {"late": "x"})
    with noting() as opened:
        pass
    (tmp_path / "late").read_text()
    assert opened.read_in([str(tmp_path)], []) == set()


def test_a_module_that_failed_is_noted_wherever_it_is_and_whatever_was_read_of_it(tmp_path: Path) -> None:
    write(tmp_path, {"broken.py": "raise ValueError\n"})
    for _ in range(2):
        # The second time it is read from its bytecode.
        code = f"""
import sys
sys.dont_write_bytecode = False
sys.path.insert(0, {str(tmp_path)!r})
from tornado_cli.app.opened_files import OpenedFiles
opened = OpenedFiles()
opened.start()
try:
    import broken
except ValueError:
    print(opened.read_in([], []))
"""
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert run.stdout.strip() == str({str(tmp_path / "broken.py")})


def test_what_is_installed_is_known_by_its_place() -> None:
    assert is_installed(pytest.__file__)
    assert is_installed(os.__file__)
    assert not is_installed(__file__)


def test_folders_that_are_read_at_each_request_are_found_in_settings_and_routes(tmp_path: Path) -> None:
    application = Application(
        [(r"/files/(.*)", StaticFileHandler, {"path": tmp_path / "files"}), (r"/nothing/(.*)", StaticFileHandler)],
        template_path="templates",
        static_path=str(tmp_path / "static"),
    )
    application.add_handlers(
        HostMatches("example").host_pattern.pattern, [(r"/(.*)", StaticFileHandler, {"path": str(tmp_path / "host")})]
    )
    assert served_folders(application) == {
        str(Path("templates").absolute()),
        *(str(tmp_path / name) for name in ("static", "files", "host")),
    }
