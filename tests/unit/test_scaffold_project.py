import ast
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.outside import is_thorough

from tornado_cli.rendering import TemplateError
from tornado_cli.scaffold.catalog import PRESETS
from tornado_cli.scaffold.manifest import read_manifest
from tornado_cli.scaffold.names import package_of, problem_with
from tornado_cli.scaffold.project import Project, planned_files
from tornado_cli.scaffold.rules import completed
from tornado_cli.scaffold.template import Template, own_template

good_names = st.from_regex(r"[a-z][a-z0-9]{0,9}([_-][a-z0-9]{1,9}){0,3}", fullmatch=True).filter(
    lambda name: problem_with(name) is None
)


def template(folder: Path, manifest: str, **files: str) -> Path:
    (folder / "project").mkdir()
    (folder / "manifest.toml").write_text(manifest)
    for name, text in files.items():
        (folder / "project" / name).write_text(text)
    return folder


def project_of(name: str, root: Path | None = None, /, **answers: bool | str) -> Project:
    template = Template(root=root, version="1", source="theirs") if root else own_template()
    return Project(
        template=template, name=name, package=package_of(name), preset="web", answers={"python": "3.11", **answers}
    )


# Each is all files of a project.
@settings(max_examples=60 if is_thorough() else 10)
@given(name=good_names, preset=st.sampled_from(sorted(PRESETS)))
def test_every_good_name_makes_code_that_parses(name: str, preset: str) -> None:
    for file in planned_files(project_of(name, **completed(PRESETS[preset].answers, {}))):
        if file.path.suffix == ".py":
            ast.parse(file.content)
        elif file.path.suffix == ".toml":
            assert tomllib.loads(file.content.decode())["project"]["name"] == name


def test_the_manifest_says_which_files_are_made_and_how(tmp_path: Path) -> None:
    manifest = """
[files]
"always" = {}
"only_pages" = { when = "pages" }
"project_name.sh" = { source = "script", mode = 0o755 }
"""
    root = template(tmp_path, manifest, always="a", only_pages="b", script="#!project-name", stray="s")
    files = planned_files(project_of("my-shop", root, pages=False))
    assert [(str(file.path), file.content, file.mode) for file in files] == [
        ("always", b"a", 0o644),
        ("my_shop.sh", b"#!my-shop", 0o755),
    ]


def test_a_condition_may_have_a_name_in_the_manifest(tmp_path: Path) -> None:
    manifest = """
[names]
sql = "db == sqlite or db == mysql"
plain = "not pages and not sql"

[files]
"tables" = { when = "sql" }
"hello" = { when = "plain" }
"""
    root = template(tmp_path, manifest, tables="#% if plain\na\n#% else\nb\n#% endif\n", hello="h")
    (tables,) = planned_files(project_of("shop", root, pages=False, db="mysql"))
    assert tables.content == b"b\n"
    (hello,) = planned_files(project_of("shop", root, pages=False, db="none"))
    assert hello.content == b"h"


def test_a_file_may_have_several_kinds(tmp_path: Path) -> None:
    manifest = '[files]\n"a" = [{ when = "pages" }, { when = "not pages", source = "b" }]'
    root = template(tmp_path, manifest, a="pages", b="none")
    for pages in (True, False):
        (file,) = planned_files(project_of("shop", root, pages=pages))
        assert (str(file.path), file.content) == ("a", b"pages" if pages else b"none")


def test_what_is_not_text_is_copied(tmp_path: Path) -> None:
    root = template(tmp_path, '[files]\n"icon" = {}\n')
    (root / "project/icon").write_bytes(b"\xff\xfe project_name\n#% if pages\n")
    (file,) = planned_files(project_of("shop", root))
    assert file.content == b"\xff\xfe project_name\n#% if pages\n"


