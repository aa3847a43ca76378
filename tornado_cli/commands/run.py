"""`tcli run`: the application in production."""

import click

from tornado_cli.config.command_line import SettingsCommand, options_of, reader_of_settings, settings_of_command
from tornado_cli.config.run import RunConfig
from tornado_cli.system.platform import require_fork


@click.command(cls=SettingsCommand, context_settings={"help_option_names": ["-h", "--help"]})
@options_of(RunConfig)
def run(config: RunConfig) -> None:
    """Run in production, with workers behind one socket.

    APP is module:name, module:factory(), a file, a package, or nothing: then it is looked for. What stands behind
    -- are arguments of a script.
    """
    require_fork("run")
    from tornado_cli.run import start

    raise SystemExit(start.run(config, settings_of_command(), reader_of_settings(RunConfig)))
