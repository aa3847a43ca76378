"""The arguments behind `--`, for an application that is imported: `sys.argv`, and its tornado.options."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tornado.options import Error, options

from tornado_cli.app.target import Target
from tornado_cli.errors import AppError


@contextmanager
def arguments_for(target: Target, argv: Sequence[str]) -> Iterator[None]:
    """Have these arguments in `sys.argv` while the block imports the target; then its options take them.

    That is what its `parse_command_line()` would do, which mostly stands where only a script comes by. Where the
    application has defined no options it reads `sys.argv` itself, by rules that are not ours to know.
    """
    sys.argv = [str(target.path or target.module), *argv]
    before = options.groups()
    yield
    own = options.groups() - before
    if not argv or not own:
        return
    try:
        options.parse_command_line()
    except Error as error:
        known = sorted(f"--{name.replace('_', '-')}" for group in own for name in options.group_dict(group))
        raise AppError(
            f"What stands behind -- does not fit {target.title}: {error}", hint=f"Its options: {', '.join(known)}."
        ) from None