def test_each_placeholder_becomes_a_secret_of_its_own(tmp_path: Path) -> None:
    root = template(
        tmp_path, '[files]\n".env" = { source = "env", secrets = true }\n', env="A=change-me\nB=change-me\n"
    )
    (file,) = planned_files(project_of("shop", root))
    first, second = (line.partition("=")[2] for line in file.content.decode().splitlines())
    assert len(first) == len(second) == 43
    assert first != second


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        ("[files", "is not TOML"),
        ("[other]", "has no table `files`"),
        ('[files]\n"a" = { wen = "pages" }', "`a` has unknown keys: wen"),
        ('[files]\n"a" = {}', "cannot be read (No such file or directory)"),
        ('[files]\n"a" = { when = "pags" }', "`pags` is no option"),
        ('[names]\nb = "pags"\n[files]\n"a" = { when = "b" }', "b: `pags` is no option"),
        ('[files]\n"../a" = {}', "'../a' is not a path inside the project"),
        ('[files]\n"/a" = {}', "'/a' is not a path inside the project"),
        ('[files]\n"" = {}', "'' is not a path inside the project"),
        ('[files]\n"b/../../a" = {}', "is not a path inside the project"),
        ('[files]\n"C:a" = {}', "'C:a' is not a path inside the project"),
        ('[files]\n".git/hooks/pre-commit" = {}', "'.git/hooks/pre-commit' is not a path inside the project"),
        ('[files]\n"sub/.GIT/config" = {}', "is not a path inside the project"),
        ('[files]\n"a\\u001b[2J" = {}', "is not a path inside the project"),
        ('[files]\n"a." = {}', "'a.' is not a path inside the project"),
        ('[files]\n"a" = { mode = 0o4755 }', "`a` has an unfit value for mode"),
        ('[files]\n"a" = { when = true }', "`a` has an unfit value for when"),
        ('[files]\n"a" = 1', "`a` is no table"),
        ("files = 1", "has no table `files`"),
        ("names = 1\n[files]", "`names` is no table of conditions"),
        ("[calls]\nsay = 1\n[files]", "`calls` is no table of conditions"),
        ('[calls]\nsay = "pags"\n[files]', "say: `pags` is no option"),
        ('[files]\n"b" = { source = "b" }\n"B" = { source = "b" }', "'b' has the place of another file"),
        ('[files]\n"b" = {}\n"b/c" = { source = "b" }', "'b/c' has the place of another file"),
        ('[files]\n"a" = { source = "../secret" }', "'../secret' is not a path inside the project"),
    ],
)
def test_a_mistake_in_a_template_is_named(tmp_path: Path, manifest: str, problem: str) -> None:
    root = template(tmp_path, manifest, b="")
    with pytest.raises(TemplateError) as caught:
        planned_files(project_of("shop", root, pages=True))
    assert problem in str(caught.value)
    assert str(root) in str(caught.value)


def test_a_template_without_a_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"manifest\.toml: cannot be read"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("kind", ["a link", "a pipe", "a folder behind a link"])
def test_nothing_outside_of_a_template_is_read(tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret/file"
    secret.parent.mkdir()
    secret.write_text("theirs")
    path = "inner/file" if kind == "a folder behind a link" else "file"
    (tmp_path / "template").mkdir()
    root = template(tmp_path / "template", f'[files]\n"{path}" = {{}}\n')
    if kind == "a link":
        (root / "project/file").symlink_to(secret)
    elif kind == "a pipe":
        os.mkfifo(root / "project/file")
    else:
        (root / "project/inner").symlink_to(secret.parent)
    with pytest.raises(TemplateError, match=r"leads out of the template|is no file"):
        planned_files(project_of("shop", root))


def test_a_link_within_a_template_is_followed(tmp_path: Path) -> None:
    root = template(tmp_path, '[files]\n"link" = {}\n', file="text")
    (root / "project/link").symlink_to("file")
    (file,) = planned_files(project_of("shop", root))
    assert file.content == b"text"
