"""A process that serves and was not forked with anything imported: a fresh interpreter, in the place of a fork."""

from typing import NoReturn

from tornado_cli.serve.application.app_process import AppProcess
from tornado_cli.serve.forkservers.forkserver import first_boot
from tornado_cli.serve.forkservers.learning import Recorder
from tornado_cli.serve.forkservers.stage_process import framework
from tornado_cli.system.endings import leave_tidily


def main() -> NoReturn:
    """Serve what is ordered on the channel whose descriptor is the argument."""
    hosting = framework()
    channel, boot = first_boot()
    process = AppProcess(boot, hosting, Recorder())
    leave_tidily(process.serve(process.wait_from_the_beginning(channel)))


if __name__ == "__main__":
    main()
