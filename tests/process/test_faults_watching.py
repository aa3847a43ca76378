"""What may go wrong with watching files (rows W1 to W10 of the fault table): the last edit is served all the same."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.process_tree import cpu_seconds, resident_kib
from support.project import app_that_says, save, save_in_place, write
from support.reloads import reloads_until_now
from support.server_process import ServerProcess
from support.trouble import stopped

# In a user namespace of its own, whose limits are its own.
LIMITED = ["unshare", "--user", "--map-root-user", "sh", "-c"]


def limit(name: str, value: int) -> list[str]:
    return [*LIMITED, f'echo {value} > /proc/sys/user/{name} && exec "$@"', "sh"]


def assert_edits_are_served(server: ServerProcess, file: Path, count: int = 3) -> None:
    for number in range(count):
        save(file, app_that_says(f"edit {number}"))
        server.wait_for_reload_of(file.name, count=number + 1)
        assert server.get().text == f"edit {number}"


@pytest.mark.outside("linux", "unshare", "limits of watches")
@pytest.mark.parametrize(("name", "value"), [("max_inotify_watches", 10), ("max_inotify_instances", 0)])
def test_when_the_system_gives_no_watches_it_looks_for_itself_and_says_so_once(
    tmp_path: Path, name: str, value: int
) -> None:
    write(tmp_path, {"main.py": app_that_says("old"), **{f"folder{number}/x.py": "" for number in range(20)}})
    with ServerProcess("serve", "--poll-interval", "0.1", cwd=tmp_path, under=limit(name, value)) as server:
        server.wait_for("ready")
        [told] = server.seen("polling")
        assert "limit" in told["message"]
        assert_edits_are_served(server, tmp_path / "main.py")
        assert len(server.seen("polling")) == 1


@pytest.mark.outside("linux", "unshare", "limits of watches")
def test_when_watches_run_out_later_it_looks_for_itself_and_says_so_once(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("old")})
    under = limit("max_inotify_watches", 20)
    with ServerProcess("serve", "--poll-interval", "0.1", cwd=tmp_path, under=under) as server:
        server.wait_for("ready")
        assert not server.seen("polling")
        write(tmp_path, {f"folder{number}/x.py": "" for number in range(30)})
        server.wait_for("polling")
        save(tmp_path / "folder29/x.py", "x = 1\n")
        server.wait_for_reload_of("x.py")
        assert_edits_are_served(server, tmp_path / "main.py")
        assert len(server.seen("polling")) == 1


def make_files(folder: Path, count: int) -> None:
    """Fill a folder with files that are written to: by links to one, which costs the disk least."""
    (folder / "0.txt").touch()
    within = os.open(folder, os.O_RDONLY)
    for number in range(1, count):
        os.link("0.txt", f"{number}.txt", src_dir_fd=within, dst_dir_fd=within)
        os.close(os.open(f"{number}.txt", os.O_WRONLY, dir_fd=within))
    os.close(within)


@pytest.mark.outside("linux")
def test_when_the_kernel_loses_events_the_last_edit_is_found(tmp_path: Path) -> None:
    limit_of_queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    write(tmp_path, {"main.py": app_that_says("old"), "gone.py": "", "many/.keep": ""})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        with stopped(server.pid):
            make_files(tmp_path / "many", limit_of_queue // 2 + 100)
            save(tmp_path / "main.py", app_that_says("new"))
            (tmp_path / "gone.py").unlink()
            write(tmp_path, {"fresh/folder/x.py": ""})
        for name in ("main.py", "gone.py", "x.py"):
            server.wait_for_reload_of(name)
        assert server.get().text == "new"
        save(tmp_path / "fresh/folder/x.py", "x = 1\n")
        server.wait_for_reload_of("x.py", count=2)


# The ways in which editors save.


def through_a_backup(path: Path, text: str) -> None:
    """As vim and Emacs do: the old file becomes the backup, the new one is made."""
    backup = path.with_name(f"{path.name}~")
    path.rename(backup)
    save_in_place(path, text)


def as_pycharm_does(path: Path, text: str) -> None:
    new, old = (path.with_name(f"{path.name}___jb_{which}___") for which in ("tmp", "old"))
    save_in_place(new, text)
    path.rename(old)
    new.rename(path)
    old.unlink()


def as_vs_code_does(path: Path, text: str) -> None:
    """Truncate, write in pieces, close."""
    with path.open("r+") as file:
        file.truncate(0)
        file.flush()
        for at in range(0, len(text), 100):
            file.write(text[at : at + 100])
            file.flush()


def removed_first(path: Path, text: str) -> None:
    path.unlink()
    as_new(path, text)


def as_new(path: Path, text: str) -> None:
    with path.open("w") as file:
        for line in text.splitlines(keepends=True):
            file.write(line)
            file.flush()


def linked_over(path: Path, text: str) -> None:
    beside = path.with_name("4913")
    save_in_place(beside, text)
    path.unlink()
    os.link(beside, path)
    beside.unlink()


def vim(*settings: str) -> Callable[[Path, str], None]:
    def save_with_vim(path: Path, text: str) -> None:
        path.with_suffix(".new").write_text(text)
        commands = [f"set {setting}" for setting in settings]
        commands += ["%delete _", f"0read {path.with_suffix('.new')}", "write", "quit"]
        typed = [word for command in commands for word in ("-c", command)]
        subprocess.run(["vim", "-u", "NONE", "-N", "-es", *typed, path], check=True, stdin=subprocess.DEVNULL)

    return save_with_vim


def emacs(path: Path, text: str) -> None:
    path.with_suffix(".new").write_text(text)
    code = f"""(progn (erase-buffer) (insert-file-contents "{path.with_suffix(".new")}") (save-buffer))"""
    subprocess.run(["emacs", "-Q", "--batch", path, "--eval", code], check=True, stderr=subprocess.DEVNULL)


WAYS = {
    "another": save,
    "in_place": save_in_place,
    "backup": through_a_backup,
    "pycharm": as_pycharm_does,
    "vs_code": as_vs_code_does,
    "removed": removed_first,
    "linked": linked_over,
    "vim": vim(),
    "vim_that_renames": vim("backup", "backupcopy=no"),
    "vim_that_copies": vim("backup", "backupcopy=yes", "swapfile"),
    "emacs": emacs,
}
"""By the name of the module that is saved in that way."""
SAYS_A_WORD = "import sys\n" + app_that_says("{word}").replace('"{word}"', "sys.modules[self.request.path[1:]].WORD")


@pytest.fixture(scope="module")
def saved_in_each_way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("ways")
    write(folder, {"main.py": "".join(f"import {name}\n" for name in WAYS) + SAYS_A_WORD})
    write(folder, {f"{name}.py": "WORD = 'old'\n" for name in WAYS})
    with ServerProcess("serve", cwd=folder) as server:
        server.wait_for("ready")
        yield server
        assert not server.seen("app_failed")


PROGRAMS = ("vim", "emacs")
EACH_WAY = [
    pytest.param(name, marks=[pytest.mark.outside(one) for one in PROGRAMS if name.startswith(one)]) for name in WAYS
]


@pytest.mark.parametrize("name", EACH_WAY)
def test_each_way_to_save_is_one_reload_of_the_whole_file(saved_in_each_way: ServerProcess, name: str) -> None:
    server, folder = saved_in_each_way, saved_in_each_way.folder
    before = reloads_until_now(server, folder)
    # Half of it would fail, or say something else.
    filling = "".join(f"x{number} = {number}\n" for number in range(3000))
    WAYS[name](folder / f"{name}.py", f"{filling}WORD = 'new'\nassert x2999\n")
    server.wait_for_reload_of(f"{name}.py")
    assert server.get(f"/{name}").text == "new"
    assert reloads_until_now(server, folder) == [*before, [f"{name}.py"]]
    assert not server.seen("app_failed")


# Links and folders that are not what they were.


def test_a_link_to_a_package_may_lead_elsewhere_at_any_time(tmp_path: Path) -> None:
    write(tmp_path, {"v1/__init__.py": "WORD = 'one'\n", "v2/__init__.py": "WORD = 'two'\n"})
    code = app_that_says("{word}").replace('"{word}"', "current.WORD")
    write(tmp_path, {"project/main.py": f"import current\n{code}"})
    link = tmp_path / "project/current"
    link.symlink_to("../v1")
    with ServerProcess("serve", cwd=tmp_path / "project") as server:
        server.wait_for("ready")
        save(tmp_path / "v1/__init__.py", "WORD = 'uno'\n")
        server.wait_for_reload_of("__init__.py")
        assert server.get().text == "uno"
        # As `ln -sfn` does.
        beside = tmp_path / "project/.beside"
        beside.symlink_to("../v2")
        beside.rename(link)
        server.wait_for_reload_of("current")
        assert server.get().text == "two"
        save(tmp_path / "v2/__init__.py", "WORD = 'due'\n")
        server.wait_for_reload_of("__init__.py", count=2)
        assert server.get().text == "due"
        assert reloads_until_now(server, tmp_path / "project") == [["__init__.py"], ["current"], ["__init__.py"]]


def test_links_in_circles_cost_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("old"), "a/__init__.py": "", "a/b/__init__.py": ""})
    (tmp_path / "a/b/up").symlink_to("../..")
    (tmp_path / "a/b/again").symlink_to("../../a")
    (tmp_path / "a/self").symlink_to("self")
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert_edits_are_served(server, tmp_path / "main.py")
        assert cpu_seconds(server.pid) < 5


@pytest.mark.parametrize("way", ["removed", "moved"])
def test_the_folder_itself_may_go_and_come_back(tmp_path: Path, way: str) -> None:
    project = tmp_path / "above/project"
    write(project, {"main.py": app_that_says("old"), "deep/x.py": ""})
    with ServerProcess("serve", "--poll-interval", "0.1", cwd=project) as server:
        server.wait_for("ready")
        if way == "removed":
            shutil.rmtree(project)
        else:
            project.parent.rename(tmp_path / "elsewhere")
        server.wait_for("app_failed")
        write(project, {"main.py": app_that_says("new"), "deep/x.py": ""})
        server.wait_for_reload_of("main.py")
        assert server.get().text == "new"
        save(project / "deep/x.py", "x = 1\n")
        server.wait_for_reload_of("x.py", count=2)
        assert reloads_until_now(server, project)[-1] == ["x.py"]


def test_a_project_that_is_moved_away_is_not_served_from_there(tmp_path: Path) -> None:
    project = tmp_path / "above/project"
    write(project, {"main.py": app_that_says("old")})
    with ServerProcess("serve", cwd=project) as server:
        server.wait_for("ready")
        project.parent.rename(tmp_path / "elsewhere")
        server.wait_for("app_failed")


def test_a_virtual_environment_that_is_removed_is_noise(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("old"), "env/pyvenv.cfg": ""})
    write(tmp_path, {f"env/lib/{folder}/x.py": "" for folder in range(50)})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        shutil.rmtree(tmp_path / "env")
        assert reloads_until_now(server, tmp_path) == []


@pytest.mark.outside("git")
def test_another_branch_is_served_with_all_its_files(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", tmp_path, *who, *words], check=True, capture_output=True)

    write(tmp_path, {"main.py": app_that_says("old"), **{f"only/old/m{number}.py": "" for number in range(30)}})
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "old")
    git("switch", "-qc", "new")
    shutil.rmtree(tmp_path / "only")
    code = app_that_says("{word}").replace('"{word}"', "WORD")
    write(tmp_path, {"main.py": f"from fresh.words import WORD\n{code}", "fresh/words.py": "WORD = 'new'\n"})
    git("add", ".")
    git("commit", "-qm", "new")
    git("switch", "-q", "-")
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        git("switch", "-q", "new")
        server.wait_for_reload_of("main.py")
        write(tmp_path, {"end.py": ""})
        server.wait_for_reload_of("end.py")
        assert server.get().text == "new"
        save(tmp_path / "fresh/words.py", "WORD = 'newer'\n")
        server.wait_for_reload_of("words.py", count=len(reloads_with(server, "words.py")) + 1)
        assert server.get().text == "newer"


def reloads_with(server: ServerProcess, name: str) -> list[object]:
    return [event for event in server.seen("reloaded") if any(Path(file).name == name for file in event["files"])]


BEHIND = {
    "overlay": "mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged",
    "fuse": "bindfs lower merged",
}


@pytest.mark.outside("unshare", "mounts")
@pytest.mark.parametrize("kind", ["overlay", pytest.param("fuse", marks=pytest.mark.outside("bindfs", "/dev/fuse"))])
def test_an_edit_behind_a_mounted_file_system_is_found(tmp_path: Path, kind: str) -> None:
    for name in ("lower", "upper", "work", "merged"):
        (tmp_path / name).mkdir()
    write(tmp_path / "lower", {"main.py": app_that_says("old")})
    under = ["unshare", "--mount", "sh", "-c", f'{BEHIND[kind]} && cd merged && exec "$@"', "sh"]
    with ServerProcess("serve", "--poll-interval", "0.1", cwd=tmp_path, under=under) as server:
        server.wait_for("ready")
        [told] = server.seen("polling")
        assert kind in told["message"]
        save_in_place(tmp_path / "lower/main.py", app_that_says("newer"))
        server.wait_for_reload_of("main.py")
        assert server.get().text == "newer"


# Times and names that mislead.


@pytest.mark.parametrize("options", [(), ("--poll", "--poll-interval", "0.05")])
def test_times_that_stand_still_or_go_back_hide_no_edit(tmp_path: Path, options: tuple[str, ...]) -> None:
    file = tmp_path / "main.py"
    save_in_place(file, app_that_says("000"))
    with ServerProcess("serve", *options, cwd=tmp_path) as server:
        server.wait_for("ready")
        reloads = 0
        for number in range(1, 4):
            before = file.stat()
            save_in_place(file, app_that_says(f"{number:03}"))
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns - 10**9 * (number - 1)))
            # Who looks now and then may see the edit, and then its time as another.
            while server.get().text != f"{number:03}":
                reloads += 1
                server.wait_for_reload_of("main.py", count=reloads)


def test_names_and_sizes_that_nobody_expects_do_not_end_the_watching(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        for name in (b"\xff\xfe.py", b"two\nlines.py", b"\x1b[31mred.py", b"\xff/in.py"):
            path = tmp_path / os.fsdecode(name)
            path.parent.mkdir(exist_ok=True)
            path.touch()
        with (tmp_path / "huge.py").open("w") as huge:
            huge.truncate(1 << 30)
        (tmp_path / "closed").mkdir(mode=0)
        before = resident_kib(server.pid)
        for number in range(200):
            (tmp_path / f"{number}").mkdir()
            make_files(tmp_path / f"{number}", 250)
        server.wait_for_reload_of("huge.py")
        assert_edits_are_served(server, tmp_path / "main.py")
        assert resident_kib(server.pid) - before < 30 * 1024
        assert cpu_seconds(server.pid) < 15


@pytest.mark.outside("root", "setpriv")
def test_a_folder_that_may_not_be_read_ends_nothing_and_is_watched_when_it_may(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("old"), "closed/x.py": ""})
    (tmp_path / "closed").chmod(0)
    without = "-dac_override,-dac_read_search"
    under = ["setpriv", f"--bounding-set={without}", f"--inh-caps={without}"]
    with ServerProcess("serve", cwd=tmp_path, under=under) as server:
        server.wait_for("ready")
        assert_edits_are_served(server, tmp_path / "main.py", 1)
        (tmp_path / "closed").chmod(0o755)
        server.wait_for_reload_of("x.py")
        save(tmp_path / "closed/x.py", "x = 1\n")
        server.wait_for_reload_of("x.py", count=2)


WRITES_MUCH = """
import logging, sqlite3
from tornado.web import Application, RequestHandler

