"""What lies in the watched folders: what is looked into, what has changed since, and that no look is endless."""

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.project import save_in_place, write

from tornado_cli.config.serve import ServeConfig
from tornado_cli.serve.watching import ground as ground_module
from tornado_cli.serve.watching.changes import Sign
from tornado_cli.serve.watching.choice import ground_of, is_broad
from tornado_cli.serve.watching.folders import Folder, read_folder, signature_by
from tornado_cli.serve.watching.gitignore import parse_ignore_file
from tornado_cli.serve.watching.ground import Following, Ground
from tornado_cli.serve.watching.rules import Rules


class Look:
    """A look at the ground, and which folders it has entered."""

    def __init__(self, ground: Ground, *starts: Path) -> None:
        self.entered: list[str] = []
        findings = ground.look([str(path) for path in starts] or ground.everything(), self._enter)
        self.changed = set(findings.changed)
        self.left = set(findings.left)

    def _enter(self, folder: str) -> bool:
        self.entered.append(folder)
        return Path(folder).exists()


def ground_at(*tops: Path, rules: Rules | None = None) -> Ground:
    ground = Ground(tuple(map(str, tops)), rules or Rules())
    Look(ground)
    return ground


def entered(top: Path, rules: Rules | None = None) -> set[str]:
    """Return the folders that are looked into, relative to the top."""
    look = Look(Ground((str(top),), rules or Rules()))
    assert len(look.entered) == len(set(look.entered))
    return {os.path.relpath(path, top) for path in look.entered}


def test_ignored_folders_are_not_even_entered(tmp_path: Path) -> None:
    for folder in ("src/shop", "src/__pycache__", ".git/objects", "my-env/lib", "conda/conda-meta", "static"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "my-env/pyvenv.cfg").touch()
    (tmp_path / "file").touch()
    assert entered(tmp_path) == {".", "src", "src/shop", "static"}


def test_ignore_files_at_every_depth_count(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            ".git/info/exclude": "private/",
            ".gitignore": "build/\n/data\n*.gen.py\n",
            "a/.gitignore": "!build/\nlogs/",
            "a/build/x.py": "",
            "a/logs/x.py": "",
            "a/data/x.py": "",
            "a/x.gen.py": "",
            "build/x.py": "",
            "data/x.py": "",
            "private/x.py": "",
        },
    )
    assert entered(tmp_path) == {".", "a", "a/build", "a/data"}
    ground = ground_at(tmp_path)
    save_in_place(tmp_path / "a/x.gen.py", "1")
    save_in_place(tmp_path / "a/build/x.py", "1")
    assert Look(ground).changed == {str(tmp_path / "a/build/x.py")}


def test_ignore_files_above_count_within_the_repository(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "c/", "a/.git/HEAD": "", "a/.gitignore": "d/", "a/b/c/x": "", "a/b/d/x": ""})
    assert entered(tmp_path / "a/b") == {".", "c"}


def test_a_repository_that_ignores_everything_does_not_hide_a_project_in_it(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "", ".gitignore": "*\n", "code/project/src/x.py": ""})
    assert entered(tmp_path / "code/project") == {".", "src"}


def test_a_repository_inside_another_one_is_no_business_of_that_one(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "", ".gitignore": "build/", "sub/.git": "gitdir: elsewhere", "sub/build/x.py": ""})
    assert entered(tmp_path) == {".", "sub", "sub/build"}


def test_what_is_named_is_looked_into_though_it_is_ignored(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "build/", "build/x.py": "", ".venv/lib/mine/a/x.py": ""})
    ground = ground_at(tmp_path, tmp_path / "build", tmp_path / ".venv/lib/mine")
    save_in_place(tmp_path / "build/x.py", "1")
    save_in_place(tmp_path / ".venv/lib/mine/a/x.py", "1")
    assert Look(ground).changed == {str(tmp_path / "build/x.py"), str(tmp_path / ".venv/lib/mine/a/x.py")}


def test_the_option_is_stronger_than_ignore_files(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "build/", "build/x": "", "other/x": ""})
    rules = Rules(ignored=parse_ignore_file(str(tmp_path), "!build/\nother"))
    assert entered(tmp_path, rules) == {".", "build"}


