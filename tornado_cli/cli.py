"""The `tcli` group: the table of commands, and the one place that shows errors."""

import errno
import importlib
import os
import sys
from typing import NoReturn

import click

from tornado_cli import __version__
from tornado_cli.errors import ExitCode, TcliError, UsageError

# name: (module, one line). The line stands here so that `tcli --help` imports no command.
COMMANDS = {
    "new": ("tornado_cli.commands.new", "Make a new project."),
    "serve": ("tornado_cli.commands.serve", "Develop: serve the application, afresh after each change."),
    "run": ("tornado_cli.commands.run", "Run in production, with workers behind one socket."),
    "cert": ("tornado_cli.commands.cert", "Make and check certificates."),
}


# What befalls our output: its reader went away, its disk is full, its terminal is gone.
OUTPUT_ENDS = frozenset({errno.EPIPE, errno.ENOSPC, errno.EIO})


class LazyGroup(click.Group):
    """A group that imports a command when it is called, and none for its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature.
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature.
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not ctx.resilient_parsing:
            from tornado_cli.config.sources import working_directory

            _check_command(args[0])
            # No command has anything to do in a folder that is gone.
            working_directory()
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature.
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="tcli COMMAND --help tells more of each.",
)
@click.version_option(__version__, prog_name="tcli", message="%(prog)s %(version)s")
def cli() -> None:
    """Develop, run and scaffold Tornado applications."""


def main() -> NoReturn:
    """Run the command line and leave with a code of ExitCode."""
    try:
        code = cli.main(prog_name="tcli", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else ExitCode.OK)
    except click.exceptions.Abort:
        sys.exit(ExitCode.INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except click.ClickException as error:
        _show(error.format_message(), _hint_for(error))
        sys.exit(ExitCode.USAGE if isinstance(error, click.UsageError) else ExitCode.FAILURE)
    except TcliError as error:
        _show(str(error), error.hint)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last stop: shown whole, with a request to report it.
        if isinstance(error, OSError) and error.errno in OUTPUT_ENDS:
            _lose_output(error)
        else:
            _show_bug()
        sys.exit(ExitCode.FAILURE)


def _check_command(name: str) -> None:
    if name in COMMANDS or name.startswith("-"):
        return
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(COMMANDS)}. See: tcli --help"
    raise UsageError(f"There is no command {name!r}.", hint=hint)


def _hint_for(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    # What click's parser finds wrong comes without one.
    first = next(iter(sys.argv[1:]), "")
    path = context.command_path if context else f"tcli {first}" if first in COMMANDS else "tcli"
    owner = _owner_of(error.option_name, first) if isinstance(error, click.NoSuchOption) else ""
    return f"{owner}See: {path} --help"


def _owner_of(flag: str, name: str) -> str:
    """Say who may have a flag that this command has not: its sibling, or the application."""
    sibling = {"serve": "run", "run": "serve"}.get(name)
    if sibling is None:
        return ""
    return f"tcli {sibling} has it. " if _has(sibling, flag) else "Options of the application stand behind --. "


def _has(name: str, flag: str) -> bool:
    """Say whether the command of that name takes this flag."""
    command = cli.get_command(click.Context(cli), name)
    return command is not None and any(flag in (*one.opts, *one.secondary_opts) for one in command.params)


def _lose_output(error: OSError) -> None:
    # Else Python writes the rest once more on its way out, and fails again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if error.errno != errno.EPIPE:
        _show(f"Writing failed: {error.strerror}.", "")


def _show_bug() -> None:
    import traceback

    traceback.print_exc()
    _show(
        f"This is a bug in tcli {__version__}.",
        "Please report it to the project, with the lines above and what you typed.",
    )


def _show(message: str, hint: str) -> None:
    from tornado_cli.terminal import Terminal

    Terminal().error(message, hint)
