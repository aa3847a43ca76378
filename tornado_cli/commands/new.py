"""`tcli new`: a project that runs, and whose tests pass, the first time."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from click.core import ParameterSource

from tornado_cli.errors import ExitCode, UsageError
from tornado_cli.scaffold.answers import FLAG, Answer, options
from tornado_cli.scaffold.catalog import DEFAULT_PRESET, PRESETS

if TYPE_CHECKING:
    from tornado_cli.files.obstacles import Existing
    from tornado_cli.rendering import Answers
    from tornado_cli.scaffold.follow_up import Outcome
    from tornado_cli.scaffold.interview import Wanted

TEMPLATES = "; ".join(f"{name}: {preset.summary}" for name, preset in PRESETS.items())
PLAIN = str.maketrans("├└─│", "|`-|")


def answer_options(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Declare an option for each question that the template answers; unset is None."""
    for question in reversed(options()):
        if question.values == FLAG:
            option = click.option(f"--{question.name}/--no-{question.name}", default=None, help=f"{question.summary}.")
        else:
            choice = click.Choice([str(value) for value in question.values])
            option = click.option(f"--{question.name}", type=choice, help=f"{question.summary}.")
        command = option(command)
    return command


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("target", metavar="NAME", type=click.Path(path_type=Path), required=False)
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
@click.option("--template-dir", metavar="PATH", default="", help="Take a template of another: a folder, or git+URL.")
@click.option("--git/--no-git", default=None, help="Make it a git repository [default: where it is inside none].")
@click.option("--install/--no-install", help="Install it in an environment of its own, and write a lock file.")
@click.option("--force", is_flag=True, help="Go into a folder that is there; keep what is in the way as NAME.orig.")
@click.option("--skip-existing", is_flag=True, help="Go into a folder that is there; leave what is there.")
@click.option("--dry-run", is_flag=True, help="Show what would be made, and make nothing.")
@click.option("--show", metavar="PATH", default="", help="Show one file as it would be made, and make nothing.")
@click.option("--json", "as_json", is_flag=True, help="Tell as JSON what was made.")
@click.option("-y", "--yes", is_flag=True, expose_value=False, help="Take the defaults and ask nothing.")
def new(
    target: Path | None,
    template: str,
    package: str,
    template_dir: str,
    git: bool | None,
    install: bool,
    force: bool,
    skip_existing: bool,
    dry_run: bool,
    show: str,
    as_json: bool,
    **answers: Answer | None,
) -> ExitCode:
    """Make a new project.

    NAME is the project's name, or a path that ends with it. Nothing that exists is overwritten. Without an option, a
    terminal is asked.
    """
    from tornado_cli.scaffold import telling
    from tornado_cli.scaffold.command import command_for, typed
    from tornado_cli.scaffold.follow_up import Wishes, follow_up
    from tornado_cli.scaffold.generate import plan
    from tornado_cli.terminal import can_ask

    if show and as_json:
        raise UsageError("--show shows a file as it is, not as JSON.", hint="Leave --json out.")
    given: Answers = {name: answer for name, answer in answers.items() if answer is not None}
    if has_options(click.get_current_context()) or not can_ask():
        target = target or without_name()
    else:
        target, wanted = asked(target)
        if wanted is None:
            return ExitCode.OK
        template, given = wanted.preset, wanted.given
    existing = what_becomes_of_what_exists(force=force, skip_existing=skip_existing)
    made = plan(target, preset=template, package=package, given=given, existing=existing, template_dir=template_dir)
    if show:
        click.echo(made.file_at(show).content, nl=False)
        return ExitCode.OK
    wishes = Wishes(git=git, install=install)
    outcome = None
    if not dry_run:
        made.write()
        outcome = follow_up(made.target, made.project, wishes)
    command = command_for(target, made.project, wishes.arguments)
    told = telling.Telling(target=target, plan=made, command=command, outcome=outcome)
    if as_json:
        click.echo(telling.as_json(told))
    else:
        echo(f"{'Would make' if dry_run else 'Made'} {click.style(f'{typed(target)}/', bold=True)}")
        echo(telling.as_text(told))
    return warned_of(outcome) if outcome else ExitCode.OK


def has_options(context: click.Context) -> bool:
    names = [parameter.name for parameter in context.command.params if isinstance(parameter, click.Option)]
    return any(context.get_parameter_source(name or "") is not ParameterSource.DEFAULT for name in names)


def without_name() -> NoReturn:
    raise click.MissingParameter(param_hint="'NAME'", param_type="argument", ctx=click.get_current_context())


def asked(target: Path | None) -> "tuple[Path, Wanted | None]":
    """Ask, but not about a project that cannot be made."""
    from tornado_cli.scaffold.generate import plan
    from tornado_cli.scaffold.interview import asked_name, interview
    from tornado_cli.terminal import ask

    target = target or asked_name(ask, click.echo)
    plan(target)
    return target, interview(ask, click.echo)


def warned_of(outcome: "Outcome") -> ExitCode:
    """Tell of what did not come; only what was asked for is a failure."""
    from tornado_cli.terminal import Terminal

    for error in outcome.warnings:
        Terminal().warning(str(error), error.hint)
    for error in outcome.failures:
        Terminal().error(str(error), error.hint)
    return ExitCode.FAILURE if outcome.failures else ExitCode.OK


def what_becomes_of_what_exists(*, force: bool, skip_existing: bool) -> "Existing":
    from tornado_cli.files.obstacles import Existing

    if force and skip_existing:
        raise UsageError("--force and --skip-existing say different things.", hint="Give one of them.")
    if force:
        return Existing.SET_ASIDE
    return Existing.LEFT if skip_existing else Existing.REFUSED


def echo(text: str) -> None:
    """Print, in plain letters where the terminal has no others: the project is made, and nothing may fail now."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    click.echo(text)
