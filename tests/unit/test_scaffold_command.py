from pathlib import Path

from tornado_cli.scaffold.catalog import PRESETS
from tornado_cli.scaffold.command import command_for
from tornado_cli.scaffold.names import package_of
from tornado_cli.scaffold.project import Project
from tornado_cli.scaffold.rules import completed


def command(name: str, package: str = "", **given: bool | str) -> str:
    answers = completed(PRESETS["web"].answers, given)
    project = Project(name=name, package=package or package_of(name), preset="web", answers=answers)
    return command_for(Path("my projects") / name, project)


def test_it_has_all_that_is_on_and_what_the_template_would_have_on() -> None:
    on = "--db sqlite --auth password --sessions db"
    assert command("shop") == f"tcli new 'my projects/shop' --template web {on}"
    assert command("my-shop", "till", worker=True).endswith(f" --package till {on} --worker")
    assert command("shop", db="none").endswith("--template web --db none --auth none --sessions none")


def test_it_makes_the_same_project() -> None:
    assert command("shop", auth="none").partition("web ")[2] == "--db sqlite --auth none --sessions none"
    assert command("shop", auth="none", sessions="none", db="sqlite") == command("shop", auth="none")
