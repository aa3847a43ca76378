"""The program `tcli`, which is `python -m tornado_cli` too."""

import gc
import sys

from tornado_cli.system.standard_descriptors import open_standard_descriptors

# The name that type checkers know; where `typing` is imported, the forkserver's interpreter is started later for it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> "NoReturn":
    """Run the command line and leave with a code of ExitCode."""
    open_standard_descriptors()
    try:
        if sys.argv[1:2] == ["serve"]:
            _serve_with_a_head_start()
        from tornado_cli import cli

        cli.main()
    except KeyboardInterrupt:
        from tornado_cli.errors import ExitCode

        sys.exit(ExitCode.INTERRUPTED)


def _serve_with_a_head_start() -> "NoReturn":
    from tornado_cli.serve.forkservers import head_start

    head_start.begin(sys.argv[2:])
    # Nothing of what is imported now is garbage; when the server runs, it is looked for again.
    gc.disable()
    try:
        from tornado_cli import cli

        cli.main()
    finally:
        head_start.end()


if __name__ == "__main__":
    main()
