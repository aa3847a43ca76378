"""The `tcli` group: the table of commands, and the one place that shows errors."""

import importlib
import os
import sys
from typing import NoReturn

import click

from tornado_cli import __version__
from tornado_cli.errors import ExitCode, TcliError

# name: (module, one line). The line stands here so that `tcli --help` imports no command.
COMMANDS = {
    "new": ("tornado_cli.commands.new", "Make a new project."),
    "serve": ("tornado_cli.commands.serve", "Develop: serve the application, afresh after each change."),
    "run": ("tornado_cli.commands.run", "Run in production, with workers behind one socket."),
}


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
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.USAGE if isinstance(error, click.UsageError) else ExitCode.FAILURE)
    except TcliError as error:
        _show(str(error), error.hint)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output has gone: there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(ExitCode.FAILURE)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception:  # noqa: BLE001 - the last stop: shown whole, with a request to report it.
        import traceback

        traceback.print_exc()
        _show(
            f"This is a bug in tcli {__version__}.",
            "Please report it to the project, with the lines above and what you typed.",
        )
        sys.exit(ExitCode.FAILURE)


def _show(message: str, hint: str) -> None:
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {message}", err=True)
    if hint:
        click.echo(f"{click.style('Hint:', fg='cyan', bold=True)} {hint}", err=True)
