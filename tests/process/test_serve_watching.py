"""`tcli serve`: which files restart the application, by where they are, who reads them and what is said of them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.project import app_that_says, save, save_in_place, write
from support.reloads import reloads_until_now
from support.server_process import ServerProcess


def test_what_git_ignores_restarts_nothing_unless_the_application_imports_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.py": "import _version\nfrom generated import api\n" + app_that_says("one"),
            ".gitignore": "_version.py\nscratch.py\ngenerated/\n",
            "_version.py": "x = 1\n",
            "scratch.py": "",
            "generated/api.py": "x = 1\n",
        },
    )
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        save(tmp_path / "scratch.py", "x = 1\n")
        save(tmp_path / "_version.py", "x = 2\n")
        server.wait_for_reload_of("_version.py")
        save(tmp_path / "generated/api.py", "x = 2\n")
        server.wait_for_reload_of("api.py")
        assert reloads_until_now(server, tmp_path) == [["_version.py"], ["api.py"]]


def test_an_ignore_file_counts_from_when_it_is_saved(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one"), "drafts/a.py": "", "other/b.py": "", ".gitignore": "drafts/\n"})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        save(tmp_path / "drafts/a.py", "x = 1\n")
        save(tmp_path / ".gitignore", "other/\n")
        # What was ignored is new now.
        server.wait_for_reload_of("a.py")
        save(tmp_path / "drafts/a.py", "x = 22\n")
        server.wait_for_reload_of("a.py", count=2)
        save(tmp_path / "other/b.py", "x = 1\n")
        assert reloads_until_now(server, tmp_path) == [["a.py"], ["a.py"]]


def test_modules_from_elsewhere_restart_it_also_one_that_fails(tmp_path: Path) -> None:
    write(tmp_path, {"lib/shared/__init__.py": "", "lib/shared/deep/words.py": "WORD = 'one'\n"})
    code = app_that_says("{word}").replace('"{word}"', "words.WORD")
    write(tmp_path, {"project/main.py": f"from shared.deep import words\n{code}"})
    words = tmp_path / "lib/shared/deep/words.py"
    with ServerProcess("serve", cwd=tmp_path / "project", env={"PYTHONPATH": str(tmp_path / "lib")}) as server:
        server.wait_for("ready")
        save(words, "WORD = 'two'\n")
        server.wait_for_reload_of("words.py")
        assert server.get().text == "two"
        save(words, "WORD = \n")
        server.wait_for("app_failed")
        save(words, "WORD = 'four'\n")
        server.wait_for_reload_of("words.py", count=2)
        assert server.get().text == "four"


def test_a_module_from_elsewhere_that_was_broken_from_the_beginning_is_watched(tmp_path: Path) -> None:
    write(tmp_path, {"lib/words.py": "WORD = \n", "project/main.py": "import words\n" + app_that_says("one")})
    with ServerProcess("serve", cwd=tmp_path / "project", env={"PYTHONPATH": str(tmp_path / "lib")}) as server:
        server.wait_for("app_failed")
        save(tmp_path / "lib/words.py", "WORD = 1\n")
        server.wait_for_reload_of("words.py")


READS_AT_START = """
import pathlib
from tornado.template import Loader
from tornado.web import StaticFileHandler

here = pathlib.Path(__file__).parent
(here / "rules.yml").read_text()
(here / "static/app.css").read_text()
(here / "assets/logo.svg").read_text()
(here / "state.json").read_text()
(here / "state.json").write_text("{}")
open("app.log", "a").close()
Loader(str(here / "pages")).load("home.html")
"""


def test_files_that_it_reads_while_it_starts_restart_it(tmp_path: Path) -> None:
    files = ["rules.yml", "static/app.css", "assets/logo.svg", "state.json", "pages/home.html", "app.log", "late.yml"]
    code = app_that_says("").replace('self.write("")', "self.write(open('late.yml').read())")
    settings = """, template_path=here / "pages", static_path=str(here / "static"))"""
    routes = """("/a/(.*)", StaticFileHandler, {"path": here / "assets"}), ("/.*", Main)]"""
    code = code.replace("""("/.*", Main)])""", routes + settings)
    write(tmp_path, {**dict.fromkeys(files, "{}"), "main.py": READS_AT_START + code})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get().text == "{}"
        for name in [*files[1:], files[0]]:
            save(tmp_path / name, "{ }")
        server.wait_for_reload_of("rules.yml")
        assert reloads_until_now(server, tmp_path) == [["rules.yml"]]


def test_a_save_in_a_folder_whose_own_attributes_change_is_one_reload(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "import plugins\n" + app_that_says("one"), "plugins/__init__.py": ""})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        for name in ("first.py", "second.py"):
            save_in_place(tmp_path / "plugins" / name, "")
            os.utime(tmp_path / "plugins", (1_700_000_000, 1_700_000_000))
            server.wait_for_reload_of(name)
        assert reloads_until_now(server, tmp_path) == [["first.py"], ["second.py"]]


def test_more_can_be_watched_and_less(tmp_path: Path) -> None:
    write(tmp_path / "project", {"main.py": app_that_says("one"), "play/x.py": "", "notes.txt": "", "x.gen.py": ""})
    write(tmp_path, {"conf/deep/a.yml": "", "other.ini": ""})
    options = ["--watch", "../conf", "--watch", "../other.ini", "--ignore", "play/", "--ignore", "*.gen.py"]
    with ServerProcess("serve", *options, cwd=tmp_path / "project") as server:
        server.wait_for("ready")
        for name in ("project/play/x.py", "project/notes.txt", "project/x.gen.py", "conf/a.yml~", "conf/deep/a.log"):
            save_in_place(tmp_path / name, "1")
        save(tmp_path / "conf/deep/a.yml", "1")
        server.wait_for_reload_of("a.yml")
        save_in_place(tmp_path / "other.ini", "1")
        server.wait_for_reload_of("other.ini")
        assert reloads_until_now(server, tmp_path / "project") == [["a.yml"], ["other.ini"]]


def test_something_to_watch_that_is_not_there_is_told_before_anything_listens(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("serve", "--watch", "cnof", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 2
        assert "cnof" in server.stderr


@pytest.mark.parametrize("way", [save, save_in_place])
def test_polling_sees_what_is_saved_and_removed(tmp_path: Path, way: Callable[[Path, str], None]) -> None:
    write(tmp_path, {"main.py": app_that_says("one"), "old.py": ""})
    with ServerProcess("serve", "--poll", "--poll-interval", "0.05", cwd=tmp_path) as server:
        server.wait_for("ready")
        way(tmp_path / "main.py", app_that_says("two"))
        server.wait_for_reload_of("main.py")
        assert server.get().text == "two"
        (tmp_path / "old.py").unlink()
        server.wait_for_reload_of("old.py")
        write(tmp_path, {"new/deep/x.py": "", "node_modules/x.py": ""})
        server.wait_for_reload_of("x.py")
        assert reloads_until_now(server, tmp_path) == [["main.py"], ["old.py"], ["x.py"]]
        assert not server.seen("polling")