def test_a_linked_package_is_looked_into_at_its_real_place_and_other_links_are_not(tmp_path: Path) -> None:
    write(tmp_path, {"shared/lib/__init__.py": "", "shared/lib/deep/x.py": "", "data/x.py": "", "p/main.py": ""})
    (tmp_path / "p/lib").symlink_to(tmp_path / "shared/lib")
    (tmp_path / "p/data").symlink_to(tmp_path / "data")
    assert entered(tmp_path / "p") == {".", "../shared/lib", "../shared/lib/deep"}


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    write(tmp_path, {"a/__init__.py": "", "a/b/__init__.py": ""})
    (tmp_path / "a/b/up").symlink_to(tmp_path / "a")
    (tmp_path / "a/self").symlink_to(tmp_path / "a/self")
    (tmp_path / "a/b/here").symlink_to(".")
    assert entered(tmp_path) == {".", "a", "a/b"}


def test_a_link_that_leads_elsewhere_is_a_change(tmp_path: Path) -> None:
    write(tmp_path, {"v1/__init__.py": "", "v2/__init__.py": "", "p/main.py": ""})
    (tmp_path / "p/current").symlink_to(tmp_path / "v1")
    ground = ground_at(tmp_path / "p")
    (tmp_path / "p/next").symlink_to(tmp_path / "v2")
    (tmp_path / "p/next").replace(tmp_path / "p/current")
    look = Look(ground)
    assert look.changed == {str(tmp_path / "p/current")}
    assert str(tmp_path / "v2") in look.entered
    assert look.left == {str(tmp_path / "v1")}


def test_what_came_went_and_changed_is_found(tmp_path: Path) -> None:
    write(tmp_path, {"same.py": "1", "edited.py": "1", "gone.py": "1", "old/x.py": "1", "page.html": "1"})
    ground = ground_at(tmp_path)
    write(tmp_path, {"edited.py": "22", "new.py": "1", "page.html": "22"})
    (tmp_path / "gone.py").unlink()
    (tmp_path / "old").rename(tmp_path / "young")
    look = Look(ground)
    assert {os.path.relpath(path, tmp_path) for path in look.changed} == {
        "edited.py", "new.py", "gone.py", "old/x.py", "young/x.py",
    }  # fmt: skip
    assert look.left == {str(tmp_path / "old")}
    assert not Look(ground).changed


def test_an_edit_that_keeps_size_and_time_is_found(tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    save_in_place(file, "1")
    ground = ground_at(tmp_path)
    times = (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    save_in_place(file, "2")
    os.utime(file, ns=times)
    assert Look(ground).changed == {str(file)}


def test_a_clock_that_was_put_back_hides_nothing(tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    save_in_place(file, "1")
    ground = ground_at(tmp_path)
    save_in_place(file, "2")
    os.utime(file, (1_000_000_000, 1_000_000_000))
    assert Look(ground).changed == {str(file)}


def test_a_folder_that_was_gone_when_it_was_to_be_watched_is_gone_though_it_is_back(tmp_path: Path) -> None:
    write(tmp_path, {"p/main.py": "1"})
    ground = ground_at(tmp_path / "p")
    ground.look(ground.everything(), lambda _: False)
    assert ground.missing() == [str(tmp_path / "p")]
    assert Look(ground).changed == {str(tmp_path / "p/main.py")}


def test_a_look_at_a_part_leaves_the_rest_for_later(tmp_path: Path) -> None:
    write(tmp_path, {"a/x.py": "1", "b/x.py": "1"})
    ground = ground_at(tmp_path)
    write(tmp_path, {"a/x.py": "22", "b/x.py": "22"})
    (tmp_path / "a/new").mkdir()
    assert Look(ground, tmp_path / "a").changed == {str(tmp_path / "a/x.py")}
    assert Look(ground).changed == {str(tmp_path / "b/x.py")}


def test_a_new_folder_that_is_ignored_is_not_entered(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "build/"})
    ground = ground_at(tmp_path)
    write(tmp_path, {"build/x.py": "", "node_modules/x.py": "", "env/pyvenv.cfg": "", "fine/x.py": ""})
    for name in ("build", "node_modules", "env"):
        assert not Look(ground, tmp_path / name).entered
    assert Look(ground, tmp_path / "fine").changed == {str(tmp_path / "fine/x.py")}


def test_what_the_kernel_told_is_not_found_once_more(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "1", "b.py": "1"})
    ground = ground_at(tmp_path)
    write(tmp_path, {"a.py": "22"})
    (tmp_path / "b.py").unlink()
    assert ground.note(str(tmp_path), "a.py", Sign.COMPLETE)
    assert ground.note(str(tmp_path), "b.py", Sign.UNSURE)
    assert not ground.note(str(tmp_path), "b.py", Sign.UNSURE)
    assert not ground.note(str(tmp_path), "page.html", Sign.COMPLETE)
    assert not Look(ground).changed


def test_files_that_are_followed_count_wherever_they_are_and_from_then_on(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "gen/", "gen/api.py": "1", "gen/deep/x.py": "", "far/conf.yml": "1", "p.yml": "1"})
    write(
        tmp_path, {"project/main.py": "", "project/.gitignore": "gen/", "project/gen/api.py": "1", "project/p.yml": ""}
    )
    ground = ground_at(tmp_path / "project")
    followed = [tmp_path / "project/gen/api.py", tmp_path / "far/conf.yml", tmp_path / "project/p.yml"]
    sides = ground.follow(map(str, followed)).folders
    look = Look(ground, *map(Path, sides))
    assert set(look.entered) == {str(tmp_path / "far"), str(tmp_path / "project/gen")}
    assert not look.changed
    for file in followed:
        save_in_place(file, "now")
    assert Look(ground).changed == set(map(str, followed))


