"""`tcli serve`: the application in development."""

import click

from tornado_cli.config.command_line import SettingsCommand, options_of, settings_of_command
from tornado_cli.config.serve import ServeConfig
from tornado_cli.system.platform import require_fork


@click.command(cls=SettingsCommand, context_settings={"help_option_names": ["-h", "--help"]})
@options_of(ServeConfig)
def serve(config: ServeConfig) -> None:
    """Develop: serve the application, afresh after each change.

    APP is module:name, module:factory(), a file, a package, or nothing: then it is looked for. What stands behind
    -- are arguments of a script.
    """
    require_fork("serve")
    from tornado_cli.serve import start

    raise SystemExit(start.serve(config, settings_of_command()))
