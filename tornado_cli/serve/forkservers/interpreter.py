"""The program of a fresh interpreter for the dev server."""

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Be a forkserver on the channel whose descriptor is the argument."""
    # Nothing of what is imported now is garbage; the forkserver turns the collector on again.
    gc.disable()
    from tornado_cli.serve.forkservers import stage_process

    stage_process.main()


if __name__ == "__main__":
    main()