def test_a_followed_link_is_followed_to_where_it_leads(tmp_path: Path) -> None:
    write(tmp_path, {"far/real.yml": "1", "p/main.py": ""})
    (tmp_path / "p/conf.yml").symlink_to(tmp_path / "far/real.yml")
    ground = ground_at(tmp_path / "p")
    Look(ground, *map(Path, ground.follow([str(tmp_path / "p/conf.yml")]).folders))
    save_in_place(tmp_path / "far/real.yml", "2")
    assert str(tmp_path / "far/real.yml") in Look(ground).changed


def test_a_top_that_is_gone_is_missed_until_it_is_back(tmp_path: Path) -> None:
    write(tmp_path, {"p/main.py": "1"})
    ground = ground_at(tmp_path / "p")
    (tmp_path / "p").rename(tmp_path / "q")
    assert Look(ground).changed == {str(tmp_path / "p/main.py")}
    # Also when the application, which failed meanwhile, names its files once more.
    assert ground.follow([str(tmp_path / "p/main.py")]) == Following(folders=[], files=[], links={})
    assert ground.missing() == [str(tmp_path / "p")]
    (tmp_path / "q").rename(tmp_path / "p")
    assert Look(ground).changed == {str(tmp_path / "p/main.py")}
    assert not ground.missing()


