"""`tcli new`: a project that runs, and whose tests pass, the first time."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from tornado_cli.scaffold.answers import FLAG, Answer, options
from tornado_cli.scaffold.catalog import DEFAULT_PRESET, PRESETS

TEMPLATES = "; ".join(f"{name}: {preset.summary}" for name, preset in PRESETS.items())
PLAIN = str.maketrans("├└─│", "|`-|")
ACTIVATE = r".venv\Scripts\activate" if os.name == "nt" else ". .venv/bin/activate"


def answer_options(command: Callable[..., None]) -> Callable[..., None]:
    """Declare an option for each question that the template answers; unset is None."""
    for question in reversed(options()):
        if question.values == FLAG:
            option = click.option(f"--{question.name}/--no-{question.name}", default=None, help=f"{question.summary}.")
        else:
            choice = click.Choice([str(value) for value in question.offered])
            option = click.option(f"--{question.name}", type=choice, help=f"{question.summary}.")
        command = option(command)
    return command


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("target", metavar="NAME", type=click.Path(path_type=Path))
@click.option(
    "-t",
    "--template",
    type=click.Choice(list(PRESETS)),
    default=DEFAULT_PRESET,
    show_default=True,
    help=f"What to make ({TEMPLATES}).",
)
@answer_options
@click.option("--package", metavar="WORD", default="", help="Import name, if it is not NAME with _ for -.")
@click.option("--dry-run", is_flag=True, help="Show what would be made, and make nothing.")
@click.option("-y", "--yes", is_flag=True, expose_value=False, help="Take the defaults and ask nothing.")
def new(target: Path, template: str, package: str, dry_run: bool, **answers: Answer | None) -> None:
    """Make a new project.

    NAME is the project's name, or a path that ends with it. Nothing that exists is touched.
    """
    from tornado_cli.scaffold.command import command_for, typed
    from tornado_cli.scaffold.generate import plan
    from tornado_cli.scaffold.outline import outline

    given = {name: answer for name, answer in answers.items() if answer is not None}
    made = plan(target, preset=template, package=package, given=given)
    if not dry_run:
        made.write()
    echo(f"{'Would make' if dry_run else 'Made'} {click.style(f'{typed(target)}/', bold=True)}")
    echo("\n".join(outline(file.path for file in made.files)))
    echo(f"\nThe same again:\n\n  {command_for(target, made.project)}")
    if not dry_run:
        echo(f"\nNext:\n\n{next_steps(typed(target), made.project.package)}")


def echo(text: str) -> None:
    """Print, in plain letters where the terminal has no others: the project is made, and nothing may fail now."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    click.echo(text)


def install_step() -> dict[str, str]:
    """Return how the tcli that runs comes into the project's environment; nothing where it cannot be told."""
    # importlib.metadata takes longer than all the rest: not before the project is there.
    from tornado_cli.system.interpreter import DISTRIBUTION, install_source

    source = install_source()
    return {} if source == DISTRIBUTION else {f"pip install {source}": "tcli itself"}


def next_steps(folder: str, package: str) -> str:
    steps = {
        f"cd {folder}": "",
        f"python3 -m venv .venv && {ACTIVATE}": "",
        "pip install -e '.[dev]'": "",
        **install_step(),
        "pytest": "its own tests",
        f"python -m {package}": "on plain Tornado: http://127.0.0.1:8000",
        "tcli serve --debug": "the same, fresh after each save",
    }
    width = max(len(step) for step, why in steps.items() if why)
    return "\n".join(f"  {step:{width}}  # {why}" if why else f"  {step}" for step, why in steps.items())