logging.getLogger().addHandler(logging.FileHandler("app.log"))
database = sqlite3.connect("data.db")
database.execute("pragma journal_mode=wal")
database.execute("create table if not exists t (x)")

class Main(RequestHandler):
    def get(self):
        logging.getLogger("app").warning("written")
        with database:
            database.execute("insert into t values (1)")
        self.write("one")

def make_app():
    return Application([("/", Main)])
"""


def test_what_the_application_and_its_tools_write_restarts_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": WRITES_MUCH, "node_modules/x/y.js": "", ".git/HEAD": "", "__pycache__/x.pyc": ""})
    options = ["--log-file", "tcli.log", "--watch", "."]
    with ServerProcess("serve", *options, cwd=tmp_path) as server:
        server.wait_for("ready")
        for _ in range(3):
            assert server.get().text == "one"
        with contextlib.closing(sqlite3.connect(tmp_path / "other.sqlite3")) as database, database:
            database.execute("create table t (x)")
        for name in (".main.py.swp", "main.py~", "#main.py#", "4913", "node_modules/x/y.py", ".git/index.py"):
            write(tmp_path, {name: "noise"})
        (tmp_path / "main.py").read_bytes()
        server.send(signal.SIGUSR1)
        assert reloads_until_now(server, tmp_path) == []