def test_a_folder_that_cannot_be_read_just_now_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"a/b/x.py": "1", "c.py": "1"})
    ground = ground_at(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(ground_module, "read_folder", unless_named("a"))
        assert not Look(ground).changed
    assert not Look(ground).changed
    write(tmp_path, {"a/b/x.py": "22"})
    assert Look(ground).changed == {str(tmp_path / "a/b/x.py")}


def unless_named(name: str) -> Callable[..., Folder]:
    """Return what reads folders but for one, as on a server that is away."""

    def read(path: str, *details: Any) -> Folder:
        if Path(path).name == name:
            raise PermissionError(path)
        return read_folder(path, *details)

    return read


def test_names_that_are_no_text_are_names(tmp_path: Path) -> None:
    ground = ground_at(tmp_path)
    files = [tmp_path / os.fsdecode(name) for name in (b"\xff\xfe.py", b"two\nlines.py", b"\xff folder/x.py")]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.touch()
    assert Look(ground).changed == set(map(str, files))


def test_where_times_are_whole_seconds_the_content_tells_files_apart(tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    times = dict.fromkeys(("st_mtime_ns", "st_ctime_ns"), 1_700_000_000 * 10**9)
    whole = os.stat_result((stat.S_IFREG, 7, 1, 1, 0, 0, 1, 0, 0, 0), times)
    save_in_place(file, "1")
    first = signature_by(str(file), whole)
    save_in_place(file, "2")
    assert signature_by(str(file), whole) != first
    assert len(signature_by(str(file), file.stat())) == len(first) - 1


def test_a_name_that_no_file_can_have_is_not_followed(tmp_path: Path) -> None:
    assert ground_at(tmp_path).follow(["a\0b", str(tmp_path / "x\0")]) == Following(folders=[], files=[], links={})


@pytest.mark.parametrize("folder", ["/", str(Path.home()), str(Path.home().parent), tempfile.gettempdir()])
def test_of_a_folder_that_holds_everything_only_its_own_files_are_watched(folder: str) -> None:
    assert is_broad(str(Path(folder).resolve()))
    ground = ground_of(ServeConfig(), Path(folder), [folder], [])
    assert ground.tops == ()
    assert ground.everything() == (str(Path(folder).resolve()),)


def test_a_broad_folder_that_was_named_is_watched_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"main.py": "", "code/deep/x.py": ""})
    monkeypatch.setenv("HOME", str(tmp_path))
    assert len(Look(ground_of(ServeConfig(), tmp_path, [], [])).entered) == 1
    assert len(Look(ground_of(ServeConfig(watch=(".",)), tmp_path, [], [])).entered) == 3
    assert len(Look(ground_of(ServeConfig(), tmp_path / "code", [], [])).entered) == 2


def test_a_side_that_is_looked_at_alone_costs_no_other_its_place(tmp_path: Path) -> None:
    write(tmp_path, {"a/x.yml": "1", "b/x.yml": "1"})
    ground = Ground((), Rules())
    for name in ("a", "b"):
        assert not Look(
            ground, *map(Path, ground.follow([str(tmp_path / "a/x.yml"), str(tmp_path / f"{name}/x.yml")]).folders)
        ).left
    write(tmp_path, {"a/x.yml": "22", "b/x.yml": "22"})
    assert Look(ground).changed == {str(tmp_path / "a/x.yml"), str(tmp_path / "b/x.yml")}


def test_a_side_that_is_not_there_is_missed_for_as_long_as_it_is_followed(tmp_path: Path) -> None:
    ground = ground_at(tmp_path)
    assert ground.follow([str(tmp_path / "later/x.yml")]).folders == [str(tmp_path / "later")]
    assert not Look(ground).changed
    assert ground.missing() == [str(tmp_path / "later")]
    write(tmp_path, {"later/x.yml": "1"})
    Look(ground)
    assert not ground.missing()
    write(tmp_path, {"later/x.yml": "22"})
    assert Look(ground).changed == {str(tmp_path / "later/x.yml")}
    ground.follow([str(tmp_path / "never/x.yml")])
    ground.follow([])
    assert not ground.missing()


def test_a_file_that_came_back_before_it_was_followed_is_a_change(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "1", "rules.yml": "1"})
    ground = ground_at(tmp_path)
    ground.follow([str(tmp_path / "rules.yml")])
    for name in ("main.py", "rules.yml"):
        (tmp_path / name).unlink()
        assert ground.note(str(tmp_path), name, Sign.UNSURE)
    write(tmp_path, {"main.py": "1", "rules.yml": "1"})
    ground.follow([str(tmp_path / "main.py"), str(tmp_path / "rules.yml")])
    assert Look(ground).changed == {str(tmp_path / "main.py"), str(tmp_path / "rules.yml")}


def test_a_folder_of_somebody_elses_is_not_entered(tmp_path: Path) -> None:
    write(tmp_path, {"p/main.py": "", "other/x.py": ""})
    ground = ground_at(tmp_path / "p")
    assert not Look(ground, tmp_path / "other").entered
    assert Look(ground, tmp_path).entered == [str(tmp_path / "p")]


def test_a_folder_that_is_watched_to_its_depths_is_not_watched_once_more_for_a_file_in_it(tmp_path: Path) -> None:
    rules = Rules(ignored=None, whole=frozenset(), named=frozenset({str(tmp_path / ".env")}))
    assert Ground((str(tmp_path),), rules).everything() == (str(tmp_path),)
