"""`--preload`: the application is loaded once, in the leader, and its memory is shared by the workers it forks."""

from tornado_cli.app.load import Loaded, load
from tornado_cli.app.patches import patch_tornado
from tornado_cli.errors import AppError
from tornado_cli.run.boot import RunBoot
from tornado_cli.system.fork_safety import fork_state, problems


def preload(boot: RunBoot) -> Loaded:
    """Import the application, which is made in each worker.

    Raises AppError when the import does what a fork cannot carry over, and whatever the application itself raises.
    """
    before = fork_state()
    patches = patch_tornado()
    try:
        loaded = load(boot.target, boot.config.arguments)
    finally:
        patches.undo()
    found = problems(before, fork_state())
    if found:
        raise AppError(
            f"{boot.target.title} cannot be preloaded: while it was imported {'; '.join(found)}.",
            hint="Move that into the factory, which runs in each worker, or leave --preload out.",
        )
    return loaded
