"""What people read of the supervisor's decisions."""

import logging

from tornado_cli.errors import as_sentences
from tornado_cli.logs.events import event
from tornado_cli.run.actions import (
    Action,
    TellDeath,
    TellFailure,
    TellForkRefused,
    TellKept,
    TellKilled,
    TellLeaderDeath,
    TellRecycling,
    TellScaled,
    TellStepped,
    TellVerdict,
)
from tornado_cli.system.endings import how_it_ended

logger = logging.getLogger("tornado_cli.run")
_MIB = 1024 * 1024


def tell(action: Action) -> None:
    """Log what is only told; a death needs more: `tell_death`."""
    match action:
        case TellFailure(generation, failure):
            message = as_sentences(failure["title"], failure["hint"])
            traceback = failure["traceback"]
            event(logger, logging.ERROR, "app_failed", message, traceback=traceback, generation=generation)
        case TellKilled(generation, slot, why):
            message = f"Worker {slot} is killed: {why}."
            event(logger, logging.ERROR, "worker_killed", message, generation=generation, slot=slot)
        case TellRecycling(generation, slot, spare, why):
            message = f"Worker {slot} is replaced by worker {spare}: {why}."
            event(logger, logging.INFO, "recycling", message, generation=generation, slot=slot, spare=spare)
        case TellScaled(workers):
            event(logger, logging.INFO, "scaled", f"{workers} workers from now on.", workers=workers)
        case TellStepped(generation, used, left):
            message = (
                f"This reload replaces one worker at a time: those who serve use {used // _MIB} MiB,"
                f" and below the memory limit there are {left // _MIB} MiB for as many new ones."
            )
            event(logger, logging.INFO, "reload_by_steps", message, generation=generation, used=used, left=left)
        case TellForkRefused(generation, reason):
            message = f"No process can be started for now: {reason}. It is tried again."
            event(logger, logging.ERROR, "cannot_fork", message, generation=generation)
        case TellLeaderDeath(generation, code):
            message = f"The leader {how_it_ended(code)}; its workers serve until the next generation is ready."
            event(logger, logging.ERROR, "leader_died", message, generation=generation, code=code)
        case TellKept(failed, serving):
            message = f"The reload failed; generation {serving} serves on."
            event(logger, logging.ERROR, "reload_failed", message, failed=failed, generation=serving)
        case TellVerdict(message):
            event(logger, logging.ERROR, "gave_up", f"{message} Giving up.")


def tell_death(death: TellDeath, in_flight: int, *, is_out_of_memory: bool) -> None:
    """Log an unordered end, with what it held."""
    cause = ": out of memory, says the kernel" if is_out_of_memory else ""
    held = f"{in_flight} {'request' if in_flight == 1 else 'requests'} in flight"
    if death.delay is None:
        next_step = "a spare takes its place"
    else:
        next_step = f"its slot starts again in {death.delay:.1f} s" if death.delay else "its slot starts again"
    message = f"Worker {death.slot} (pid {death.pid}) {how_it_ended(death.code)}{cause}, with {held}; {next_step}."
    event(
        logger,
        logging.ERROR,
        "worker_died",
        message,
        generation=death.generation,
        slot=death.slot,
        worker=death.pid,
        code=death.code,
        in_flight=in_flight,
    )
